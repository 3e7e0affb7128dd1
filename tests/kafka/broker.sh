#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# broker.sh - a real Apache Kafka (KRaft, one node or several) on 127.0.0.1, without Docker.
#
#   broker.sh fetch                 the jars by Maven, once (45 MB), into build/kafka/VERSION, and an
#                                   image of their classes (47 MB) that makes starts shorter
#   broker.sh tool CLASS ARG...     one of Kafka's command line tools
#   broker.sh prepare DIR [NODES]   free ports, DIR/N/server.properties, an empty storage
#   broker.sh start DIR [NODES]     prepares where needed, starts what does not run, waits until it is
#                                   ready and prints 127.0.0.1:PORT,...; with data: on the same ports
#   broker.sh kill|stop DIR [N]     SIGKILL or SIGTERM by process id, waits for the end; all or node N
#   broker.sh pause|continue DIR N  SIGSTOP, SIGCONT of node N
#   broker.sh up DIR N              starts node N alone and waits until it is ready
#   broker.sh wipe DIR              kill, then removes DIR
#
# Three nodes and more: replication 3, min.insync.replicas 2. A test that wants other
# properties edits DIR/N/server.properties between prepare and start.
#
# Environment: KAFKA_VERSION (4.1.1), KAFKA_HEAP in MB (256), JAVA, KAFKA_JVM_OPTS.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
version=${KAFKA_VERSION:-4.1.1}
jars=$root/build/kafka/$version
java=${JAVA:-java}
heap=${KAFKA_HEAP:-256}
cluster=ZWFyc2hvdC10ZXN0LTAwMQ # 16 bytes, base64url

die() {
	echo "broker.sh: $*" >&2
	exit 1
}

command=${1:-}
dir=${2:-}
[ "$command" = fetch ] || [ -n "$dir" ] || die "usage: broker.sh fetch | tool CLASS | prepare|start|kill|stop|pause|continue|up|wipe DIR [N]"

fetch() {
	# the command line tools came later: what was fetched without them is fetched again
	[ -e "$jars/.complete" ] && [ -e "$jars/kafka-tools-$version.jar" ] && return 0
	command -v mvn >/dev/null || die "Maven is missing: apt-get install maven openjdk-17-jdk-headless"
	local tmp
	tmp=$(mktemp -d)
	cat >"$tmp/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
	mkdir -p "$jars"
	mvn -q -B -f "$tmp/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory="$jars" >"$tmp/mvn.log" 2>&1 || {
		cat "$tmp/mvn.log" >&2
		die "Maven failed"
	}
	rm -rf "$tmp" "$jars/classes.jsa" # the image is of other jars
	touch "$jars/.complete"
}

# The classes of a broker as an image: a start takes a third less. A broker's exit writes it.
image() {
	[ -e "$jars/classes.jsa" ] && return 0
	local new
	new=$(mktemp -d)
	KAFKA_JVM_OPTS="-XX:ArchiveClassesAtExit=$new/classes.jsa" "$0" start "$new/broker" >/dev/null
	"$0" stop "$new/broker"
	[ ! -e "$new/classes.jsa" ] || mv "$new/classes.jsa" "$jars/classes.jsa"
	rm -rf "$new"
}

pid() { cat "$dir/$1/pid" 2>/dev/null || true; }

# ours and not a stranger that was given the same number
alive() {
	local p
	p=$(pid "$1")
	[ -n "$p" ] && grep -qa "$dir/$1/server.properties" "/proc/$p/cmdline" 2>/dev/null
}

