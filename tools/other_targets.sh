# To be sourced: how check_targets.sh, test_platform.sh and layer_musl.sh compile for other systems. All do it in the same way,
# so that each finds what the others have built.
#
# The standard library is compiled, too (-Z build-std): Debian has its source, but not compiled for other systems. zig is the
# linker; it brings what each system's C library exports.
# shellcheck shell=sh
# shellcheck source=tools/rust_with_source.sh
. tools/rust_with_source.sh
use_rust_with_source

std='-Z build-std=std,panic_unwind,test'
# Nothing is compiled twice here after small changes, and nothing is debugged.
export CARGO_TARGET_DIR="$PWD/target/targets" CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 MAKEFLAGS=
# The stable ABI of CPython 3.11 needs no interpreter of the other system, and a module for it no library of one.
export PYO3_CROSS=1 PYO3_NO_PYTHON=1 PYO3_CROSS_PYTHON_VERSION=3.11 PYO3_BUILD_EXTENSION_MODULE=1

# The folder of the virtual environment of tools/requirements-targets.txt.
use_zig() {
    zig=$(cd "$1/bin" && pwd)
    zigbuild=$zig/cargo-zigbuild
    PATH=$zig:$PATH
    export PATH
}

flags_of() {
    case $1 in
    *musl*) echo -C target-feature=-crt-static ;; # a static C library can't be loaded as a library
    esac
}

# The layer below unchanged programs replaces functions of Linux's C libraries.
crates_of() {
    echo -p polysock -p polysock-ffi -p polysock-conformance-driver
    case $1 in *linux*) echo -p polysock-bsd ;; esac
}
