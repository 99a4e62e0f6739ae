#!/usr/bin/env bash
# Installs the system packages that are missing: as root by itself, else it prints
# the one command that does it. usage: packages.sh run|test
set -eu -o pipefail

run=(gcc libc6-dev pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev)
test=(chromium xvfb xauth xdotool imagemagick dbus dbus-x11 fonts-dejavu-core python3 python3-venv openssh-server postgresql)
case "${1:-}" in
run) wanted=("${run[@]}") ;;
test) wanted=("${run[@]}" "${test[@]}") ;;
*) echo "usage: $0 run|test" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
	[ "$(uname -s)" = Linux ] && echo "this is no Debian: what ${wanted[*]} are here has to be installed by hand" >&2
	exit 0
fi

missing=()
for p in "${wanted[@]}"; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q "ok installed" || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ]; then
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	apt-get install -y -q --no-install-recommends "${missing[@]}"
	exit 0
fi
echo "System packages are missing. This installs them:" >&2
echo "  sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
# The program itself needs none of them: it then serves a browser instead of a window.
[ "$1" = run ] || exit 1
