# Everything starts from a checkout, Python 3.11 or newer (with venv), make and git. The packages come
# from wherever pip is configured to look.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test faults zones audit fuzz parity both-ways isolation mutants lint format
.PHONY: schema texts messages lock clean checks exported-schema compiled-messages

# An existing .venv keeps its interpreter.
PYTHON ?=
# `make test ARGS="-k login"` runs a part of the tests; `make lock ARGS=--upgrade` moves the pins.
ARGS ?=
# `make faults N=300 KILLS=10 SEED=7` is a short run; without SEED one is drawn and printed.
N ?= 20000
KILLS ?= 300
SEED ?=
# Before that, every zone is checked; `make faults ZONES=` leaves it out.
ZONES ?= yes
# `make fuzz EXAMPLES=50000 SEED=7`: so many requests of each kind.
EXAMPLES ?= 5000
# `make audit URL=http://127.0.0.1:8000/graphql` audits a server that runs already.
URL ?=
# `make isolation TIMES=10` takes ten times the steps that the tests take, drawn anew in each run.
TIMES ?= 20
# `make parity N=500 SEED=7` is a short run, and `make parity SEED=7 CASE=12` one case of it.
CASE ?=
# `make bench SCALE=small` has a fiftieth of the people and habits.
SCALE ?= full
# An existing folder that keeps what the run's processes log.
LOGS ?=

VENV := .venv/bin/python
CANDIDATES := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)

# The rules that the product's promises rest on: no line and no branch of them goes untested.
FULLY_TESTED := habits/validators.py accounts/validators.py habits/recurrence.py \
	habits/days.py habits/history.py habits/streaks.py habits/strength.py habits/statistics.py \
	habits/progress.py habits/weekdays.py habits/records.py habits/reading.py habits/tracking.py \
	habits/agenda.py habits/adoption.py accounts/password_resets.py notifications/buttons.py \
	notifications/delivery.py notifications/sending.py notifications/outbox.py \
	notifications/bulk.py notifications/intent.py notifications/later.py \
	notifications/bot/presses.py notifications/bot/inbox.py notifications/bot/updates.py \
	notifications/bot/linking.py
empty :=
comma := ,

# For commands that load the settings but serve nobody: no developer's .env and no server reaches
# them. An empty variable of the process hides the one in .env.
NEUTRAL = env $$(sed -nE 's/^ *(export +)?([A-Za-z_][A-Za-z0-9_]*) *=.*/\2=/p' .env 2>/dev/null) \
	DEBUG=true SECRET_KEY=this-key-signs-nothing-that-anybody-keeps \
	JWT_SECRET_KEY=nor-does-this-one-which-is-a-different-key \
	DATABASE_URL=sqlite:///:memory: REDIS_URL=

# Sets `python` in the shell, or says what is missing.
FIND_PYTHON = python=; old=yes; \
	for candidate in $(CANDIDATES); do \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		old=; \
		if "$$candidate" -c 'import ensurepip, venv' 2>/dev/null; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ] && [ -n "$$old" ]; then \
		echo "Python 3.11 or newer is missing (looked for: $(CANDIDATES))." >&2; \
		echo "Install it, or name it: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	elif [ -z "$$python" ]; then \
		echo "Python's venv or ensurepip module is missing (looked in: $(CANDIDATES))." >&2; \
		echo "Debian and Ubuntu have them in the package python3-venv." >&2; \
		exit 1; \
	fi

