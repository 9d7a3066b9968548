# What a person types. Every target sets up what it needs first; see `make help`.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml CMakeLists.txt package.xml cmake/pip_wheel.cmake $(shell find interfaces launch config -type f) tools/setup.sh
	PYTHON=$(PYTHON) VENV=$(VENV) bash tools/setup.sh
	@touch $@

setup: $(STAMP)  ## virtual environment with everything installed

.PHONY: help setup

lint: $(STAMP)  ## ruff, strict types, import contracts
	$(BIN)/ruff check src tests benchmarks launch
	$(BIN)/ruff format --check src tests benchmarks launch
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache 2>/dev/null | tail -n 4
.PHONY: lint
