#!/bin/sh
# SPDX-License-Identifier: MIT
# shots.sh: makes tests/web/shots/*.png anew.
set -eu
cd "$(dirname "$0")/../.."
[ -e build/npm/node_modules/playwright-core ] || {
	echo "run make test T=web once: it installs the browser's driver" >&2
	exit 1
}
exec node tests/web/shots.mjs
