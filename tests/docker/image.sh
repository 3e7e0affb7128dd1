#!/bin/bash
# SPDX-License-Identifier: MIT
#
# image.sh: builds docker/Dockerfile for real and runs what it makes, without a daemon:
# buildah builds it, on a base that debootstrap makes of this machine's own Debian
# mirror. As root; takes some minutes and 2 GB below $TMPDIR, which it removes.
#
# The container is what Docker makes of the image, by hand: its own mounts, process ids
# and (where no port is asked) network, a read-only root, the image's user and environment,
# earshot as process 1.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "$(id -u)" != 0 ]; then
	echo "ok - the image is built and run # SKIP needs root: debootstrap makes device files and changes root"
	exit 0
fi
# shellcheck disable=SC2046
sh tests/deps.sh 'build the image' $(make -s -f tests/packages.mk --eval='image: ; @echo $(DEBIAN_IMAGE)' image)

work=$(mktemp -d "${TMPDIR:-/tmp}/earshot-image-XXXXXX")
export BUILDAH_ISOLATION=chroot
b() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }
running=
cleanup() {
	[ -z "$running" ] || kill -KILL "$running" 2>/dev/null || true
	b umount --all >/dev/null 2>&1 || true
	b rm --all >/dev/null 2>&1 || true
	b rmi --all --force >/dev/null 2>&1 || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT

failed=0
ok() { echo "ok - $1"; }
bad() {
	failed=1
	sed 's/^/# /' "$work/log" | tail -30
	echo "not ok - $1"
}
# it SENTENCE FUNCTION: what it says goes to $work/log. The function stands in a condition,
# where -e is off: its commands are joined by && or end with || return.
it() {
	local sentence=$1
	shift
	if "$@" >"$work/log" 2>&1; then ok "$sentence"; else bad "$sentence"; fi
}

# ---- the base, and the image on it ----

make_base() {
	local mirror tree=$work/tree c
	# the mirror is the machine's affair; only its release must be the Dockerfile's
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
	[ -n "$mirror" ] || { echo "the apt sources of this machine have no Debian bookworm"; return 1; }
	debootstrap --variant=minbase bookworm "$tree" "$mirror" || return
	rm -f "$tree/etc/apt/sources.list"
	cp -a /etc/apt/sources.list "$tree/etc/apt/" 2>/dev/null || true
	cp -a /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list "$tree/etc/apt/sources.list.d/" 2>/dev/null || true
	cp -n /etc/apt/apt.conf.d/* "$tree/etc/apt/apt.conf.d/"
	tar -C "$tree" -cf "$work/base.tar" . &&
		rm -rf --one-file-system "$tree" &&
		c=$(b from scratch) &&
		b add -q "$c" "$work/base.tar" / &&
		b commit -q "$c" debian:bookworm-slim &&
		b rm "$c" &&
		rm "$work/base.tar"
}
build() {
	# docker's own format: the one that knows HEALTHCHECK
	b bud --pull-never --format docker --build-arg "REVISION=$(git rev-parse --short HEAD)" \
		-t earshot -f docker/Dockerfile .
}
start=$SECONDS
it 'a base is made of this machine'\''s Debian packages' make_base
[ $failed = 0 ] || exit 1
it 'docker/Dockerfile builds with nothing but its own context' build
[ $failed = 0 ] || exit 1
echo "# base and image in $((SECONDS - start)) s"

b inspect --type image localhost/earshot >"$work/image.json"
image() { jq -r ".Docker.config.$1" "$work/image.json"; }
container=$(b from --pull-never localhost/earshot)
root=$(b mount "$container")
mapfile -t environment < <(jq -r '.Docker.config.Env[]' "$work/image.json")
mapfile -t entrypoint < <(jq -r '.Docker.config.Entrypoint[]' "$work/image.json")
mapfile -t health < <(jq -r '.Docker.config.Healthcheck.Test[1:][]' "$work/image.json")
user=$(image User)
state=$work/state
mkdir "$state"
chown "$user" "$state"

# in_image [-n] [VARIABLE=VALUE]... -- COMMAND...: -n = with the network of this machine
in_image() {
	local net=--net variables=()
	[ "$1" != -n ] || { net= && shift; }
	while [ "$1" != -- ]; do variables+=("$1") && shift; done
	shift
	# shellcheck disable=SC2086
	exec unshare --mount --pid --fork --kill-child=KILL --ipc --uts $net bash -euc '
		root=$1 state=$2 user=$3
		shift 3
		mount --bind "$root" "$root"
		mount -o remount,bind,ro,nosuid "$root"
		mount -t tmpfs tmpfs "$root/tmp"
		mount --bind "$state" "$root/var/lib/earshot"
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		exec chroot --userspec="$user" "$root" "$@"' \
		in_image "$root" "$state" "$user" \
		/usr/bin/env -i "${environment[@]}" "${variables[@]}" "$@"
}
run() { (in_image "$@"); }

# ---- what the image is ----

version=$(sed -n 's/^VERSION := //p' Makefile)
is_version() {
	[ "$(run -- "${entrypoint[@]}" --version)" = "earshot $version" ] &&
		[ "$(jq -r '.Docker.config.Labels["org.opencontainers.image.version"]' "$work/image.json")" = "$version" ]
}
it "earshot --version says $version, as the label does" is_version

is_meant() {
	[ "$user" = 10001:10001 ] && [ "$(run -- id -u)" = 10001 ] || { echo "user $user"; return 1; }
	[ "$(jq -r '.Docker.config.StopSignal' "$work/image.json")" = SIGTERM ] || { echo 'no STOPSIGNAL'; return 1; }
	[ "${#health[@]}" -ge 3 ] || { echo 'no HEALTHCHECK'; return 1; }
}
it 'its user is no root, its stop signal SIGTERM, and it has a health check' is_meant

is_small() {
	local extra
	run -- /bin/sh -c 'for p in gcc make curl wget python3; do
		! command -v $p || { echo "$p is there"; exit 1; }; done
		[ ! -e /usr/local/include ] || [ -z "$(ls /usr/local/include)" ]' &&
		run -- /bin/sh -c 'ldd /usr/local/bin/earshot' >"$work/ldd" || return
	! grep 'not found' "$work/ldd" || return
	extra=$(grep -vxE 'lib[a-z0-9.+-]+|ca-certificates|tzdata' "$root/usr/local/share/earshot/packages")
	[ -z "$extra" ] || { echo "asked for: $extra"; return 1; }
}
it 'it holds the libraries of the program and no tools to build or fetch' is_small
echo "# $(du -sm --one-file-system "$root" | cut -f1) MB; packages asked for: $(paste -sd' ' "$root/usr/local/share/earshot/packages")"

is_sealed() {
	run -- /bin/sh -c 'for d in / /etc /etc/earshot /usr/local/share/earshot /usr/local/bin; do
		! touch $d/x 2>/dev/null || { echo "$d can be written"; exit 1; }; done; touch /var/lib/earshot/x && rm /var/lib/earshot/x'
}
it 'on a read-only root only /var/lib/earshot can be written' is_sealed

# ---- what it does ----

scores() {
	echo 'Kargo çok hızlı geldi, teşekkürler' | run -- "${entrypoint[@]}" score --text |
		tee "$work/score" | jq -e '.sentiment.label == "positive"'
}
it 'earshot score labels a line, lexicons and all' scores

demo=/usr/local/share/earshot/config/demo/earshot.yaml
once() {
	# no network at all: the public feeds of the demo cannot be heard, which is no error
	run -- "${entrypoint[@]}" run -c "$demo" --once &&
		run -- "${entrypoint[@]}" tail -c "$demo" mentions.positive mentions.neutral mentions.negative >"$work/mentions" &&
		[ "$(wc -l <"$work/mentions")" -gt 600 ] || { wc -l "$work/mentions"; return 1; }
}
it 'run --once of the demo, as that user, read-only, without any network' once
echo "# $(wc -l <"$work/mentions" 2>/dev/null || echo 0) mentions"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
is_healthy() { (in_image -n "EARSHOT_HTTP__LISTEN=127.0.0.1:$port" -- "${health[@]}"); }
serves() {
	local i inner
	if is_healthy; then echo 'healthy before anything runs'; return 1; fi
	(in_image -n "EARSHOT_HTTP__LISTEN=127.0.0.1:$port" -- "${entrypoint[@]}" run -c "$demo" --role work,view,desk) &
	running=$!
	for ((i = 0; i < 300; i++)); do
		if is_healthy; then break; fi
		kill -0 "$running" 2>/dev/null || { echo 'it ended'; return 1; }
		sleep 0.2
	done
	is_healthy || return 1
	# process 1 of the container, as `docker stop` sees it
	inner=$(pgrep -P "$running") || return
	[ "$(awk '/^NSpid/ { print $NF }' "/proc/$inner/status")" = 1 ] || { echo "$inner is not process 1"; return 1; }
	[ "$(awk '/^Uid/ { print $2 }' "/proc/$inner/status")" = 10001 ] || { echo "$inner is not the user"; return 1; }
	kill -TERM "$inner"
	local code=0
	wait "$running" || code=$?
	running=
	[ "$code" = 0 ] || { echo "it ended with $code"; return 1; }
	! is_healthy
}
it 'the health check says no, then yes while it runs; SIGTERM to process 1 ends it with 0' serves

refuses() {
	local code=0
	run EARSHOT_HTTP__LISTEN=0.0.0.0:0 -- "${entrypoint[@]}" run -c "$demo" --role view,desk || code=$?
	[ "$code" = 78 ]
}
it 'a desk on an address that others reach is refused in a container too' refuses

needs_config() {
	local code=0
	run -- "${entrypoint[@]}" run || code=$?
	[ "$code" = 66 ] && grep -q 'there is no config' "$work/log"
}
it 'without a config it says that there is none' needs_config

exit $failed
