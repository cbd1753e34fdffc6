# Two commands do it all: `make demo` and `make test`. Each installs what it needs into .venv.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --disable-pip-version-check
ARGS ?=
PURE := $(BIN)/python -m tests.tools.pure_floor
# As an installed program is: each start would else compile everything anew where Python may not
# keep what it compiled (PYTHONDONTWRITEBYTECODE).
COMPILED := $(BIN)/python -m compileall -q calendars orchestrator rooms signalling

.PHONY: demo serve test check bench docs clean style types layers floor
.DEFAULT_GOAL := demo

# The stamp is newer than pyproject.toml when everything it names is installed.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Margeride needs Python 3.11 or newer; $$($(PYTHON) --version) is here."; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || $(MAKE) --no-print-directory venv-by-apt
	@echo "Installing Margeride into $(VENV) (about a minute the first time)…"
	@$(PIP) --upgrade pip "setuptools>=77" >$(VENV)/install.log 2>&1 \
	  && $(PIP) --no-build-isolation --editable '.[test]' >>$(VENV)/install.log 2>&1 \
	  || { cat $(VENV)/install.log; echo "The installation failed; what pip said is above."; exit 1; }
	@$(COMPILED)
	@touch $@

# A bare Debian has Python without venv; only root may mend that.
.PHONY: venv-by-apt
venv-by-apt:
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  || { rm -rf $(VENV); echo "Python cannot make a virtual environment here. First: apt-get install python3-venv"; exit 1; }
	@echo "Installing python3-venv…"
	@{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >/dev/null 2>&1
	@$(PYTHON) -m venv --clear $(VENV)

demo: $(VENV)/.installed
	@$(BIN)/margeride demo $(ARGS)

serve: $(VENV)/.installed
	@$(BIN)/margeride serve --data var $(ARGS)

test: $(VENV)/.installed
	@$(COMPILED)
	@$(BIN)/python -m tests.tools.hermetic $(BIN)/python -m tests.tools.calm -q $(ARGS)

check: style types layers floor

style: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tests.tools.file_lengths

types: $(VENV)/.installed
	$(BIN)/mypy

layers: $(VENV)/.installed
	$(BIN)/lint-imports

floor: $(VENV)/.installed
	$(PURE)

bench: $(VENV)/.installed
	@$(BIN)/python -m bench $(ARGS)

docs: $(VENV)/.installed
	MARGERIDE_PICTURES=1 $(BIN)/pytest -q -m browser $$(grep -lw "await picture" tests/web/*.py)

clean:
	rm -rf $(VENV) .bench build dist *.egg-info var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
