# Each target works alone from a fresh clone: it makes .venv and installs what it needs.
PYTHON ?= python3
BIN := .venv/bin
# Modules are compiled when they are first imported, which few of the 20,000 that are installed ever are.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt

# A file's tests run in one process: what one compiles, the others find there. Files run in the order of their names.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

unexport PYTHONDONTWRITEBYTECODE  # tests start many processes, each of which would compile the source anew

.PHONY: demo check test heavy oldest lint types layers doctest docs stubs clean

demo: .venv/installed-report
	@$(BIN)/lossary demo --output lossary-demo.txt

# Between two edits: style, types, layers, and the tests of formulas, arrays and losses that neither compile a kernel nor need JAX.
# Among them are the laws, which hold the kernels of every loss, run in plain Python, to its formula and to torch.
check: lint types layers
	$(PYTEST) -m "not compiled and not heavy" -k "not jax" $(addprefix tests/,formula arrays losses laws/test_losses.py)

# All but the heavy tests.
test: .venv/installed-test
	$(PYTEST) -m "not heavy" tests

# Large arrays, other processes and clusters, machine code of every dtype. They find on disk what `make test` compiled. As many
# wait for processes of their own, there is a worker more than there are processors.
heavy: .venv/installed-test
	PYTEST_XDIST_AUTO_NUM_WORKERS=$$($(BIN)/python -c "import os; print(os.cpu_count() + 1)") $(PYTEST) -m heavy $$(grep -rl --include='*.py' 'mark\.heavy' tests | sort)

# With the oldest releases that pyproject.toml allows, in an environment of its own; their torch is a build for CUDA, of 6 GB.
# Warnings are no errors there: old releases of torch and SciPy warn of themselves.
oldest: .venv-oldest/installed
	.venv-oldest/bin/python -m pytest --override-ini filterwarnings=default -m "not heavy and not compiled" $(addprefix tests/, \
		arrays batch_losses/test_batch.py engine/test_jax.py engine/test_torch.py engine/test_torch_forward.py \
		engine/test_torch_training.py linear_losses/test_linear_jax.py linear_losses/test_linear_torch.py trainers/test_objective.py)
	.venv-oldest/bin/python -m pytest --override-ini filterwarnings=default -m "not heavy" tests/report/measure/one_model tests/report/test_lists.py

.venv-oldest/installed: pyproject.toml constraints-oldest.txt
	test -x .venv-oldest/bin/python || python3.11 -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints-oldest.txt \
		--editable ".[report,plots,torch,jax,boosting,excel,atlas]" \
		pytest pytest-xdist hypothesis mpmath sympy statsmodels optax pandas polars
	@touch $@

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-test
	$(BIN)/mypy

layers: .venv/installed-test
	$(BIN)/lint-imports --no-logo

# Left out are a module that imports CatBoost, an extra of its own, and conf.py, which draws every picture when it is imported.
doctest: .venv/installed-test
	KERAS_HOME=tests/dialects/keras $(BIN)/python -m pytest --doctest-modules --doctest-glob='*.md' \
		--ignore src/lossary/trainers/boosting/of_predictions.py --ignore docs/conf.py src README.md docs

stubs: .venv/installed-test
	$(BIN)/python tools/stubs.py

docs: .venv/installed-test
	KERAS_HOME=tests/dialects/keras $(BIN)/sphinx-build -q -W -b html docs docs/_build
	@echo "The documentation is in docs/_build/index.html"

.venv/installed-%: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	-$(INSTALL) pip  # Python 3.11 brings one that takes twice as long to unpack the rest; without a newer one it works too
	$(INSTALL) --editable ".[$*]"
	@touch $@

clean:
	rm -rf .venv .venv-oldest docs/_build docs/_generated docs/families
