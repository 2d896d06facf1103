# The two lines of the README, and one word for everything CI runs.
PYTHON ?= python3
BIN := .venv/bin
# Each worker takes its tests in a row, so that what they begin with is built by one of them.
PYTEST := $(BIN)/pytest -q -n auto --maxprocesses 8 --dist worksteal

.PHONY: demo test check cover fuzz fix docs bench i18n

demo:
	$(PYTHON) -m venv .venv && .venv/bin/pip install -q . && .venv/bin/crm demo

test:
	$(PYTHON) -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest -q -n 2

# Format, lint, types, layers, translations, the walkthrough; the tests (they compare the other made pages with the code).
check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/i18n.py check
	$(BIN)/python tools/docs.py check docs/walkthrough.md
	$(PYTEST)

# The lines and branches that the tests reach; counting doubles their time. What a test starts in a process of its own is
# not counted: one that is killed could not say, and one that measures itself can hang.
cover:
	$(PYTEST) --cov --cov-report=term

# A million texts that are no conditions, or nearly: each is refused with a reason, or runs as SQL.
fuzz:
	CRM_FUZZ=1000000 $(BIN)/pytest -q tests/properties/test_rules_expressions.py -k no_input

fix:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs:
	$(BIN)/python tools/docs.py write

i18n:
	$(BIN)/python tools/i18n.py update
	$(BIN)/python tools/i18n.py compile

bench:
	$(BIN)/python bench/run.py
