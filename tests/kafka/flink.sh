#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# flink.sh [fetch]: the statements of standard input in Apache Flink, without a cluster of it (Flink.java).
# Its jars come by Maven, once (130 MB), into build/flink/VERSION; `fetch`: no more than that.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=2.2.1 connector=5.0.0-2.2
jars=build/flink/$version

if [ ! -e "$jars/.complete" ]; then
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	dependency() { echo "<dependency><groupId>org.apache.flink</groupId><artifactId>$1</artifactId><version>$2</version></dependency>"; }
	cat >"$tmp/pom.xml" <<-POM
		<project xmlns="http://maven.apache.org/POM/4.0.0">
		  <modelVersion>4.0.0</modelVersion>
		  <groupId>local</groupId><artifactId>flink-jars</artifactId><version>1</version>
		  <packaging>pom</packaging>
		  <dependencies>
		    $(for name in clients json connector-base table-api-java-bridge table-planner-loader table-runtime; do dependency "flink-$name" $version; done)
		    $(dependency flink-sql-connector-kafka $connector)
		  </dependencies>
		</project>
	POM
	mkdir -p "$jars"
	mvn -q -B -f "$tmp/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/$jars" >"$tmp/log" 2>&1 || {
		cat "$tmp/log" >&2
		exit 1
	}
	touch "$jars/.complete"
fi
[ "${1:-}" != fetch ] || exit 0
exec "${JAVA:-java}" -Xmx512m -cp "$jars/*" tests/kafka/Flink.java
