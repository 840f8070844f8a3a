# run: serve the app.  test: everything that proves it works.  check: format, lint, types, layers.  bench: speed.
# screenshots: every page as a picture in build/screenshots, light and dark, wide and narrow.
# soak: the tests that look for rare failures, for about an hour.  eval-agent: how well the agent does, on twenty goals.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test soak check bench eval-agent screenshots format browser clean

run: $(VENV)/run.stamp
	$(BIN)/streamlit run app.py --server.port $(PORT)

# Three workers, whatever the number of cores: who drives a browser waits for it half of the time.
test: $(VENV)/dev.stamp $(VENV)/peers.stamp browser
	$(BIN)/python -m pytest -n 3 --dist loadfile

soak: $(VENV)/dev.stamp
	SOAK=1 HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n 2 --dist load \
		tests/core/test_random_histories.py tests/core/test_kills.py tests/core/test_concurrency.py \
		tests/merge/test_laws.py tests/merge/test_schema_laws.py

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp $(VENV)/peers.stamp
	$(BIN)/python -m tests.benchmarks.bench
	$(BIN)/python -m tests.benchmarks.peers
	$(BIN)/python -W ignore -m tests.benchmarks.pages --of choices
	$(BIN)/python -W ignore -m tests.benchmarks.pages --of lists
	$(BIN)/python -W ignore -m tests.benchmarks.pages --of compared

screenshots: browser
	$(BIN)/python -W ignore -m tests.screenshots

eval-agent: $(VENV)/dev.stamp
	$(BIN)/python -W ignore -m tests.evaluation.agent

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

browser: $(VENV)/dev.stamp
	$(BIN)/python -m tests.e2e.install_browser

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed; say which by: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(VENV)/bin/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python requirements.txt requirements-dev.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e . -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

$(VENV)/peers.stamp: tests/benchmarks/requirements.txt | $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --upgrade \
		--target $(VENV)/peers -r tests/benchmarks/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache
