# SPDX-License-Identifier: MIT
# The one list of Debian 12 packages: make deps, docker/Dockerfile and CI read it.
# RUN: what the program needs beside its libraries, wherever it runs.
DEBIAN_RUN := ca-certificates tzdata
DEBIAN_BUILD := gcc make pkg-config libc6-dev libcurl4-openssl-dev libjansson-dev \
	libpcre2-dev libsqlite3-dev libutf8proc-dev libfyaml-dev libmicrohttpd-dev libsodium-dev \
	librdkafka-dev liblbfgs-dev zlib1g-dev libqrencode-dev \
	$(DEBIAN_RUN)
DEBIAN_TEST := git clang-14 clang-format-14 libclang-rt-14-dev cppcheck valgrind curl sqlite3 \
	python3 python3-venv nodejs npm chromium fonts-noto-cjk procps \
	openjdk-17-jdk-headless maven kcat systemd
# the peers of tests/bench, where no newer ones are on the PATH
DEBIAN_BENCH := cargo golang-go nodejs npm python3-venv openjdk-17-jdk-headless maven \
	libexpat1 libmrss0 sfeed
# to build and run the image without a daemon (tests/docker/image.sh)
DEBIAN_IMAGE := buildah debootstrap jq
