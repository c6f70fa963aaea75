# Two commands do everything on a fresh machine with python3 (3.11 or newer):
#   make demo   runs the main job on the embedded sample market and writes the reports
#   make test   runs the tests
# Whoever changes something (CONTRIBUTING.md):
#   make fast       the quick tests: no real data, no whole runs, under a minute on two cores
#   make format     brings code into the one form
#   make check      style, types, digests, licences
#   make coverage   the tests with the lines that they reach
#   make docs       the site, build/docs/index.html, with its commands and notebooks run
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A file's tests stay in one process, which makes their runs once; files start in their order, so
# that the quick ones fill the end. Each skipped test is named with its reason.
PARALLEL := -n auto --dist loadfile --no-loadscope-reorder -rs
# Bytecode is kept: without it every process, and the tests start many, compiles all files again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test fast coverage format check hooks docs benchmark-smoke pictures clean

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(VENV)/.ready
	$(BIN)/quanthedge demo --language en,zh

test: $(VENV)/.ready
	$(BIN)/python -m pytest $(PARALLEL)

fast: $(VENV)/.ready
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow and not real" --durations 5

# Lines of compiled kernels run as machine code, which no tracer sees: they are left out.
coverage: $(VENV)/.ready
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report term:skip-covered

format: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m benchmarks.hashed_constraints --check
	$(BIN)/python -m benchmarks.licences

# the checks above and the quick tests before each commit
hooks: $(VENV)/.ready
	$(BIN)/pre-commit install

benchmark-smoke: $(VENV)/.ready
	$(BIN)/python -m benchmarks.ledger --stocks 200 --days 250 --names 40 --repeat 1
	$(BIN)/python -m benchmarks.guard

# the site, offline, with every command and notebook run; every warning is an error
docs: $(VENV)/.ready
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --jobs auto docs build/docs

# the pictures of the README, from the real market where it was imported (needs chromium)
pictures: $(VENV)/.ready
	$(BIN)/quanthedge run strategies/market_neutral.toml --market data/real \
		--start 2014-09-17 --end 2015-07-31 --variants all --out runs/pictures
	$(BIN)/quanthedge report runs/pictures --language en,zh --format html,pdf
	$(BIN)/python -m benchmarks.screenshot runs/pictures/report_en.html docs/images/report.png
	$(BIN)/python -m benchmarks.screenshot runs/pictures/report_zh.pdf docs/images/factsheet.png 1,10,20

clean:
	rm -rf $(VENV) runs build dist
