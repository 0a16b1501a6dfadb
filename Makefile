# Every target does its own set-up in .venv, from nothing but Python 3.11 to 3.13 on Linux x86-64
# and the package index, and skips it when pyproject.toml and setup.py have not changed since.
# PYTHON=python3.12 picks the interpreter, PYTEST_ARGS='-k registry' goes to pytest.

VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
export PYTHON

.PHONY: help demo test lint format wheel clean distclean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## learn four translation directions with one model and score them (10 minutes on two cores)
	@.ci/install $(VENV)
	$(BIN)/t2t-trainer --generate_data --problems=mini_ende,mini_deen,mini_enfr,mini_fren \
	  --hparams_set=multimodel_demo --data_dir=demo/data --output_dir=demo/run
	$(BIN)/t2t-eval --output_dir=demo/run --split=test --shuffled_inputs \
	  --scores_file=demo/scores.json
	@echo
	@echo "The scores are in demo/scores.json, the run is in demo/run. What to try next:"
	@echo "  $(BIN)/t2t-decoder --output_dir=demo/run --problem=mini_ende --decode_interactive"
	@echo "  $(BIN)/tensorboard --logdir=demo/run/tensorboard"
	@echo "  a problem of your own in ten lines, or files of your own without code: README.md"

test: lint ## run every check: ruff, mypy --strict and the tests (12 minutes on two cores)
	$(BIN)/python -m pytest --durations=10 $(PYTEST_ARGS)

lint: ## run ruff and mypy --strict
	@.ci/install $(VENV) dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python .ci/check_types.py

format: ## let ruff sort imports, mend what it can and format
	@.ci/install $(VENV) dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: ## build the source archive, and from it the wheel, into dist/
	@.ci/install $(VENV) dev
	rm -rf build dist
	$(BIN)/python -m build --no-isolation

clean: ## remove caches and what a build leaves
	rm -rf build dist t2t_mm.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## also remove .venv and the demo's data and run
	rm -rf $(VENV) demo
