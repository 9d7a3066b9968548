# What a person types. Every target sets up what it needs first; see `make help`.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
STRICT := .venv-strict
CODE   := src tests benchmarks launch tools
export PYTHONUNBUFFERED = 1

# Choices of the demo, e.g. make demo POLICY=expert SEEDS=0:10, or make demo ROBOT=duo for two arms
ROBOT  ?=
POLICY ?=
SEEDS  ?=
DEMO   := $(if $(ROBOT),--cell $(ROBOT)) $(if $(POLICY),--policy $(POLICY)) $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup demo demos test check strict lint bench table soak lerobot-check

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

demo: $(STAMP)  ## see, think and act in the simulated cell (ROBOT=duo POLICY=expert SEEDS=0:10 ARGS="--time realtime")
	$(BIN)/molmoact demo $(DEMO)

demos: $(STAMP)  ## the expert shows tasks: takes, dataset and rows in runs/ (N=200 ARGS="--in-process --tasks lift_block")
	$(BIN)/molmoact demos $(or $(OUT),runs/demos-$(shell date +%Y%m%d-%H%M%S)) --number $(or $(N),12) $(ARGS)

test: $(STAMP) lint  ## every test, with lint, types and import contracts
	$(BIN)/pytest

check: $(STAMP) lint  ## the fast part of it
	$(BIN)/pytest -m "not slow and not system and not robot and not camera and not ros"

strict: $(STAMP) $(STRICT)/.installed  ## the demo's streams at a robot that rejects what an FR3 rejects (five minutes)
	$(BIN)/pytest tests/strict

lint: $(STAMP)  ## ruff, strict types, import contracts
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check --quiet $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

table: $(STAMP)  ## the closed-loop table of a policy (ARGS="--policy nano --checkpoint DIR" SEED=0 TRIALS=50 JSON=table.json)
	$(BIN)/python benchmarks/closed_loop.py $(if $(SEED),--seed $(SEED)) $(if $(TRIALS),--trials $(TRIALS)) \
		$(if $(JSON),--json $(JSON)) $(ARGS)

bench: $(STAMP)  ## latency and CPU of the running cell, motion, gate, decoding, curation, training
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/motion.py
	$(BIN)/python benchmarks/gate.py
	$(BIN)/python benchmarks/halts.py
	$(BIN)/python benchmarks/straightness.py
	$(BIN)/python benchmarks/steering.py
	$(BIN)/python benchmarks/generate.py
	$(BIN)/molmoact demo --policy expert --seeds 0:3
	$(BIN)/python benchmarks/decoding.py $$(ls -dt runs/2*/ | head -1)bag
	$(BIN)/python benchmarks/curation.py
	$(BIN)/python benchmarks/training.py

TODAY = $(shell date +%Y%m%d)
soak: $(STAMP) $(STRICT)/.installed  ## long forms (some hours): fuzz, strict robot, recording, decoding; dated results in runs/
	mkdir -p runs
	$(BIN)/python benchmarks/soak_motion.py --json runs/soak_motion-$(TODAY).json
	$(BIN)/python benchmarks/soak_strict.py --json runs/soak_strict-$(TODAY).json
	$(BIN)/python benchmarks/recording.py --seconds 20 --takes 15 --json runs/recording-$(TODAY).json
	$(BIN)/python benchmarks/soak_recording.py --kills 50
	$(BIN)/python benchmarks/soak_trials.py --out runs/soak_trials-$(TODAY) --json runs/soak_trials-$(TODAY).json
	$(BIN)/python benchmarks/soak_demos.py --number 20 --json runs/soak_demos-$(TODAY).json
	$(BIN)/python benchmarks/soak_decoding.py --json runs/soak_decoding-$(TODAY).json

lerobot-check:  ## open the dataset DATASET= with the lerobot library, in an environment of its own
	test -x .venv-lerobot/bin/python || $(PYTHON) -m venv .venv-lerobot
	.venv-lerobot/bin/pip install --quiet torch==2.10.0 lerobot==0.4.4
	HF_HUB_OFFLINE=1 .venv-lerobot/bin/python tools/lerobot_check.py $(DATASET)

setup: $(STAMP)  ## virtual environment with everything installed

$(STRICT)/.installed: tools/strict/requirements.txt
	$(PYTHON) -m venv $(STRICT)
	$(STRICT)/bin/pip install --quiet -r tools/strict/requirements.txt
	@touch $@

$(STAMP): pyproject.toml CMakeLists.txt package.xml cmake/pip_wheel.cmake tools/setup.sh $(wildcard interfaces/*/*)
	PYTHON=$(PYTHON) VENV=$(VENV) bash tools/setup.sh
	@touch $@
