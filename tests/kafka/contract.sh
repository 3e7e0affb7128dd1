#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# contract.sh [PATTERN...]: the contract tests of the log, and those of dead letters that
# are put back, unchanged, against a real broker. BROKER=host:port names one that runs already.
set -euo pipefail
cd "$(dirname "$0")/../.."
b=${B:-build}
make --no-print-directory B="$b" "$b/test/bus_contract" "$b/test/bus_contract_read" "$b/test/work_letters"
if [ -z "${BROKER:-}" ]; then
	dir=$(mktemp -d "${TMPDIR:-/tmp}/earshot-kafka-XXXXXX")
	trap 'tests/kafka/broker.sh wipe "$dir"' EXIT
	BROKER=$(tests/kafka/broker.sh start "$dir")
fi
export EARSHOT_BUS=kafka://$BROKER
export EARSHOT_BUS_PREFIX=contract$$-$(date +%s).
status=0
for program in bus_contract bus_contract_read work_letters; do
	"$b/test/$program" "$@" || status=1
	EARSHOT_BUS_PREFIX=r$EARSHOT_BUS_PREFIX
done
exit $status
