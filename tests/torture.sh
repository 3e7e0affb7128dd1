#!/bin/bash
# SPDX-License-Identifier: MIT
# torture.sh [PATTERN]: the long trials, or those whose name holds PATTERN. 400 kills over
# 80,000 posts, a replay of 1,000,000 posts under kills, 200,000 texts and 1,000,000 queries against their oracles, every unit test of the threaded rooms
# under ThreadSanitizer, those of libearshot and of learning under Valgrind, the image built and run,
# everything killed that runs around a real Kafka, a worker at full rate for EARSHOT_SOAK_MINUTES
# (30) through the file and through Kafka. What has passed for this commit stands
# in a ledger (build/torture.ledger) and is not run again.
set -u
cd "$(dirname "$0")/.." || exit 1
export B=${B:-build} LC_ALL=C.UTF-8
ledger=build/torture.ledger
commit=$(git rev-parse --short HEAD 2>/dev/null || echo none)$(git diff --quiet 2>/dev/null || echo +)
pattern=${1:-}
passed=0 failed=0

wanted() { case $1 in *"$pattern"*) ;; *) return 1 ;; esac; }

trial() {
	local name=$1
	shift
	wanted "$name" || return
	if grep -qxF "$commit $name" "$ledger" 2>/dev/null; then
		echo "ok - $name (passed before)"
		passed=$((passed + 1))
		return
	fi
	if "$@" >build/torture.log 2>&1 && ! grep -qE '^not ok|WARNING: ThreadSanitizer|ERROR SUMMARY: [1-9]' build/torture.log; then
		echo "ok - $name"
		grep '^# ' build/torture.log # figures
		passed=$((passed + 1))
		# what was skipped is said, and tried again the next time
		grep '# SKIP' build/torture.log || echo "$commit $name" >>"$ledger"
	else
		tail -70 build/torture.log
		echo "not ok - $name"
		failed=$((failed + 1))
	fi
}

python=build/venv/bin/python
sh tests/venv.sh || { echo "the Python packages of the tests cannot be installed"; exit 1; }
trial '400 kills over 80,000 posts' env EARSHOT_KILLS=400 EARSHOT_KILL_POSTS=80000 "$python" tests/cli/kill.py
trial '50 kills while every connector that ships reads' env EARSHOT_CONNECTOR_KILLS=50 "$python" tests/cli/connectors_kills.py
trial '20 kills of a replay of 100,000 posts by the program' env EARSHOT_REPLAY_KILLS=20 EARSHOT_REPLAY_POSTS=100000 "$python" tests/cli/replay.py SIGKILLs
make -s "$B/test/work_replay_live" && trial 'a replay of 1,000,000 posts, killed 12 times beside live ones, as a fresh run' \
	env EARSHOT_REPLAY_POSTS=1000000 EARSHOT_REPLAY_KILLS=12 "$B/test/work_replay_live" 'workers are killed'
make -s "$B/test/work_replay" && trial '500 queries over 50,000 mentions: live and replayed alike' \
	env EARSHOT_REPLAY_MENTIONS=50000 "$B/test/work_replay" '500 queries'
make -s "$B/test/match_oracle" && trial '1,000,000 queries on posts against the slow evaluator' \
	env MATCH_ORACLE_SETS=1000 MATCH_ORACLE_SEED="$RANDOM" "$B/test/match_oracle"
trial '200,000 texts against vaderSentiment' env EARSHOT_VADER_TEXTS=200000 "$python" tests/cli/vader.py
for suite in score_threads bus_contract bus_contract_read work_worker work_replay work_replay_live collect_collect view_log view_lists view_counts desk_api http_http net_http; do
	[ -f "tests/unit/$suite.c" ] && wanted "$suite under ThreadSanitizer" || continue
	make -s TSAN=1 "build/tsan/test/$suite" || { failed=$((failed + 1)); continue; }
	trial "$suite under ThreadSanitizer" "build/tsan/test/$suite"
done
for source in tests/unit/{base,text,feed,lexicon,score,match,post,learn}_*.c; do
	suite=$(basename "$source" .c)
	wanted "$suite under Valgrind" || continue
	make -s "$B/test/$suite" || { failed=$((failed + 1)); continue; }
	trial "$suite under Valgrind" valgrind -q --error-exitcode=9 --leak-check=full "$B/test/$suite"
done
trial 'the image is built from docker/Dockerfile and run' bash tests/docker/image.sh

# kafka SUITE PARTS COUNT: in parts, so that a run that is cut off goes on with the next
kafka() {
	local part
	for ((part = 1; part <= $2; part++)); do
		trial "kafka/$1, $3 times, part $part of $2" \
			env EARSHOT_TRIAL_COUNT="$3" EARSHOT_TRIAL_SEED="$part" EARSHOT_TRIAL_FULL=1 "$python" "tests/kafka/$1.py"
	done
}
if [ -z "$pattern" ] || [[ $pattern == kafka* ]]; then
	tests/kafka/broker.sh fetch || failed=$((failed + 1))
fi
# replay_on_kafka POSTS KILLS: the states of a replay beside live posts, on a broker of its own
replay_on_kafka() {
	local dir status
	dir=$(mktemp -d "${TMPDIR:-/tmp}/earshot-kafka-XXXXXX")
	EARSHOT_BUS=kafka://$(tests/kafka/broker.sh start "$dir") EARSHOT_BUS_PREFIX=torture. \
		EARSHOT_REPLAY_POSTS=$1 EARSHOT_REPLAY_KILLS=$2 "$B/test/work_replay_live" 'workers are killed'
	status=$?
	tests/kafka/broker.sh wipe "$dir"
	return $status
}
make -s "$B/test/work_replay_live" && trial 'kafka: a replay of 1,000,000 posts, killed 12 times beside live ones, as a fresh run' \
	replay_on_kafka 1000000 12
kafka kill_worker 10 20
kafka replay 4 10
kafka kill_collector 5 20
kafka shared_budget 1 60
kafka kill_broker 3 10
kafka three_brokers 4 5
kafka pause 4 5
kafka late_end 5 10
kafka stranded 2 10
kafka remade 1 10
trial 'kafka/away, 2 minutes' env EARSHOT_TRIAL_AWAY=120 "$python" tests/kafka/away.py
minutes=${EARSHOT_SOAK_MINUTES:-30}
trial "soak: $minutes minutes at full rate through the file" env EARSHOT_SOAK_MINUTES="$minutes" "$python" tests/cli/soak.py
trial "kafka/soak: $minutes minutes at full rate through Kafka" env EARSHOT_SOAK_MINUTES="$minutes" "$python" tests/kafka/soak.py
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
