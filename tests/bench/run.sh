#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: every benchmark, one after the other. These machines are noisy: trust the ratios.
set -u
cd "$(dirname "$0")/../.." || exit 1
for program in "${B:-build}"/bench/*; do
	# work_feed: the posts of a soak; work_scale: kafka.sh has it
	case $program in *.d | */work_feed | */work_scale) continue ;; esac
	echo "== $(basename "$program")"
	case $program in
	*/score_peer) python3 tests/bench/peers/race.py || exit ;;
	*/match_peer) python3 tests/bench/peers/match_race.py || exit ;;
	*/collect_feeds) python3 tests/bench/peers/feeds_race.py || exit ;;
	*/work_kafka) bash tests/bench/kafka.sh || exit ;;
	*) "$program" || exit ;;
	esac
done
