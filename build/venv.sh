#!/usr/bin/env bash
# Makes the virtual environment with the Python clients of the tests.
# usage: venv.sh REQUIREMENTS DIR
set -eu -o pipefail
ours='^(pip|setuptools)==' # what venv brings itself
if grep -q '^setuptools==' "$1"; then ours='^pip=='; fi
if [ -x "$2/bin/python" ] && "$2/bin/python" -m pip freeze --all 2>/dev/null | grep -Ev "$ours" | sort -f | cmp -s - <(grep -v '^#' "$1" | sort -f); then
	exit 0
fi
python3 -m venv "$2"
"$2/bin/python" -m pip install -q --disable-pip-version-check -r "$1"
