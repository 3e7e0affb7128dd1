#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh FILE...: the pages as C, a table of {path, type, bytes}, in the order given.
set -eu
export LC_ALL=C
echo '/* made by src/web/embed.sh */'
echo '#include "web/files.h"'
i=0
for file in "$@"; do
	printf 'static const unsigned char file_%d[] = {\n' "$i"
	od -An -v -tx1 "$file" | sed 's/ \(..\)/0x\1,/g'
	echo '};'
	i=$((i + 1))
done
echo 'const struct es_web_entry es_web_entries[] = {'
i=0
for file in "$@"; do
	printf '\t{ "/%s", file_%d, sizeof(file_%d) },\n' "${file#src/web/}" "$i" "$i"
	i=$((i + 1))
done
echo '};'
echo 'const size_t es_web_n = sizeof(es_web_entries) / sizeof(es_web_entries[0]);'
