# What a person types. docs/contributing.md says what each of these does.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PROJECT ?= $(HOME)/rondo-weather
VERSION := $(shell sed -n 's/^const Version = "\(.*\)"/\1/p' app/ahead/ahead.go)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
GO_BUILD := go build -trimpath -ldflags "-s -w -X ahead.commit=$(COMMIT)"
WINDOW_TAGS := desktop,production,webkit2_41
RONDO := build/bin/rondo
# Where the race detector pays: what many goroutines share.
RACE := ./backend/event/... ./backend/ledger/... ./backend/store/... ./backend/run/... ./backend/serve/... \
	./backend/monitor/... ./backend/loop/... ./backend/proc/... ./backend/git/... ./backend/remote/... ./app/guard/... ./app/server/...
# Where it would take too long for all tests: those in which many work at once.
RACE_OF := ./backend/dataset ./backend/interop/dvc
RACE_TESTS := AtOnce|Many|HasCome|IsSound|ComesBack|HalfWritten

.PHONY: run demo test check bench bench-data bench-growth torture conformance dev build window setup fmt generate clean \
	packages-run packages-test test-go test-ui test-window check-go check-ui check-vulnerabilities help

run: build
	@test -e "$(PROJECT)/.rondo/format" || $(RONDO) init --sample weather "$(PROJECT)"
	$(RONDO) open --project "$(PROJECT)"

demo: build
	$(RONDO) demo "$${DEMO:-$$(mktemp -d)/weather}"

# --- building

build: packages-run window $(RONDO)-static

.PHONY: $(RONDO)-static
$(RONDO)-static: frontend/dist/index.html
	CGO_ENABLED=0 $(GO_BUILD) -o $(RONDO) .

# The window is an executable of its own, carried inside the program. Without GTK
# to build it with, the program serves a browser.
window:
	@if pkg-config --exists gtk+-3.0 webkit2gtk-4.1 2>/dev/null; then \
		echo "build the window"; $(GO_BUILD) -tags $(WINDOW_TAGS) -o app/window/embedded/rondo-window ./app/window/rondo-window; \
	elif [ "$$(uname -s)" = Linux ]; then \
		rm -f app/window/embedded/rondo-window; echo "no GTK here: building without the window"; \
	fi

frontend/dist/index.html: build/cache/npm $(shell find frontend/src frontend/messages frontend/public frontend/scripts -type f 2>/dev/null) frontend/index.html frontend/vite.config.ts
	cd frontend && npm run build
	touch $@

build/cache/npm: frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund
	mkdir -p $(@D) && touch $@

fmt:
	go tool gofumpt -w main.go app backend build

generate:
	go run ./backend/api/openapi/write

# --- setting up

packages-run:
	@build/packages.sh run

packages-test:
	@build/packages.sh test

setup: packages-run packages-test build/cache/npm build/cache/venv
	go mod download

build/cache/venv: testdata/python/requirements.txt
	build/venv.sh $< .venv
	mkdir -p $(@D) && touch $@

build/cache/dvc2/bin/dvc: testdata/python/dvc2.txt
	build/venv.sh $< build/cache/dvc2
	touch $@

build/cache/%/made: testdata/python/%.txt
	build/venv.sh $< $(@D)
	touch $@

# --- testing

test: setup build check test-go test-ui test-window

# Crash rounds, fuzz seeds, real clients and real processes are all in here.
test-go:
	go test -timeout 20m ./...
	go test -timeout 20m -race -short $(RACE)
	go test -timeout 20m -race -short -run '$(RACE_TESTS)' $(RACE_OF)

test-ui:
	cd frontend && npm test
	cd frontend && npm run e2e

test-window: build
	build/window-test.sh $(RONDO) build/cache/window.png

check: check-go check-ui check-vulnerabilities

check-go: build/cache/npm
	@echo "gofumpt"; out=$$(go tool gofumpt -l main.go app backend build); test -z "$$out" || { echo "$$out"; echo "run: make fmt"; exit 1; }
	@echo "generated files"; go run ./backend/api/openapi/write -check
	go vet ./...
	go tool staticcheck ./...

check-ui: build/cache/npm
	cd frontend && npm run check
	cd frontend && npm run lint

# The list of known faults is on the network; without it this says so and goes on.
check-vulnerabilities:
	@build/vulnerabilities.sh

# --- the long ones

# The table at the top of the page, and all beside mlflow's servers: half an hour.
bench: setup build
	build/bench.sh
	build/bench/growth.sh

# Versions of data beside what else copies and hashes files; PARTS=small,million measures some of it.
bench-data: setup build
	build/bench/data.sh

# How it does beside mlflow's server as the store grows; PARTS=writes,growth measures some of it.
bench-growth: setup build
	build/bench/growth.sh

torture:
	RONDO_TORTURE=2000 go test -count=1 -timeout 4h -run 'Kill|CutOff|Crash|AnyHistory|EveryOperation' ./backend/... ./app/...

# What real MLflow answers, asked anew; with a checkout of its sources in MLFLOW_SOURCE
# and an interpreter with its test tools in MLFLOW_PYTHON, also its own tests. Libraries
# that log by themselves run with the newest client and the last of MLflow 2; with an
# interpreter that has torch in TORCH_PYTHON, PyTorch as well. Then git, and both lines of
# dvc, on histories made at random: HISTORIES of each, at a quarter of a minute or less.
HISTORIES ?= 200
conformance: setup build/cache/dvc2/bin/dvc build/cache/dvc-s3/made build/cache/dvc2-s3/made build/cache/libraries/made build/cache/old/made
	RONDO_MLFLOW_SOURCE=$(MLFLOW_SOURCE) RONDO_MLFLOW_PYTHON=$(MLFLOW_PYTHON) RONDO_TORCH_PYTHON=$(TORCH_PYTHON) \
		go test -tags conformance -count=1 -timeout 60m -run 'SameAnswers|Replay|Upstream|Libraries|Torch|OldClient' ./backend/door/mlflow
	go test -tags conformance -count=1 -timeout 20m -run TestServer ./backend/interop/mlflow
	GIT_ROUNDS=3000 go test -count=1 -timeout 60m -run 'OfAny|Ignore' ./backend/git
	DVC_HISTORIES=$(HISTORIES) go test -count=1 -timeout 8h -run AnyHistoryInTurn ./backend/interop/dvc
	DVC=$(CURDIR)/build/cache/dvc2/bin/dvc DVC_HISTORIES=$(HISTORIES) go test -count=1 -timeout 8h -run AnyHistoryInTurn ./backend/interop/dvc
	DVC2=$(CURDIR)/build/cache/dvc2/bin/dvc DVC_HISTORIES=$(HISTORIES) go test -count=1 -timeout 8h -run 'AnyHistoryBegun|NamesOfDVC2' ./backend/interop/dvc
	DVC2=$(CURDIR)/build/cache/dvc2/bin/dvc go test -count=1 -timeout 20m -run DVC2 ./app/cli
	DVC_S3=$(CURDIR)/build/cache/dvc-s3/bin/dvc go test -count=1 -timeout 20m -run 'Versions|FarOrigins' ./backend/interop/dvc
	DVC_S3=$(CURDIR)/build/cache/dvc2-s3/bin/dvc go test -count=1 -timeout 20m -run 'Versions|FarOrigins' ./backend/interop/dvc

# --- working on it

dev: build/cache/npm
	build/dev.sh

clean:
	rm -rf build/bin build/cache frontend/dist/assets frontend/dist/index.html app/window/embedded/rondo-window
