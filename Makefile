# `make demo` and `make test` are all that a fresh machine needs; `make` lists the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests run in parallel: three processes on two cores, since some of them wait for others that they have killed.
JOBS ?= $(shell echo $$(( $$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN) * 3 / 2 )))
# How often `make fuzz` runs the property tests.
ROUNDS ?= 10

.PHONY: help
help: ## list what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.installed ## play six weeks of an office into var/demo
	@$(BIN)/newsletter demo

.PHONY: test
test: $(VENV)/.installed-dev ## run the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: crash
crash: $(VENV)/.installed-dev ## kill schedulers and workers many more times than the tests do
	NEWSLETTER_CRASH_ROUNDS=20 $(BIN)/python -m pytest tests/crash tests/engine -n 0 -v -s

.PHONY: bench
bench: $(VENV)/.installed-dev ## measure how fast mail leaves, and write bench/results.json
	$(BIN)/python bench/run.py

.PHONY: fuzz
fuzz: $(VENV)/.installed-dev ## run the property tests again and again, each time with other examples
	@for round in $$(seq $(ROUNDS)); do \
	  echo "Round $$round of $(ROUNDS)"; $(BIN)/python -m pytest -q tests/core tests/store -n $(JOBS) || exit 1; \
	done

.PHONY: lint
lint: $(VENV)/.installed-dev ## check style, types and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.installed-dev ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: pictures
pictures: $(VENV)/.installed-dev ## make the pictures of the README again (needs Chromium)
	$(BIN)/python docs/pictures.py

.PHONY: clean
clean: ## remove the virtual environment and what the demo left
	rm -rf $(VENV) var/demo dist

# One step for the environment, and stamps, so that a warm `make` starts at once.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not. Install it, or name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV), with what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed
