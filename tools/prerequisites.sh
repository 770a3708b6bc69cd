#!/bin/sh
# Reports what is missing, before a build fails halfway.
set -u
missing=0
need() {
    echo "polysock needs $1" >&2
    missing=1
}

version=$(cargo --version 2>/dev/null | sed 's/^cargo \([0-9]*\)\.\([0-9]*\).*/\1 \2/')
# shellcheck disable=SC2086 # split on purpose, compilers too: `ccache gcc` is two words
set -- $version
[ "${1:-0}" -gt 1 ] || [ "${2:-0}" -ge 85 ] || need "Rust 1.85 or newer (cargo)"
command -v ${CC:-cc} >/dev/null 2>&1 || need "a C compiler (${CC:-cc}; set CC to name another)"
command -v ${CXX:-c++} >/dev/null 2>&1 || need "a C++ compiler (${CXX:-c++}; set CXX to name another)"
"${PYTHON:-python3}" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    need "Python 3.11 or newer with venv (${PYTHON:-python3}; set PYTHON to name another)"
exit $missing
