# What there is to make, and what each does: `make help`.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
# Made anew only when what it is made of has changed.
STAMP := $(VENV)/.up-to-date
# A file of tests has an engine to wait for more often than a core to itself.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile

.PHONY: help venv engine engine-stop images pictures lint check test test-with-engine faults faults-with-engine soak soak-with-engine roles demo demo-down clean

help: ## says what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(STAMP) ## makes the virtual environment in .venv

$(STAMP): pyproject.toml constraints.txt compose/venv.sh
	@sh compose/venv.sh $(VENV)
	@touch $@

engine: venv ## finds a Docker engine and Compose, or installs and starts them (Debian, root)
	@$(BIN)/python -m compose.engine up

engine-stop: venv ## stops the engine that `make engine` started; no other
	@$(BIN)/python -m compose.engine stop

images: venv ## makes bgd/nginx:local and the demo's images, without an image registry
	@$(BIN)/python -m compose.images

lint: venv
	@echo 'check    format'
	@$(BIN)/ruff format --check --quiet
	@echo 'check    lint'
	@$(BIN)/ruff check --quiet
	@echo 'check    types'
	@$(BIN)/mypy --no-error-summary
	@echo 'check    import contracts'
	@$(BIN)/lint-imports --no-logo >$(VENV)/import-contracts 2>&1 || { cat $(VENV)/import-contracts; exit 1; }

check: lint ## format, lint, types, import contracts, unit tests
	@echo 'check    unit tests'
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) tests/unit tests/tui tests/hostile

test: venv ## all tests, those against the real engine included
	@$(BIN)/python -m compose.engine during $(MAKE) test-with-engine

test-with-engine: images lint
	@echo 'test     everything'
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

faults: venv ## the whole fault matrix, hours: BGD_FAULTS=N effects of each act, ACT=name or any_time alone, BGD_SEED, BGD_FAULTS_AT_RANDOM=200
	@$(BIN)/python -m compose.engine during $(MAKE) faults-with-engine

faults-with-engine: images
	@BGD_FAULTS=$${BGD_FAULTS:-all} $(BIN)/python -m pytest tests/faults \
		$(if $(ACT),-k '[$(ACT)] or test_killed_at_$(ACT)')

soak: venv ## the long runs: BGD_SOAK_S seconds (1200) of everything, and a hundred deployments in a row
	@$(BIN)/python -m compose.engine during $(MAKE) soak-with-engine

soak-with-engine: images
	@BGD_SOAK_S=$${BGD_SOAK_S:-1200} $(BIN)/python -m pytest tests/soak
	@BGD_TEST_DEPLOYMENTS=100 $(BIN)/python -m pytest tests/docker/test_identity.py -k outlive

bench: venv ## the benchmarks, and benchmarks/RESULTS.md of them: QUICK=1 takes 3 minutes, FIGURE=name one alone
	@$(BIN)/python -m compose.engine during $(MAKE) bench-with-engine

bench-with-engine: images
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(FIGURE)

roles: venv ## precision and recall of the inferred roles, fronts and ports over the labelled apps
	@$(BIN)/python -m benchmarks.roles

pictures: venv ## makes the pictures of docs/ anew
	@$(BIN)/python -m tests.tui.pictures docs/pictures

demo: venv ## sets everything up and shows the main job on real containers
	@$(BIN)/python -m compose.show up

demo-down: venv ## removes every trace of the demo
	@$(BIN)/python -m compose.show down

clean: ## removes the virtual environment, caches and what was built
	@rm -rf $(VENV) .bgd/cache build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
