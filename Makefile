# From a clone to a running contact centre: `make run`. Everything that is missing is prepared first (deploy/setup).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv/bin
# Said here, since a Python that is too old cannot read the rest.
NEW_ENOUGH := import sys; sys.version_info >= (3, 11) or sys.exit("cannot prepare: " + sys.executable + " is Python " \
  + sys.version.split()[0] + ", and 3.11 or newer is needed: start again with PYTHON=python3.11 behind make")
PREPARE := $(PYTHON) -c '$(NEW_ENOUGH)' && $(PYTHON) -m deploy.setup
PYTEST := $(VENV)/pytest
NPM := PATH="$(CURDIR)/var/setup/bin:$$PATH" npm --prefix web
# The categories that need nothing but Python. A category without tests yet is left out.
QUICK := $(dir $(firstword $(wildcard tests/unit/test_*.py)) $(firstword $(wildcard tests/property/test_*.py)) \
           $(firstword $(wildcard tests/replay/test_*.py)))
# Side by side: live tests wait more than they work, so there may be more of them than processors, each worker with a stack of
# its own. One that fails is run once more, since a busy machine can be late for a phone; `-rR` names it, and what fails twice fails.
SIDE_BY_SIDE := -n 2 --dist worksteal
WAITING := -n 3 --dist worksteal
AGAIN := --reruns 1 -rR
# Further words for the command: `make run ARGS="--help"`, `make test-live ARGS="-k pause"`.
ARGS ?=

.PHONY: help run test check test-unit test-live test-browser test-chaos soak bench-engine bench-queue bench-ivr bench-ami bench-simulation mutate images lock format clean

help: ## what can be made (this list)
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name words; do \
	  printf '  make %-14s %s\n' "$$name" "$$words"; done

run: ## the demo: real Asterisk, Redis, Mosquitto, phones and callers, until Ctrl-C
	@$(PREPARE) run
	@exec $(VENV)/switchboard demo $(ARGS)

test: ## every test of every category
	@$(PREPARE) test
	$(PYTEST) $(QUICK) $(SIDE_BY_SIDE) $(ARGS)
	@$(MAKE) --no-print-directory PREPARE=true test-live test-browser test-chaos

check: ## style, types, layers, the demo flow's tests; style and types of the pages too
	@$(PREPARE) check
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/switchboard flow test
	@if [ -f web/package.json ]; then set -x; $(NPM) run lint && $(NPM) run types && $(NPM) test; fi

test-unit: ## the tests that need no containers
	@$(PREPARE) check
	$(PYTEST) $(QUICK) $(SIDE_BY_SIDE) $(ARGS)

# $(call category,FOLDER,OPTIONS): run a category's tests, where it has any.
define category
	@if compgen -G 'tests/$(1)/test_*.py' > /dev/null; then set -x; $(PYTEST) tests/$(1) $(2) $(ARGS); \
	else echo 'tests/$(1): no tests yet'; fi
endef

test-live: ## the tests on a real Asterisk
	@$(PREPARE) test
	$(call category,live,$(WAITING) $(AGAIN))

test-browser: ## the tests of the pages in a real browser
	@$(PREPARE) test
	$(call category,browser,$(SIDE_BY_SIDE) $(AGAIN))

test-chaos: ## the tests that break things on purpose, one after the other: they have time limits
	@$(PREPARE) test
	$(call category,chaos,$(AGAIN))

soak: ## ten calls a second, about 300 at once, and whether the service grows; 30 minutes, or ARGS="--minutes 3"
	@$(PREPARE) test
	$(PYTEST) tests/chaos/test_soak.py --minutes 30 $(ARGS)

bench-engine: ## what the engine costs a request; the last line is one JSON object
	@$(PREPARE) check
	$(VENV)/python -m bench.engine $(ARGS)

bench-queue: ## app_queue and Switchboard on the same Asterisk, at most ten minutes; ARGS=--quick for a short look
	@$(PREPARE) test
	$(VENV)/python -m bench.queue_comparison $(ARGS)

bench-ivr: ## what a caller in a menu costs, beside AGI scripts started as processes; ARGS=--quick for a short look
	@$(PREPARE) test
	$(VENV)/python -m bench.ivr $(ARGS)

bench-ami: ## what hearing Asterisk costs, beside panoramisk; the last line is one JSON object
	@$(PREPARE) test
	$(VENV)/python -m bench.ami $(ARGS)

bench-simulation: ## how long a simulated day of 20,000 calls takes
	@$(PREPARE) check
	$(VENV)/python -m bench.simulation $(ARGS)

mutate: ## change the engine's code in thousands of places: do its unit tests notice? 10 to 20 minutes, exit 1 below 85 %
	@$(PREPARE) check
	$(VENV)/python -m bench.mutation $(ARGS)

images: ## all container images, the service's too, for deploy/compose.yaml
	@$(PREPARE) images

lock: ## renew the locks; ARGS=--upgrade for newer versions
	@$(PREPARE) check
	$(VENV)/python -m deploy.setup.locks $(ARGS)
	@if [ -f web/package.json ]; then cd web && PATH="$(CURDIR)/var/setup/bin:$$PATH" npm install --package-lock-only --ignore-scripts; fi

format: ## bring the sources into shape
	@$(PREPARE) check
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	@if [ -f web/package.json ]; then $(NPM) run format; fi

clean: ## remove what was prepared (said item by item); sites' data in var/ stays
	@$(PYTHON) -m deploy.setup.clean
