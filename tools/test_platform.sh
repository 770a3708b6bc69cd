#!/bin/sh
# Runs the Rust and C tests on another platform than this machine's own: `make test-musl`, `make test-i686`, `make test-arm`.
#
#   test_platform.sh musl FOLDER      natively; FOLDER is the virtual environment of tools/requirements-targets.txt, which has zig
#   test_platform.sh i686 FOLDER      natively, on a processor that also runs programs of 32 bits
#   test_platform.sh aarch64 FOLDER   under qemu-user, except what it can't do: qemu_lacks.txt beside the tests
set -eu
platform=$1
# shellcheck source=tools/other_targets.sh
. tools/other_targets.sh
use_zig "$2"
python=${PYTHON:-python3}

need() { # program or file, what it belongs to
    command -v "$1" >/dev/null || [ -e "$1" ] || {
        echo "$platform: needs $2 (Debian: make setup-targets)" >&2
        exit 1
    }
}

lacks= programs='--tests' skip=
zig_cc() { # compiles C programs, and C++ programs, which then need no library of C++
    cc="$zig/python -m ziglang cc -target $1 -fno-sanitize=undefined"
    cxx="$zig/python -m ziglang c++ -target $1 -fno-sanitize=undefined"
}
left_out=memory
case $platform in
musl)
    target=x86_64-unknown-linux-musl
    need /lib/ld-musl-x86_64.so.1 "musl's loader, package musl"
    zig_cc 'x86_64-linux-musl -dynamic'
    not_run="of C: memory, which replaces malloc by names that only glibc has"
    ;;
i686)
    target=i686-unknown-linux-gnu
    need /lib/ld-linux.so.2 "glibc for programs of 32 bits, package libc6-i386"
    zig_cc x86-linux-gnu
    not_run="of C: memory, which starts a thousand processes, and with a library that is not optimized takes longer than its time limit"
    ;;
aarch64)
    target=aarch64-unknown-linux-gnu
    need qemu-aarch64-static "qemu, package qemu-user-static"
    need aarch64-linux-gnu-gcc "a compiler for it, packages gcc-aarch64-linux-gnu and libc6-dev-arm64-cross"
    need aarch64-linux-gnu-g++ "a C++ compiler for it, package g++-aarch64-linux-gnu"
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
    export POLYSOCK_TEST_EMULATOR CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="$POLYSOCK_TEST_EMULATOR"
    ;;
*)
    echo "no such platform: $platform" >&2
    exit 2
    ;;
esac
RUSTFLAGS=$(flags_of "$target")
export RUSTFLAGS

failed=
# shellcheck disable=SC2086 # lists of words, here and below
"$python" tools/rust_tests.py $lacks "$zigbuild" test --locked $std --target $target -p polysock --lib $programs --no-fail-fast $skip || failed=1

"$zigbuild" zigbuild --locked --quiet $std --target $target -p polysock-ffi
make -s -C ffi/tests platform LIBDIR="$CARGO_TARGET_DIR/$target/debug" OUT="$CARGO_TARGET_DIR/$target/ffi-tests" \
    CC="$cc" CXX="$cxx" LEFT_OUT="$left_out" || failed=1
echo "$platform: programs that are not run at all:
  $not_run"
[ -z "$failed" ]
