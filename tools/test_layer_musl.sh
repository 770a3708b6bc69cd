#!/bin/sh
# Runs the tests of the layer with programs that use the C library musl: part of `make test-musl`.
#
#   test_layer_musl.sh VENV FOLDER   VENV has pytest and the package; FOLDER is for what has to be made
set -eu
for needed in musl-gcc /lib/ld-musl-"$(uname -m)".so.1; do
    command -v "$needed" >/dev/null || {
        echo "needs $needed (Debian: make setup-targets)" >&2
        exit 1
    }
done
# shellcheck source=tools/musl_headers.sh
. tools/musl_headers.sh
headers=$PWD/$2/kernel-headers
kernel_headers "$headers"
# Nor does it write the table by which frames are found, as compilers on systems with musl do.
export CC="musl-gcc -Wl,--eh-frame-hdr -idirafter $headers"
# Not among the notes of `make test`, which runs the same tests.
export POLYSOCK_SKIPPED="$PWD/$2/skipped.txt"
rm -f "$POLYSOCK_SKIPPED"
"$1/bin/python" -m pytest -rs bsd/tests
