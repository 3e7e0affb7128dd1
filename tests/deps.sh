#!/bin/sh
# SPDX-License-Identifier: MIT
# deps.sh build|test|bench PACKAGE...: install the Debian packages that are missing. As
# root through apt-get; otherwise prints the line to type and stops.
set -eu
what=$1
shift
missing=
for package in "$@"; do
	# a program that is there already (another node, another gcc) serves as well
	case $package in
	nodejs) command -v node >/dev/null 2>&1 && continue ;;
	golang-go) command -v go >/dev/null 2>&1 && continue ;;
	cargo | npm | gcc | git | curl | make) command -v "$package" >/dev/null 2>&1 && continue ;;
	esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "earshot: to $what, these Debian packages are missing. Type:" >&2
	echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
	exit 69
fi
echo "earshot: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -20 "$log" >&2
	echo "earshot: apt-get could not install them; the lines above say why" >&2
	exit 69
fi
