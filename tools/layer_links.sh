#!/bin/sh
# Makes the links by which a path with `$LIB` leads every program to the layer for its own C library:
#
#   layer_links.sh FOLDER MACHINE   FOLDER has libpolysock-bsd.so.0 for glibc, and polysock/musl/libpolysock-bsd.so.0
#
# For `$LIB`, glibc's loader puts the name of the system's library folder, which differs between distributions; musl's loader
# takes it as it is. So polysock/either/$LIB/libpolysock-bsd.so.0 is found by both (bsd/src/bin/polysock-run/layer.rs).
set -eu
layer=libpolysock-bsd.so.0
cd "$1"
for folder in lib lib64 "lib/$2-linux-gnu"; do
    mkdir -p "polysock/either/$folder"
    up=../../..
    [ "$folder" = "${folder%/*}" ] || up=../../../..
    ln -sf "$up/$layer" "polysock/either/$folder/$layer"
done
# shellcheck disable=SC2016 # the name itself
ln -sfn ../musl 'polysock/either/$LIB'
