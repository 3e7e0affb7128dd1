#!/bin/bash
# SPDX-License-Identifier: MIT
# lint.sh: format, room rules, cppcheck, shell syntax, and what files must hold. Prints
# FILE:LINE: what; ends with 1 where anything is found.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8
sh tests/deps.sh lint git clang-format-14 cppcheck || exit
bad=0
found() { [ -z "$1" ] || { printf '%s\n' "$1"; bad=1; }; }
mapfile -t files < <(git ls-files -co --exclude-standard)
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '\.(c|h)$')

# 1. format
found "$(clang-format-14 --dry-run "${sources[@]}" 2>&1 | grep -E 'warning:' | sed 's/warning: .*/not formatted (make format)/' | sort -u | head -20)"

# 2. rooms: which room may include which (tests/rooms.txt)
found "$(printf '%s\n' "${sources[@]}" | grep -E '^(src|include)/' | xargs awk -f tests/rooms.awk tests/rooms.txt)"

# 3. every file says its licence; long files need a reason
for file in "${files[@]}"; do
	case $file in
	*.c | *.h | *.sh | *.py | *.mjs | *.js | *.css | *.awk | *.mk | Makefile | .ci/run)
		head -3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || found "$file:1: no SPDX line" ;;
	esac
	case $file in
	src/*.c | src/*.h | include/*.h)
		n=$(wc -l <"$file")
		[ "$n" -le 600 ] || found "$file:600: $n lines; cut it into files of 150 to 400" ;;
	esac
done
for folder in src src/* include lexicons config tests docker; do
	[ ! -d "$folder" ] || [ -f "$folder/README.md" ] || found "$folder: no README.md"
done

# 4. the library is silent: only src/cli prints or exits
found "$(grep -nE '\b(printf|puts|exit|abort|perror)\(' $(printf '%s\n' "${sources[@]}" | grep '^src/' | grep -v '^src/cli/') /dev/null |
	grep -vE '(es_buf_|sn|vsn)printf|es_buf_puts|pthread_exit|->abort|// |\* ' | sed 's/$/   <- only src\/cli prints or exits/')"

# 5. the top level
extra=$(git ls-tree --name-only HEAD | grep -vxE 'src|include|lexicons|config|tests|docker|Makefile|README\.md|LICENSE|CHANGELOG\.md|\..*')
[ -z "$extra" ] || found "top level: $extra does not belong here"

# 6. unfinished work and places of one machine
found "$(git grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' -- src include tests config Makefile ':!tests/lint.sh')"

# 7. cppcheck
found "$(cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr \
	--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --error-exitcode=0 \
	-Iinclude -Isrc --template='{file}:{line}: {id}: {message}' src 2>&1)"

# 8. shell
for file in "${files[@]}"; do
	case $file in *.sh) bash -n "$file" || bad=1 ;; esac
done

[ "$bad" = 0 ] && echo "lint: nothing found"
exit "$bad"
