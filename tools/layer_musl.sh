#!/bin/sh
# Builds the layer below unchanged programs for those that use the C library musl: `make layer-musl`.
#
#   layer_musl.sh FOLDER INTO   FOLDER is the virtual environment of tools/requirements-targets.txt, whose zig is the linker;
#                               INTO has polysock-run, and gets links under which it finds the layer (install.sh copies them)
set -eu
. tools/rust_with_source.sh
use_rust_with_source
zig=$(cd "$1/bin" && pwd)
machine=$(uname -m)
# A shared library can't contain a static C library.
export PATH="$zig:$PATH" CARGO_TARGET_DIR="$PWD/target/musl" RUSTFLAGS='-C target-feature=-crt-static' MAKEFLAGS=
"$zig/cargo-zigbuild" zigbuild --quiet --locked --release -Z build-std=std,panic_unwind \
    --target "$machine-unknown-linux-musl" -p polysock-bsd

mkdir -p "$2/polysock/musl"
ln -sf "$CARGO_TARGET_DIR/$machine-unknown-linux-musl/release/libpolysock_bsd.so" "$2/polysock/musl/libpolysock-bsd.so.0"
sh tools/layer_links.sh "$2" "$machine"
