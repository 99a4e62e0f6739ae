#!/usr/bin/env bash
# Measures Rondo beside its peers and writes docs/benchmarks.md.
set -eu -o pipefail
cd "$(dirname "$0")/.."
mkdir -p build/cache
go build -o build/cache/load ./build/bench/load
if [ ! -x build/cache/bench-venv/bin/dvc ]; then
	python3 -m venv build/cache/bench-venv
	build/cache/bench-venv/bin/python -m pip install -q --disable-pip-version-check dvc==3.67.1 ||
		echo "bench: dvc cannot be installed; its column stays empty" >&2
fi
dvc=build/cache/bench-venv/bin/dvc
[ -x "$dvc" ] && dvc=$(realpath "$dvc") || dvc=
exec .venv/bin/python build/bench/bench.py build/bin/rondo build/cache/load --write docs/benchmarks.md ${dvc:+--dvc "$dvc"}
