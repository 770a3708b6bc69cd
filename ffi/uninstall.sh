#!/bin/sh
# Removes what install.sh has installed, of any version: `PREFIX=/usr/local DESTDIR= sh ffi/uninstall.sh`, with the variables of install.sh.
set -eu
: "${PREFIX:=/usr/local}" "${DESTDIR:=}"
: "${LIBDIR:=$PREFIX/lib}" "${INCLUDEDIR:=$PREFIX/include}" "${BINDIR:=$PREFIX/bin}"
lib=$DESTDIR$LIBDIR
rm -f "$lib"/libpolysock.a "$lib"/libpolysock.so "$lib"/libpolysock.so.* "$lib"/libpolysock-bsd.so "$lib"/libpolysock-bsd.so.* \
    "$lib"/libpolysock.dylib "$lib"/libpolysock.*.dylib "$lib"/pkgconfig/polysock.pc "$lib"/pkgconfig/polysock-bsd.pc \
    "$DESTDIR$BINDIR/polysock-run"
rm -rf "$lib/polysock" "$lib/cmake/polysock" "$DESTDIR$INCLUDEDIR/polysock"
echo "polysock is no longer in $DESTDIR$PREFIX"
