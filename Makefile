# The one entry point: `make demo`, `make test`, `make check`, `make install PREFIX=…`. CI runs only these.
# Needs Rust ≥ 1.85, a C and C++ compiler, Python ≥ 3.11 with venv; `make setup` installs what else the tests use on Debian.

PYTHON   ?= python3
CC       ?= cc
CXX      ?= c++
PREFIX   ?= /usr/local
DESTDIR  ?=
CBINDGEN_VERSION := 0.29.4

SYSTEM   := $(shell uname -s)
BUILD    := build
VENV     := $(BUILD)/venv
VENV_PY  := $(VENV)/bin/python
PYTEST   := $(VENV_PY) -m pytest
TARGET   := target/release
HEADER   := include/polysock/polysock.h
CBINDGEN ?= $(BUILD)/tools/bin/cbindgen

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------- set-up

.PHONY: setup
setup: ## what the tests use, from Debian's packages (as root)
	sh tools/without_services.sh apt-get install -y --no-install-recommends gcc g++ libc6-dev make pkg-config cmake python3-venv strace valgrind doxygen \
	  iproute2 netbase curl openssl libuv1-dev libapr1-dev libnspr4-dev libglib2.0-dev libjemalloc2 libfaketime 'libpython3.*-testsuite' redis-server postgresql \
	  nginx-light wrk openssh-server netcat-openbsd netcat-traditional socat ruby chromium

# For `make check-targets` and the tests on other systems: a compiler with the source of its standard library, an emulator.
.PHONY: setup-targets
setup-targets: ## what the checks for other systems use, from Debian's packages (as root)
	apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src \
	  qemu-user-static gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross libc6-i386 lib32gcc-s1 \
	  libc6-dev-i386 lib32gcc-$$(gcc -dumpversion)-dev musl-tools

$(BUILD)/.prerequisites: tools/prerequisites.sh
	@PYTHON='$(PYTHON)' CC='$(CC)' CXX='$(CXX)' sh tools/prerequisites.sh
	@mkdir -p $(BUILD) && touch $@

# A virtual environment for each list of requirements.
$(BUILD)/%/.ready: $(BUILD)/.prerequisites
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(addprefix -r ,$(filter %.txt,$^))
	@touch $@

$(VENV)/.ready: python/requirements-dev.txt

# Takes some minutes once; only `make header` and `make check` need it.
$(CBINDGEN):
	cargo install --quiet --locked --root $(BUILD)/tools cbindgen@$(CBINDGEN_VERSION)

# ---------------------------------------------------------------- builds (cargo knows what is up to date)

# What there is on this system: the layer below unchanged programs replaces functions of Linux's C libraries.
ifeq ($(SYSTEM),Linux)
LAYER        := layer
CRATES       := --workspace
TESTED       := --workspace --exclude polysock-python
LIBRARY_LINK := libpolysock.so $(TARGET)/libpolysock.so.0
else
LAYER        :=
TESTED       := -p polysock -p polysock-ffi -p polysock-conformance-driver
CRATES       := $(TESTED) -p polysock-python
LIBRARY_LINK := libpolysock.dylib $(TARGET)/libpolysock.0.dylib
endif

.PHONY: lib python-module layer header install uninstall clean
lib: $(BUILD)/.prerequisites ## the C library, in target/release
	cargo build --quiet --locked --release -p polysock-ffi
	@ln -sf $(LIBRARY_LINK)

python-module: $(VENV)/.ready ## the Python package, in build/venv
	@. $(VENV)/bin/activate && maturin develop --release --locked -m python/Cargo.toml >$(BUILD)/maturin.log 2>&1 || \
	  { cat $(BUILD)/maturin.log; exit 1; }

layer: $(BUILD)/.prerequisites ## the layer below unchanged programs, and polysock-run, in target/release
	cargo build --quiet --locked --release -p polysock-bsd
	@ln -sf libpolysock_bsd.so $(TARGET)/libpolysock-bsd.so.0

# A system with glibc may have programs that use musl. polysock-run gives each program the layer for its C library.
LAYER_FOR_MUSL := $(TARGET)/polysock/musl/libpolysock-bsd.so.0

.PHONY: layer-musl
layer-musl: layer $(BUILD)/venv-targets/.ready ## the layer for programs that use the C library musl (some minutes the first time; needs make setup-targets)
	sh tools/layer_musl.sh $(BUILD)/venv-targets $(TARGET)

header: $(CBINDGEN) ## generate include/polysock/polysock.h
	$(CBINDGEN) --quiet --config ffi/cbindgen.toml --crate polysock-ffi --output $(HEADER) ffi

install: lib $(LAYER) $(if $(wildcard $(LAYER_FOR_MUSL)),layer-musl) ## install the C library, the layer (also the one for musl, if it was built) and polysock-run to PREFIX (/usr/local)
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh ffi/install.sh $(TARGET)

