#!/usr/bin/env bash
# Makes the virtual environment with the Python clients of the tests.
# usage: venv.sh REQUIREMENTS DIR
set -eu -o pipefail
if [ -x "$2/bin/python" ] && "$2/bin/python" -m pip freeze 2>/dev/null | sort -f | cmp -s - <(grep -v '^#' "$1" | sort -f); then
	exit 0
fi
python3 -m venv "$2"
"$2/bin/python" -m pip install -q --disable-pip-version-check -r "$1"
