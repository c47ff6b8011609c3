# Every target sets itself up: Python >= 3.11 and make are enough. Variables: PORT, DATA_DIR, PYTHON, WORKERS.
PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= .run/$(PORT)
ROLE ?= citizen
OFFICE ?=
CITY ?=
WHAT ?=
# One more than the smallest machines that this is for have cores: a part of each worker's time is waiting.
WORKERS ?= 3
ARGS ?=

BIN := .venv/bin
RUN := @$(PYTHON) infra/dev/setup.py run
DEV := @$(PYTHON) infra/dev/setup.py dev
export PORT DATA_DIR
# pyright brings its own Node.js and never asks whether there is a newer pyright.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help run token where test check migrations bench clients lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## PostgreSQL, S3 store, API and demo city; PORT= and DATA_DIR= move it; Ctrl-C stops it
	$(RUN)
	@exec $(BIN)/python -m infra.dev.run

token: ## a development token of the instance at PORT=: ROLE=citizen|clerk|manager|admin [OFFICE=slug] [CITY=id]
	$(RUN)
	@$(BIN)/python -m infra.dev.token --role "$(ROLE)" --office "$(OFFICE)" --city "$(CITY)"

where: ## the addresses of what runs beside the instance at PORT=; WHAT=fcm|mail|store prints one alone
	$(RUN)
	@$(BIN)/python -m infra.dev.where --what "$(WHAT)"

test: ## all tests; ARGS= goes to pytest, WORKERS= sets how many run at once
	$(DEV)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

# lint-imports remembers a module by its time of change, which misses quick edits: without its cache it takes a second.
check: migrations ## ruff, pyright, import contracts, migrations
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pyright

migrations: ## the migrations alone: numbered, forward-only, safe on a busy database
	$(DEV)
	@$(BIN)/python -m infra.dev.check_migrations

bench: ## measures booking, availability, forms and uploads, prints a table and JSON; ARGS="--quick"
	$(DEV)
	@$(BIN)/python -m tests.bench $(ARGS)

clients: ## clients of the API for Kotlin, Swift, Dart, TypeScript, Python and Java, in dist/clients; ARGS="kotlin"
	$(DEV)
	@$(BIN)/python -m infra.dev.contract.clients $(ARGS)

lock: ## writes the three locks anew from pyproject.toml; ARGS="--upgrade"
	$(DEV)
	@$(BIN)/python -m infra.dev.lock $(ARGS)

clean: ## removes the environment, caches and the data of DATA_DIR
	@rm -rf .venv .venv.lock .pytest_cache .ruff_cache .import_linter_cache .hypothesis .cache
	@if [ -e "$(DATA_DIR)/run.json" ]; then rm -rf "$(DATA_DIR)"; fi
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
