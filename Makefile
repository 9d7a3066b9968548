# What a person types. Every target sets up what it needs first; see `make help`.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
CODE   := src tests benchmarks launch
export PYTHONUNBUFFERED = 1

# Choices of the demo, e.g. make demo POLICY=expert SEEDS=0:10, or make demo ROBOT=duo for two arms
ROBOT  ?=
POLICY ?=
SEEDS  ?=
DEMO   := $(if $(ROBOT),--cell $(ROBOT)) $(if $(POLICY),--policy $(POLICY)) $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint bench soak

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

demo: $(STAMP)  ## see, think and act in the simulated cell (ROBOT=duo POLICY=expert SEEDS=0:10 ARGS="--time realtime")
	$(BIN)/molmoact demo $(DEMO)

test: $(STAMP) lint  ## every test, with lint, types and import contracts
	$(BIN)/pytest

check: $(STAMP) lint  ## the fast part of it
	$(BIN)/pytest -m "not slow and not system and not robot and not camera and not ros"

lint: $(STAMP)  ## ruff, strict types, import contracts
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check --quiet $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(STAMP)  ## latencies, jitter and CPU of the running cell; decoding against transformers
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/generate.py

soak: $(STAMP)  ## long forms: fuzzed chunks through gate and bridge (an hour or more), dated results in runs/
	mkdir -p runs
	$(BIN)/python benchmarks/soak_motion.py --json runs/soak_motion-$(shell date +%Y%m%d).json

setup: $(STAMP)  ## virtual environment with everything installed

$(STAMP): pyproject.toml CMakeLists.txt package.xml cmake/pip_wheel.cmake tools/setup.sh $(wildcard interfaces/*/*)
	PYTHON=$(PYTHON) VENV=$(VENV) bash tools/setup.sh
	@touch $@
