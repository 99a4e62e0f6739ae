#!/usr/bin/env bash
# Measures one part of data.py for some programs with a new ext4 for each of ROUNDS turns: what makes many files
# depends on what the file system held before. It lies in a file of SIZE MiB, written once, so that no turn pays for
# room in the file system around it; it is read and written directly. Root alone may mount it.
# usage: PART=million WITH=rondo ROUNDS=5 SIZE=24000 build/bench/fresh.sh [options of data.py]
set -eu -o pipefail
cd "$(dirname "$0")/../.."
file=$(mktemp "${TMPDIR:-/var/tmp}/fresh.XXXXXX") at=$(mktemp -d)
loop=
clear() {
	umount "$at" 2>/dev/null || true
	[ -z "$loop" ] || losetup -d "$loop"
	loop=
	rm -f "$file"
}
trap 'clear; rmdir "$at"' EXIT
for _ in $(seq "${ROUNDS:-5}"); do
	dd if=/dev/zero of="$file" bs=1M count="${SIZE:-24000}" oflag=direct status=none
	mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 -N 6000000 "$file"
	loop=$(losetup -f --show --direct-io=on "$file")
	mount -o noinit_itable "$loop" "$at"
	PARTS=${PART:-million} build/bench/data.sh --with "${WITH:-rondo}" --rounds 1 --add --in "$at" "$@"
	clear
done
