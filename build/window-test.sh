#!/usr/bin/env bash
# Opens the real window on a virtual display and looks at it: it must appear, show
# more than one colour, raise instead of opening twice, and end cleanly.
# usage: window-test.sh RONDO PICTURE
set -eu -o pipefail
rondo=$(realpath "$1")
picture=$2
mkdir -p "$(dirname "$picture")"
picture=$(realpath -m "$picture")

if [ "${RONDO_WINDOW_TEST:-}" != inside ]; then
	export RONDO_WINDOW_TEST=inside
	exec timeout 120 xvfb-run -a -s "-screen 0 1280x820x24" dbus-run-session -- bash "$0" "$rondo" "$picture" 2> >(grep -v 'dbus-daemon\|SpiRegistry\|signal 10' >&2)
fi

tmp=$(mktemp -d)
export HOME=$tmp/home RONDO_HOME=$tmp/device XDG_CACHE_HOME=$tmp/cache XDG_DATA_HOME=$tmp/data
mkdir -p "$HOME"
fail() {
	echo "window: $*" >&2
	[ ! -s "$tmp/out" ] || cat "$tmp/out" >&2
	exit 1
}
trap 'kill $pid 2>/dev/null || true; rm -rf "$tmp"' EXIT
pid=
"$rondo" init --sample weather "$tmp/weather" >/dev/null

began=$(date +%s%N)
"$rondo" open --project "$tmp/weather" --port -1 --serving-port -1 >"$tmp/out" 2>&1 &
pid=$!
window=$(timeout 30 xdotool search --sync --onlyvisible --name '^Rondo' | head -1) || fail "no window appeared"
colours() { import -window "$window" -depth 8 "$picture" && identify -format %k "$picture"; }
# The frame that is there at once has some 200 colours, the page with what is in the
# project over 900.
n=0
until [ "${n:-0}" -gt 600 ]; do
	[ $(($(date +%s%N) - began)) -lt 30000000000 ] || fail "the window stays empty ($n colours, see $picture)"
	kill -0 "$pid" || fail "the program ended"
	n=$(colours)
done
echo "window: painted $n colours after $((($(date +%s%N) - began) / 1000000)) ms ($picture)"

"$rondo" open --project "$tmp/weather" | grep -q 'open already' || fail "a second open did not raise the window"

kill -TERM "$pid"
wait "$pid" || fail "ended with code $?"
! pgrep -f "$tmp/cache" >/dev/null || fail "a window process was left behind"
echo "window: ended cleanly"
