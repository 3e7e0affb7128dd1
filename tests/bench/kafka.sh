#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# kafka.sh [POSTS [ROUNDS]]: what is measured on Kafka, bench/work_kafka first, against a broker that it starts and wipes
# (1,000,000 posts, 3 rounds: some ten minutes and 4 GB under TMPDIR or /tmp).
# BROKER=host:port names one that runs already; its topics bench*. and pass*. stay.
# Behind it come the pipelines that people write today (pipelines/), on the same posts.
set -euo pipefail
cd "$(dirname "$0")/../.."
b=${B:-build}
jars=build/kafka/${KAFKA_VERSION:-4.1.1}/.complete
if [ -z "${BROKER:-}" ]; then
	if ! command -v "${JAVA:-java}" >/dev/null || { [ ! -e "$jars" ] && ! command -v mvn >/dev/null; }; then
		echo "SKIPPED: bench/work_kafka needs a broker, and Java or Maven is missing (make deps-test)" >&2
		exit 0
	fi
	dir=$(mktemp -d "${TMPDIR:-/tmp}/earshot-kafka-XXXXXX")
	trap 'tests/kafka/broker.sh wipe "$dir"' EXIT
	BROKER=$(tests/kafka/broker.sh start "$dir")
	export BROKER BROKER_DIR=$dir
fi
export PREFIX=bench$$.
posts=${1:-1000000}
"$b/bench/work_kafka" "$@"
"$b/bench/work_latency"
"$b/bench/work_replay"
"$b/bench/work_scale"
"$b/bench/work_scale" 0
sh tests/venv.sh
build/venv/bin/python tests/bench/pipelines/race.py "$BROKER" "$PREFIX" "$posts"
