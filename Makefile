# Entrain's commands. A fresh machine with Rust, Node 20, Python 3, gcc and make needs two of them:
#   make demo    make test
# What they lack is installed first, into .cache/ and the node_modules folders, once: every step leaves a stamp.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

# dev builds in minutes and is what the tests run; `make demo PROFILE=release` when it is to be fast.
PROFILE ?= dev
ARGS ?=

ifdef CI
# Built once and thrown away: what a next build would start from is gigabytes for nothing.
export CARGO_INCREMENTAL := 0
endif

target := $(or $(CARGO_TARGET_DIR),target)
program := $(target)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/entrain
# The command line tool and the crate must be of one version.
wasm_bindgen_version := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/^version = "\(.*\)"$$/\1/p}' Cargo.lock)
wasm_bindgen_root := .cache/tools/wasm-bindgen-$(wasm_bindgen_version)
export WASM_BINDGEN := $(abspath $(wasm_bindgen_root)/bin/wasm-bindgen)
cargo_deny_version := 0.20.2
cargo_deny_root := .cache/tools/cargo-deny-$(cargo_deny_version)
cargo_deny := $(cargo_deny_root)/bin/cargo-deny
npm_install := npm install --ignore-scripts --no-audit --no-fund --loglevel=error

## Run it

.PHONY: demo
demo: setup-demo build ## the product on sample data, nothing to configure: ARGS="--listen 127.0.0.1:8080"
	@exec $(program) demo $(ARGS)

.PHONY: build
build: bundle server ## the server and the browser bundle: PROFILE=dev or release

.PHONY: server
server: setup-bundle
	cargo build --workspace --features ssr --profile $(PROFILE)

.PHONY: release
release: ## both, optimised: target/release/entrain and target/site
	$(MAKE) build PROFILE=release

.PHONY: bundle
bundle: setup-bundle ## what the browser gets, in target/site, with its sizes
	@node style/bundle.mjs

## Test it

.PHONY: test
test: setup ## every check and every test: Rust, a real Postgres, a real browser
# The bundle is linked by one core for minutes: the other one checks meanwhile.
	$(MAKE) -j2 --output-sync=target check bundle
	$(MAKE) server
	end2end/with-postgres.sh $(MAKE) test-rust
	end2end/with-postgres.sh $(MAKE) test-browser
	@echo "make test: all passed"

.PHONY: check
check: setup-bundle end2end/node_modules/.stamp deny ## formatting, clippy for the server and the browser, TypeScript, and what we build on
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features ssr -- -D warnings
	cargo clippy --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings
	cd end2end && npx tsc --noEmit

.PHONY: deny
deny: $(cargo_deny) ## what we build on: licences, sources, and known holes where their list can be had
	$(cargo_deny) check licenses bans sources
	@if timeout 120 $(cargo_deny) fetch db 2>/dev/null; then $(cargo_deny) check advisories; else echo \
	  "make deny: NOT looked for known holes (advisories): https://github.com/RustSec/advisory-db can't be fetched here" >&2; fi

# These two want DATABASE_URL: end2end/with-postgres.sh make test-rust ARGS=matching
.PHONY: test-rust
test-rust:
# With nextest where there is one. Whatever tests say is searched for the secrets that they used.
	node end2end/test-rust.mjs $(ARGS)

.PHONY: test-browser
test-browser:
	@export CHROMIUM ENTRAIN_PROGRAM; CHROMIUM=$$(end2end/setup-chromium.sh); ENTRAIN_PROGRAM=$(abspath $(program)); \
	cd end2end; npx playwright test $(ARGS)

.PHONY: bench
bench: .cache/stamps/tools ## what the engine and the pages cost, as one table, in half an hour or more: ARGS="--users 20000" for less
	cargo bench --features ssr --bench table --no-run
	end2end/with-postgres.sh cargo bench --quiet --features ssr --bench table -- $(ARGS)

.PHONY: fuzz
fuzz: setup-bundle ## what reads outside data, longer than the tests do: CASES=100000
	PROPTEST_CASES=$(CASES) cargo test -p entrain --lib --features ssr -- $(properties)

CASES ?= 20000
properties := graph::properties model::mac model::filter server::exchange sync::delta sync::groups sync::mac sync::normalise

.PHONY: model
model: setup-demo ## histories drawn at random against a model of the whole: SEED=1 HISTORIES=1000 STEPS=40
	@seed=$(or $(SEED),$$(date +%s)); echo "make model: from SEED=$$seed on"; \
	ENTRAIN_MODEL_SEED=$$seed ENTRAIN_MODEL_HISTORIES=$(HISTORIES) ENTRAIN_MODEL_STEPS=$(STEPS) \
	  end2end/with-postgres.sh cargo test -p entrain --lib --features ssr -- --nocapture whatever_happens

