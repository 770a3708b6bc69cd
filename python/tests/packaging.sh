#!/bin/sh
# Makes the files of a release and tests them: `packaging.sh DIST`, with the tools of requirements-wheel.txt on the path.
#
# The wheel must keep to the stable ABI and to manylinux2014; the sdist must build where nothing of this checkout is;
# both must pass the tests from another directory.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
dist=$(cd "$1" && pwd)
python=${PYTHON:-python3}
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT INT TERM
rm -f "$dist"/*.whl "$dist"/*.tar.gz

step() {
    printf '== %s\n' "$1"
}

quietly() {
    "$@" >"$elsewhere/log" 2>&1 || {
        cat "$elsewhere/log" >&2
        exit 1
    }
}

passes_the_tests() {
    "$python" -m venv "$elsewhere/$1"
    quietly "$elsewhere/$1/bin/python" -m pip install --disable-pip-version-check "$2" \
        "$(grep '^pytest==' "$root/python/requirements-dev.txt")"
    rm -rf "$elsewhere/tests"
    cp -R "$root/python/tests" "$elsewhere/tests"
    (cd "$elsewhere" && quietly "$elsewhere/$1/bin/python" -m pytest -q -p no:cacheprovider tests)
    tail -n 3 "$elsewhere/log"
    "$elsewhere/$1/bin/python" -m pip uninstall -q -y polysock
    left=$(find "$elsewhere/$1" -path '*polysock*' ! -path '*/__pycache__*' -type f)
    test -z "$left" || { echo "left behind by uninstall: $left" >&2; exit 1; }
}

step "sdist and wheel"
"$python" -m compileall -q "$root/python/polysock" # as any run from the checkout does, and what must not be packed
quietly maturin sdist -m "$root/python/Cargo.toml" -o "$dist"
quietly maturin build --release --locked --zig --compatibility manylinux2014 -m "$root/python/Cargo.toml" -o "$dist"
wheel=$(echo "$dist"/*.whl)
sdist=$(echo "$dist"/*.tar.gz)
ls "$dist"

step "what they say and hold"
twine check --strict "$dist"/*
check-wheel-contents "$wheel"
abi3audit --strict --summary "$wheel"
auditwheel show "$wheel" >"$elsewhere/shown"
grep -E 'manylinux_2_(5|12|17)_' "$elsewhere/shown" || { cat "$elsewhere/shown" >&2; exit 1; }
"$python" -m zipfile -l "$wheel" >"$elsewhere/in-wheel"
tar -tzf "$sdist" >"$elsewhere/in-sdist"
if grep -E '__pycache__|\.pyc' "$elsewhere/in-wheel" "$elsewhere/in-sdist"; then
    echo "compiled files are packed" >&2
    exit 1
fi
for file in LICENSE-MIT LICENSE-APACHE; do
    grep -q "licenses/$file" "$elsewhere/in-wheel" || { echo "no $file in the wheel" >&2; exit 1; }
    grep -q "/$file\$" "$elsewhere/in-sdist" || { echo "no $file in the sdist" >&2; exit 1; }
done

step "the wheel elsewhere"
passes_the_tests wheel "$wheel"

step "the sdist elsewhere"
mkdir "$elsewhere/built"
(cd "$elsewhere" && unset CARGO_TARGET_DIR && quietly "$python" -m pip wheel --disable-pip-version-check --no-deps -w built "$sdist")
passes_the_tests sdist "$(echo "$elsewhere"/built/*.whl)"
