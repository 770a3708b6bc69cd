#!/bin/sh
# Installs the wheel for musl on Alpine Linux, and tries it: `alpine.sh FOLDER VERSION…`, the folder that has the wheels, and
# versions of CPython. Needs docker.
set -eu
cd "$(dirname "$0")/../.."
wheels=$(cd "$1" && pwd)
shift
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
for python; do
    docker run --rm --volume "$PWD/tools/release:/release:ro" --volume "$wheels:/wheels:ro" "python:$python-alpine" sh -ec \
        "pip install --only-binary polysock --no-index --find-links /wheels polysock && python /release/smoke.py $version"
done