nodes() {
	local at
	for at in "$dir"/*/server.properties; do
		[ ! -f "$at" ] || basename "$(dirname "$at")"
	done
}

# Below those that the system gives to clients: while a node is dead its port must stay free.
free_ports() {
	python3 - "$1" <<'PY'
import random
import socket
import sys
held = []
while len(held) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(('127.0.0.1', random.randrange(10000, 32768)))
        held.append(s)
    except OSError:
        s.close()
print(*[s.getsockname()[1] for s in held])
PY
}

prepare() {
	local n=$1 i ports voters='' copies isr session
	copies=$((n < 3 ? 1 : 3)) isr=$((n < 3 ? 1 : 2))
	session=$((n < 3 ? 1500 : 6000)) # a killed node that is back waits until it is over
	read -r -a ports <<<"$(free_ports $((2 * n)))"
	for ((i = 1; i <= n; i++)); do
		voters+=${voters:+,}$i@127.0.0.1:${ports[2 * i - 1]}
	done
	for ((i = 1; i <= n; i++)); do
		mkdir -p "$dir/$i"
		echo "${ports[2 * i - 2]}" >"$dir/$i/port"
		cat >"$dir/$i/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$i
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:${ports[2 * i - 2]},CONTROLLER://127.0.0.1:${ports[2 * i - 1]}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports[2 * i - 2]}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/$i/log
auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$isr
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$isr
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=$session
broker.heartbeat.interval.ms=$((session / 5))
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=1
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=67108864
PROPERTIES
		"$java" -Xmx64m -XX:TieredStopAtLevel=1 -cp "$jars/*" kafka.tools.StorageTool format \
			-t "$cluster" -c "$dir/$i/server.properties" --ignore-formatted >"$dir/$i/format.log" 2>&1 || {
			cat "$dir/$i/format.log" >&2
			die "the storage of node $i cannot be formatted"
		}
	done
}

launch() {
	local at=$dir/$1 with=
	: >"$at/server.log"
	[ ! -e "$jars/classes.jsa" ] || with=-XX:SharedArchiveFile=$jars/classes.jsa
	setsid "$java" -Xms64m "-Xmx${heap}m" -XX:+UseSerialGC -Xshare:auto $with ${KAFKA_JVM_OPTS:-} \
		-Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
		-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info \
		-cp "$jars/*" kafka.Kafka "$at/server.properties" \
		>>"$at/server.log" 2>&1 </dev/null &
	echo $! >"$at/pid"
}

await() {
	local i until=$((SECONDS + 240))
	for i in "$@"; do
		until grep -q 'Kafka Server started' "$dir/$i/server.log"; do
			# not alive(): until our child has become Java it has no such command line
			kill -0 "$(pid "$i")" 2>/dev/null ||
				{ tail -30 "$dir/$i/server.log" >&2 && die "node $i died at its start"; }
			[ $SECONDS -lt $until ] || die "node $i is not ready after 240 s: $dir/$i/server.log"
			sleep 0.1
		done
	done
}

up() {
	local i started=()
	for i in "$@"; do
		alive "$i" && continue
		launch "$i"
		started+=("$i")
	done
	[ ${#started[@]} = 0 ] || await "${started[@]}"
}

# SIGNAL NODE...
end() {
	local signal=$1 i until=$((SECONDS + 15))
	shift
	for i in "$@"; do
		alive "$i" || continue
		kill "-$signal" "$(pid "$i")"
		kill -CONT "$(pid "$i")" 2>/dev/null || true # a paused one ends too
	done
	for i in "$@"; do
		while alive "$i"; do
			[ $SECONDS -lt $until ] || kill -KILL "$(pid "$i")" 2>/dev/null || true
			sleep 0.1
		done
		rm -f "$dir/$i/pid"
	done
}

if [ "$command" = tool ]; then
	fetch
	shift 2
	with=
	[ ! -e "$jars/classes.jsa" ] || with=-XX:SharedArchiveFile=$jars/classes.jsa
	exec "$java" -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto $with \
		-Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$jars/*" "$dir" "$@"
fi
if [ -n "$dir" ]; then
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
fi
node=${3:-}
case $command in
fetch)
	fetch
	image
	;;
prepare)
	fetch
	prepare "${node:-1}"
	;;
start)
	fetch
	[ -n "$(nodes)" ] || prepare "${node:-1}"
	# shellcheck disable=SC2046
	up $(nodes)
	for i in $(nodes); do echo "127.0.0.1:$(cat "$dir/$i/port")"; done | paste -sd, -
	;;
up) up "$node" ;;
# shellcheck disable=SC2046
kill) end KILL ${node:-$(nodes)} ;;
# shellcheck disable=SC2046
stop) end TERM ${node:-$(nodes)} ;;
pause) kill -STOP "$(pid "$node")" ;;
continue) kill -CONT "$(pid "$node")" ;;
wipe)
	# shellcheck disable=SC2046
	end KILL $(nodes)
	rm -rf "$dir"
	;;
*) die "unknown command $command" ;;
esac
