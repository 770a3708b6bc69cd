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

check() { # title, command
    title=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok      $title"
    else
        echo "FAILED  $title"
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
grep -o 'POLYSOCK_E[A-Z0-9_]\+' $header | grep -v '_$' | sort -u >"$work/named"
grep -o '#define POLYSOCK_E[A-Z0-9_]\+' $header | cut -d' ' -f2 | sort -u >"$work/defined"
check "every code that the header names is defined" diff "$work/named" "$work/defined"
# The comment of each getter, to its declaration.
awk '/^\/\*\*/ { comment = "" } { comment = comment "\n" $0 } /^int polysock_get_/ { print comment }' $header >"$work/getters"
check "getters are not described as setters" sh -c '[ -s "$1" ] && ! grep -E "setsockopt|[.]set[A-Z]" "$1"' sh "$work/getters"
sed -n 's/^@defgroup \([a-z_]*\).*/\1/p' docs/c/groups.dox | sort >"$work/groups"
sed -n 's/^- @ref \([a-z_]*\).*/\1/p' docs/c/groups.dox | sort >"$work/front"
check "the front page of the reference names every group" diff "$work/groups" "$work/front"
# Two empty lists would be equal, too.
for list in listed named groups; do
    check "there is something to compare: $list" test -s "$work/$list"
done
check "soname libpolysock.so.0" grep -F 'soname: [libpolysock.so.0]' "$work/dynamic"
check "linked -z nodelete" grep -w NODELETE "$work/dynamic"

check "the headers in every standard" sh ffi/tests/headers.sh

[ "$failed" = 0 ]
