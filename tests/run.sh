#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh [PATTERN]: runs every suite (or those whose name holds PATTERN) and counts.
#
# A suite is a program that prints "ok - sentence", "ok - sentence # SKIP why" or
# "not ok - sentence" and exits 0 where nothing failed:
#   tests/unit/ROOM_what.c      built with ASan and UBSan (build/dev/test/)
#   tests/cli/NAME.py           the program as a user calls it
#   tests/cases/NAME/check.py   data that must keep what it promises
#   tests/web/NAME.test.mjs     the pages in a real browser
#   tests/kafka/NAME.py, contract.sh   what needs a real broker
# The last line is "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.." || exit 1
export B=${B:-build} LC_ALL=C.UTF-8
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
labels=${EARSHOT_LABELS:-} # what the program may not see, the checks may
unset EARSHOT_LEXICONS "${!EARSHOT_@}" 2>/dev/null
[ -z "$labels" ] || export EARSHOT_LABELS="$labels"
pattern=${1:-}
passed=0 failed=0 skipped=0
log=build/test-logs
mkdir -p "$log"
: >"$log/failures"

wanted() {
	case $1 in *"$pattern"*) ;; *) return 1 ;; esac
}

# have WHAT COMMAND...: it fetches what the suites that follow need
have() {
	"${@:2}" && return
	echo "not ok - $1 cannot be installed"
	failed=$((failed + 1))
	return 1
}

# suite NAME LIMIT COMMAND...: at most LIMIT seconds
suite() {
	local name=$1 limit=$2 out status ok skip bad
	shift 2
	wanted "$name" || return
	out=$log/${name//\//_}.log
	printf '== %s\n' "$name"
	local start=$SECONDS
	timeout -k 10 "$limit" "$@" >"$out" 2>&1 </dev/null
	status=$?
	ok=$(grep -c '^ok - ' "$out")
	skip=$(grep -c '^ok - .* # SKIP' "$out")
	bad=$(grep -c '^not ok - ' "$out")
	grep -E '^(not ok - |ok - .* # SKIP|# )' "$out" | head -60
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] || [ $((ok + bad)) -eq 0 ]; then
		bad=$((bad + 1))
		echo "not ok - $name ended with status $status"
		tail -40 "$out"
	fi
	# once more at the end, where a long log is looked at first; what a failure says stands before it
	[ "$bad" -eq 0 ] || { echo "$name:" && { grep -E '^(not ok - |# )' "$out" || tail -8 "$out"; } | cut -c1-300 | head -40; } >>"$log/failures"
	passed=$((passed + ok - skip)) skipped=$((skipped + skip)) failed=$((failed + bad))
	printf '   %d passed, %d failed, %d skipped in %d s\n' $((ok - skip)) "$bad" "$skip" $((SECONDS - start))
}

for program in build/dev/test/*; do
	case $program in *.d) continue ;; esac
	[ -x "$program" ] && [ -e "tests/unit/$(basename "$program").c" ] &&
		suite "unit/$(basename "$program")" 900 "$program"
done
# what a sanitizer hides (its own heap): once more in the plain build
for source in $(grep -l 'a sanitizer has its own heap' tests/unit/*_*.c); do
	suite "plain/$(basename "$source" .c)" 900 "$B/test/$(basename "$source" .c)"
done
# what they need is fetched when the first of them is wanted
for script in tests/cli/*.py; do
	name=cli/$(basename "$script" .py)
	wanted "$name" && grep -q '^ *main()' "$script" || continue # a part of others
	have 'the Python packages of the tests' sh tests/venv.sh || break
	suite "$name" 1500 build/venv/bin/python "$script"
done
for script in tests/cases/*/check.py; do
	name=cases/$(basename "$(dirname "$script")")
	wanted "$name" || continue
	have 'the Python packages of the tests' sh tests/venv.sh || break
	suite "$name" 300 build/venv/bin/python "$script"
done
for script in tests/web/*.test.mjs; do
	name=web/$(basename "$script" .test.mjs)
	wanted "$name" || continue
	have 'the npm packages of the tests' sh tests/npm.sh || break
	suite "$name" 900 node "$script"
done

for script in tests/kafka/contract.sh tests/kafka/*.py; do
	name=kafka/$(basename "${script%.*}")
	case $script in *.py) grep -q '^ *main()' "$script" || continue ;; esac # a part of others
	wanted "$name" || continue
	have 'the broker of the tests' tests/kafka/broker.sh fetch || break
	! wanted kafka/secure || have 'the older broker of the tests' env KAFKA_VERSION=3.9.1 tests/kafka/broker.sh fetch || break
	have 'the Python packages of the tests' sh tests/venv.sh || break
	case $script in
	*.py) suite "$name" 1500 build/venv/bin/python "$script" ;;
	*) suite "$name" 900 bash "$script" ;;
	esac
done

[ "$((passed + failed))" -gt 0 ] || { echo "no suite is called *$pattern*"; failed=1; }
cat "$log/failures"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
