#!/bin/sh
# Builds a CPython that uses the C library musl, for `make test-musl-python`: Debian has none.
#
#   musl_python.sh FOLDER   FOLDER/python gets the interpreter, FOLDER/cc the compiler
#
# It is the version that this Debian has, from its source package, with zlib and libffi. OpenSSL is left out, and so are ssl and
# the secure hashes that only OpenSSL has.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
# shellcheck source=tools/musl_headers.sh
. tools/musl_headers.sh
kernel_headers "$folder/kernel-headers"
rm -rf "$folder/source" "$folder/python"
mkdir -p "$folder/source" "$folder/apt/lists/partial"

# musl-gcc itself answers -print-multiarch with glibc's name, by which CPython would name its extension modules.
cat >"$folder/cc" <<END
#!/bin/sh
case \$* in
*-print-multiarch*) echo $(uname -m)-linux-musl ;;
*) exec musl-gcc -idirafter $folder/kernel-headers "\$@" ;;
esac
END
chmod +x "$folder/cc"
export CC="$folder/cc" CFLAGS='-O1 -g0' MAKEFLAGS=

# This system's sources of packages, for source packages only; its own lists stay as they are.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    ! grep -q 'debian\.org' "$list" 2>/dev/null ||
        sed 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$list" >"$folder/apt/$(basename "$list" .list).${list##*.}"
done
apt() {
    apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$folder/apt" -o Dir::State::lists="$folder/apt/lists" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
}
apt update
version=$(/usr/bin/python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
(cd "$folder/source" && apt source --tar-only "$version" zlib libffi)

unpack() {
    mkdir -p "$folder/source/$1"
    tar -C "$folder/source/$1" --strip-components 1 -xf "$folder/source/$1"_*.orig.tar.*
    cd "$folder/source/$1"
}
(unpack zlib && CFLAGS="$CFLAGS -fPIC" ./configure --static --prefix="$folder/python" && make -s install) >"$folder/zlib.log" 2>&1
(unpack libffi && ./configure -q --disable-shared --with-pic --disable-docs --prefix="$folder/python" && make -s install) \
    >"$folder/libffi.log" 2>&1
(
    unpack "$version"
    # Modules that need other libraries would be linked with this system's, which need glibc.
    export CPPFLAGS="-I$folder/python/include" LDFLAGS="-L$folder/python/lib" PKG_CONFIG=/bin/false
    ./configure -q --prefix="$folder/python" --without-ensurepip --disable-test-modules && make -s && make -s install
) >"$folder/python.log" 2>&1
"$folder/python/bin/python3" -c 'import ctypes, zlib, sys; print("built CPython", sys.version)'
