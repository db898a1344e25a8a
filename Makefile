# `make` alone tells what there is.
PREFIX ?= /usr/local
SWIFT ?= swift

# All traits on: what a user of the tools gets and what is tested. A build folder of its own, because
# another set of traits in the same folder would build everything again.
ALL := --enable-all-traits --scratch-path .build-all

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' $(MAKEFILE_LIST) | sort | \
	    awk -F@ '{ printf "%-18s  %s\n", $$1, $$2 }'

setup: ## Finds out which Debian packages are missing and offers to install them (YES=1: unasked)
	@YES=$(YES) SWIFT='$(SWIFT)' scripts/setup

build: setup ## Everything, all traits on
	$(SWIFT) build $(ALL)

test: ## Every test, all traits on
	@YES=$(YES) SWIFT='$(SWIFT)' scripts/setup --tests
	$(SWIFT) build $(ALL) --build-tests
	@for group in $$(scripts/test-groups); do \
	    (set -fx; $(SWIFT) test $(ALL) --skip-build --disable-xctest $$(scripts/test-groups $$group)) || exit 1; \
	done

demo: build ## A simulated plant, polled, decoded, stored, forwarded and shown; ends by itself
	@scripts/demo

bench: ## Benchmarks beside their peers; SUITE=Name for one, ARGS='--rounds 31' for the suites
	@YES=$(YES) scripts/bench $(SUITE) -- $(ARGS)

bench-gate: ## Only the counts (allocations, retains, instructions) against their bounds
	@YES=$(YES) scripts/bench $(SUITE) -- --gate $(ARGS)

bench-peers: ## The peers of the benchmarks, from Debian and PyPI
	@YES=$(YES) scripts/bench-peers $(SUITE)

soak: ## What takes long: heavy tests, all tests under sanitizers, long fuzzing; REDUCED=1 for a part of it
	@YES=$(YES) SWIFT='$(SWIFT)' scripts/setup --tests
	@scripts/soak $(if $(REDUCED),--reduced) $(STEPS)

fuzz: setup ## Coverage-guided fuzzing of every parser; SECONDS_EACH=15
	@scripts/fuzz $(or $(SECONDS_EACH),15)

api-digest: setup ## Every public declaration into docs/api, a line each
	@scripts/api-digest

lint: ## Format and house rules; seconds
	@scripts/lint

ci: ## What continuous integration runs, about an hour
	@.ci/run

docs: setup ## Documentation archives of all modules in .build-docs
	@scripts/docs

install: setup ## The tool, its man pages and shell completions below PREFIX (/usr/local)
	@SWIFT='$(SWIFT)' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install

deb: setup ## A Debian package of the tool, in .build-deb
	@SWIFT='$(SWIFT)' scripts/deb

uninstall: ## Removes what install put below PREFIX
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install --remove

clean: ## Removes everything built
	rm -rf .build .build-* Benchmarks/.build

.PHONY: help setup build test demo bench bench-gate bench-peers soak fuzz lint ci docs install \
    uninstall deb api-digest clean
