# The one entry point: `make demo`, `make test`, `make check`, `make install PREFIX=…`. CI runs only these.
# Needs Rust ≥ 1.85, a C and C++ compiler, Python ≥ 3.11 with venv; `make setup` installs what else the tests use on Debian.

PYTHON   ?= python3
CC       ?= cc
CXX      ?= c++
PREFIX   ?= /usr/local
DESTDIR  ?=
CBINDGEN_VERSION := 0.29.4

BUILD    := build
VENV     := $(BUILD)/venv
VENV_PY  := $(VENV)/bin/python
TARGET   := target/release
HEADER   := include/polysock/polysock.h
CBINDGEN ?= $(BUILD)/tools/bin/cbindgen
CFLAGS_DEMO := -std=c11 -O2 -Wall -Wextra -Werror -Iinclude

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-rust test-c test-python test-conformance test-faults test-install test-docs test-examples examples \
        test-clients wheel-checks bench bench-c bench-python bench-instructions soak docs check check-rust check-c check-python check-docs header lib python-module install clean

help:
	@echo "make demo      build everything and show it at work"
	@echo "make test      every test of every language"
	@echo "make test-examples  the tutorials in examples/, every server language with every client language"
	@echo "make test-clients  real programs over polysock.patch() (redis-server and postgresql for all of them)"
	@echo "make wheel-checks  the wheel and the sdist as they would be published"
	@echo "make check     format, lints, header, symbols, stubs (about a minute)"
	@echo "make soak      100,000 closes under blocked calls, 10,000 connections at once, every fault; results in docs/soak.md"
	@echo "make docs      the C reference as HTML and man pages (needs doxygen)"
	@echo "make bench     speed beside the alternatives, measured in turns"
	@echo "make install   the C library, to PREFIX=$(PREFIX)"
	@echo "make header    generate $(HEADER)"
	@echo "make setup     install what the tests use (Debian, as root)"

# ---------------------------------------------------------------- set-up

setup:
	apt-get install -y --no-install-recommends gcc g++ libc6-dev make pkg-config cmake python3-venv strace valgrind doxygen \
	  iproute2 netbase curl openssl 'libpython3.*-testsuite' redis-server postgresql

$(BUILD)/.prerequisites: tools/prerequisites.sh
	@PYTHON='$(PYTHON)' CC='$(CC)' CXX='$(CXX)' sh tools/prerequisites.sh
	@mkdir -p $(BUILD) && touch $@

$(VENV)/.ready: python/requirements-dev.txt $(BUILD)/.prerequisites
	$(PYTHON) -m venv $(VENV)
	$(VENV_PY) -m pip install --quiet --disable-pip-version-check -r python/requirements-dev.txt
	@touch $@

# Takes some minutes once; only `make header` and `make check` need it.
$(CBINDGEN):
	cargo install --quiet --locked --root $(BUILD)/tools cbindgen@$(CBINDGEN_VERSION)

# ---------------------------------------------------------------- builds (cargo knows what is up to date)

lib: $(BUILD)/.prerequisites
	cargo build --quiet --locked --release -p polysock-ffi
	@ln -sf libpolysock.so $(TARGET)/libpolysock.so.0

python-module: $(VENV)/.ready
	@. $(VENV)/bin/activate && maturin develop --release --locked -m python/Cargo.toml >$(BUILD)/maturin.log 2>&1 || \
	  { cat $(BUILD)/maturin.log; exit 1; }

header: $(CBINDGEN)
	$(CBINDGEN) --quiet --config ffi/cbindgen.toml --crate polysock-ffi --output $(HEADER) ffi

install: lib
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh ffi/install.sh $(TARGET)

clean:
	cargo clean
	rm -rf $(BUILD)

# ---------------------------------------------------------------- demo

$(BUILD)/demo/%: examples/demo/%.c $(HEADER) | lib
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_DEMO) $< -o $@ -L$(TARGET) -lpolysock -Wl,-rpath,'$(CURDIR)/$(TARGET)'

