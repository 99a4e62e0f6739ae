#!/usr/bin/env bash
# The server on port 7777 and Vite with hot reload in front of it; Ctrl-C ends both.
set -eu -o pipefail
project=${PROJECT:-$HOME/rondo-weather}
go build -o build/bin/rondo-dev .
[ -e "$project/.rondo/format" ] || build/bin/rondo-dev init --sample weather "$project"
build/bin/rondo-dev stop --project "$project"
build/bin/rondo-dev serve --project "$project" --port 7777 &
server=$!
trap 'kill $server 2>/dev/null || true; wait' EXIT INT TERM
until token=$(build/bin/rondo-dev token --project "$project" 2>/dev/null); do kill -0 $server; sleep 0.2; done
cd frontend
RONDO_URL=http://127.0.0.1:7777 RONDO_TOKEN=$token npm run dev
