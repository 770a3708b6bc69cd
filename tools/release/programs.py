"""Building programs with the C library of a release, as its users do, and running them where that is possible."""

import shlex
import shutil
import sys
from pathlib import Path

from .builds import ROOT
from .c_libraries import system
from .commands import Failed, run
from .platforms import of_this_machine

SOURCES = ROOT / "ffi/tests/install"
LOADERS = {
    ("glibc", "x86_64"): "lib64/ld-linux-x86-64.so.2",
    ("glibc", "aarch64"): "lib/ld-linux-aarch64.so.1",
    ("musl", "x86_64"): "lib/ld-musl-x86_64.so.1",
    ("musl", "aarch64"): "lib/ld-musl-aarch64.so.1",
}
# Where a system has the C library for another processor: from Debian's cross-compilers, or from its own package.
ELSEWHERE = {"glibc": "/usr/{machine}-linux-gnu", "musl": "/"}


def use(tarball, platform, work):
    """Builds programs with what is in the tarball, and runs them where that is possible; says what was done."""
    shutil.rmtree(work, ignore_errors=True)
    Path(work).mkdir(parents=True)
    run(["tar", "-xzf", tarball, "-C", work])
    (folder,) = Path(work).iterdir()
    with_loader = runner_of(platform)
    linked = {"shared": with_loader, "static": runner_of(platform, is_whole=platform.is_musl)}
    build_with_library(folder, platform, work)
    if platform.is_linux:
        build_with_layer(folder, platform, work)
        linked["layer"] = with_loader
    paths = {"LD_LIBRARY_PATH": str(folder / "lib"), "DYLD_LIBRARY_PATH": str(folder / "lib")}
    for name, runner in linked.items():
        if runner is not None:
            said = run([*runner, Path(work, name)], time_limit=60, **paths)
            if name == "layer" and said != "EPIPE\n":
                raise Failed(f"a program that is linked with the layer said {said!r}")
    # An emulator does not follow polysock-run, which becomes the program.
    if platform.is_linux and with_loader == []:
        said = run([folder / "bin/polysock-run", "--safe", Path(work, "unchanged")], time_limit=60)
        if said != "EPIPE\n":
            raise Failed(f"a program under polysock-run said {said!r}")
        recorded = [folder / "bin/polysock-run", "--safe", "--trace", Path(work, "trace")]
        said = run([*recorded, Path(work, "cancelled")], time_limit=60)
        if said != "cancelled\n":
            raise Failed(f"a program that cancels a thread said {said!r}")
    return summary(linked, platform)


def summary(linked, platform):
    """What to say of programs that were linked: with what each was run, if it was."""
    ran = [name for name, runner in linked.items() if runner is not None]
    emulated = ", emulated" if any(linked[name] for name in ran) else ""
    if not ran:
        return f"programs link with it; not run: needs {system(platform)}"
    if len(ran) == len(linked):
        return f"programs link with it and run{emulated}"
    rest = " and ".join(name for name in linked if name not in ran)
    return f"programs link with it; {' and '.join(ran)}: run{emulated}; {rest}: needs {system(platform)}"


def compiler_of(platform):
    """The command, and what unwinds the stack of Rust code, which comes with each compiler."""
    if platform != of_this_machine():
        # Without optimization zig adds checks, and with them functions of the C library that only the newest musl has.
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", platform.zig, "-O1"]
        return zig, ["-lunwind"]
    return ["cc"], {"glibc": ["-lgcc_s"], "musl": ["-lgcc_eh"]}.get(platform.libc, [])


def build_with_library(folder, platform, work):
    compiler, unwinder = compiler_of(platform)
    flags = flags_of(folder, "polysock")
    # zig makes programs for musl that have the C library in them, unless told otherwise. With the static library this
    # is what users of musl want.
    dynamic, whole = (["-dynamic"], ["-static"]) if platform.is_musl else ([], [])
    source = SOURCES / "use.c"
    run([*compiler, *dynamic, source, "-o", Path(work, "shared"), *flags], MAKEFLAGS=None)
    private = [f for f in flags_of(folder, "polysock", "--static") if f not in flags]
    includes = [f for f in flags if f.startswith("-I")]
    libraries = [folder / "lib/libpolysock.a", *private, *unwinder]
    run([*compiler, *whole, source, "-o", Path(work, "static"), *includes, *libraries], MAKEFLAGS=None)


def build_with_layer(folder, platform, work):
    """A program that knows nothing of polysock: one that is linked with the layer, and one for polysock-run."""
    compiler, _ = compiler_of(platform)
    dynamic = ["-dynamic"] if platform.is_musl else []
    with_layer = flags_of(folder, "polysock-bsd")
    if platform != of_this_machine():
        # zig's linker knows neither --push-state nor libraries among its options.
        with_layer = [f"-L{folder / 'lib'}", "-Wl,--no-as-needed", "-lpolysock-bsd"]
    for name, flags in {"layer": with_layer, "unchanged": []}.items():
        run([*compiler, *dynamic, SOURCES / "unchanged.c", "-o", Path(work, name), *flags], MAKEFLAGS=None)
    run([*compiler, *dynamic, SOURCES / "cancelled.c", "-o", Path(work, "cancelled"), "-pthread"], MAKEFLAGS=None)


def flags_of(folder, library, *options):
    """What pkg-config tells the compiler of a library in a folder."""
    shown = run(["pkg-config", *options, "--cflags", "--libs", library], PKG_CONFIG_PATH=str(folder / "lib/pkgconfig"))
    return shlex.split(shown)


def runner_of(platform, *, is_whole=False):
    """What a program for the platform is run with here: nothing if it runs by itself; None if it can't.

    A program is whole if no library has to be loaded into it.
    """
    here = of_this_machine()
    if here is None or here.system != platform.system:
        return None
    if here.machine == platform.machine:
        return [] if is_whole or not platform.is_linux or has_loader("/", platform) else None
    emulator = f"qemu-{platform.machine}-static"
    if not platform.is_linux or not shutil.which(emulator):
        return None
    root = ELSEWHERE[platform.libc].format(machine=platform.machine)
    if not is_whole and not has_loader(root, platform):
        return None
    return [emulator] if is_whole or root == "/" else [emulator, "-L", root]


def has_loader(root, platform):
    return Path(root, LOADERS[platform.libc, platform.machine]).exists()
