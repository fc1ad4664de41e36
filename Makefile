# Needs Python 3.11 or newer and make. Everything else comes into .venv, checked against the lock file.

PYTHON ?= python3
export KORPU_HOME ?= .korpu
export KORPU_PORT ?= 8000

BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test check format bench schema interfere endure lock clean

demo: $(STAMP) ## Starts the service with made-up records, in the foreground
	@exec $(BIN)/korpu demo

test: $(STAMP) ## Runs the tests
	@$(BIN)/python -m pytest -n auto --maxprocesses 4

check: $(STAMP) ## Checks rules, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

format: $(STAMP) ## Brings the source into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## Measures speed
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.kinds

schema: $(STAMP) ## Prints the schema into schema/schema.graphql
	@$(BIN)/korpu schema > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

interfere: $(STAMP) ## Runs the long non-interference run
	@$(BIN)/python -m pytest tests/interference -m long -n auto --maxprocesses 4

endure: $(STAMP) ## Kills service and store again and again under load, and lets many processes race
	@$(BIN)/python -m pytest tests/endurance tests/resolvers -m long

lock: $(STAMP) ## Writes the lock files from pyproject.toml
	@scripts/lock

clean: ## Removes what make made, except the data in KORPU_HOME
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: run make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# pip compiles nothing where PYTHONDONTWRITEBYTECODE is set: then every start of a process would, for seconds.
	@$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true
	@touch $@
