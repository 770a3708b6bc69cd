#!/bin/sh
# Compiles and links the crates with their tests for other systems: `make check-targets`, TARGETS='…' for some of them.
#
#   check_targets.sh FOLDER TARGET…   FOLDER is the virtual environment of tools/requirements-targets.txt
#
# Warnings are errors. Each target is tried, whatever became of those before it. What is built is kept in target/targets.
set -eu
# shellcheck source=tools/other_targets.sh
. tools/other_targets.sh
use_zig "$1"
shift
logs=$CARGO_TARGET_DIR/logs
mkdir -p "$logs"

# Compiles and links: the libraries and programs with the Python module, whose unit tests are plain arithmetic and need an
# interpreter's library to be linked; then the tests.
build() {
    # shellcheck disable=SC2046,SC2086 # lists of words
    "$zigbuild" zigbuild --locked $std --target "$1" $(crates_of "$1") -p polysock-python --message-format=short &&
        "$zigbuild" test --no-run --locked $std --target "$1" -p polysock -p polysock-ffi --all-targets --message-format=short
}

# Cargo's count of warnings is no measure: for Apple's systems it has the one that Apple's kit is missing, which zig doesn't need.
warns() {
    grep -qE '^(bsd|conformance|core|examples|ffi|python)/.*: warning|^warning: (polysock|linker)' "$1"
}

check() {
    target=$1
    log=$logs/$target
    RUSTFLAGS=$(flags_of "$target")
    export RUSTFLAGS
    # Without debugging information cargo strips what it links, which for Apple's systems takes a tool that Debian's compiler lacks.
    case $target in *apple*) export CARGO_PROFILE_DEV_STRIP=none ;; *) unset CARGO_PROFILE_DEV_STRIP ;; esac
    began=$(date +%s)
    if ! build "$target" >"$log" 2>&1 || warns "$log"; then
        grep -vE '^ *(Compiling|Downloading|Downloaded|Executable|Finished)' "$log" >&2 || true
        echo "$target: FAILED"
        return 1
    fi
    files=
    for file in "$CARGO_TARGET_DIR/$target"/debug/libpolysock*.so "$CARGO_TARGET_DIR/$target"/debug/libpolysock.dylib \
        "$CARGO_TARGET_DIR/$target"/debug/libpolysock.a "$CARGO_TARGET_DIR/$target"/debug/lib_native.* \
        "$CARGO_TARGET_DIR/$target"/debug/polysock-conformance-driver "$CARGO_TARGET_DIR/$target"/debug/polysock-run; do
        case $file in *.d | *.rlib) continue ;; esac
        [ ! -e "$file" ] || files="$files ${file##*/}"
    done
    echo "$target: no warnings; linked$files and $(grep -c '^ *Executable' "$log") programs of tests ($(($(date +%s) - began)) s)"
}

failed=
for target; do
    check "$target" || failed="$failed $target"
done
[ -z "$failed" ] || {
    echo "check-targets failed for$failed" >&2
    exit 1
}
