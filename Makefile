# The only front: `make run` and `make test` need nothing typed before them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTENSION := native/_native.abi3.so

.PHONY: setup native native-sanitized native-warnings wheels run test check fmt fuzz fuzz-one bench bench-peers bench-lists bench-listed bench-misses bench-eviction bench-hit-rate docs peers scanner browser drill hostile strength secrecy secrecy-each secrecy-points

setup: $(STAMP) $(EXTENSION)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mamori needs Python 3.11 or newer; try: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	MAMORI_NATIVE=off $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# Built aside and moved into place, so that running processes keep the one they have; without a compiler, or without what
# it needs of Python, the pure twins do the work.
PYTHON_HEADERS = $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include"))')
native: $(EXTENSION)
$(EXTENSION): $(STAMP) setup.py $(wildcard native/*/*.c native/*/*.h)
	@if ! command -v $${CC:-cc} >/dev/null; then echo "no C compiler here: the pure twins do the work"; \
	elif ! test -e "$(PYTHON_HEADERS)/Python.h"; then \
	  echo "no headers of Python here (Debian: python3-dev): the pure twins do the work"; \
	else mkdir -p build && into=$$(mktemp -d build/native.XXXX) && \
	  MAMORI_REQUIRE_NATIVE=1 $(BIN)/python setup.py --quiet build_ext --build-lib $$into --build-temp $$into/temp && \
	  mv -f $$into/$@ $@ && rm -rf $$into; fi

# Into dist/: one with the extension, for this kind of processor, and one that is pure Python, for any.
wheels: setup
	$(BIN)/python -m deploy.wheels dist

# Tests of the extension under gcc's sanitizers; `make test` does the same with fewer examples.
native-sanitized: setup
	$(BIN)/python -m tests.native.sanitized
SANITIZED_FLAGS := -std=c11 -D_GNU_SOURCE -DPy_LIMITED_API=0x030B0000 -Inative -g1 -O1 -fPIC -fno-omit-frame-pointer \
  -fsanitize=address,undefined -fno-sanitize-recover=all
build/sanitized/%.o: native/%.c $(wildcard native/*/*.h) Makefile
	@mkdir -p $(@D)
	gcc $(SANITIZED_FLAGS) -isystem $(PYTHON_HEADERS) -c $< -o $@
build/sanitized/$(EXTENSION): $(patsubst native/%.c,build/sanitized/%.o,$(wildcard native/*/*.c)) native/__init__.py
	@mkdir -p $(@D) && cp native/__init__.py $(@D)/
	gcc -shared -fsanitize=address,undefined $(filter %.o,$^) -o $@

