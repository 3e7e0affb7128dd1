#!/bin/sh
# SPDX-License-Identifier: MIT
# npm.sh: the npm packages of the tests, once, in build/npm.
cd "$(dirname "$0")/.." || exit 1
[ -e build/npm/.complete-3 ] && exit 0
mkdir -p build/npm && cp tests/web/package.json build/npm/ &&
	(cd build/npm && npm install --no-audit --no-fund --no-package-lock --loglevel=error) &&
	touch build/npm/.complete-3
