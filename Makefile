# Every target sets up what it needs: a virtual environment in .venv and the compiled C library.
VENV     := .venv
PYTHON   := $(VENV)/bin/python
# What the library is built with is part of the stamp's name: other flags are another build.
WITH     := PYTHON3=$(PYTHON3) CC=$(CC) CFLAGS=$(CFLAGS) LTO=$(LTO) NATIVE=$(NATIVE)
STAMP    := $(VENV)/.built-$(firstword $(shell printf '%s' '$(WITH)' | cksum))
# Two at a time, a file's tests on one of them: modules share what they set up, sessions need room.
# Where Python is told to keep no bytecode, each of some hundred processes would compile all of it.
TESTS    := PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest -n 2 --dist loadfile
SOURCES  := pyproject.toml setup.py tools/cffi_build.py $(wildcard csrc/*/*.[ch])

# The Python peers of the benchmarks; without them their rows are missing.
BENCH_PEERS = $(PYTHON) -c 'import orjson' 2>/dev/null || \
	$(PYTHON) -m pip install -qq --no-input --disable-pip-version-check 'orjson>=3.10' </dev/null || true

.DEFAULT_GOAL := help
.PHONY: help build run test test-long test-all bench bench-quick fuzz mutants check clean

help:  ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: $(STAMP)  ## Make the environment and compile the C library.

$(STAMP): $(SOURCES)
	@rm -f $(VENV)/.built*
	@sh tools/setup.sh $(VENV)
	@touch $@

run: $(STAMP)  ## Run the demo session (DURATION=60 REPORT=report.json CONFIG=config/demo.toml).
	@$(VENV)/bin/pinnacle run $(or $(CONFIG),config/demo.toml) --duration $(or $(DURATION),60) $(if $(REPORT),--report $(REPORT))

test: $(STAMP)  ## Run the tests that fit in five minutes (PYTEST="-k ring" for some of them).
	@sh tools/test_tools.sh
	@$(TESTS) -m "not long" $(PYTEST)

test-long: $(STAMP)  ## Run the tests that take longer.
	@sh tools/test_tools.sh long
	@$(TESTS) -m long $(PYTEST)

test-all: $(STAMP)  ## Run every test.
	@sh tools/test_tools.sh long
	@$(TESTS) $(PYTEST)

bench: $(STAMP)  ## Measure the data plane against its targets, a few minutes (FIGURES="matching risk").
	@$(BENCH_PEERS)
	@$(PYTHON) -m bench $(FIGURES)

bench-quick: $(STAMP)  ## The same in under a minute, less exact.
	@$(BENCH_PEERS)
	@$(PYTHON) -m bench --quick $(FIGURES)

fuzz:  ## Fuzz the C library (FUZZ_SECONDS=60 for each target, FUZZ="journal match" for some of them).
	@sh tools/fuzz.sh $(or $(FUZZ_SECONDS),60) $(FUZZ)

mutants: $(STAMP)  ## Plant small faults that tests must find (BUDGET=600 seconds, FILES="risk desk", SEED=1, JOBS=2).
	@$(PYTHON) -m tools.mutants $(FILES) --budget $(or $(BUDGET),600) --seed $(or $(SEED),1) $(if $(JOBS),--jobs $(JOBS))

check: $(STAMP)  ## Hold the sources: ruff, mypy --strict, clang-format, warnings as errors, gcc's analyser.
	@$(VENV)/bin/ruff check pinnacle tests tools bench
	@$(VENV)/bin/ruff format --check pinnacle tests tools bench
	@$(VENV)/bin/mypy
	@sh tools/check_c.sh $(VENV)

clean:  ## Remove what was built.
	rm -rf $(VENV) build *.egg-info pinnacle/core/_native*.so pinnacle/core/_native.c
