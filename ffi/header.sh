#!/bin/sh
# Makes include/polysock/polysock.h from the sources, or with --verify compares them. CBINDGEN names the pinned cbindgen.
set -eu
cd "$(dirname "$0")/.."
: "${CBINDGEN:=cbindgen}"
exec "$CBINDGEN" --quiet --config ffi/cbindgen.toml --crate polysock-ffi \
    --output include/polysock/polysock.h "$@" ffi
