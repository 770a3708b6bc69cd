#!/bin/sh
# Installs to a fresh directory, moves that, and builds programs against it as its users do. `install_test.sh [DIRECTORY]`
set -u
here=$(cd "$(dirname "$0")" && pwd)
built=$(cd "${1:-$here/../../target/release}" && pwd) || exit 1
: "${CC:=cc}" "${CXX:=c++}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

check() { # title, command
    title=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok       $title"
        passed=$((passed + 1))
    else
        echo "FAILED   $title"
        sed 's/^/         /' "$work/log"
        failed=$((failed + 1))
    fi
}

skip() { # what, needs
    sh "$here/../../tools/skipped.sh" "install: $1" "$2"
    skipped=$((skipped + 1))
}

# Which library a program has loaded: the one installed, or none.
uses_installed() {
    LD_LIBRARY_PATH=$lib ldd "$1" | grep -F "libpolysock.so.0 => $lib/libpolysock.so.0"
}
uses_none() {
    readelf -d "$1" >"$work/dynamic" && ! grep libpolysock "$work/dynamic"
}
run() {
    LD_LIBRARY_PATH=$lib "$@"
}

# How a program ends that writes to a closed connection: it sees an error, or a signal kills it.
sees_epipe() {
    run "$1" >"$work/said" && grep -x EPIPE "$work/said"
}
is_killed() {
    run "$1"
    [ $? = 141 ]
}
# The lines in a language with which the page says how to link.
page_says() {
    sed -n "/^## Linked/,/^## polysock-run/{/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p;};}" "$here/../../docs/unchanged-programs.md"
}

check "make install" env PREFIX=/opt/somewhere DESTDIR="$work/stage" sh "$here/../install.sh" "$built"
mv "$work/stage/opt/somewhere" "$work/moved" || exit 1
lib=$work/moved/lib
check "all files are there" ls "$work/moved/include/polysock/polysock.h" "$work/moved/include/polysock/polysock.hpp" \
    "$work/moved/include/polysock/socket.hpp" \
    "$work/moved/bin/polysock-run" "$lib/libpolysock-bsd.so.0" \
    "$lib/libpolysock-bsd.so" "$lib/pkgconfig/polysock-bsd.pc" \
    "$lib/libpolysock.so" "$lib/libpolysock.so.0" "$lib/libpolysock.a" "$lib/pkgconfig/polysock.pc" \
    "$lib/cmake/polysock/polysockConfig.cmake" "$lib/cmake/polysock/polysockConfigVersion.cmake"
check "every symbolic link leads to a file" sh -c "! find '$work/moved' -xtype l | grep ."
# grep says 1 for "found nowhere", 2 for "could not look".
check "nothing names the prefix" sh -c "grep -rIl /opt/somewhere '$work/moved'; [ \$? = 1 ]"
check "the links lead to the versioned file" sh -c "readlink -f '$lib/libpolysock.so' | grep -E 'libpolysock\.so\.[0-9]+\.[0-9]+\.[0-9]+\$'"
sed 's/.* //' "$here/../symbols.txt" | LC_ALL=C sort >"$work/listed"
nm -g --defined-only "$lib/libpolysock.a" 2>/dev/null | sed -n 's/.* [A-Z] //p' | LC_ALL=C sort >"$work/open"
check "polysock-run finds the layer" "$work/moved/bin/polysock-run" grep -F "$lib/libpolysock-bsd.so" /proc/self/maps
check "symbols are listed" test -s "$work/listed"
check "the static library has exactly polysock_* in the open" diff "$work/listed" "$work/open"
check "again, over what is there" env PREFIX="$work/moved" sh "$here/../install.sh" "$built"

