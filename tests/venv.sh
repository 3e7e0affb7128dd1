#!/bin/sh
# SPDX-License-Identifier: MIT
# venv.sh: the Python packages of the tests, once, in build/venv.
cd "$(dirname "$0")/.." || exit 1
[ -e build/venv/.complete-7 ] && exit 0
python3 -m venv build/venv && build/venv/bin/pip install -q --disable-pip-version-check \
	vaderSentiment==3.3.2 jsonschema==4.26.0 confluent-kafka==2.16.1 \
	scikit-learn==1.5.2 PyYAML==6.0.2 compose-spec==0.2.1 jsonschema-rs==0.61.0 \
	openapi-spec-validator==0.9.0 prometheus-client==0.21.1 &&
	build/venv/bin/pip install -q --disable-pip-version-check --no-deps chdb-core==26.9.0 && touch build/venv/.complete-7