help:
	@echo "make run       start the backend, its scheduler and its worker (Ctrl-C stops it)"
	@echo "make test      all tests with coverage; ARGS='-k login' runs some, without it"
	@echo "make faults    N=20000 KILLS=300 SEED=7: reminders while processes are killed at random"
	@echo "make zones     every zone and change of clocks at every minute of the day (two minutes)"
	@echo "make audit     the reference audits of GraphQL over HTTP; URL=... of a running server; needs Node.js"
	@echo "make fuzz      EXAMPLES=5000 SEED=7: requests drawn at random, so many for each kind"
	@echo "make parity    N=10000 SEED=7: random operations, compiled and not, have to answer alike"
	@echo "make both-ways the tests of GraphQL without compiled execution, and with it"
	@echo "make isolation TIMES=20: strangers and dead tokens try everything, ever anew (some minutes)"
	@echo "make mutants   takes each permission check away; the same strangers have to notice"
	@echo "make bench     SCALE=small: the product against hand-written SQL, REST and plain Strawberry"
	@echo "make lint      style, types, imports, and drift of migrations, schema and translations"
	@echo "make format    let ruff format and fix the code"
	@echo "make schema    write schema.graphql from the code"
	@echo "make texts     list the texts that lack a translation"
	@echo "make messages  compile the translations (.po to .mo)"
	@echo "make lock      pin requirements*.in into requirements*.txt; ARGS=--upgrade moves the pins"
	@echo "make clean     remove .venv and everything built; .env and data/ stay"
	@echo "PYTHON=/path/to/python names the interpreter of a new .venv"

run: .venv/run.stamp
# `exec`, so that the server itself is make's child and gets its SIGTERM.
	@if $(VENV) -c '$(DEBUG_IS_OPEN)'; then DEBUG=true; export DEBUG; fi; \
	exec $(VENV) manage.py up

# Succeeds when neither the environment nor .env says what DEBUG is; when in doubt it stays off.
DEBUG_IS_OPEN = import os, sys; from dotenv import dotenv_values; \
	said = os.environ.get("DEBUG"), dotenv_values(".env", interpolate=False).get("DEBUG"); \
	sys.exit(any(text and text.strip() for text in said))

test: .venv/dev.stamp
ifeq ($(strip $(ARGS)),)
	$(VENV) -m pytest --cov --cov-branch --cov-report=term-missing:skip-covered
# A name that is gone would otherwise leave the report without a word.
	@ls $(FULLY_TESTED) >/dev/null
	$(VENV) -m coverage report --fail-under=100 \
		--include=$(subst $(empty) $(empty),$(comma),$(strip $(FULLY_TESTED)))
else
	$(VENV) -m pytest $(ARGS)
endif

zones: .venv/dev.stamp
	$(VENV) -m tests.zones

# `exec`, here and below, so that the program gets make's SIGTERM and ends what it has started.
faults: .venv/dev.stamp $(if $(ZONES),zones)
	@exec $(VENV) -m tests.faults --n $(N) --kills $(KILLS) $(if $(SEED),--seed $(SEED)) \
		$(if $(LOGS),--logs $(LOGS))

fuzz: .venv/dev.stamp
	@exec $(VENV) -m tests.fuzz --examples $(EXAMPLES) $(if $(SEED),--seed $(SEED))

parity: N = 10000
parity: .venv/dev.stamp
	@exec $(VENV) -m tests.parity --n $(N) $(if $(SEED),--seed $(SEED)) $(if $(CASE),--case $(CASE))

# All that sends documents, with the compiled execution and without.
both-ways: .venv/dev.stamp
	COMPILED_EXECUTION=off $(VENV) -m pytest $(GRAPHQL_TESTS) $(ARGS)
	COMPILED_EXECUTION=on $(VENV) -m pytest $(GRAPHQL_TESTS) $(ARGS)

GRAPHQL_TESTS = $(addprefix tests/,accounts backend fuzz habits isolation)

# ARGS="--server up" or ARGS=--development chooses what is started.
audit: .venv/dev.stamp
	@exec $(VENV) -m tests.audit $(if $(URL),--url $(URL)) $(ARGS)

# ARGS=--fresh: not the lives of every run, but new ones.
mutants: .venv/dev.stamp
	@exec $(VENV) -m tests.isolation.mutants $(ARGS)

isolation: .venv/dev.stamp
	ISOLATION_TIMES=$(TIMES) ISOLATION_FRESH=yes $(VENV) -m pytest -s tests/isolation $(ARGS)

bench: .venv/dev.stamp build/twins/stamp
	@exec $(VENV) -m benchmarks.bench --scale $(SCALE) $(ARGS)