uninstall: ## remove what make install has installed to PREFIX
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh ffi/uninstall.sh

clean: ## delete everything that was built
	cargo clean
	rm -rf $(BUILD)

# C and C++ programs over the library: examples/echo-tcp/server.cpp becomes build/examples/echo-tcp/server_cpp, with the
# other sources that it names as prerequisites.
HEADERS  := $(wildcard include/polysock/*)
WARNINGS := -Wall -Wextra -Werror
PROGRAM_FLAGS := -O2 $(WARNINGS) -Iinclude -pthread
PROGRAM_LIBS  := -L$(TARGET) -lpolysock -Wl,-rpath,'$(CURDIR)/$(TARGET)'

$(BUILD)/%_c: %.c $(HEADERS) | lib
	@mkdir -p $(@D)
	$(CC) -std=c11 $(PROGRAM_FLAGS) $(filter %.c,$^) -o $@ $(PROGRAM_LIBS)

$(BUILD)/%_cpp: %.cpp $(HEADERS) | lib
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(PROGRAM_FLAGS) $(filter %.cpp,$^) -o $@ $(PROGRAM_LIBS)

# What a program loads to have its system calls counted, measured or failed.
$(BUILD)/%.so: %.c | $(BUILD)/.prerequisites
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 $(WARNINGS) -shared -fPIC $< -o $@ -ldl

# ---------------------------------------------------------------- demo

DEMO := $(addprefix $(BUILD)/examples/demo/,echo_c slow_send_c dead_peer_c)

.PHONY: demo
demo: lib python-module $(DEMO) ## build everything and show it at work
	cargo build --quiet --locked --release -p polysock-examples --bin demo-echo
	@$(VENV_PY) examples/demo/demo.py $(BUILD)/examples/demo $(TARGET) $(BUILD)/demo

# ---------------------------------------------------------------- tests

SUITES := test-conformance test-traced-sample test-c test-faults test-python test-rust test-examples test-docs test-tools test-install test-bsd

# What the tests of other languages than Rust find out about their processes is in Linux's /proc.
NOT_HERE :=
ifneq ($(SYSTEM),Linux)
NOT_HERE := $(filter-out test-rust,$(SUITES))
endif

# Where each suite notes what it can't test on this machine.
export POLYSOCK_SKIPPED := $(CURDIR)/$(BUILD)/skipped.txt

# Everything is built first. Then the suites, which mostly wait, run side by side; each shows its output when it has ended.
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
SUITES_AT_ONCE ?= $(shell expr $(JOBS) + 2)

.PHONY: test $(SUITES)
test: ## every test of every language
	@rm -f '$(POLYSOCK_SKIPPED)'
	@$(MAKE) --no-print-directory -j$(JOBS) test-programs
	@$(MAKE) --no-print-directory -j$(SUITES_AT_ONCE) --output-sync=target $(filter-out $(NOT_HERE),$(SUITES))
	@for suite in $(NOT_HERE); do sh tools/skipped.sh "make $$suite" Linux; done
	@sh tools/skipped.sh
	@echo "make test: every test of every language passed$$(test ! -s '$(POLYSOCK_SKIPPED)' || echo ', but for those above')"

# What makes the calls of a driver fail, and a program for what no scenario has.
FAULT_SHIM := $(BUILD)/conformance/faults/shim.so
FAULT_TOUR := $(BUILD)/conformance/faults/tour_c

.PHONY: test-programs rust-tests c-tests
test-programs: rust-tests $(if $(NOT_HERE),,c-tests layer drivers examples bench-servers-built $(FAULT_SHIM) $(FAULT_TOUR))

rust-tests: $(BUILD)/.prerequisites
	MAKEFLAGS= cargo test --quiet --locked $(TESTED) --no-run

test-rust: $(BUILD)/.prerequisites
	MAKEFLAGS= cargo test --locked $(TESTED) --no-fail-fast

c-tests: lib
	$(MAKE) -C ffi/tests build

test-c: lib
	$(MAKE) -C ffi/tests

test-python: python-module lib $(BUILD)/credit $(BUILD)/crowding $(BUILD)/idle_others
	$(BUILD)/credit -q
	$(BUILD)/crowding -q
	$(BUILD)/idle_others -q
	$(PYTEST) -rs python/tests

# Plain arithmetic, which needs no interpreter.
$(BUILD)/credit: python/src/lock/budget.rs
$(BUILD)/crowding: python/src/lock/crowding.rs
$(BUILD)/idle_others: python/src/lock/idle_others.rs
$(BUILD)/credit $(BUILD)/crowding $(BUILD)/idle_others: | $(BUILD)/.prerequisites
	MAKEFLAGS= rustc --edition=2021 -A dead_code --test $< -o $@

# For the server benchmark: the client that loads them, and the servers in C and Rust.
BENCH_SERVERS := $(BUILD)/bench/servers
BENCH_PEERS   := $(BUILD)/bench/peers
SERVERS_IN_C  := $(addprefix $(BENCH_SERVERS)/,load_c raw_epoll_c polysock_poller_c polysock_threads_c polysock_messages_c)

# Those over libraries of others: the program and what pkg-config calls its library. What is not installed is left out.
define server_over
ifeq ($(shell pkg-config --exists $(2) 2>/dev/null && echo there),there)
SERVERS_IN_C += $(BENCH_SERVERS)/on_$(1)_c
$(BENCH_SERVERS)/on_$(1)_c: PROGRAM_FLAGS += $(shell pkg-config --cflags $(2) 2>/dev/null)
$(BENCH_SERVERS)/on_$(1)_c: PROGRAM_LIBS := $(shell pkg-config --libs $(2) 2>/dev/null)
endif
endef
$(eval $(call server_over,libuv,libuv))
$(eval $(call server_over,apr,apr-1))
$(eval $(call server_over,nspr,nspr))
$(eval $(call server_over,gio,gio-2.0))

$(SERVERS_IN_C): $(wildcard bench/servers/*.h)

.PHONY: bench-servers-built
bench-servers-built: $(SERVERS_IN_C)
	cargo build --quiet --locked --release -p polysock-examples --bin bench-messages
	@ln -sf '$(CURDIR)/$(TARGET)/bench-messages' $(BENCH_SERVERS)/

# The tools themselves, the conformance runner, and what the benchmarks compute.
test-tools: python-module bench-servers-built
	PYTHONPATH=$(BENCH_PEERS) $(PYTEST) tools/tests conformance bench/tests

test-install: lib layer
	sh ffi/tests/install_test.sh

# Unchanged programs over the layer.
test-bsd: layer python-module
	$(PYTEST) bsd/tests

# The crate was built for the examples; this only puts it where the Rust programs of the documents find it.
test-docs: lib python-module examples
	cargo build --quiet --locked -p polysock
	$(PYTEST) tools/test_documents.py
	$(VENV_PY) tools/check_porting.py

# ---------------------------------------------------------------- conformance

# A driver is a program for each language. C's and C++'s have a folder of sources each.
DRIVER_C   := $(BUILD)/conformance/drivers/c/driver_c
DRIVER_CPP := $(BUILD)/conformance/drivers/cpp/driver_cpp
$(DRIVER_C): $(wildcard conformance/drivers/c/*)
$(DRIVER_CPP): $(wildcard conformance/drivers/cpp/*)

.PHONY: drivers
drivers: lib python-module $(DRIVER_C) $(DRIVER_CPP)
	cargo build --quiet --locked --release -p polysock-conformance-driver

OUR_DRIVERS = --driver 'rust=$(TARGET)/polysock-conformance-driver' --driver 'c=$(DRIVER_C)' --driver 'cpp=$(DRIVER_CPP)' \
	  --driver 'python=$(VENV_PY) conformance/drivers/python/driver.py --module polysock' \
	  --driver 'net=$(VENV_PY) conformance/drivers/python/driver_net.py'

# The standard module is a witness; so are Java's own sockets where there is a JDK, which nothing needs.
JAVAC := $(shell command -v javac)

JAVA_DRIVER := $(BUILD)/conformance/java/.compiled

$(JAVA_DRIVER): $(wildcard conformance/drivers/java/*.java)
	@mkdir -p $(@D)
	$(JAVAC) -encoding UTF-8 -d $(@D) $^
	@touch $@

test-conformance: drivers $(if $(JAVAC),$(JAVA_DRIVER))
	$(if $(JAVAC),,@sh tools/skipped.sh 'conformance: java.net as a witness' 'a JDK')
	$(PYTHON) conformance/run.py $(OUR_DRIVERS) \
	  --witness 'witness=$(PYTHON) conformance/drivers/python/driver.py --module socket' \
	  $(if $(JAVAC),--witness 'jdk=java -Xshare:auto -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8 -cp $(BUILD)/conformance/java Driver')

# No call may behave differently while it is recorded: some scenarios in `make test`, all of them with `make test-traced`.
TRACED = rm -rf $(BUILD)/traces && POLYSOCK_TRACE='$(CURDIR)/$(BUILD)/traces' $(PYTHON) conformance/run.py $(OUR_DRIVERS)

.PHONY: test-traced test-traced-sample
test-traced: drivers ## every conformance scenario while its calls are recorded
	$(TRACED)

test-traced-sample: drivers
	$(TRACED) --only halfclose/
	$(VENV_PY) -m polysock show $(BUILD)/traces >$(BUILD)/traces.txt

# The files whose calls fail; Rust's driver is one program with the library.
FAULTS = $(PYTHON) conformance/run_faults.py --shim $(FAULT_SHIM) --tour $(FAULT_TOUR) $(OUR_DRIVERS) \
	  --calls-of c=libpolysock.so.0 --calls-of cpp=libpolysock.so.0 --calls-of python=_native.abi3.so --calls-of net=_native.abi3.so

# Some faults of every scenario, always the same; `make soak` plays them all. Then three that once failed: a thread that makes
# its first call without memory, a wait next to error reports when epoll is not available, and the count of a graceful close.
test-faults: drivers $(FAULT_SHIM) $(FAULT_TOUR)
	$(FAULTS) --sample 2
	$(FAULTS) --faulty net --only close-wakes-timed-connect --only tour/ --call allocation --most 10
	$(FAULTS) --faulty c --only datagram-beside-reports --call epoll_wait --error ENOSYS --most 1
	$(FAULTS) --faulty c --only graceful-late-answer --call recv --error ENOMEM --error 'one byte' --most 30

# ---------------------------------------------------------------- tutorials and real programs

# The tutorials: what has a test.toml. Rust's come from cargo, Python's run as they are.
TUTORIALS := $(dir $(wildcard examples/*/test.toml))
TUTORIAL_PROGRAMS := $(patsubst %.c,$(BUILD)/%_c,$(wildcard $(addsuffix *.c,$(TUTORIALS)))) \
                     $(patsubst %.cpp,$(BUILD)/%_cpp,$(wildcard $(addsuffix *.cpp,$(TUTORIALS))))

