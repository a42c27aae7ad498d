# `make demo` and `make test` are the two commands a newcomer needs; both set up .venv and touch nothing outside the checkout.
# Any Python from 3.11 will do. One that has the default framework's packages is preferred: with a newer one, jobs need an older
# Python beside it, and `mlops-iac preview` says so when there is none.
PYTHON ?= $(shell for python in python3 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $$python && break; \
	done || echo python3)
BIN := .venv/bin

# Compiled modules are kept, whatever the person's environment says: without them each command compiles a thousand of
# them again, which doubles a preview's time.
unexport PYTHONDONTWRITEBYTECODE

# `make test CONSTRAINTS=constraints.txt` sets up with the versions that continuous integration has. Left out, the newest of
# everything that pyproject.toml allows is tested, because that is what a person who installs the package gets.
CONSTRAINTS ?=
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile $(if $(CONSTRAINTS),-c $(CONSTRAINTS))

.PHONY: help demo test test-all lint format bench mutants constraints matrix clients nightly clean

help:
	@echo "make demo    set up and run the whole story: up, train, deploy, predict"
	@echo "make test    set up and run the tests that are not slow"
	@echo "make test-all  the same, then the slow ones: environments that come up, run, change and go"
	@echo "make lint    ruff, mypy and the import floors"
	@echo "make bench   print the figures of tests/benchmarks"
	@echo "make mutants plant faults in the modules of tests/mutants/targets.py and see which tests notice"
	@echo "make matrix  build the wheel and do the demo with it, outside this checkout, on every Python that is supported"
	@echo "make clients try strangers' clients (boto3, the SageMaker SDKs, Terraform, …) on an embedded cloud; ONLY='s3fs dvc' for a few"
	@echo "make nightly a clone's test suite with the newest of everything, then the matrix and the clients"

.venv/demo.stamp: pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("mlops-iac needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make demo PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(INSTALL) -e .
	@touch $@

.venv/test.stamp: .venv/demo.stamp
	$(INSTALL) -e '.[dev]'
	@touch $@

demo: .venv/demo.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/screening/demo.sh

test: .venv/test.stamp
	$(BIN)/python -m pytest -n auto --dist loadfile -m 'not nightly and not slow'

test-all: test
	$(BIN)/python -m pytest -n auto --dist loadfile -m 'slow and not nightly'

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

mutants: .venv/test.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile 'cosmic-ray>=8.4,<9'
	$(BIN)/python -m tests.mutants

bench: .venv/test.stamp
	$(BIN)/python -m tests.benchmarks

# The newest versions that pyproject.toml allows, for all supported Pythons in one file. Run it when the nightly run is green.
constraints: .venv/test.stamp
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --upgrade --no-annotate \
		--custom-compile-command 'make constraints' pyproject.toml -o constraints.txt

matrix: .venv/test.stamp
	@sh scripts/matrix.sh

# Names of clients, with blanks between; all of them when left out.
ONLY ?=

clients: .venv/test.stamp
	@$(BIN)/python -m tests.clients $(ONLY)

nightly:
	@sh scripts/nightly.sh

clean:
	rm -rf .venv .mlops-iac .mypy_cache .ruff_cache .pytest_cache