checks: .venv/dev.stamp
	$(VENV) -m ruff format --check
	$(VENV) -m ruff check
	$(NEUTRAL) $(VENV) -m mypy
	$(VENV) .venv/bin/lint-imports
	$(NEUTRAL) $(VENV) manage.py makemigrations --check --dry-run

lint: checks exported-schema compiled-messages
	@$(SAME) schema.graphql build/schema.graphql || \
		{ echo "schema.graphql is not what the code says: make schema" >&2; exit 1; }
	@for po in $(CATALOGS); do \
		mo="$${po%.po}.mo"; \
		$(SAME) "$$mo" "build/messages/$$mo" || \
			{ echo "$$mo is not what $$po says: make messages" >&2; exit 1; }; \
	done

format: .venv/dev.stamp
	$(VENV) -m ruff format
	$(VENV) -m ruff check --fix

schema: exported-schema
	cp build/schema.graphql schema.graphql

texts: .venv/dev.stamp
	@$(VENV) -m tests.texts && echo "Every text is translated."

messages: compiled-messages
	@for po in $(CATALOGS); do \
		mo="$${po%.po}.mo"; \
		cp "build/messages/$$mo" "$$mo" || exit 1; \
	done

# git stands in for diff, which not every machine has.
SAME = git --no-pager diff --no-index --no-ext-diff --exit-code
CATALOGS = $(wildcard */locale/*/LC_MESSAGES/*.po)

exported-schema: .venv/dev.stamp
	@mkdir -p build
	$(NEUTRAL) $(VENV) manage.py export_schema backend.schema:schema >build/schema.graphql

# Babel writes the same bytes for the same catalog, except that it puts today into one without a
# creation date, and it passes over one marked fuzzy: both are refused here.
compiled-messages: .venv/dev.stamp
	@rm -rf build/messages
	@for po in $(CATALOGS); do \
		grep -q '^"POT-Creation-Date: [0-9]' "$$po" || \
			{ echo "$$po has no POT-Creation-Date" >&2; exit 1; }; \
		mo="build/messages/$${po%.po}.mo"; \
		mkdir -p "$${mo%/*}" && \
		$(VENV) .venv/bin/pybabel -q compile -i "$$po" -o "$$mo" || exit 1; \
		[ -e "$$mo" ] || { echo "$$po is marked fuzzy" >&2; exit 1; }; \
	done

.venv/bin/python:
	@$(FIND_PYTHON); echo "Making .venv with $$python"; "$$python" -m venv --clear .venv

# The order only: a system update that touches the interpreter needs no new installation.
.venv/run.stamp: requirements.txt | .venv/bin/python
	@echo "Installing requirements.txt"
	@$(VENV) -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt | .venv/bin/python
	@echo "Installing requirements-dev.txt"
	@$(VENV) -m pip install --quiet --require-hashes -r requirements-dev.txt
# It pins everything in requirements.txt, too.
	@touch .venv/run.stamp $@

# What the product is measured against has packages of its own.
build/twins/stamp: benchmarks/twins/requirements.txt | .venv/bin/python
	@echo "Installing $<"
	@$(VENV) -m venv --clear build/twins
	@build/twins/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

# uv looks where its own configuration says, not pip's. It reads for the oldest Python, because what
# only that one needs would be missing from a lock made for a newer one. Extras stay in the lock:
# without them pip looks at `coverage[toml]` apart from `coverage`, takes its newest release, and
# then has no hash for it.
LOCK = --quiet --universal --python-version 3.11.0 --generate-hashes --no-emit-index-url --no-header \
	--no-strip-extras

lock:
	@uv=uv; \
	if ! uv --version >/dev/null 2>&1; then \
		uv=build/uv/bin/uv; \
		if ! "$$uv" --version >/dev/null 2>&1; then \
			$(FIND_PYTHON); \
			"$$python" -m venv --clear build/uv && build/uv/bin/python -m pip install --quiet uv || exit 1; \
		fi; \
	fi; \
	for name in requirements requirements-dev benchmarks/twins/requirements; do \
		"$$uv" pip compile $(LOCK) $(ARGS) "$$name.in" -o "$$name.txt" || exit 1; \
	done

clean:
	rm -rf .venv build .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