HISTORIES ?= 1000
STEPS ?= 40

.PHONY: crash
crash: setup-demo ## the whole crash matrix: every commit of a run, and Postgres stopped at each
	ENTRAIN_CRASH_MATRIX=all end2end/with-postgres.sh cargo test -p entrain --lib --features ssr -- --nocapture \
	  made_good_by_the_next

.PHONY: chaos
chaos: setup-demo ## workers killed and frozen at random: TENANTS=200 SECONDS_LONG=300 SEED=1
	ENTRAIN_CHAOS_TENANTS=$(TENANTS) ENTRAIN_CHAOS_SECONDS=$(SECONDS_LONG) $(if $(SEED),ENTRAIN_CHAOS_SEED=$(SEED)) \
	  end2end/with-postgres.sh cargo test -p entrain --lib --features ssr -- --nocapture workers_killed_and_frozen

TENANTS ?= 200
SECONDS_LONG ?= 300

.PHONY: check-clients
check-clients: .cache/clients/.stamp ## Microsoft's own clients and others, from PyPI, against the stand-in: ARGS="-k msal"
	cargo build --workspace --features ssr --profile $(PROFILE)
	cd end2end/clients && ENTRAIN_PROGRAM=$(abspath $(program)) ../../.cache/clients/bin/python -m pytest $(ARGS)

.PHONY: gallery
gallery: setup build ## the pictures of the documentation, taken of the demo
	@export CHROMIUM ENTRAIN_PROGRAM; CHROMIUM=$$(end2end/setup-chromium.sh); ENTRAIN_PROGRAM=$(abspath $(program)); node end2end/gallery.mjs

## Set it up

.PHONY: setup setup-bundle setup-demo
setup: setup-demo end2end/node_modules/.stamp ## install what is missing, Chromium too
	@end2end/setup-chromium.sh >/dev/null

setup-demo: setup-bundle
	@end2end/setup-postgres.sh >/dev/null

setup-bundle: .cache/stamps/tools .cache/stamps/wasm-target $(WASM_BINDGEN) style/node_modules/.stamp

.cache/stamps/tools:
	@for tool in cargo rustc node npm cc; do command -v $$tool >/dev/null \
	|| { echo "setup: $$tool is missing: install Rust with rustup, Node 20 or later, gcc and make" >&2; exit 1; }; done
	@mkdir -p $(@D) && touch $@

# Debian's own Rust brings the target as a package and has no rustup; either will do.
.cache/stamps/wasm-target: .cache/stamps/tools
	@test -d "$$(rustc --print target-libdir --target wasm32-unknown-unknown)" || rustup target add wasm32-unknown-unknown \
	|| { echo "setup: Rust cannot build for browsers: run rustup target add wasm32-unknown-unknown" >&2; exit 1; }
	@touch $@

# Not optimised, as it runs for seconds and would build for minutes, and without its HTTPS client, which it needs for nothing here.
$(WASM_BINDGEN): | .cache/stamps/tools
	CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=.cache/tools/target cargo install --force --profile dev --no-default-features \
	  --root $(wasm_bindgen_root) --bin wasm-bindgen --version '=$(wasm_bindgen_version)' wasm-bindgen-cli
	@rm -rf .cache/tools/target

# Not optimised, for the same reason: two minutes of one core, and it checks in four seconds.
$(cargo_deny): | .cache/stamps/tools
	CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=.cache/tools/target-deny cargo install --force --locked --profile dev \
	  --no-default-features --root $(cargo_deny_root) --version '=$(cargo_deny_version)' cargo-deny
	@rm -rf .cache/tools/target-deny

# Not `npm ci`: it refuses a lock when a registry lacks a package that only another platform would use.
%/node_modules/.stamp: %/package.json | .cache/stamps/tools
	cd $* && $(npm_install)
	@touch $@

.cache/clients/.stamp: end2end/clients/requirements.txt
	@python3 -c 'import venv, ensurepip' 2>/dev/null \
	|| { echo "setup: Python's venv is missing: install python3-venv" >&2; exit 1; }
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: clean
clean: ## remove what was built; what was installed stays
	rm -rf $(target) end2end/test-results end2end/playwright-report

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.* ## (.*)/  make \1\t\2/p' Makefile | expand -t 20
