# SPDX-License-Identifier: Apache-2.0
# The verbs of this repository; `make help` prints them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
PORT ?= 5000
export XRM_HOME ?= $(CURDIR)/instance
BIN := $(VENV)/bin
PLUGINS := $(patsubst %/pyproject.toml,./%,$(wildcard plugins/*/pyproject.toml))
MANIFESTS := pyproject.toml $(wildcard plugins/*/pyproject.toml)
EDITABLE := $(foreach plugin,$(PLUGINS),-e $(plugin))
TESTS ?=
# One more than there are cores: tests wait for servers, browsers and programs that they start.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1 )))

.PHONY: help run demo test check check-deep translations bench browser clean

help: ## print these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(XRM_HOME)/.demo-stamp ## create what is missing, then serve the demo on http://127.0.0.1:5000 (PORT=… to change)
	@echo "Sign in as demo@example.org with the password in $(XRM_HOME)/demo-password"
	@echo "Colleagues: anna.keller@example.org, marc.aubert@example.org, nora.walsh@example.org, sami.haddad@example.org; same password"
	@exec $(BIN)/xrm serve --port $(PORT)

demo: $(XRM_HOME)/.demo-stamp ## create the demo instance without serving it

test: $(VENV)/.test-stamp browser ## run all tests on SQLite and on a real PostgreSQL (TESTS=path to narrow)
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=4 --dist=worksteal $(TESTS)

check: $(VENV)/.test-stamp ## style, types, import contracts, tests about the code, size of the core
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -q tests/architecture
	@echo "core: $$(find core -name '*.py' -print0 | xargs -0 cat | wc -l) lines (above 20,000 needs a reason in docs/decisions/)"

check-deep: check browser ## everything: long forms of sampled tests, and coverage of branches
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=4 --dist=worksteal --deep --cov --cov-report=term:skip-covered

translations: $(VENV)/.test-stamp ## bring the French catalogs up to date, and name the sentences that wait for a translation
	@$(BIN)/python web/tools/catalogs.py

bench: $(VENV)/.test-stamp ## measure, and write benchmarks/results.md
	@$(BIN)/python -m benchmarks

clean: ## delete the environment and caches; the instance stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Stamps: an environment is installed again only when a pyproject.toml is newer than the stamp.
$(VENV)/.stamp:
	@for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$$name"; break; fi; \
	done; \
	if [ -z "$${python:-}" ]; then \
	  echo "xrm needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || true). Install one (Debian: apt install python3 python3-venv) and run make again." >&2; \
	  exit 1; \
	fi; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python cannot make a virtual environment here. On Debian or Ubuntu: apt install python3-venv, then run make again." >&2; exit 1; }
	@touch $@

$(VENV)/.run-stamp: $(VENV)/.stamp $(MANIFESTS)
	@echo "Installing xrm and its plugins into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo,office,postgres]' $(EDITABLE)
	@touch $@

$(VENV)/.test-stamp: $(VENV)/.stamp $(MANIFESTS)
	@echo "Installing xrm, its plugins and the tools of the tests into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' $(EDITABLE)
	@touch $@ $(VENV)/.run-stamp

# The stamp comes last, so that an interrupted first run is begun afresh.
$(XRM_HOME)/.demo-stamp: | $(VENV)/.run-stamp
	@mkdir -p -m 700 $(XRM_HOME)
	@$(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(12))' > $(XRM_HOME)/demo-password
	@chmod 600 $(XRM_HOME)/demo-password
	@$(BIN)/xrm init --no-input --email demo@example.org --name Demo --password-file $(XRM_HOME)/demo-password
	@$(BIN)/xrm demo
	@touch $@

# Browser tests skip, and say so, where Chromium is neither installed nor installable.
browser:
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium for the browser tests …"; \
	  (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium) >/dev/null 2>&1 \
	    || echo "chromium could not be installed; browser tests will skip"; \
	fi
