# Everything needed on a fresh Debian 12 with Node 20, Python 3 with pip, g++ and make.
#   make demo       build, then run the fixture programs on every platform and print the table
#   make test       the whole suite (installs the guest compilers first, where it may)
#   make bench      speed, as ratios to a bare loop in the same run
#   make build      what `npx mpsemu` needs
#   make toolchain  the guest compilers: clang, lld and the gcc cross compilers
#   make lint       types, layers, style, formatting
#   make fixtures   rebuild the guest programs and libraries;  make check-fixtures  a rebuild gives the same bytes
#   make soak       the long runs: a hundred seeds of `threads` on each platform, wide fuzzing

.PHONY: demo test bench build native toolchain lint fixtures check-fixtures soak clean
SHELL := /bin/bash

demo: build
	@node dist/cli/start.cjs demo

build: node_modules/.installed native
	@npx tsc -p tsconfig.json
	@node dist/cli/bundle.js
	@chmod +x dist/cli/start.cjs
	@node dist/cli/start.cjs run fixtures/built/lii6ll/hello >/dev/null

node_modules/.installed: package.json package-lock.json
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $@

native: node_modules/.installed
	@node emulator/native/build.mjs

test: build
	@bash test/toolchain.sh
	@npx ava

bench: build
	@node dist/cli/start.cjs bench

toolchain:
	apt-get update -q
	apt-get install -y -q clang lld llvm gcc gcc-i686-linux-gnu gcc-aarch64-linux-gnu

lint: node_modules/.installed
	@npx tsc -p tsconfig.json --noEmit
	@npx eslint .
	@npx prettier --check --log-level warn .

fixtures: build
	@node dist/fixtures/build.js

check-fixtures: build
	@node dist/fixtures/build.js --check

soak: build
	@SOAK=1 npx ava --timeout=60m

clean:
	rm -rf dist emulator/native/build
