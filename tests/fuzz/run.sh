#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [PATTERN]: libFuzzer with ASan and UBSan over every tests/fuzz/ROOM_what.c whose name
# holds PATTERN, FUZZ_SECONDS each. Seeds: tests/fixtures/ROOM_what, ROOM and ROOMs,
# tests/cases/ROOM, and each row of tests/cases/what (its first column), where they exist; words:
# ROOM_what.dict. What a run learns stays in $B/fuzz/corpus/, what breaks it in $B/fuzz/found/.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
CC=${FUZZ_CC:-clang-14}
seconds=${FUZZ_SECONDS:-60}
out=$B/fuzz
packages='libcurl jansson libpcre2-8 sqlite3 libutf8proc libfyaml libmicrohttpd libsodium rdkafka liblbfgs zlib libqrencode'

command -v "$CC" >/dev/null 2>&1 || {
	echo "tests/fuzz/run.sh: no $CC: install clang-14, or name another by FUZZ_CC" >&2
	exit 69
}
# shellcheck disable=SC2086 # lists of words
cflags="-std=c17 -g -O1 -Iinclude -Isrc -D_GNU_SOURCE -DEARSHOT_VERSION=\"fuzz\" -pthread \
	-fno-strict-aliasing -fno-omit-frame-pointer -fno-sanitize-recover=all \
	$(pkg-config --cflags $packages)"
# shellcheck disable=SC2086
libs="-Wl,--as-needed $(pkg-config --libs $packages) -lm -pthread"

# The objects of the rooms up to $1, compiled where a source or a header is newer.
objects() {
	for room in $(awk '/^[a-z]/ { print $1 }' tests/rooms.txt | sed "/^$1\$/q"); do
		for source in src/"$room"/*.c; do
			[ -e "$source" ] || continue
			object=$out/obj/$room/$(basename "$source" .c).o
			if [ ! -e "$object" ] ||
				[ -n "$(find "$source" src include -name '*.h' -newer "$object" -print -quit)" ] ||
				[ "$source" -nt "$object" ]; then
				mkdir -p "$(dirname "$object")"
				# shellcheck disable=SC2086
				$CC $cflags -fsanitize=fuzzer-no-link,address,undefined \
					-c "$source" -o "$object" || return 1
			fi
			printf '%s ' "$object"
		done
	done
}

passed=0
failed=0
for source in tests/fuzz/*_*.c; do
	name=$(basename "$source" .c)
	case $name in *"${1:-}"*) ;; *) continue ;; esac
	room=${name%%_*}
	mkdir -p "$out/corpus/$name" "$out/found"
	seeds=
	for folder in "tests/fixtures/$name" "tests/fixtures/$room" "tests/fixtures/${room}s" \
		"tests/cases/$room"; do
		[ -d "$folder" ] && seeds="$seeds $folder"
	done
	if [ -d "tests/cases/${name#*_}" ]; then
		rm -rf "$out/rows/$name"
		mkdir -p "$out/rows/$name"
		awk -F '\t' -v folder="$out/rows/$name" '/^[^#]/ {
			file = folder "/" ++n
			printf "%s", $1 >file
			close(file)
		}' "tests/cases/${name#*_}"/*.tsv
		seeds="$seeds $out/rows/$name"
	fi
	words=
	[ -e "tests/fuzz/$name.dict" ] && words=-dict=tests/fuzz/$name.dict
	log=$out/$name.log
	# shellcheck disable=SC2086
	if list=$(objects "$room") &&
		$CC $cflags -fsanitize=fuzzer,address,undefined -o "$out/$name" "$source" $list $libs &&
		"$out/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 $words \
			-artifact_prefix="$out/found/$name-" "$out/corpus/$name" $seeds >"$log" 2>&1; then
		echo "ok - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
		passed=$((passed + 1))
	else
		echo "not ok - $name: see $log"
		[ -e "$log" ] && tail -n 30 "$log" >&2
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