# Into the running system, by root: in a mount namespace with a copy of /etc, which has the loader's cache.
check "a program for the installed library: builds" "$CC" "-I$work/moved/include" "$here/install/use.c" -o "$work/use_live" "-L$lib" -lpolysock
if [ -d /usr/local/lib ] && [ -d /usr/local/include ] && [ -d /usr/local/bin ] && unshare --mount true 2>/dev/null; then
    cp -a /etc "$work/etc"
    check "make install to /usr/local: a program runs" unshare --mount sh -ec '
        mount --bind "$1/etc" /etc
        mount -t tmpfs none /usr/local/lib
        mount -t tmpfs none /usr/local/include
        mount -t tmpfs none /usr/local/bin
        PREFIX=/usr/local sh "$2" "$3"
        "$1/use_live"' sh "$work" "$here/../install.sh" "$built"
else
    skip "make install to /usr/local" "root, for a mount namespace"
fi
check "a program that knows nothing of polysock: builds" "$CC" "$here/install/unchanged.c" -o "$work/unchanged"
check "a program that knows nothing of polysock: is killed" is_killed "$work/unchanged"
if [ ! -e "$built/polysock/musl/libpolysock-bsd.so.0" ]; then
    skip "the layer for programs that use musl" "make layer-musl"
elif ! command -v musl-gcc >/dev/null; then
    skip "the layer for programs that use musl" "musl-gcc (make setup-targets)"
else
    check "a program that uses musl: builds" musl-gcc "$here/install/unchanged.c" -o "$work/for_musl"
    check "a program that uses musl: finds its layer" sh -c "'$work/moved/bin/polysock-run' --safe '$work/for_musl' | grep -x EPIPE"
    check "no file of this system's layer is in the folder of the other" sh -c "cmp '$lib/libpolysock-bsd.so.0' '$lib/polysock/musl/libpolysock-bsd.so.0'; [ \$? = 1 ]"
fi
mkdir "$work/page"
cp "$here/install/unchanged.c" "$work/page/server.c"

check "elsewhere: says how programs find it" sh -c "PREFIX='$work/elsewhere' sh '$here/../install.sh' '$built' | grep 'LD_LIBRARY_PATH=$work/elsewhere/lib'"

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
        check "layer, the page's line: builds" sh -ec "cd '$work/page'; $(page_says sh)"
        check "layer, the page's line: EPIPE" sees_epipe "$work/page/server"
        check "layer, the page's line: the environment decides" env POLYSOCK_SAFE=0 sh -c "LD_LIBRARY_PATH=$lib $work/page/server; [ \$? = 141 ]"
        layer=$(pkg-config --libs polysock-bsd)
        check "layer, calls only in a library: builds" sh -ec "cd '$work'
            $CC -shared -fPIC -Dmain=unchanged '$here/install/unchanged.c' -o libunchanged.so
            echo 'int unchanged(void); int main(void) { return unchanged(); }' >main.c
            $CC -Wl,--as-needed main.c -o in_library -L. -lunchanged -Wl,-rpath,'$work' $layer"
        check "layer, calls only in a library: EPIPE" sees_epipe "$work/in_library"
    }
else
    skip "building by pkg-config" pkg-config
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
    {
        echo 'cmake_minimum_required(VERSION 3.13)'
        echo 'project(page C)'
        page_says cmake
    } >"$work/page/CMakeLists.txt"
    check "cmake, layer, the page's lines: configures" cmake -S "$work/page" -B "$work/page/built" -DCMAKE_PREFIX_PATH="$work/moved"
    check "cmake, layer, the page's lines: builds" cmake --build "$work/page/built"
    check "cmake, layer, the page's lines: EPIPE" sees_epipe "$work/page/built/server"
    check "cmake: a newer minor version is refused" sh -c \
        "sed 's/polysock 0.1 /polysock 0.2 /' '$here/install/CMakeLists.txt' >'$work/CMakeLists.txt' && cp '$here'/install/use.* '$work' &&
            ! cmake -S '$work' -B '$work/newer' -DCMAKE_PREFIX_PATH='$work/moved' >'$work/refused' 2>&1 && grep 'requested version \"0.2' '$work/refused'"
else
    skip "building by CMake" cmake
fi

check "uninstall" env PREFIX="$work/moved" sh "$here/../uninstall.sh"
check "uninstall: nothing is left" sh -c "! find '$work/moved' ! -type d | grep ."

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
