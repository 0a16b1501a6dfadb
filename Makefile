# Every target does its own set-up in .venv, from nothing but Python 3.11 to 3.13 on Linux x86-64
# and the package index, and skips it when pyproject.toml and setup.py have not changed since.
# PYTHON=python3.12 picks the interpreter, PYTEST_ARGS='-k registry' goes to pytest.

VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
LONG_STEPS ?= 9000
# In 9,000 steps the thousand trees are seen forty times: dropout keeps them from being learned by heart.
LONG_FLAGS ?= --hparams='model.dropout=0.1,model.attention_dropout=0.1,train.num_threads=1'
export PYTHON

.PHONY: help demo demo-long study study-full _demo test test-long test-quick coverage kills fuzz lint format docs notebook wheel clean distclean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

demo: ## learn eight problems with one model, score it and report (15 minutes on two cores)
	@.ci/install $(VENV)
	@$(MAKE) --no-print-directory _demo OUT=demo FLAGS='--hparams=train.num_threads=1'

demo-long: ## the same for 45 minutes: far better scores, in demo-long/
	@.ci/install $(VENV)
	@$(MAKE) --no-print-directory _demo OUT=demo-long FLAGS="--train_steps=$(LONG_STEPS) $(LONG_FLAGS)"

study: ## ask the paper's questions of mini_8, in study/ (2.5 hours of training at most, all calls together; repeat it to go on)
	@.ci/install $(VENV)
	$(BIN)/t2t-study paper_tables --study_dir=study --data_dir=study/data --generate_data \
	  --num_concurrent_runs=2 --budget_seconds=18000

study-full: ## ask more, for many hours, in study/ too, no run twice; stop it with Ctrl-C, repeat it to go on
	@.ci/install $(VENV)
	$(BIN)/t2t-study paper_tables_full --study_dir=study --data_dir=study/data --generate_data \
	  --num_concurrent_runs=2

_demo:
	$(BIN)/t2t-datagen --problems=mini_8 --data_dir=demo/data --num_concurrent_processes=2 \
	  --vocab_size=1024 --vocab_bytes=1000000
	$(BIN)/t2t-trainer --problems=mini_8 --hparams_set=multimodel_demo $(FLAGS) \
	  --data_dir=demo/data --output_dir=$(OUT)/run
	$(BIN)/t2t-eval --output_dir=$(OUT)/run --split=test --shuffled_inputs \
	  --scores_file=$(OUT)/scores.json
	$(BIN)/t2t-report --output_dir=$(OUT)/run --report_file=$(OUT)/report.html
	@echo
	@echo "Open $(OUT)/report.html; the scores are in $(OUT)/scores.json. What to try next:"
	@echo "  $(BIN)/t2t-decoder --output_dir=$(OUT)/run --problem=mini_ende --decode_interactive"
	@echo "  $(BIN)/tensorboard --logdir=$(OUT)/run/tensorboard"
	@echo "  a problem of your own in ten lines, or files of your own without code: README.md"

test: lint ## run ruff, mypy --strict and the tests but the long ones (half an hour on two slow cores)
	$(BIN)/python -m pytest $(PARALLEL) -m 'not long' --durations=10 $(PYTEST_ARGS)

test-long: ## run what takes minutes each: long pages of the docs, benchmarks, eight problems on JAX
	@.ci/install $(VENV) dev
	$(BIN)/python -m pytest $(PARALLEL) -m long --durations=10 $(PYTEST_ARGS)

test-quick: lint ## the same without what is slow (six minutes on two slow cores)
	$(BIN)/python -m pytest $(PARALLEL) -m 'not slow' --durations=10 $(PYTEST_ARGS)

coverage: ## run the tests and list which lines of the engine none of them ran (half an hour)
	@.ci/install $(VENV) dev
	$(BIN)/python -m pytest $(PARALLEL) -m 'not long' --cov=t2t_mm --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

kills: ## kill runs at random moments, 50 times on TensorFlow and 10 on JAX (an hour on busy cores)
	@.ci/install $(VENV) dev
	$(BIN)/python tests/kills.py --tensorflow=50 --jax=10

fuzz: ## damage 2,000 files of runs and 500 of data, give 500 bad inputs (hours on busy cores)
	@.ci/install $(VENV) dev
	$(BIN)/python tests/fuzz/fuzz_runs.py --count=2000
	$(BIN)/python tests/fuzz/fuzz_data.py --count=500
	$(BIN)/python tests/fuzz/fuzz_commands.py --count=500

lint: ## run ruff and mypy --strict
	@.ci/install $(VENV) dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python .ci/check_types.py

format: ## let ruff sort imports, mend what it can and format
	@.ci/install $(VENV) dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: ## build the documentation as a site in build/site/, every link checked
	@.ci/install $(VENV) docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

notebook: ## run docs/first_picture.ipynb from its first cell to its last (five minutes)
	@.ci/install $(VENV) docs
	$(BIN)/jupyter-execute --timeout=1800 docs/first_picture.ipynb

wheel: ## build the source archive, and from it the wheel, into dist/
	@.ci/install $(VENV) dev
	rm -rf build dist
	$(BIN)/python -m build --no-isolation

clean: ## remove caches and what a build leaves
	rm -rf build dist t2t_mm.egg-info .mypy_cache .pytest_cache .ruff_cache .coverage
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## also remove .venv and the data and runs of the demos, not those of studies
	rm -rf $(VENV) demo demo-long
