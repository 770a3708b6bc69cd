# To be sourced: the headers of the kernel, which musl-gcc leaves out.
# shellcheck shell=sh

kernel_headers() { # the folder that gets them, to be used with -idirafter
    mkdir -p "$1"
    ln -sfn /usr/include/linux "$1/linux"
    ln -sfn /usr/include/asm-generic "$1/asm-generic"
    ln -sfn "/usr/include/$(uname -m)-linux-gnu/asm" "$1/asm"
}
