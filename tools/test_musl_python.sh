#!/bin/sh
# Runs the Python tests with a CPython that uses the C library musl: `make test-musl-python`.
#
#   test_musl_python.sh FOLDER PYTHON TESTS…   FOLDER is the virtual environment of tools/requirements-targets.txt, and PYTHON is
#                                              where musl_python.sh has built the interpreter
#
# What can't succeed there is in python/tests/musl_lacks.txt.
set -eu
folder=$(cd "$2" && pwd)
# shellcheck source=tools/other_targets.sh
. tools/other_targets.sh
use_zig "$1"
shift 2
target=$(uname -m)-unknown-linux-musl
RUSTFLAGS=$(flags_of "$target")
export RUSTFLAGS
# The same as check_targets.sh builds.
# shellcheck disable=SC2046,SC2086 # lists of words
"$zigbuild" zigbuild --quiet --locked $std --target "$target" $(crates_of "$target") -p polysock-python

python=$folder/python/bin/python3
site=$("$python" -c 'import site; print(site.getsitepackages()[0])')
rm -rf "$site"/polysock*
cp -R python/polysock "$site/"
cp "$CARGO_TARGET_DIR/$target/debug/lib_native.so" "$site/polysock/_native.abi3.so"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
mkdir "$site/polysock-$version.dist-info"
printf 'Metadata-Version: 2.1\nName: polysock\nVersion: %s\n' "$version" >"$site/polysock-$version.dist-info/METADATA"
[ -e "$site/pytest" ] ||
    "$zig/python" -m pip install --quiet --disable-pip-version-check --target "$site" "$(grep ^pytest= python/requirements-dev.txt)"

# Not among the notes of `make test`, which runs the same tests.
export POLYSOCK_SKIPPED="$folder/skipped.txt" KNOWN_FAILURES="$PWD/python/tests/musl_lacks.txt"
rm -f "$POLYSOCK_SKIPPED"
PYTHONPATH=tools "$python" -m pytest -p known_failures -rsx -c python/pyproject.toml "$@"
