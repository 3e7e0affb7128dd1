#!/bin/sh
# SPDX-License-Identifier: MIT
# venv.sh [clickhouse]: the Python packages of the tests, once, in build/venv; `clickhouse`: that one
# too, which a single suite needs and which takes 560 MB.
cd "$(dirname "$0")/.." || exit 1
fetch() { build/venv/bin/python -m pip install -q --disable-pip-version-check "$@"; }
if [ ! -e build/venv/.complete-8 ]; then
	python3 -m venv build/venv && fetch \
		vaderSentiment==3.3.2 jsonschema==4.26.0 confluent-kafka==2.16.1 \
		scikit-learn==1.5.2 PyYAML==6.0.2 compose-spec==0.2.1 jsonschema-rs==0.61.0 \
		openapi-spec-validator==0.9.0 prometheus-client==0.21.1 webvtt-py==0.6.0 &&
		touch build/venv/.complete-8 || exit 1
fi
if [ "${1:-}" = clickhouse ] && [ ! -e build/venv/.clickhouse-1 ]; then
	fetch --no-deps chdb-core==26.9.0 && touch build/venv/.clickhouse-1
fi
