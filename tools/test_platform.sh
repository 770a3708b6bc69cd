#!/bin/sh
# Runs the Rust and C tests on another platform than this machine's own: `make test-musl`, `make test-arm`.
#
#   test_platform.sh musl FOLDER   natively; FOLDER is the virtual environment of tools/requirements-targets.txt, which has zig
#   test_platform.sh aarch64       under qemu-user, except what it can't do: qemu_lacks.txt beside the tests
set -eu
platform=$1
. tools/rust_with_source.sh
use_rust_with_source
export CARGO_TARGET_DIR="$PWD/target/$platform" CARGO_PROFILE_DEV_DEBUG=0 MAKEFLAGS=
python=${PYTHON:-python3}

need() { # program or file, what it belongs to
    command -v "$1" >/dev/null || [ -e "$1" ] || {
        echo "$platform: needs $2 (Debian: make setup-targets)" >&2
        exit 1
    }
}

lacks= programs='--tests' skip=
case $platform in
musl)
    target=x86_64-unknown-linux-musl
    zig=$(cd "$2/bin" && pwd)
    PATH=$zig:$PATH
    need /lib/ld-musl-x86_64.so.1 "musl's loader, package musl"
    # A shared library can't contain a static C library. The tests have the same flag, so that the standard library is compiled once.
    export RUSTFLAGS='-C target-feature=-crt-static'
    test="$zig/cargo-zigbuild test" build="$zig/cargo-zigbuild zigbuild"
    cc="$zig/python -m ziglang cc -target x86_64-linux-musl -dynamic -fno-sanitize=undefined"
    cxx="$zig/python -m ziglang c++ -target x86_64-linux-musl -dynamic -fno-sanitize=undefined"
    left_out=memory
    not_run="of C: memory, which replaces malloc by names that only glibc has"
    ;;
aarch64)
    target=aarch64-unknown-linux-gnu
    need qemu-aarch64-static "qemu, package qemu-user-static"
    need aarch64-linux-gnu-gcc "a compiler for it, packages gcc-aarch64-linux-gnu and libc6-dev-arm64-cross"
    need aarch64-linux-gnu-g++ "a C++ compiler for it, package g++-aarch64-linux-gnu"
    test="$CARGO test" build="$CARGO build"
    cc=aarch64-linux-gnu-gcc cxx=aarch64-linux-gnu-g++
    left_out='memory cpp frames_cpp'
    lacks='--known-failures core/tests/qemu_lacks.txt'
    KNOWN_FAILURES=qemu_lacks.txt
    export KNOWN_FAILURES
    programs='--test behaviour --test burst --test trace'
    skip='-- --skip a_forked_child_keeps_its_copy'
    not_run="of Rust: fork and a_forked_child_keeps_its_copy, because a forked child of a program with threads may hang in qemu; delivery,
    soak, message_server and message_batches, for which qemu is too slow
  of C: memory, which starts a thousand processes
  of C++: cpp and frames_cpp, which end as a whole, at the first close_graceful and at a message for which qemu is too slow"
    POLYSOCK_TEST_EMULATOR='qemu-aarch64-static -L /usr/aarch64-linux-gnu'
    export POLYSOCK_TEST_EMULATOR
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$cc CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="$POLYSOCK_TEST_EMULATOR"
    ;;
*)
    echo "no such platform: $platform" >&2
    exit 2
    ;;
esac

std='-Z build-std=std,panic_unwind,test'
failed=
# shellcheck disable=SC2086 # lists of words, here and below
"$python" tools/rust_tests.py $lacks $test --locked $std --target $target -p polysock --lib $programs --no-fail-fast $skip || failed=1

$build --locked --quiet $std --target $target -p polysock-ffi
make -s -C ffi/tests platform LIBDIR="$CARGO_TARGET_DIR/$target/debug" OUT="$CARGO_TARGET_DIR/ffi-tests" \
    CC="$cc" CXX="$cxx" LEFT_OUT="$left_out" || failed=1
echo "$platform: programs that are not run at all:
  $not_run"
[ -z "$failed" ]
