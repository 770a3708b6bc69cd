#!/bin/sh
# Checks what C sees: exported symbols, the header, the name of the library. `check_abi.sh DIRECTORY` has libpolysock.so.
set -eu
so=${1:?which directory}/libpolysock.so
so=$(realpath "$so")
cd "$(dirname "$0")/.."
header=include/polysock/polysock.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

check() { # words, command
    words=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok      $words"
    else
        echo "FAILED  $words"
        sed 's/^/        /' "$work/out"
        failed=$((failed + 1))
    fi
}

LC_ALL=C
export LC_ALL
cut -d' ' -f2 ffi/symbols.txt | sort >"$work/listed"
nm -D --defined-only "$so" | sed 's/.* //' | sort >"$work/exported"
# What the compiler sees, comments and macros gone.
printf '#include <polysock/polysock.h>\n' | ${CC:-cc} -E -P -Iinclude -xc - |
    grep -o 'polysock_[a-z0-9_]* *(' | tr -d ' (' | sort -u >"$work/declared"

check "symbols.txt is sorted, each line VERSION NAME" sh -c \
    'sort -k2 -c ffi/symbols.txt && ! grep -vE "^[0-9]+\.[0-9]+\.[0-9]+ polysock_[a-z0-9_]+$" ffi/symbols.txt'
check "the library exports what symbols.txt lists" diff "$work/listed" "$work/exported"
check "the header declares what symbols.txt lists" diff "$work/listed" "$work/declared"
readelf -d "$so" >"$work/dynamic"
check "soname libpolysock.so.0" grep -F 'soname: [libpolysock.so.0]' "$work/dynamic"
check "linked -z nodelete" grep -w NODELETE "$work/dynamic"

# Alone, and twice in one file.
printf '#include <polysock/polysock.h>\n#include <polysock/polysock.h>\nint main(void) { return 0; }\n' >"$work/twice.c"
cp "$work/twice.c" "$work/twice.cc"
strict="-Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only"
for std in c99 c11 c17; do
    # shellcheck disable=SC2086
    check "header as $std" ${CC:-cc} -std=$std $strict "$work/twice.c"
done
for std in c++11 c++17; do
    # shellcheck disable=SC2086
    check "header as $std" ${CXX:-c++} -std=$std $strict "$work/twice.cc"
done
if [ -e include/polysock/polysock.hpp ]; then
    printf '#include <polysock/polysock.hpp>\n#include <polysock/polysock.hpp>\nint main() { return 0; }\n' >"$work/plus.cc"
    for std in c++17 c++20; do
        # shellcheck disable=SC2086
        check "polysock.hpp as $std" ${CXX:-c++} -std=$std $strict "$work/plus.cc"
    done
fi

[ "$failed" = 0 ]
