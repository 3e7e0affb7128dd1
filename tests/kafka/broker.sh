#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# broker.sh - a real Apache Kafka (KRaft, one node) on 127.0.0.1, without Docker.
#
#   broker.sh fetch            the jars by Maven, once (44 MB), into build/kafka/VERSION
#   broker.sh start DIR        starts on a free port, waits until it is ready and prints
#                              127.0.0.1:PORT; a DIR with data is started again on its port
#   broker.sh kill|stop DIR    SIGKILL or SIGTERM by process id, waits for its end
#   broker.sh wipe DIR         kill, then removes DIR
#
# Environment: KAFKA_VERSION (4.1.1), KAFKA_HEAP in MB (256), JAVA.
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
[ "$command" = fetch ] || [ -n "$dir" ] || die "usage: broker.sh fetch | start|kill|stop|wipe DIR"

fetch() {
	[ -e "$jars/.complete" ] && return 0
	command -v mvn >/dev/null || die "Maven is missing: apt-get install maven openjdk-17-jre-headless"
	local tmp
	tmp=$(mktemp -d)
	cat >"$tmp/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
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
	rm -rf "$tmp"
	touch "$jars/.complete"
}

pid() { cat "$dir/pid" 2>/dev/null || true; }

# ours and not a stranger that was given the same number
alive() {
	local p
	p=$(pid)
	[ -n "$p" ] && grep -qa "$dir/server.properties" "/proc/$p/cmdline" 2>/dev/null
}

free_ports() {
	python3 - <<'PY'
import socket
pair = [socket.socket(), socket.socket()]
for s in pair:
    s.bind(('127.0.0.1', 0))
print(*[s.getsockname()[1] for s in pair])
PY
}

prepare() {
	local client controller
	read -r client controller <<<"$(free_ports)"
	mkdir -p "$dir"
	echo "$client" >"$dir/port"
	cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$client,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$client
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/log
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=1
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=67108864
PROPERTIES
	"$java" -Xmx64m -XX:TieredStopAtLevel=1 -cp "$jars/*" kafka.tools.StorageTool format \
		-t "$cluster" -c "$dir/server.properties" --ignore-formatted >"$dir/format.log" 2>&1 || {
		cat "$dir/format.log" >&2
		die "the storage of the broker cannot be formatted"
	}
}

start() {
	fetch
	[ -f "$dir/server.properties" ] || prepare
	alive && return 0
	: >"$dir/server.log"
	setsid "$java" -Xms64m "-Xmx${heap}m" -XX:+UseSerialGC -Xshare:auto \
		-Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
		-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info \
		-cp "$jars/*" kafka.Kafka "$dir/server.properties" \
		>>"$dir/server.log" 2>&1 </dev/null &
	echo $! >"$dir/pid"
	local until=$((SECONDS + 90))
	until grep -q 'Kafka Server started' "$dir/server.log"; do
		alive || { tail -30 "$dir/server.log" >&2 && die "the broker died at its start"; }
		[ $SECONDS -lt $until ] || die "the broker is not ready after 90 s: $dir/server.log"
		sleep 0.1
	done
}

end() {
	local until=$((SECONDS + 15))
	alive && kill "-$1" "$(pid)"
	while alive; do
		[ $SECONDS -lt $until ] || kill -KILL "$(pid)" 2>/dev/null || true
		sleep 0.1
	done
	rm -f "$dir/pid"
}

if [ -n "$dir" ]; then
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
fi
case $command in
fetch) fetch ;;
start)
	start
	echo "127.0.0.1:$(cat "$dir/port")"
	;;
kill) end KILL ;;
stop) end TERM ;;
wipe)
	end KILL
	rm -rf "$dir"
	;;
*) die "unknown command $command" ;;
esac
