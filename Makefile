# make run    serves Poisk with its demo articles on http://127.0.0.1:8000 (POISK_PORT changes it)
# make test   runs all tests
# make quick  runs the tests except the ones that take minutes
# make check  runs all tests, then ruff, mypy and import-linter
# make lock   writes the locked requirements again (needs uv)
PYTHON ?= python3
VENV := .venv
# test processes: one a core; the tests of one file run in one process
WORKERS ?= auto
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile
BIN := $(VENV)/bin
KERNELS := $(wildcard $(foreach folder,index/analysis index/engines/whoosh search/rendering,$(folder)/kernels/*.pyx $(folder)/kernels/*.pxd))
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: run test quick check lint lock clean

run: $(VENV)/installed
	$(BIN)/poisk demo --once
	$(BIN)/poisk keys create --scope write --once
	$(BIN)/poisk serve

test: $(VENV)/installed-test
	$(PYTEST) --ignore tests/web/test_described.py
	$(BIN)/python -m pytest tests/web/test_described.py  # schemathesis gives its tests one id

# all tests except the ones that take minutes
quick: $(VENV)/installed-test
	$(PYTEST) --ignore tests/ranking/test_headlines.py --ignore-glob '*/test_odd_*' --ignore tests/server/test_browser.py --ignore tests/cli/test_examples.py --ignore tests/web/test_described.py --ignore tests/server/test_slow_clients.py

check: test lint

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Poisk needs Python 3.11 or newer: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt pyproject.toml $(KERNELS) | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps -e .
	touch $@

$(VENV)/installed-test: requirements-test.txt $(VENV)/installed
	$(PIP) install --require-hashes -r requirements-test.txt
	touch $@

lock:
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --no-emit-index-url --no-emit-find-links --extra test -c requirements.txt pyproject.toml -o requirements-test.txt

clean:
	rm -rf $(VENV) build *.egg-info index/*/kernels/*.c index/*/kernels/*.so index/*/*/kernels/*.c index/*/*/kernels/*.so search/*/kernels/*.c search/*/kernels/*.so
