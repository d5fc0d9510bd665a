# What can be done here; `make` alone lists it.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/installed-from-lock
SDKS := v7 v8

.DEFAULT_GOAL := help
.PHONY: help demo test check bench chaos sdk lock

help:
	@echo "make demo    everything on this machine, with a CRM to practise on"
	@echo "make test    the whole test suite"
	@echo "make check   lint, format and types"
	@echo "make bench   our own work beside what others take for it; about an hour"
	@echo "make chaos   200 imports with everything going wrong and killed; an hour or less"
	@echo "make sdk     Zoho's own SDKs, each in an environment of its own, for the tests with them"
	@echo "make lock    resolve pyproject.toml into requirements.lock again"

demo: $(INSTALLED)
	@exec $(PYTHON) -m importer.demo

test: $(INSTALLED)
	@$(PYTHON) -m pytest -q

check: $(INSTALLED)
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

bench: $(INSTALLED) .venv-bench/installed-from-lock
	@$(PYTHON) -m tests.bench.sheets --million
	@$(PYTHON) -m tests.bench.practice
	@$(PYTHON) -m tests.bench.whole_import
	@$(PYTHON) -m tests.bench.first_rows

# What we are measured against stays out of our own environment.
.venv-bench/installed-from-lock: tests/bench/requirements.lock | $(INSTALLED)
	@$(PYTHON) -m venv .venv-bench \
		&& .venv-bench/bin/python -m pip install -qq --disable-pip-version-check \
			--require-hashes --requirement $< \
		&& touch $@

chaos: $(INSTALLED)
	@$(PYTHON) -m tests.faults.chaos

sdk: $(SDKS:%=.venv-sdk/%/installed-from-lock)

.venv-sdk/%/installed-from-lock: tests/sdk/requirements-%.lock | $(INSTALLED)
	@$(PYTHON) -m venv .venv-sdk/$* \
		&& .venv-sdk/$*/bin/python -m pip install -qq --disable-pip-version-check \
			--require-hashes --requirement $< \
		&& touch $@

lock: $(INSTALLED)
	@$(PYTHON) -m piptools compile --quiet --all-extras --strip-extras --allow-unsafe \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file=requirements.lock pyproject.toml
	@for version in $(SDKS); do \
		(cd tests/sdk && ../../$(PYTHON) -m piptools compile --quiet --strip-extras --allow-unsafe \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
			--output-file=requirements-$$version.lock requirements-$$version.in) || exit 1; \
	done
	@cd tests/bench && ../../$(PYTHON) -m piptools compile --quiet --strip-extras --allow-unsafe \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file=requirements.lock requirements.in

# Built again when the lock file is newer.
$(INSTALLED): requirements.lock
	@for name in python3.11 python3; do \
		$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null \
			&& python=$$name && break; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 is needed, as python3.11 or python3 on the PATH." >&2; \
		exit 1; \
	fi; \
	echo "Installing what requirements.lock names; this takes a minute or two ..."; \
	"$$python" -m venv $(VENV) \
		&& $(PYTHON) -m pip install -qq --disable-pip-version-check \
			--require-hashes --requirement requirements.lock \
		&& touch $@
