#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh [PATTERN]: every suite that needs a real broker, or those whose name holds PATTERN, as
# `make test` runs them.
set -euo pipefail
cd "$(dirname "$0")/../.."
export B=${B:-build}
make --no-print-directory -j2 B="$B" "$B/earshot" "$B/test/bus_contract" "$B/test/bus_contract_read" "$B/test/work_letters"
exec bash tests/run.sh "kafka/${1:-}"
