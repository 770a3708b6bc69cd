#!/bin/sh
# Builds the layer below unchanged programs for those that use the C library musl: `make layer-musl`.
#
#   layer_musl.sh FOLDER INTO   FOLDER is the virtual environment of tools/requirements-targets.txt, whose zig is the linker;
#                               INTO has polysock-run, and gets links under which it finds the layer (install.sh copies them)
set -eu
# shellcheck source=tools/other_targets.sh
. tools/other_targets.sh
use_zig "$1"
machine=$(uname -m)
target=$machine-unknown-linux-musl
RUSTFLAGS=$(flags_of "$target")
export RUSTFLAGS
# shellcheck disable=SC2086 # a list of words
"$zigbuild" zigbuild --quiet --locked --release $std --target "$target" -p polysock-bsd

mkdir -p "$2/polysock/musl"
ln -sf "$CARGO_TARGET_DIR/$target/release/libpolysock_bsd.so" "$2/polysock/musl/libpolysock-bsd.so.0"
sh tools/layer_links.sh "$2" "$machine"
