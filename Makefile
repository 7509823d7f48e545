# Bare `make` lists what there is. Every target builds .venv itself when it is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup browser demo test check bench soak lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */\1\t/' | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(READY)  ## build .venv from the hash-locked requirements

$(READY): requirements-dev.lock
	@echo "setting up $(VENV) from requirements-dev.lock (once; about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## make 20,000 people, close 30 nights under every policy, write demo/report.html
	@$(BIN)/forbear demo --out demo

browser:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then echo "installing chromium and Chinese fonts (once)"; \
	    apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	  else echo "no chromium: browser tests will be skipped; as root: apt-get install chromium fonts-noto-cjk"; fi; }

test: check browser  ## check, then run every test (under 8 minutes on 2 cores)
	@$(BIN)/python -m pytest tests -n 2 --dist worksteal

check: $(READY)  ## format, lint, strict types on the engine, import contract, doctests
	@$(BIN)/ruff format --check --quiet src tests benchmarks
	@$(BIN)/ruff check --quiet src tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest src docs

bench: $(READY)  ## measure the close against its floor; writes benchmarks/results.json
	@$(BIN)/python -m benchmarks.close

soak: $(READY)  ## the same tests with bigger numbers (long)
	@FORBEAR_SOAK=1 $(BIN)/python -m pytest tests -n 2 --dist worksteal

lock: $(READY)  ## renew both lock files from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements-dev.lock

clean:  ## remove .venv and everything generated
	@rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache benchmarks/results.json
