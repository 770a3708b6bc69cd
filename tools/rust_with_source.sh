# To be sourced: chooses a Rust compiler that has the source of its standard library, which is compiled too for systems that it
# does not come compiled for (cargo -Z build-std). Exports CARGO, RUSTC, RUSTDOC, and RUSTC_BOOTSTRAP, with which a stable
# compiler accepts that option. Returns 1, with a message, if there is none.
# shellcheck shell=sh

has_source() {
    command -v "$1" >/dev/null && [ -e "$("$1" --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ]
}

use_rust_with_source() {
    if has_source rustc; then
        rust_folder=
    elif has_source /usr/bin/rustc; then
        rust_folder=/usr/bin/
    else
        echo "the source of Rust's standard library is missing: make setup-targets (Debian), or rustup component add rust-src" >&2
        return 1
    fi
    export CARGO="${rust_folder}cargo" RUSTC="${rust_folder}rustc" RUSTDOC="${rust_folder}rustdoc" RUSTC_BOOTSTRAP=1
}
