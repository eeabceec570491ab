# Everything needed on a fresh Debian 12 with Node 20, Python 3 with pip, g++ and make.
## make demo            build, then run the fixture programs on every platform and print the table (two minutes)
## make build           what `npx mpsemu` needs
## make test            the whole suite (installs the guest compilers first, where it may)
## make lint            types, layers, style, formatting
## make bench           speed, as ratios to a bare loop in the same run
## make toolchain       the guest compilers: clang, lld and the gcc cross compilers (as root)
## make fixtures        rebuild the guest programs and libraries
## make check-fixtures  does a rebuild give the same bytes?
## make package-check   pack, install in an empty project, try it there (needs the npm registry)
## make oracles         programs of test/oracles on the model and on native Linux, qemu-user and Wine, line by line
## make soak            the long runs: a hundred seeds of `threads` on each platform, wide fuzzing
## make clean           remove what was built
## npm run t -- FILE    one test file from the TypeScript sources, without a build

.PHONY: demo help test oracles bench build native toolchain lint fixtures check-fixtures package-check soak clean
SHELL := /bin/bash

demo: build
	@node dist/cli/start.cjs demo

help:
	@sed -n 's/^## //p' Makefile

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

oracles: build
	@node dist/test/oracles/run.js

bench: build
	@node dist/cli/start.cjs bench

toolchain:
	apt-get update -q
	apt-get install -y -q clang lld llvm gcc gcc-i686-linux-gnu gcc-aarch64-linux-gnu

lint: node_modules/.installed
	@npx tsc -p tsconfig.json --noEmit
	@npx eslint .
	@node test/imports.mjs
	@npx prettier --check --log-level warn .

fixtures: native
	@npx tsx fixtures/build.ts

check-fixtures: native
	@npx tsx fixtures/build.ts --check

package-check: build
	@npx tsx test/package/check.ts

soak: build
	@SOAK=1 npx ava --timeout=60m

clean:
	rm -rf dist emulator/native/build
