#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh: every suite that needs a real broker, against one that it starts and ends.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export B=${B:-build}
dir=$(mktemp -d "${TMPDIR:-/tmp}/earshot-kafka-XXXXXX")
trap 'tests/kafka/broker.sh wipe "$dir"' EXIT
BROKER=$(tests/kafka/broker.sh start "$dir") || exit 1
export BROKER
status=0
bash tests/kafka/contract.sh || status=1
make --no-print-directory B="$B" "$B/earshot" || exit 1
python3 tests/kafka/demo.py || status=1
python3 tests/kafka/away.py || status=1
python3 tests/kafka/roles.py || status=1
if sh tests/venv.sh; then
	build/venv/bin/python tests/kafka/consumers.py || status=1
else
	echo "not ok - the Python packages of the tests cannot be installed"
	status=1
fi
exit $status
