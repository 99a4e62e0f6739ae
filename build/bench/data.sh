#!/usr/bin/env bash
# Measures versioning of data beside what else copies and hashes files, and puts the tables
# into docs/benchmarks.md. PARTS, such as "small,million", measures some of it; the rest stays.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
oxen=build/cache/bench-oxen
if [ ! -e $oxen ]; then
	.venv/bin/python -m pip install -q --disable-pip-version-check --target $oxen oxenai==0.65.1 ||
		echo "data: oxenai cannot be installed; Oxen is not measured" >&2
fi
go build -trimpath -o build/cache/bare ./build/bench/bare
PATH="$PATH:$(go env GOPATH)/bin" # where go install puts restic
PYTHONPATH=build/bench exec .venv/bin/python build/bench/data.py build/bin/rondo --dvc .venv/bin/dvc --bare build/cache/bare --oxen $oxen \
	--only "${PARTS:-disk,small,large,append,stages}" --cache build/cache/data --write docs/benchmarks.md "$@"
