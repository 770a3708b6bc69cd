#!/bin/sh
# Installs the C library, the layer below unchanged programs (also the one for musl, if it was built) and polysock-run:
# `PREFIX=/usr/local DESTDIR= sh ffi/install.sh [DIRECTORY]`, the directory that has the libraries.
# LIBDIR, INCLUDEDIR and BINDIR may be given too. What is installed may be moved: nothing in it names PREFIX.
# For libraries of another processor, CROSS is what the names of its binutils begin with (aarch64-linux-gnu-).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
built=$(cd "${1:-$root/target/release}" && pwd)
: "${PREFIX:=/usr/local}" "${DESTDIR:=}"
: "${LIBDIR:=$PREFIX/lib}" "${INCLUDEDIR:=$PREFIX/include}" "${BINDIR:=$PREFIX/bin}"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -1)
if [ -e "$built/libpolysock.dylib" ]; then
    shared=libpolysock.dylib named=libpolysock.0.dylib file=libpolysock.$version.dylib
    soname=@rpath/$named private=
else
    shared=libpolysock.so named=libpolysock.so.0 file=libpolysock.so.$version
    soname=$named
    # What the static library needs besides libc and what the compiler adds by itself.
    private='-lutil -lrt -lpthread -lm -ldl'
fi

lib=$DESTDIR$LIBDIR include=$DESTDIR$INCLUDEDIR
install -d "$lib/pkgconfig" "$lib/cmake/polysock" "$include/polysock"
install -m 644 "$root"/include/polysock/*.h "$root"/include/polysock/*.hpp "$include/polysock"

# The old file may be mapped by running programs: replaced, never written into.
install_new() { # the built file, where to
    install -m 755 "$1" "$2.new"
    mv -f "$2.new" "$2"
}
install_new "$built/$shared" "$lib/$file"
ln -sf "$file" "$lib/$named"
ln -sf "$named" "$lib/$shared"

# The layer, which only Linux has: for polysock-run, and for programs that are linked with it.
layer=
if [ -e "$built/libpolysock_bsd.so" ]; then
    layer=libpolysock-bsd.so
    install -d "$DESTDIR$BINDIR"
    install_new "$built/libpolysock_bsd.so" "$lib/$layer.$version"
    ln -sf "$layer.$version" "$lib/$layer.0"
    ln -sf "$layer.0" "$lib/$layer"
    install_new "$built/polysock-run" "$DESTDIR$BINDIR/polysock-run"
    # The layer for programs that use a C library other than this system's, if it was built.
    musl=polysock/musl
    if [ -e "$built/$musl/$layer.0" ]; then
        install -d "$lib/$musl"
        install_new "$built/$musl/$layer.0" "$lib/$musl/$layer.$version"
        ln -sf "$layer.$version" "$lib/$musl/$layer.0"
        sh "$root/tools/layer_links.sh" "$lib" "$(uname -m)"
    fi
fi

# cargo's archive has all of Rust's symbols in the open, and two such libraries don't go into one program. One object with
# only polysock_* in the open does; --force-group-allocation so that no discarded group leaves local symbols behind.
# The bitcode that Rust's own library carries goes: an LLVM plugin of the linker, where one is installed, would read it
# instead of the code, and find no symbols.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed 's/.* //' "$here/symbols.txt" >"$work/keep"
# shellcheck disable=SC2046
if "${CROSS:-}ld" -r --force-group-allocation --gc-sections $(sed 's/^/-u /' "$work/keep") "$built/libpolysock.a" \
    -o "$work/all.o" 2>"$work/log" &&
    "${CROSS:-}objcopy" --keep-global-symbols="$work/keep" --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd \
        "$work/all.o" "$work/polysock.o" 2>>"$work/log"; then
    "${CROSS:-}ar" rcs "$work/libpolysock.a" "$work/polysock.o"
else
    echo "libpolysock.a is installed with all its symbols in the open: the linker here can't hide them" >&2
    cp "$built/libpolysock.a" "$work/libpolysock.a"
fi
install -m 644 "$work/libpolysock.a" "$lib/libpolysock.a"

# The relative path from one folder to another (only GNU's realpath has --relative-to).
absolute() {
    case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}
way() {
    from=$(absolute "$1") to=$(absolute "$2") up=
    while [ "$to" != "$from" ] && [ "${to#"$from/"}" = "$to" ]; do
        from=${from%/*} up=../$up
    done
    to=${to#"$from"}
    echo "$up${to#/}"
}
up_from_pc=$(way "$LIBDIR/pkgconfig" "$PREFIX")
up_from_cmake=$(way "$LIBDIR/cmake/polysock" "$PREFIX")
lib_below=$(way "$PREFIX" "$LIBDIR")
include_below=$(way "$PREFIX" "$INCLUDEDIR")

# The part of a pkg-config file that says where everything is.
pc_places() {
    echo "prefix=\${pcfiledir}/$up_from_pc"
    echo "libdir=\${prefix}/$lib_below"
    echo "includedir=\${prefix}/$include_below"
}

cat >"$lib/pkgconfig/polysock.pc" <<END
$(pc_places)

Name: polysock
Description: Sockets without the traps
Version: $version
Libs: -L\${libdir} -lpolysock
Libs.private: $private
Cflags: -I\${includedir}
END

# One word, so that nothing comes between. The layer is needed even by a program that leaves all socket calls to its libraries.
[ -z "$layer" ] || cat >"$lib/pkgconfig/polysock-bsd.pc" <<END
$(pc_places)

Name: polysock-bsd
Description: The layer below the socket calls of unchanged programs
Version: $version
Libs: -L\${libdir} -Wl,--push-state,--no-as-needed,-lpolysock-bsd,--pop-state
END

cat >"$lib/cmake/polysock/polysockConfig.cmake" <<END
# polysock::polysock is the shared library, polysock::polysock_static the static one.
get_filename_component(_polysock_prefix "\${CMAKE_CURRENT_LIST_DIR}/$up_from_cmake" ABSOLUTE)

if(NOT TARGET polysock::polysock)
  add_library(polysock::polysock SHARED IMPORTED)
  set_target_properties(polysock::polysock PROPERTIES
    IMPORTED_LOCATION "\${_polysock_prefix}/$lib_below/$file"
    IMPORTED_SONAME "$soname"
    INTERFACE_INCLUDE_DIRECTORIES "\${_polysock_prefix}/$include_below")
  add_library(polysock::polysock_static STATIC IMPORTED)
  set_target_properties(polysock::polysock_static PROPERTIES
    IMPORTED_LOCATION "\${_polysock_prefix}/$lib_below/libpolysock.a"
    IMPORTED_LINK_INTERFACE_LANGUAGES "C"
    INTERFACE_LINK_LIBRARIES "$(echo "$private" | sed 's/ /;/g')"
    INTERFACE_INCLUDE_DIRECTORIES "\${_polysock_prefix}/$include_below")
endif()
END
[ -z "$layer" ] || cat >>"$lib/cmake/polysock/polysockConfig.cmake" <<END

# polysock::bsd is the layer below unchanged programs. It is needed even if all socket calls are left to libraries.
if(NOT TARGET polysock::bsd)
  add_library(polysock::bsd SHARED IMPORTED)
  set_target_properties(polysock::bsd PROPERTIES
    IMPORTED_LOCATION "\${_polysock_prefix}/$lib_below/$layer.$version"
    IMPORTED_SONAME "$layer.0"
    INTERFACE_LINK_OPTIONS "LINKER:--no-as-needed")
endif()
END
echo 'unset(_polysock_prefix)' >>"$lib/cmake/polysock/polysockConfig.cmake"

# Before 1.0 a new minor version may break what was built with the old one.
cat >"$lib/cmake/polysock/polysockConfigVersion.cmake" <<END
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
elseif("\${PACKAGE_FIND_VERSION_MAJOR}.\${PACKAGE_FIND_VERSION_MINOR}" STREQUAL "${version%.*}")
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
else()
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
endif()
if(PACKAGE_FIND_VERSION STREQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
END
echo "polysock $version is in $DESTDIR$PREFIX"

# Programs of this system find a library by the loader's cache, or not by themselves.
if [ -z "$DESTDIR" ] && [ "$(uname)" = Linux ]; then
    PATH=$PATH:/usr/sbin:/sbin
    if ! ldconfig -N -X -v 2>/dev/null | grep -q "^$LIBDIR:"; then
        echo "The loader does not look into $LIBDIR: link programs with -Wl,-rpath,$LIBDIR, or run them with LD_LIBRARY_PATH=$LIBDIR"
    elif [ "$(id -u)" = 0 ]; then
        ldconfig
    else
        echo "Programs find it after \`ldconfig\`, as root"
    fi
fi
