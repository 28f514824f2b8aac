# GAN Explorer. `make` alone lists what there is.
#
#   PYTHON=python3.12       the Python (3.11 or newer) that makes the environment
#   ARGS="..."              passed on: make app ARGS="--server.port 8600", make test ARGS="-k ring"
#   WORKERS=3               how many processes share the tests; 0: all in one
#   BENCH="step live"       which benchmarks to run
#   TORCH_CPU_INDEX=URL     where PyTorch's CPU build comes from when no GPU is found

PYTHON ?= python3
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
BENCH ?= step live comings
# One more than the two cores that the tests are planned for: tests wait for servers, pages and runs.
WORKERS ?= 3

VENV := .venv
PY := $(VENV)/bin/python
define INSTALL
	@echo "Installing into $(VENV): once, some minutes."
	@$(PY) scripts/cpu_torch.py "$(TORCH_CPU_INDEX)"
	$(PY) -m pip --disable-pip-version-check install -r
endef
PYTEST := -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

# The networks are small: a second thread per operation only waits, and on a busy machine it slows training
# by an order of magnitude. Fewer malloc arenas give memory back after a visitor has left.
export OMP_NUM_THREADS ?= 1
export MALLOC_ARENA_MAX ?= 2
# Python keeps what it has compiled: without that, each process that imports PyTorch compiles it anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help app test test-all check check-js bench fix fix-js clean

help:
	@echo "make app      install what is needed (once) and open the app"
	@echo "make test     install what the tests need (once) and run the tests"
	@echo "make test-all the same, and the tests that take longest"
	@echo "make check    format check, lint, types, tests: what must pass before a commit"
	@echo "make fix      format, and mend what lint can mend"
	@echo "make bench    measure speed on this machine, and ten minutes of visitors who come and go"
	@echo "make clean    remove caches; the environment in $(VENV) stays"

app: $(VENV)/.app-ready
	$(PY) -m streamlit run app.py $(ARGS)

test: $(VENV)/.dev-ready
	$(PY) -m pytest $(PYTEST) $(ARGS)

test-all: $(VENV)/.dev-ready
	GAN_EXPLORER_FULL=1 $(PY) -m pytest $(PYTEST) $(ARGS)

check: $(VENV)/.dev-ready
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	@$(MAKE) --no-print-directory check-js
	$(PY) -m pytest $(PYTEST) $(ARGS)

fix: $(VENV)/.dev-ready
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	@$(MAKE) --no-print-directory fix-js

# The browser's half. Its tools come from npm; the app needs neither npm nor Node.
NODE_READY = node_modules/.ready

check-js fix-js:
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory $(NODE_READY) && \
		npm run --silent $(patsubst %-js,%,$@); \
	else echo "JavaScript was not looked at: this needs Node 18 or newer, with npm"; fi

$(NODE_READY): package.json package-lock.json
	npm ci --silent
	@touch $@

bench: $(VENV)/.dev-ready
	@for name in $(BENCH); do $(PY) -m benchmarks.$$name $(ARGS) || exit 1; done

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# The environment. Each stamp is older than the requirements exactly when they have changed since.

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>&1) || found="not there"; \
		echo "GAN Explorer needs Python 3.11 or newer, but $(PYTHON) is: $$found." >&2; \
		echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -f $(PY); exit 1; }

$(VENV)/.app-ready: requirements.txt | $(PY)
	$(INSTALL) requirements.txt
	@touch $@

# All at once, not upon the app's own: pip then looks everything up only once.
$(VENV)/.dev-ready: requirements-dev.txt requirements-dask.txt requirements.txt | $(PY)
	$(INSTALL) requirements-dev.txt
	@touch $(VENV)/.app-ready $@
