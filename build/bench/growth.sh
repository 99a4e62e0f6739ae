#!/usr/bin/env bash
# Measures Rondo beside mlflow's server as the store grows, and puts the table into
# docs/benchmarks.md. PARTS, such as "writes,growth", measures some of it, and SERVERS,
# such as "Rondo", some of "Rondo,SQLite,PostgreSQL"; the rest of the table stays.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
mkdir -p build/cache
for name in fill writes; do
	go build -o build/cache/$name ./build/bench/$name
done
if [ ! -d build/cache/bench-pg ]; then
	.venv/bin/python -m pip install -q --disable-pip-version-check --target build/cache/bench-pg psycopg2-binary==2.9.13 ||
		echo "growth: psycopg2 cannot be installed; PostgreSQL is not measured" >&2
fi
PYTHONPATH=build/bench:$PWD/build/cache/bench-pg exec .venv/bin/python build/bench/growth.py \
	build/bin/rondo build/cache/fill build/cache/writes --only "${PARTS:-}" --servers "${SERVERS:-}" --cache build/cache/growth --write docs/benchmarks.md "$@"
