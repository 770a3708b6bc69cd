"""Compiling for a platform: the Python module as a wheel, and the libraries for C programs.

zig is the linker, which brings the C libraries of other systems, and old versions of glibc; on macOS it is Apple's own.
Where the compiler has no standard library compiled for the platform, that is compiled, too (tools/rust_with_source.sh).
"""

import shutil
import subprocess
import sys
from pathlib import Path

from .commands import Failed, run
from .unwinder import stand_in

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "target/dist"
# Sets the compiler that has the source of its standard library; its cargo comes before others in PATH, after our tools.
WITH_SOURCE = """
. tools/rust_with_source.sh && use_rust_with_source || exit 1
case $CARGO in */*) PATH=$(dirname "$(command -v maturin)"):${CARGO%/*}:$PATH ;; esac
exec "$@"
"""


def has_std(platform):
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    return any(Path(sysroot, "lib/rustlib", platform.rust, "lib").glob("libstd-*"))


def uses_zig(platform):
    return not (sys.platform == platform.system == "darwin")


def compile_for(platform, profile, command, **environment):
    std = []
    if not has_std(platform):
        command = ["sh", "-c", WITH_SOURCE, "sh", *command]
        std = ["-Z", "build-std=std,panic_unwind"]
    if not platform.is_linux:
        environment["MACOSX_DEPLOYMENT_TARGET"] = platform.oldest
    if not platform.is_linux and uses_zig(platform):
        # Stripping a library for macOS needs rust-objcopy, which Debian's compiler comes without.
        environment[f"CARGO_PROFILE_{profile.upper().replace('-', '_')}_STRIP"] = "none"
    if platform.is_musl:
        # A shared library can't have a static C library in it.
        environment["RUSTFLAGS"] = "-C target-feature=-crt-static"
    if platform.libc == "glibc" and uses_zig(platform):
        environment["RUSTFLAGS"] = f"-C link-arg={stand_in(platform, TARGET / 'unwinder' / platform.name)}"
    # What make passes to its own children is not for cargo's; a linker chosen for the platform would replace zig.
    linker = f"CARGO_TARGET_{platform.rust.upper().replace('-', '_')}_LINKER"
    settings = {"CARGO_TARGET_DIR": str(TARGET), "MAKEFLAGS": None, linker: None}
    return run([*command, *std], cwd=ROOT, **(settings | environment))


def wheel(platform, profile, interpreter, into):
    """Builds the wheel in the folder `into`, and returns its path."""
    command = [
        "maturin",
        "build",
        "--locked",
        "--profile",
        profile,
        "--target",
        platform.rust,
        "-m",
        "python/Cargo.toml",
    ]
    command += ["--interpreter", interpreter, "-o", into]
    if uses_zig(platform):
        command.append("--zig")
    if platform.compatibility:
        command += ["--compatibility", platform.compatibility]
    shutil.rmtree(into, ignore_errors=True)
    compile_for(platform, profile, command)
    return one(into, "*.whl")


def sdist(into):
    # As any run from the checkout does; what that makes must not be packed.
    run([sys.executable, "-m", "compileall", "-q", "python/polysock"], cwd=ROOT)
    shutil.rmtree(into, ignore_errors=True)
    run(["maturin", "sdist", "-m", "python/Cargo.toml", "-o", into], cwd=ROOT)
    return one(into, "*.tar.gz")


def libraries(platform, profile):
    """Builds the libraries for C programs, and returns the folder that has them."""
    crates = ["-p", "polysock-ffi"]
    if platform.is_linux:
        crates += ["-p", "polysock-bsd"]
    if uses_zig(platform):
        command = ["cargo-zigbuild", "zigbuild", "--target", platform.zigbuild_target]
    else:
        command = ["cargo", "build", "--target", platform.rust]
    compile_for(platform, profile, [*command, "--locked", "--profile", profile, *crates])
    return TARGET / platform.rust / {"dev": "debug"}.get(profile, profile)


def one(folder, pattern):
    found = sorted(Path(folder).glob(pattern))
    if len(found) != 1:
        raise Failed(f"{folder} should have one {pattern}, but has {[f.name for f in found]}")
    return found[0]