# What some share between their programs.
$(TUTORIAL_PROGRAMS): $(wildcard $(addsuffix *.h,$(TUTORIALS)) $(addsuffix *.hpp,$(TUTORIALS)))

.PHONY: examples
examples: $(TUTORIAL_PROGRAMS) python-module
	cargo build --quiet --locked -p polysock-examples

test-examples: examples ## the tutorials in examples/, every server language with every client language
	$(PYTEST) examples

# Those in Java, where there is a JDK: examples/chat/Server.java becomes a class in build/examples/chat/java.
JAVA_TUTORIALS := $(patsubst %,$(BUILD)/%java/.compiled,$(sort $(dir $(wildcard examples/*/*.java))))
JAVA_PROGRAMS  := $(if $(JAVAC),$(JAVA_TUTORIALS) $(JAVA_DRIVER) $(BUILD)/clients/java/.compiled)

.SECONDEXPANSION:
$(JAVA_TUTORIALS): $(BUILD)/%java/.compiled: $$(wildcard %*.java)
	@mkdir -p $(@D)
	$(JAVAC) -J-XX:TieredStopAtLevel=1 -encoding UTF-8 -d $(@D) $^
	@touch $@

.PHONY: diagrams
diagrams: examples ## draw the diagrams of the tutorials, each from a traced run
	@PYTHONPATH=tools $(VENV_PY) examples/draw.py

# How often each finding occurs in the tutorials, and in the real programs once `make test-clients` has run. Takes some minutes.
.PHONY: findings-count
findings-count: examples ## count the findings in traces of the tutorials and the real programs
	@rm -rf $(BUILD)/findings && mkdir -p $(BUILD)/findings
	@test ! -x $(CLIENTS)/bin/python || PYTHONPATH=python $(CLIENTS)/bin/python clients/record.py $(BUILD)/findings
	@cd examples && PYTHONPATH=../tools '$(CURDIR)/$(VENV_PY)' -m harness.findings --clients '$(CURDIR)/$(BUILD)/findings'

# Real programs and servers over polysock.patch(), in a separate environment.
CLIENTS := $(BUILD)/venv-clients

$(CLIENTS)/.ready: clients/requirements.txt

$(BUILD)/clients/java/.compiled: clients/layer/JavaSockets.java | $(BUILD)/.prerequisites
	@mkdir -p $(@D)
	$(JAVAC) -J-XX:TieredStopAtLevel=1 -encoding UTF-8 -d $(@D) $<
	@touch $@

.PHONY: test-clients
test-clients: layer $(VENV)/.ready $(CLIENTS)/.ready $(JAVA_PROGRAMS) ## real programs over polysock.patch() and over the layer (each needs its servers: make setup)
	@rm -rf $(BUILD)/wheels
	@$(VENV)/bin/maturin build --quiet --release --locked --auditwheel skip -m python/Cargo.toml -o $(BUILD)/wheels >$(BUILD)/maturin.log 2>&1 || \
	  { cat $(BUILD)/maturin.log; exit 1; }
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $(BUILD)/wheels/*.whl
	$(CLIENTS)/bin/python -m pytest clients

# What the judges of the layer count, over libc and over the layer, into docs/judges.md.
.PHONY: judges
judges: layer python-module $(JAVA_PROGRAMS) ## count which unchanged programs do the same over the layer (docs/judges.md)
	@rm -f $(BUILD)/judges.jsonl
	POLYSOCK_JUDGES='$(CURDIR)/$(BUILD)/judges.jsonl' $(PYTEST) $(wildcard clients/test_layer_*.py)
	$(PYTHON) clients/judges.py $(BUILD)/judges.jsonl

WHEEL_VENV := $(BUILD)/venv-wheel

$(WHEEL_VENV)/.ready: python/requirements-wheel.txt tools/requirements-targets.txt

# The files of a release, for every platform: docs/platforms.md. Each is checked, and tried where it runs here.
#   PLATFORMS     some of them, for example 'macos-arm64 linux-glibc-x86_64'; native is this machine's
#   DIST_OPTIONS  what else tools/release understands: '--profile dev', '--interpreter python3.14t',
#                 '--python linux-glibc-aarch64=COMMAND' …
PLATFORMS    ?=
DIST_OPTIONS ?=
RELEASE = PATH='$(CURDIR)/$(WHEEL_VENV)/bin':"$$PATH" PYTHONPATH=tools $(WHEEL_VENV)/bin/python -m release

.PHONY: dist wheels c-tarballs
dist wheels c-tarballs: $(WHEEL_VENV)/.ready
dist: ## the files of a release: sdist, wheels and C libraries (PLATFORMS='…' for some)
	$(RELEASE) $(DIST_OPTIONS) $(PLATFORMS)

wheels: ## the sdist and the wheels of a release only
	$(RELEASE) --only sdist --only wheel $(DIST_OPTIONS) $(PLATFORMS)

c-tarballs: ## the C libraries of a release only, each as a tarball
	$(RELEASE) --only c $(DIST_OPTIONS) $(PLATFORMS)

.PHONY: wheel-checks
wheel-checks: $(WHEEL_VENV)/.ready ## the sdist and the wheel for this machine, installed, under all tests of the package
	$(RELEASE) --only sdist --only wheel --tests $(DIST_OPTIONS) native

.PHONY: crate-checks
crate-checks: $(BUILD)/.prerequisites ## the crate as it would be published: packed, unpacked, built and tested alone
	cargo package --quiet --locked --allow-dirty --no-verify -p polysock
	cd target/package && rm -rf polysock-*/ && tar xzf polysock-*.crate
	cd target/package/polysock-*/ && CARGO_TARGET_DIR='$(CURDIR)/target/package/build' cargo test --quiet --all-targets && \
	  CARGO_TARGET_DIR='$(CURDIR)/target/package/build' cargo test --quiet --doc

# ---------------------------------------------------------------- speed

.PHONY: bench bench-c bench-python bench-messages bench-datagrams bench-instructions bench-plots soak
# In this order; each shows its place and the time left for all.
bench: export POLYSOCK_BENCHES := c_socket python_socket messages datagrams servers growth python_instructions
bench: bench-c bench-python bench-messages bench-datagrams bench-servers bench-growth bench-instructions ## speed beside the alternatives, measured in turns

# Its calls, with a file for each library that makes them.
C_CALLS := $(addprefix bench/calls/,raw.c polysock.c)
define calls_over
ifeq ($(shell pkg-config --exists $(2) 2>/dev/null && echo there),there)
C_CALLS += bench/calls/$(1).c
$(BUILD)/bench/c_socket_c: PROGRAM_FLAGS += -DWITH_$(3) $(shell pkg-config --cflags $(2) 2>/dev/null)
$(BUILD)/bench/c_socket_c: PROGRAM_LIBS += $(shell pkg-config --libs $(2) 2>/dev/null)
endif
endef
$(eval $(call calls_over,apr,apr-1,APR))
$(eval $(call calls_over,nspr,nspr,NSPR))
$(eval $(call calls_over,gio,gio-2.0,GIO))
$(BUILD)/bench/c_socket_c: $(C_CALLS) bench/calls/way.h

bench-c: $(BUILD)/bench/c_socket_c
	$(PYTHON) bench/c_socket.py bench/c_socket.json $(BUILD)/bench/c_socket_c 15
	@$(PYTHON) bench/plot.py

bench-python: python-module $(BUILD)/bench/raw_calls.so $(BUILD)/bench/least_calls.so
	$(VENV_PY) bench/python_socket.py bench/python_socket.json
	@$(PYTHON) bench/plot.py

# The libraries that ours is compared with; one that can't be installed here is left out, and the table says so.
$(BENCH_PEERS)/.ready: bench/requirements.txt | $(VENV)/.ready
	@mkdir -p $(@D)
	while read -r peer; do \
	  $(VENV_PY) -m pip install --quiet --disable-pip-version-check --target $(@D) --upgrade "$$peer" || true; \
	done <$<
	@touch $@

bench-messages: python-module $(BUILD)/bench/c_messages_c $(BENCH_PEERS)/.ready ## messages of 64 bytes, beside other libraries
	PYTHONPATH=$(BENCH_PEERS) $(VENV_PY) bench/messages.py --c $(BUILD)/bench/c_messages_c bench/messages.json
	@$(PYTHON) bench/plot.py

bench-datagrams: python-module $(BUILD)/bench/c_datagrams_c ## datagrams of 64 bytes, one by one and in batches
	$(VENV_PY) bench/datagrams.py --c $(BUILD)/bench/c_datagrams_c bench/datagrams.json
	@$(PYTHON) bench/plot.py

# Fewer servers, loads or rounds: SERVERS_OPTIONS='--short', '--servers uvloop,polysock --loads echo-100 --rounds 9' …
SERVERS_OPTIONS ?=

.PHONY: bench-servers
bench-servers: python-module bench-servers-built $(BENCH_PEERS)/.ready ## servers under load, beside others in Python and C
	PYTHONPATH=$(BENCH_PEERS) $(VENV_PY) bench/servers.py --built $(BENCH_SERVERS) $(SERVERS_OPTIONS) bench/servers.json
	@$(PYTHON) bench/plot.py

.PHONY: bench-growth
bench-growth: python-module $(BUILD)/bench/growth_c bench-servers-built $(BENCH_PEERS)/.ready ## bytes and time of one more connection, socket, thread, from 1 to 50,000
	PYTHONPATH=$(BENCH_PEERS) $(VENV_PY) bench/growth.py --c $(BUILD)/bench/growth_c --servers $(BENCH_SERVERS) bench/growth.json
	@$(PYTHON) bench/plot.py

# A workspace by itself, so that no other build compiles criterion. On one processor: see bench/rust/benches/calls.rs.
CARGO_BENCH := cargo bench --locked --manifest-path bench/rust/Cargo.toml

# Unchanged servers and their loads; `make judges` counts what they do right. About five minutes.
.PHONY: bench-layer
bench-layer: layer ## PostgreSQL, nginx and redis under load over the layer below unchanged programs
	$(PYTHON) bench/layer.py --layer $(TARGET) bench/layer.json

.PHONY: bench-rust
# Criterion keeps its results below this folder.
bench-rust: export CARGO_TARGET_DIR := $(CURDIR)/target/bench-rust
bench-rust: $(BUILD)/.prerequisites ## calls, framing and the poller in Rust, with criterion (RUST_BENCH=name for some)
	$(CARGO_BENCH) --no-run
	taskset -c 0 $(CARGO_BENCH) -- $(RUST_BENCH)

# The base is where the branch left main, unless BASE names another revision.
.PHONY: bench-quick
bench-quick: python-module bench-servers-built $(BUILD)/bench/marks.so $(BUILD)/bench/raw_calls.so $(BUILD)/bench/least_calls.so ## is this slower than where the branch left main? (2 minutes)
	$(VENV_PY) bench/quick.py $(if $(BASE),--base '$(BASE)')

# Without noise, so it may run beside other work; needs valgrind (make setup).
bench-instructions: python-module $(BUILD)/bench/marks.so $(BUILD)/bench/least_calls.so ## instructions of single calls, which show no noise
	$(VENV_PY) bench/python_instructions.py bench/python_instructions.json

bench-plots: $(BUILD)/.prerequisites ## the figures, and the list of what is behind, from the committed results
	$(PYTHON) bench/plot.py

SOAK_ROUNDS ?= 100000
SOAK_BURST  ?= 10000
SOAK_CLOSES ?= 10000

.PHONY: test-loom
test-loom: ## every order of threads that enter, leave and close a socket
	RUSTFLAGS='--cfg loom' cargo test --quiet --locked --target-dir target/loom -p polysock --lib handle::models

# The backend for systems without their own implementation (core/src/sys), under the same tests. Its dependencies and
# test programs are built a second time, which is what makes it no part of `make test`.
.PHONY: test-portable
test-portable: ## the Rust tests on the portable backend: poll(2) and pipes instead of epoll and eventfd
	RUSTFLAGS='--cfg polysock_portable' CARGO_PROFILE_DEV_DEBUG=0 MAKEFLAGS= $(PYTHON) tools/rust_tests.py \
	  cargo test --locked --target-dir target/portable -p polysock --lib --tests --no-fail-fast

# Every target of core/fuzz, and the properties in python/tests/parsers.py, for some seconds each. It begins with the inputs
# in the folders called corpus and keeps what it finds in build/fuzz. cargo-fuzz uses options of the nightly compiler, which
# RUSTC_BOOTSTRAP makes a stable one accept.
FUZZ_SECONDS ?= 20
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := $(BUILD)/tools/bin/cargo-fuzz
FUZZ_VENV  := $(BUILD)/venv-fuzz
FUZZ_RUST  := $(patsubst core/fuzz/fuzz_targets/%.rs,%,$(wildcard core/fuzz/fuzz_targets/*.rs))
FUZZ_PYTHON := data_stream doctor_diag doctor_files lines modified_utf8 packet scanner
FUZZ_FOUND := $(CURDIR)/$(BUILD)/fuzz
FUZZ_FLAGS := -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=1024 -print_final_stats=1

$(CARGO_FUZZ):
	cargo install --quiet --locked --root $(BUILD)/tools cargo-fuzz@$(CARGO_FUZZ_VERSION)

$(FUZZ_VENV)/.ready: python/requirements-fuzz.txt

.PHONY: fuzz fuzz-corpus
fuzz: $(FUZZ_RUST:%=fuzz-rust-%) $(FUZZ_PYTHON:%=fuzz-python-%) ## every parser with inputs that a fuzzer chooses, FUZZ_SECONDS (20) each

# Adds to the committed inputs what takes paths through the code that none of them takes.
fuzz-corpus: FUZZ_FLAGS := -set_cover_merge=1 -use_counters=0
fuzz-corpus: $(FUZZ_RUST:%=fuzz-rust-%) $(FUZZ_PYTHON:%=fuzz-python-%)

# libFuzzer writes to the first folder.
FUZZ_FOLDERS = $(if $(findstring merge,$(FUZZ_FLAGS)),corpus/$* '$(FUZZ_FOUND)/corpus/$*','$(FUZZ_FOUND)/corpus/$*' corpus/$*)

fuzz-rust-%: $(CARGO_FUZZ)
	@mkdir -p $(FUZZ_FOUND)/corpus/$*
	cd core/tests && RUSTC_BOOTSTRAP=1 '$(CURDIR)/$(CARGO_FUZZ)' fuzz run --fuzz-dir ../fuzz --target-dir '$(FUZZ_FOUND)/target' \
	  $* $(FUZZ_FOLDERS) -- $(FUZZ_FLAGS)

fuzz-python-%: python-module $(FUZZ_VENV)/.ready
	@mkdir -p $(FUZZ_FOUND)/corpus/$* $(FUZZ_FOUND)/failures
	cd python/tests && PATH='$(CURDIR)/$(FUZZ_VENV)/bin':"$$PATH" PYTHONPATH=.. PROPERTY=$* ./fuzz_parsers.py $(FUZZ_FOLDERS) \
	  -artifact_prefix='$(FUZZ_FOUND)/failures/$*-' $(FUZZ_FLAGS)

# The faults that a stopped `make soak` has played, unless something was built since.
FAULTS_FINISHED := $(BUILD)/faults-finished
FAULTS_PLAYED_WITH := $(FAULT_SHIM) $(FAULT_TOUR) $(DRIVER_C) $(DRIVER_CPP) $(TARGET)/polysock-conformance-driver \
	  $(filter-out %.d %.a,$(wildcard $(TARGET)/libpolysock.* $(TARGET)/lib_native.*)) conformance python/polysock

# Closes sockets under blocked calls, closes connections over bad paths, and bursts against callback servers, some minutes; then
# every fault, some hours. Results: docs/soak.md.
soak: test-loom test-portable drivers $(FAULT_SHIM) $(FAULT_TOUR) ## 100,000 closes under blocked calls, 10,000 over bad paths, 10,000 connections at once, every fault
	cargo test --quiet --locked --release -p polysock --test soak --test delivery --test burst --no-run
	POLYSOCK_SOAK_ROUNDS=$(SOAK_ROUNDS) cargo test --quiet --locked --release -p polysock --test soak -- --nocapture
	POLYSOCK_CLOSES=$(SOAK_CLOSES) cargo test --quiet --locked --release -p polysock --test delivery
	POLYSOCK_BURST=$(SOAK_BURST) cargo test --quiet --locked --release -p polysock --test burst
	POLYSOCK_BURST=$(SOAK_BURST) POLYSOCK_BURST_SERVER='$(CURDIR)/$(VENV_PY) $(CURDIR)/python/tests/burst_server.py' \
	  cargo test --quiet --locked --release -p polysock --test burst
	@test -z "$$(find $(FAULTS_PLAYED_WITH) -type f ! -name '*.pyc' ! -name '_native.*' -newer $(FAULTS_FINISHED) -print -quit 2>/dev/null)" || \
	  rm -f $(FAULTS_FINISHED)
	$(FAULTS) --jobs 24 --go-on-with $(FAULTS_FINISHED)

# ---------------------------------------------------------------- documentation

.PHONY: docs
docs: ## the C reference as HTML and man pages (needs doxygen)
	@command -v doxygen >/dev/null || { echo "make docs needs doxygen (make setup)" >&2; exit 1; }
	@mkdir -p $(BUILD)/docs/c
	doxygen docs/Doxyfile
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps -p polysock
	@echo "$(BUILD)/docs/c/html/index.html and target/doc/polysock/index.html"

.PHONY: screenshots
screenshots: python-module ## make the pictures of docs/images (needs Chromium)
	$(VENV_PY) tools/screenshots.py

# ---------------------------------------------------------------- checks

.PHONY: check check-rust check-c check-python check-docs check-layers
check: check-layers check-rust $(if $(NOT_HERE),,check-c check-python) check-docs ## format, lints, header, symbols, stubs (about a minute)

# Tests fail by panicking; everything else must not.
PANICKING_IS_FINE := $(addprefix -A clippy::,unwrap_used expect_used panic indexing_slicing)

check-rust: $(BUILD)/.prerequisites
	cargo fmt --all --check
	cargo fmt --all --check --manifest-path bench/rust/Cargo.toml
	cargo clippy --quiet --locked $(CRATES) -- -D warnings
	cargo clippy --quiet --locked $(CRATES) --all-targets -- -D warnings $(PANICKING_IS_FINE)
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps -p polysock

check-c: lib $(CBINDGEN)
	$(CBINDGEN) --quiet --verify --config ffi/cbindgen.toml --crate polysock-ffi --output $(HEADER) ffi
	sh ffi/check_abi.sh $(TARGET)

check-python: python-module
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/ruff format --quiet --check .
	$(VENV)/bin/python -m mypy.stubtest polysock --allowlist python/tests/stubtest_allowlist.txt --ignore-unused-allowlist
	$(VENV)/bin/python -m mypy --strict --cache-dir $(BUILD)/mypy python/tests/typed_program.py

# A file uses only files of its own layer and those above it in tools/layers.txt, and no files use each other in a circle.
check-layers: $(BUILD)/.prerequisites
	$(PYTHON) tools/check_layers.py

check-docs: $(BUILD)/.prerequisites
	$(PYTHON) tools/check_links.py

# Types and links, with the compiler and the linker of tools/check_targets.sh: two to four minutes of processor time for each.
TARGETS ?= x86_64-unknown-linux-musl aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf i686-unknown-linux-gnu \
  x86_64-apple-darwin aarch64-apple-darwin x86_64-unknown-freebsd
TARGETS_VENV := $(BUILD)/venv-targets

$(TARGETS_VENV)/.ready: tools/requirements-targets.txt

.PHONY: check-targets
check-targets: $(TARGETS_VENV)/.ready ## type-check and link the crates for other systems, without running anything (TARGETS='…' for some)
	sh tools/check_targets.sh $(TARGETS_VENV) $(TARGETS)

# As far as this machine can run their programs, natively or under qemu. Some minutes each, and some more the first time.
.PHONY: test-musl test-musl-layer test-musl-python test-i686 test-i686-layer test-arm
test-musl: test-musl-layer $(TARGETS_VENV)/.ready ## the tests of Rust, C and the layer with the C library musl
	PYTHON='$(PYTHON)' sh tools/test_platform.sh musl $(TARGETS_VENV)

# The layer's programs, compiled for musl; what they start, such as the shell, uses this system's C library.
test-musl-layer: layer-musl python-module
	sh tools/test_layer_musl.sh $(VENV) $(BUILD)/musl

# The interpreter is compiled once, which takes some minutes.
MUSL_PYTHON := $(BUILD)/musl-python

$(MUSL_PYTHON)/python/bin/python3: tools/musl_python.sh
	sh tools/musl_python.sh $(MUSL_PYTHON)

test-musl-python: $(TARGETS_VENV)/.ready $(MUSL_PYTHON)/python/bin/python3 ## the Python tests with a CPython for musl, which it compiles (needs make setup-targets)
	sh tools/test_musl_python.sh $(TARGETS_VENV) $(MUSL_PYTHON) python/tests

test-i686: test-i686-layer $(TARGETS_VENV)/.ready ## the tests of Rust, C and the layer as 32-bit programs
	PYTHON='$(PYTHON)' sh tools/test_platform.sh i686 $(TARGETS_VENV)

test-i686-layer: layer python-module $(TARGETS_VENV)/.ready
	sh tools/test_layer_i686.sh $(TARGETS_VENV) $(VENV) $(BUILD)/i686

test-arm: $(TARGETS_VENV)/.ready ## most of the Rust and C tests for 64-bit ARM, under qemu
	PYTHON='$(PYTHON)' sh tools/test_platform.sh aarch64 $(TARGETS_VENV)