demo-programs: $(BUILD)/demo/echo $(BUILD)/demo/slow_send $(BUILD)/demo/dead_peer
	cargo build --quiet --locked --release -p polysock --example echo
	@cp $(TARGET)/examples/echo $(BUILD)/demo/echo_rs

demo: lib python-module demo-programs
	@$(VENV_PY) examples/demo/demo.py $(BUILD)/demo

# ---------------------------------------------------------------- tests

SUITES := test-rust test-c test-python test-conformance test-faults test-install test-docs test-examples

# Where each suite notes what it can't test on this machine.
export POLYSOCK_SKIPPED := $(CURDIR)/$(BUILD)/skipped.txt

FAULT_PROGRAMS := $(BUILD)/conformance/faults.so $(BUILD)/conformance/tour_c

# Everything is built first, side by side; then the suites run one after another.
JOBS ?= $(shell nproc 2>/dev/null || echo 1)

test:
	@rm -f '$(POLYSOCK_SKIPPED)'
	@$(MAKE) --no-print-directory -j$(JOBS) test-programs
	@$(MAKE) --no-print-directory -j1 $(SUITES)
	@sh tools/skipped.sh
	@echo "make test: every test of every language passed$$(test ! -s '$(POLYSOCK_SKIPPED)' || echo ', but for those above')"

.PHONY: test-programs rust-tests c-tests
test-programs: rust-tests c-tests drivers examples $(FAULT_PROGRAMS)

rust-tests: $(BUILD)/.prerequisites
	cargo test --quiet --locked --workspace --exclude polysock-python --no-run

c-tests: lib
	$(MAKE) -C ffi/tests build

test-rust: $(BUILD)/.prerequisites
	cargo test --locked --workspace --exclude polysock-python --no-fail-fast

test-c: lib
	$(MAKE) -C ffi/tests

test-python: python-module $(BUILD)/credit
	$(BUILD)/credit -q
	$(VENV_PY) -m pytest -q -rs python/tests

# Java's own sockets take part as a witness where a JDK is present; nothing needs one.
JAVAC := $(shell command -v javac)

# Plain arithmetic, which needs no interpreter.
$(BUILD)/credit: python/src/credit.rs | $(BUILD)/.prerequisites
	rustc --edition=2021 -A dead_code --test $< -o $@

# The C and C++ drivers: the files of a folder each.
DRIVER_LIBS := -L$(TARGET) -lpolysock -Wl,-rpath,'$(CURDIR)/$(TARGET)'

