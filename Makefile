# Two commands are enough on a machine with Python 3.11 or newer and make:
#   make demo   does the main job on a year of orders and opens the office   (SERVE=0 stops after the job)
#   make test   runs the tests
# Each does its own set-up. The rest:
#   make setup | test-long | check | fmt | docs | serve | bench | release

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
SERVE ?= 1
SCALE ?= 1
RUN := .venv/bin

.PHONY: setup demo test test-long check fmt docs serve bench release

setup: .venv/ready

# The stamp is written last: a set-up broken off is taken up again.
.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Beizai needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Setting up .venv (about a minute, once)"
	@$(RUN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(RUN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

demo: setup
	@$(RUN)/beizai --home "$${BEIZAI_HOME:-demo-home}" demo $(if $(filter 0,$(SERVE)),--no-serve)

test: setup
	@$(RUN)/python tests/run.py

test-long: setup
	@$(RUN)/python tests/run.py --long

check: setup
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy beizai
	$(RUN)/lint-imports
	$(RUN)/codespell
	$(RUN)/python -m docs check

fmt: setup
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

docs: setup
	$(RUN)/python -m docs write

serve: setup
	@$(RUN)/beizai serve

bench: setup
	$(RUN)/python -m bench --scale $(SCALE)

release: check test
	rm -rf dist
	$(RUN)/python -m hatchling build
	@ls -l dist
