#!/bin/sh
# Type-checks and links the crates for other systems: `make check-targets`, TARGETS='…' for some of them.
#
#   check_targets.sh FOLDER TARGET…   FOLDER is the virtual environment of tools/requirements-targets.txt
#
# The standard library is compiled, too (-Z build-std): Debian has its source, but not compiled for other systems. zig is the
# linker; it brings what each system's C library exports. Warnings are errors. What is built is kept in target/targets, apart
# from everything else.
set -eu
zig_venv=$1
shift

here=$(dirname "$0")
# shellcheck source=tools/rust_with_source.sh
. "$here/rust_with_source.sh"
use_rust_with_source
export CARGO_TARGET_DIR=target/targets CARGO_PROFILE_DEV_DEBUG=0
# The stable ABI of CPython 3.11 needs no interpreter of the other system, and a module for it no library of one.
export PYO3_CROSS=1 PYO3_NO_PYTHON=1 PYO3_CROSS_PYTHON_VERSION=3.11 PYO3_BUILD_EXTENSION_MODULE=1
PATH=$(cd "$zig_venv/bin" && pwd):$PATH
export PATH MAKEFLAGS=
logs=$CARGO_TARGET_DIR/logs
mkdir -p "$logs"

# The layer below unchanged programs replaces functions of Linux's C libraries.
crates_of() {
    echo -p polysock -p polysock-ffi -p polysock-conformance-driver
    case $1 in *linux*) echo -p polysock-bsd ;; esac
}

flags_of() {
    case $1 in
    *musl*) echo -C target-feature=-crt-static ;; # a static C library can't be loaded as a library
    esac
}

# Python's functions come with the interpreter, which only Apple's linker needs to know.
python_flags_of() {
    case $1 in
    *apple*) echo -C link-arg=-undefined -C link-arg=dynamic_lookup ;;
    esac
}

# Runs cargo, keeps what it says in a file, and shows that if it fails or warns of code of ours or of linking. Cargo's count of
# warnings is no measure: for Apple's systems it has the one that Apple's kit is missing, which zig doesn't need.
quietly() {
    log=$1
    shift
    if "$@" >"$log" 2>&1 && ! grep -qE '^(bsd|conformance|core|examples|ffi|python)/.*: warning|^warning: (polysock|linker)' "$log"; then
        return
    fi
    grep -vE '^ *(Compiling|Checking|Downloading|Downloaded|Fresh|Finished)' "$log" >&2 || true
    exit 1
}

check() {
    target=$1
    std='-Z build-std=std,panic_unwind,test'
    RUSTFLAGS=$(flags_of "$target")
    export RUSTFLAGS
    began=$(date +%s)
    # shellcheck disable=SC2046,SC2086 # lists of words
    {
        quietly "$logs/$target.check" "$CARGO" check --locked $std --target "$target" $(crates_of "$target") \
            -p polysock-python --all-targets --keep-going --message-format=short
        quietly "$logs/$target.link" "$zig_venv/bin/cargo-zigbuild" zigbuild --locked $std --target "$target" \
            $(crates_of "$target")
        quietly "$logs/$target.python" "$zig_venv/bin/cargo-zigbuild" rustc --locked $std --target "$target" \
            -p polysock-python --lib -- $(python_flags_of "$target")
        quietly "$logs/$target.tests" "$zig_venv/bin/cargo-zigbuild" test --locked $std --target "$target" \
            -p polysock --lib --no-run
    }
    files=
    for file in "$CARGO_TARGET_DIR/$target"/debug/libpolysock*.so "$CARGO_TARGET_DIR/$target"/debug/libpolysock.dylib \
        "$CARGO_TARGET_DIR/$target"/debug/libpolysock.a "$CARGO_TARGET_DIR/$target"/debug/lib_native.* \
        "$CARGO_TARGET_DIR/$target"/debug/polysock-conformance-driver; do
        case $file in *.d | *.rlib) continue ;; esac
        [ ! -e "$file" ] || files="$files ${file##*/}"
    done
    echo "$target: no warnings, nor in the tests; linked$files ($(($(date +%s) - began)) s)"
}

for target; do
    check "$target"
done
