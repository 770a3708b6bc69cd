#!/bin/sh
# Installs to a directory of its own, moves that, and builds programs against it as its users do. `install_test.sh [DIRECTORY]`
set -u
here=$(cd "$(dirname "$0")" && pwd)
built=$(cd "${1:-$here/../../target/release}" && pwd) || exit 1
: "${CC:=cc}" "${CXX:=c++}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

check() { # words, command
    words=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok       $words"
        passed=$((passed + 1))
    else
        echo "FAILED   $words"
        sed 's/^/         /' "$work/log"
        failed=$((failed + 1))
    fi
}

skip() {
    echo "skipped  $1"
    skipped=$((skipped + 1))
}

# Which library a program has loaded: the one installed, or none.
uses_installed() {
    LD_LIBRARY_PATH=$lib ldd "$1" | grep -F "libpolysock.so.0 => $lib/libpolysock.so.0"
}
uses_none() {
    if ldd "$1" | grep libpolysock; then return 1; fi
}
run() {
    LD_LIBRARY_PATH=$lib "$@"
}

check "make install" env PREFIX=/opt/somewhere DESTDIR="$work/stage" sh "$here/../install.sh" "$built"
mv "$work/stage/opt/somewhere" "$work/moved" || exit 1
lib=$work/moved/lib
check "all files are there" ls "$work/moved/include/polysock/polysock.h" "$work/moved/include/polysock/polysock.hpp" \
    "$lib/libpolysock.so" "$lib/libpolysock.so.0" "$lib/libpolysock.a" "$lib/pkgconfig/polysock.pc" \
    "$lib/cmake/polysock/polysockConfig.cmake" "$lib/cmake/polysock/polysockConfigVersion.cmake"
check "nothing names the prefix" sh -c "! grep -rIl /opt/somewhere '$work/moved'"
check "the links lead to the versioned file" sh -c "readlink -f '$lib/libpolysock.so' | grep -E 'libpolysock\.so\.[0-9]+\.[0-9]+\.[0-9]+\$'"
check "the static library has only polysock_* in the open" sh -c \
    "nm -g --defined-only '$lib/libpolysock.a' 2>/dev/null | grep -E ' [A-Z] ' | grep -v ' polysock_' && exit 1 || exit 0"
check "again, over what is there" env PREFIX="$work/moved" sh "$here/../install.sh" "$built"

if command -v pkg-config >/dev/null; then
    PKG_CONFIG_PATH=$lib/pkgconfig
    export PKG_CONFIG_PATH
    flags=$(pkg-config --cflags polysock) libs=$(pkg-config --libs polysock) all=$(pkg-config --static --libs polysock)
    # shellcheck disable=SC2086
    {
        check "C, pkg-config: builds" $CC $flags "$here/install/use.c" -o "$work/use" $libs
        check "C, pkg-config: runs" run "$work/use"
        check "C, pkg-config: uses the installed library" uses_installed "$work/use"
        check "C++, pkg-config: builds" $CXX -std=c++17 $flags "$here/install/use.cc" -o "$work/use_cpp" $libs
        check "C++, pkg-config: runs" run "$work/use_cpp"
        check "C++, pkg-config: uses the installed library" uses_installed "$work/use_cpp"
        check "C, pkg-config --static: builds" $CC -static $flags "$here/install/use.c" -o "$work/use_static" $all
        check "C, pkg-config --static: runs" "$work/use_static"
        check "C, pkg-config --static: uses no shared library" uses_none "$work/use_static"
    }
else
    skip "pkg-config: not installed"
fi

if command -v cmake >/dev/null; then
    check "cmake: configures" cmake -S "$here/install" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/moved"
    check "cmake: builds" cmake --build "$work/cmake"
    for program in use_shared use_cpp; do
        check "cmake: $program runs" run "$work/cmake/$program"
        check "cmake: $program uses the installed library" uses_installed "$work/cmake/$program"
    done
    check "cmake: use_static runs" "$work/cmake/use_static"
    check "cmake: use_static uses no shared polysock" uses_none "$work/cmake/use_static"
    check "cmake: a newer minor version is refused" sh -c \
        "sed 's/polysock 0.1 /polysock 0.2 /' '$here/install/CMakeLists.txt' >'$work/CMakeLists.txt' && cp '$here'/install/use.* '$work' && ! cmake -S '$work' -B '$work/newer' -DCMAKE_PREFIX_PATH='$work/moved'"
else
    skip "cmake: not installed"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
