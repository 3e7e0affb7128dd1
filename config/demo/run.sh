#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh BUILD: the demo, from an empty log each time, on the first free port from 8080.
# EARSHOT_LISTEN=127.0.0.1:9000 names another address.
set -eu
build=$1
data=$build/demo
mkdir -p "$data"
# one demo a folder: a second would take the log from under the first. The lock is the
# program's as long as it lives; the file holds the first one's address.
exec 9>>"$data/.lock"
if ! flock -n 9; then
	echo "earshot: the demo of this folder runs already, at $(cat "$data/.lock")" >&2
	echo "    end that one first (Ctrl-C there)" >&2
	exit 69
fi
rm -rf "${data:?}"/*
full=$(cd "$data" && pwd)
listen=${EARSHOT_LISTEN:-}
if [ -z "$listen" ]; then
	port=8080
	# a port that answers is taken: try the next
	while [ "$port" -lt 8100 ] && awk -v p="$(printf '%04X' "$port")" \
		'$4 == "0A" && substr($2, length($2) - 3) == p { found = 1 } END { exit !found }' /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
		port=$((port + 1))
	done
	listen=127.0.0.1:$port
fi
echo "http://$listen" >"$data/.lock"
echo "earshot: the demo begins at http://$listen  (Ctrl-C ends it)"
exec "$build/earshot" run -c config/demo/earshot.yaml --set "bus=$full/earshot.db" \
	--set "view.path=$full/view.db" --set "http.listen=$listen"