$(BUILD)/conformance/driver_c: $(wildcard conformance/drivers/c/*) $(HEADER) | lib
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_DEMO) -pthread $(filter %.c,$^) -o $@ $(DRIVER_LIBS)

$(BUILD)/conformance/driver_cpp: $(wildcard conformance/drivers/cpp/*) $(HEADER) include/polysock/polysock.hpp | lib
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -Wall -Wextra -Werror -Iinclude -pthread $(filter %.cpp,$^) -o $@ $(DRIVER_LIBS)

$(BUILD)/conformance/faults.so: conformance/faults/shim.c | $(BUILD)/.prerequisites
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC $< -o $@ -ldl

$(BUILD)/conformance/tour_c: conformance/faults/tour.c include/polysock/polysock.h | lib
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude -pthread $< -o $@ $(DRIVER_LIBS)

OUR_DRIVERS = --driver 'rust=$(TARGET)/polysock-conformance-driver' \
	  --driver 'c=$(BUILD)/conformance/driver_c' \
	  --driver 'cpp=$(BUILD)/conformance/driver_cpp' \
	  --driver 'python=$(VENV_PY) conformance/drivers/python/driver.py --module polysock' \
	  --driver 'net=$(VENV_PY) conformance/drivers/python/driver_net.py'

.PHONY: drivers
drivers: lib python-module $(BUILD)/conformance/driver_c $(BUILD)/conformance/driver_cpp
	cargo build --quiet --locked --release -p polysock-conformance-driver

# In whose files the calls are made that fail; Rust's driver is one program with the library.
FAULTS = $(PYTHON) conformance/run_faults.py --shim $(BUILD)/conformance/faults.so --tour $(BUILD)/conformance/tour_c $(OUR_DRIVERS) \
	  --calls-of c=libpolysock.so.0 --calls-of cpp=libpolysock.so.0 --calls-of python=_native.abi3.so --calls-of net=_native.abi3.so

# Some faults of every scenario, always the same; `make soak` has them all. Then what once went wrong: a thread that makes its
# first call without memory, and a wait beside reports that can't look at them.
test-faults: drivers $(FAULT_PROGRAMS)
	$(FAULTS) --sample 2
	$(FAULTS) --faulty net --only close-wakes-timed-connect --only tour/ --call allocation --most 10
	$(FAULTS) --faulty c --only datagram-beside-reports --call epoll_wait --error ENOSYS --most 1

test-conformance: drivers
	$(PYTHON) -m unittest discover -q -s conformance/tests -t conformance
	$(if $(JAVAC),$(JAVAC) -encoding UTF-8 -d $(BUILD)/conformance/java conformance/drivers/java/*.java,@sh tools/skipped.sh 'conformance: java.net as a witness' 'a JDK')
	$(PYTHON) conformance/run.py $(OUR_DRIVERS) \
	  --witness 'witness=$(PYTHON) conformance/drivers/python/driver.py --module socket' \
	  $(if $(JAVAC),--witness 'jdk=java -Xshare:auto -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8 -cp $(BUILD)/conformance/java Driver')

test-install: lib
	sh ffi/tests/install_test.sh

test-docs: lib python-module examples
	$(VENV_PY) tools/run_readme.py $(TARGET) README.md python/README.md examples/*/README.md
	$(VENV_PY) tools/check_porting.py

# The tutorials: what has a test.toml. Rust's come from cargo, Python's run as they are.
TUTORIALS := $(dir $(wildcard examples/*/test.toml))
TUTORIAL_PROGRAMS := $(patsubst examples/%.c,$(BUILD)/examples/%_c,$(wildcard $(addsuffix *.c,$(TUTORIALS)))) \
                     $(patsubst examples/%.cpp,$(BUILD)/examples/%_cpp,$(wildcard $(addsuffix *.cpp,$(TUTORIALS))))
TUTORIAL_FLAGS := -O1 -Wall -Wextra -Werror -Iinclude -pthread
TUTORIAL_LIBS := -L$(TARGET) -lpolysock -Wl,-rpath,'$(CURDIR)/$(TARGET)'

# What some share between their programs.
TUTORIAL_HEADERS := $(wildcard $(addsuffix *.h,$(TUTORIALS)) $(addsuffix *.hpp,$(TUTORIALS)))

$(BUILD)/examples/%_c: examples/%.c $(HEADER) $(TUTORIAL_HEADERS) | lib
	@mkdir -p $(@D)
	$(CC) -std=c11 $(TUTORIAL_FLAGS) $< -o $@ $(TUTORIAL_LIBS)

$(BUILD)/examples/%_cpp: examples/%.cpp $(HEADER) include/polysock/polysock.hpp $(TUTORIAL_HEADERS) | lib
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(TUTORIAL_FLAGS) $< -o $@ $(TUTORIAL_LIBS)

examples: $(TUTORIAL_PROGRAMS) python-module
	cargo build --quiet --locked -p polysock-examples

test-examples: examples
	$(VENV_PY) examples/test_run.py
	$(VENV_PY) examples/run.py

# Real programs and servers over polysock.patch(), in an environment of their own.
CLIENTS := $(BUILD)/venv-clients

$(CLIENTS)/.ready: clients/requirements.txt $(BUILD)/.prerequisites
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check -r clients/requirements.txt
	@touch $@

test-clients: $(VENV)/.ready $(CLIENTS)/.ready
	@rm -rf $(BUILD)/wheels
	@$(VENV)/bin/maturin build --quiet --release --locked --auditwheel skip -m python/Cargo.toml -o $(BUILD)/wheels >$(BUILD)/maturin.log 2>&1 || \
	  { cat $(BUILD)/maturin.log; exit 1; }
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $(BUILD)/wheels/*.whl
	$(CLIENTS)/bin/python clients/run.py

# The wheel and the sdist as they would be published: built, looked at, and installed elsewhere. Some minutes.
WHEEL_VENV := $(BUILD)/venv-wheel

$(WHEEL_VENV)/.ready: python/requirements-wheel.txt $(BUILD)/.prerequisites
	$(PYTHON) -m venv $(WHEEL_VENV)
	$(WHEEL_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r python/requirements-wheel.txt
	@touch $@

wheel-checks: $(WHEEL_VENV)/.ready
	@. $(WHEEL_VENV)/bin/activate && PYTHON=$(PYTHON) sh python/tests/packaging.sh $(BUILD)/dist

# ---------------------------------------------------------------- speed

$(BUILD)/bench/%: bench/%.c $(HEADER) | lib
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_DEMO) -pthread $< -o $@ -L$(TARGET) -lpolysock -Wl,-rpath,'$(CURDIR)/$(TARGET)'

$(BUILD)/bench/%.so: bench/python/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC $< -o $@

bench: bench-c bench-python bench-instructions

bench-c: lib $(BUILD)/bench/c_socket
	$(PYTHON) bench/summary.py bench/c_socket.json $(BUILD)/bench/c_socket 15

bench-python: python-module $(BUILD)/bench/raw_calls.so
	$(VENV_PY) bench/python/measure.py bench/python_socket.json

# Without noise, so it may run beside other work; needs valgrind (make setup).
bench-instructions: python-module $(BUILD)/bench/marks.so
	$(VENV_PY) bench/python/instructions.py bench/python_instructions.json

SOAK_ROUNDS ?= 100000
SOAK_BURST  ?= 10000

# Closes sockets under blocked calls, and bursts against callback servers, about a minute; then every fault, some hours.
# Results: docs/soak.md.
soak: drivers $(FAULT_PROGRAMS)
	cargo test --quiet --locked --release -p polysock --test soak --test burst --no-run
	POLYSOCK_SOAK_ROUNDS=$(SOAK_ROUNDS) cargo test --quiet --locked --release -p polysock --test soak -- --nocapture
	POLYSOCK_BURST=$(SOAK_BURST) cargo test --quiet --locked --release -p polysock --test burst
	POLYSOCK_BURST=$(SOAK_BURST) POLYSOCK_BURST_SERVER='$(CURDIR)/$(VENV_PY) $(CURDIR)/python/tests/burst_server.py' \
	  cargo test --quiet --locked --release -p polysock --test burst
	$(FAULTS)

# ---------------------------------------------------------------- documentation

docs:
	@command -v doxygen >/dev/null || { echo "make docs needs doxygen (make setup)" >&2; exit 1; }
	@mkdir -p $(BUILD)/docs/c
	doxygen docs/Doxyfile
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps -p polysock
	@echo "$(BUILD)/docs/c/html/index.html and target/doc/polysock/index.html"

# ---------------------------------------------------------------- checks

check: check-rust check-c check-python check-docs

# Tests fail by panicking; everything else must not.
PANICKING_IS_FINE := $(addprefix -A clippy::,unwrap_used expect_used panic indexing_slicing)

check-rust: $(BUILD)/.prerequisites
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace -- -D warnings
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings $(PANICKING_IS_FINE)
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps -p polysock

check-c: lib $(CBINDGEN)
	$(CBINDGEN) --quiet --verify --config ffi/cbindgen.toml --crate polysock-ffi --output $(HEADER) ffi
	sh ffi/check_abi.sh $(TARGET)

check-python: python-module
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/ruff format --quiet --check .
	$(VENV)/bin/python -m mypy.stubtest polysock --allowlist python/tests/stubtest_allowlist.txt --ignore-unused-allowlist
	$(VENV)/bin/python -m mypy --strict --cache-dir $(BUILD)/mypy python/tests/typed_program.py

check-docs: $(BUILD)/.prerequisites
	$(PYTHON) tools/check_links.py