# Every warning that is worth one, as an error; by both compilers where both are there.
native-warnings: setup
	@for compiler in gcc $(FUZZ_CC); do \
	  command -v $$compiler >/dev/null && test -e "$(PYTHON_HEADERS)/Python.h" || \
	    { echo "$$compiler or the headers of Python are not here: it does not look at the C"; continue; }; \
	  printf '%s\n' native/*/*.c | xargs -P2 -I{} $$compiler -std=c11 -D_GNU_SOURCE -DPy_LIMITED_API=0x030B0000 -Inative \
	    -isystem $(PYTHON_HEADERS) -O2 -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Werror \
	    -c {} -o /dev/null || exit 1; done

run: setup
	@exec $(BIN)/mamori demo

# One process more than processors: many tests wait for a timer, a network or another process.
PYTEST = $(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --dist loadgroup

# Peers first: among them is what setup builds the C extension with.
test: peers setup scanner browser check
	$(PYTEST)

# The thirteen statements about the secrecy of communications, as in `make test`; needs root.
secrecy: setup peers
	$(PYTEST) tests/secrecy

# Each planted leak in a copy and a daemon of its own; and exceptions at every point that is passed, not at a part.
secrecy-each: setup peers
	SECRECY_EACH=1 $(PYTEST) tests/secrecy/test_01_planted_leaks.py
secrecy-points: setup peers
	SECRECY_POINTS=1 $(BIN)/python -m pytest tests/secrecy/test_02_exceptions.py

check: setup native-warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

fmt: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Real peers for the interop tests; where they cannot be installed those tests are listed as skipped, with the reason.
peers:
	@deploy/peers.sh

# sslyze wants an older `cryptography` than we do, so it lives in a virtual environment of its own.
SCANNER := $(VENV)/sslyze
scanner: setup
	@test -x $(SCANNER)/bin/sslyze || { $(PYTHON) -m venv $(SCANNER) && \
	  $(SCANNER)/bin/python -m pip install --quiet --disable-pip-version-check 'sslyze>=6.3,<7'; } || \
	  echo "sslyze cannot be installed here: the test that scans our TLS is skipped" >&2

# What drives Chromium and judges pages in it (tests/browser/package.json); without npm and Node.js 20.19 or newer their
# tests are skipped.
BROWSER := $(VENV)/browser
browser: setup
	@cmp -s tests/browser/package.json $(BROWSER)/installed.json || { mkdir -p $(BROWSER) && \
	  cp tests/browser/package.json $(BROWSER)/ && \
	  npm install --prefix $(BROWSER) --no-audit --no-fund --no-package-lock --ignore-scripts --engine-strict --loglevel=error && \
	  cp tests/browser/package.json $(BROWSER)/installed.json; } || \
	  echo "npm cannot install tests/browser/package.json here: the tests in a real browser are skipped" >&2

# Beside unbound, dnsdist and pdns-recursor in interleaved rounds of the same run, for some twenty minutes on a quiet
# machine; BENCH=--quick takes two minutes, BENCH="--quick --only cached" half a minute.
BENCH ?=
bench: setup bench-peers
	$(BIN)/python -m bench $(BENCH)

bench-peers:
	@deploy/bench-peers.sh

# What steering by name does to the cache, for 1, 2 and 4 workers: hit rate and upstream queries on one trace.
bench-hit-rate: setup peers
	$(BIN)/python -m bench.hit_rate

# Which kept answers leave: the hit rate of our rule beside others on made traces.
bench-eviction: setup
	$(BIN)/python -m bench.eviction

# What a question for a listed name costs beside one for a kept name: 100,000 different ones of each.
bench-listed: setup
	$(BIN)/python -m bench.listed

# What a question costs that is not kept, and where the time goes.
bench-misses: setup
	$(BIN)/python -m bench.misses

# A list of a million entries: taking it, its delta, the swap in a worker, the import at the desk.
bench-lists: setup
	$(BIN)/python -m bench.lists

# Every reader of the list formats, coverage-guided, for longer than `make test` does it: seconds for each of them.
FUZZ_SECONDS ?= 300
fuzz: setup
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

# One input again, with what it breaks: make fuzz-one TARGET=native_packet INPUT=.fuzz/native_packet-crash-…
fuzz-one: setup
	$(BIN)/python -m tests.fuzz $(TARGET) --input $(INPUT)

# The targets in C and the plain C core, under libFuzzer with its sanitizers. Branches of small functions stay their own.
FUZZ_CC ?= clang-14
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE -gline-tables-only -O2 -finline-hint-functions -fno-omit-frame-pointer -Wall -Wextra -Werror -Inative \
  -fsanitize=address,undefined -fno-sanitize-recover=all -fsanitize-coverage-ignorelist=tests/fuzz/native/ignored.txt
FUZZ_CORE := $(patsubst native/core/%.c,build/fuzz/core/%.o,$(wildcard native/core/*.c))
build/fuzz/core/%.o: native/core/%.c $(wildcard native/core/*.h) Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c $< -o $@
build/fuzz/%: tests/fuzz/native/%.c $(wildcard tests/fuzz/native/*.h) tests/fuzz/native/ignored.txt $(FUZZ_CORE)
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer $< $(FUZZ_CORE) -lm -o $@

# A million broken messages over UDP, fewer over TCP, DoT and DoH, against the real daemon; the last line is its figures.
HOSTILE ?=
hostile: setup peers
	$(BIN)/python -m tests.hostile $(HOSTILE)

# A list of 100,000 entries, a hundredth of it replaced while clients ask; `make test` does it with 10,000.
strength: setup peers
	STRENGTH_ENTRIES=100000 $(BIN)/python -m pytest -p no:randomly tests/acceptance/test_strength.py -k replaced

# The list body's tutorial typed as it stands, with two resolvers behind real nginx; the last line is its figures.
drill: setup peers
	$(BIN)/python -m drill

# Ten minutes of mixed clients while lists, settings, workers and the program itself change; one JSON line at the end.
SOAK_SECONDS ?= 600
soak: setup peers
	$(BIN)/python -m soak --seconds $(SOAK_SECONDS)

# What is generated: configuration schema, dashboard, limits, test vectors.
docs: setup
	$(BIN)/python -m deploy.limits_page > docs/operators/limits.md
	$(BIN)/python -m resolver.settings.schema > config/schema.json
	$(BIN)/python -m deploy.grafana.build_dashboard > deploy/grafana/mamori.json
