"""A stand-in for glibc's unwinder, libgcc_s.so.1, to link with.

Otherwise zig links its own unwinder into each library. glibc unwinds the stack of a cancelled thread with
libgcc_s.so.1, and the two can't work on one stack.
"""

import sys
from pathlib import Path

from .commands import run

NAME = "libgcc_s.so.1"
# By the versions under which the real one exports them.
FUNCTIONS = {
    "GCC_3.0": (
        "DeleteException",
        "ForcedUnwind",
        "GetDataRelBase",
        "GetGR",
        "GetIP",
        "GetLanguageSpecificData",
        "GetRegionStart",
        "GetTextRelBase",
        "RaiseException",
        "Resume",
        "SetGR",
        "SetIP",
    ),
    "GCC_3.3": ("Backtrace", "FindEnclosingFunction", "GetCFA", "Resume_or_Rethrow"),
    "GCC_4.2.0": ("GetIPInfo",),
}


def stand_in(platform, into):
    """Builds it in a folder, and returns its path."""
    folder = Path(into)
    folder.mkdir(parents=True, exist_ok=True)
    source, versions, library = folder / "unwinder.c", folder / "unwinder.map", folder / NAME
    names = {version: [f"_Unwind_{name}" for name in names] for version, names in FUNCTIONS.items()}
    source.write_text("".join(f"void {name}(void) {{}}\n" for some in names.values() for name in some))
    versions.write_text("".join(f"{version} {{ {'; '.join(some)}; }};\n" for version, some in names.items()))
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", platform.zig]
    linking = ["-shared", "-nostdlib", f"-Wl,-soname,{NAME}", f"-Wl,--version-script={versions}"]
    run([*zig, *linking, source, "-o", library], MAKEFLAGS=None)
    return library
