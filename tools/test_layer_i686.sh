#!/bin/sh
# Runs the tests of the layer with programs of 32 bits: part of `make test-i686`.
#
#   test_layer_i686.sh FOLDER VENV INTO   FOLDER is the virtual environment of tools/requirements-targets.txt, whose zig is the
#                                         linker; VENV has pytest and the package; INTO gets polysock-run and the layers
#
# The layer of this system must have been built: what the programs start, such as the shell, has 64 bits. What can't succeed is in
# bsd/tests/i686_lacks.txt.
set -eu
export CC='gcc -m32 -idirafter /usr/include/x86_64-linux-gnu' # whose headers of the kernel are those for 32 bits, too
echo 'int main(void) { return 0; }' | $CC -x c - -o /dev/null || {
    echo "needs a compiler for 32 bits (Debian: make setup-targets)" >&2
    exit 1
}
venv=$2 into=$PWD/$3 system=$PWD/target/release
# shellcheck source=tools/other_targets.sh
. tools/other_targets.sh
use_zig "$1"
# shellcheck disable=SC2086 # a list of words
"$zigbuild" zigbuild --quiet --locked --release $std --target i686-unknown-linux-gnu -p polysock-bsd

# For `$LIB`, the loader for 32 bits puts lib32, and that for 64 bits one of the others.
mkdir -p "$into"
cp "$CARGO_TARGET_DIR/i686-unknown-linux-gnu/release/polysock-run" "$into/"
cp "$CARGO_TARGET_DIR/i686-unknown-linux-gnu/release/libpolysock_bsd.so" "$into/libpolysock-bsd.so.0"
# shellcheck disable=SC2016 # a folder of this name, without which polysock-run does not use the others
for folder in lib32 lib64 lib/x86_64-linux-gnu '$LIB'; do
    layer=$system/libpolysock_bsd.so
    [ "$folder" != lib32 ] || layer=$into/libpolysock-bsd.so.0
    mkdir -p "$into/polysock/either/$folder"
    ln -sf "$layer" "$into/polysock/either/$folder/libpolysock-bsd.so.0"
done

# Not among the notes of `make test`, which runs the same tests.
export POLYSOCK_BUILT="$into" POLYSOCK_SKIPPED="$into/skipped.txt" KNOWN_FAILURES="$PWD/bsd/tests/i686_lacks.txt"
rm -f "$POLYSOCK_SKIPPED"
PYTHONPATH=tools "$venv/bin/python" -m pytest -p known_failures -rsx bsd/tests
