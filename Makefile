# Everything that a person or a machine does with this project. `make` alone lists it.

# The first Python on the machine that is new enough, or python3, which says that it is not.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  && echo "$$python" && exit; done; echo python3)
BIN := .venv/bin

# What the checks need to read the settings of a deployment. They connect to nothing.
PRODUCTION := env -u DEBUG -u HTTPS -u REDIS_URL SECRET_KEY=read-by-checks-only-$(shell seq -s . 40) \
	ALLOWED_HOSTS=tri-borough.example DATABASE_URL=$${DATABASE_URL:-postgres://localhost/none}
CODE := audit finance savings services sovereignty triborough

.PHONY: help run test test-all check services format lock clean environment environment-all

help:
	@echo 'make run        try it at http://localhost:$${PORT:-8000}/, with nothing else to install'
	@echo 'make test       all but the slow tests; TESTS=path chooses some'
	@echo 'make test-all   the slow tests too; REQUIRE_ALL=1 fails tests that can not run here'
	@echo 'make check      style, types, floors, migrations, deployment settings, security'
	@echo 'make services   web, worker and scheduler, on DATABASE_URL and REDIS_URL'
	@echo 'make format     put the code into the house style'
	@echo 'make lock       pin the packages of pyproject.toml again'
	@echo 'make clean      remove what was made here, including the embedded database'

run: environment
	@exec $(BIN)/python -m triborough.run

services: environment
	@exec $(BIN)/python -m triborough.processes

test: environment-all
	@exec $(BIN)/python -m pytest -m "not slow" $(TESTS)

test-all: environment-all
	@exec $(BIN)/python -m pytest $(TESTS)

check: environment-all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deno fmt --quiet --check
	$(BIN)/deno lint --quiet
	$(BIN)/djhtml --tabwidth 2 --check templates
	$(BIN)/djlint --quiet --lint templates
	$(PRODUCTION) $(BIN)/mypy $(CODE) tests
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(CODE) scripts
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	env -u DATABASE_URL DEBUG=true $(BIN)/python manage.py makemigrations --check --dry-run

format: environment-all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/deno fmt --quiet
	$(BIN)/djhtml --tabwidth 2 templates

lock: environment
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-build \
	  --custom-compile-command "make lock" pyproject.toml --group dev --output-file requirements.txt

clean:
	rm -rf .venv .data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

environment:
	@"$(PYTHON)" scripts/environment.py run

environment-all:
	@"$(PYTHON)" scripts/environment.py all
