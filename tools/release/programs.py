"""Building programs with the C library of a release, as its users do, and running them where that is possible."""

import shlex
import shutil
import sys
from pathlib import Path

from .builds import ROOT
from .c_libraries import system
from .commands import run
from .platforms import of_this_machine

USE = ROOT / "ffi/tests/install/use.c"
# What the tests of a C library on another processor need; Debian has them.
EMULATORS = {"aarch64": ("qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu")}


def use(tarball, platform, work):
    """Builds a program with what is in the tarball, and runs it where that is possible; says what was done."""
    shutil.rmtree(work, ignore_errors=True)
    Path(work).mkdir(parents=True)
    run(["tar", "-xzf", tarball, "-C", work])
    (folder,) = Path(work).iterdir()
    # What unwinds the stack of Rust code comes with the compiler.
    compiler, unwinder = ["cc"], ["-lgcc_s"] if platform.is_linux else []
    if platform != of_this_machine():
        compiler, unwinder = [sys.executable, "-m", "ziglang", "cc", "-target", platform.zig], ["-lunwind"]
    if platform.is_musl:
        compiler.append("-dynamic")
    flags = flags_of(folder)
    run([*compiler, USE, "-o", Path(work, "shared"), *flags], MAKEFLAGS=None)
    private = [f for f in flags_of(folder, "--static") if f not in flags]
    archive = folder / "lib/libpolysock.a"
    includes = [f for f in flags if f.startswith("-I")]
    run([*compiler, USE, archive, "-o", Path(work, "static"), *includes, *private, *unwinder], MAKEFLAGS=None)
    runner = runner_of(platform)
    if runner is None:
        return f"programs link with it; not run: needs {system(platform)}"
    paths = {"LD_LIBRARY_PATH": str(folder / "lib"), "DYLD_LIBRARY_PATH": str(folder / "lib")}
    for program in ("shared", "static"):
        run([*runner, Path(work, program)], time_limit=60, **paths)
    return f"programs link with it and run{', emulated' if runner else ''}"


def flags_of(folder, *options):
    """What pkg-config tells the compiler of a library in a folder."""
    shown = run(
        ["pkg-config", *options, "--cflags", "--libs", "polysock"], PKG_CONFIG_PATH=str(folder / "lib/pkgconfig")
    )
    return shlex.split(shown)


def runner_of(platform):
    """What a program for the platform is run with here: nothing if it runs by itself; None if it can't."""
    here = of_this_machine()
    if here is None or here.system != platform.system:
        return None
    if here.machine == platform.machine:
        is_there = not platform.is_musl or Path(f"/lib/ld-musl-{platform.machine}.so.1").exists()
        return [] if is_there or here.is_musl else None
    emulator = EMULATORS.get(platform.machine)
    if emulator and not platform.is_musl and shutil.which(emulator[0]) and Path(emulator[2]).exists():
        return list(emulator)
    return None
