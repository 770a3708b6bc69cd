"""What a shared library of the release needs of the system, and that its platform has that."""

import io
import re

from . import mach_o
from .commands import Failed

# What every system of the platform has, whatever is installed.
LIBC = r"lib(c|m|dl|rt|pthread|util)\.so\.\d|libgcc_s\.so\.1|ld-linux[\w-]*\.so\.\d"
MUSL = r"libc\.so|libc\.musl-\w+\.so\.1"
MACOS = r"/usr/lib/lib(System\.B|iconv\.2|charset\.1)\.dylib"
# What compilers, their libraries and Rust's may call, and the first macOS that has it. An older one does not load a
# library that needs it. Rust's looks for such functions at run time.
LATER = {
    "futimens": "10.13",
    "utimensat": "10.13",
    "_availability_version_check": "10.15",  # clang's __builtin_available, in zig's library
    "preadv": "11.0",
    "pwritev": "11.0",
    "mkfifoat": "13.0",
    "mknodat": "13.0",
    "posix_spawn_file_actions_addchdir": "26.0",
}
ELF_MACHINES = {"EM_X86_64": "x86_64", "EM_AARCH64": "aarch64"}


def check(platform, data, name=None):
    """Fails unless the library runs on every system of the platform. Programs linked with it look for `name`."""
    problems = list(_elf(platform, data, name) if platform.is_linux else _mach_o(platform, data, name))
    if problems:
        raise Failed("; ".join(problems))


def _elf(platform, data, name):
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(io.BytesIO(data))
    except ELFError as e:
        raise Failed(f"not a library for Linux: {e}") from e
    if ELF_MACHINES.get(elf["e_machine"]) != platform.machine:
        yield f"it is for {elf['e_machine']}"
    dynamic = elf.get_section_by_name(".dynamic")
    needed = [tag.needed for tag in dynamic.iter_tags("DT_NEEDED")]
    yield from (f"it needs {n}" for n in needed if not re.fullmatch(MUSL if platform.is_musl else LIBC, n))
    names = [tag.soname for tag in dynamic.iter_tags("DT_SONAME")]
    if name and names != [name]:
        yield f"its name is {names}"
    versions = elf.get_section_by_name(".gnu.version_r")
    for _, symbols in versions.iter_versions() if versions else ():
        for symbol in symbols:
            wanted = re.fullmatch(r"GLIBC_([\d.]+)", symbol.name)
            if wanted and (platform.is_musl or _numbers(wanted[1]) > _numbers(platform.oldest)):
                yield f"it needs {symbol.name}"


def _mach_o(platform, data, name):
    library = mach_o.read(data)
    if library.machine != platform.machine:
        yield f"it is for {library.machine}"
    if library.oldest != _numbers(platform.oldest):
        yield f"it is for macOS {library.oldest} and newer, not {platform.oldest}"
    yield from (f"it needs {n}" for n in library.needs if not re.fullmatch(MACOS, n))
    for function in sorted(library.imports & LATER.keys()):
        if _numbers(LATER[function]) > _numbers(platform.oldest):
            yield f"it needs {function}, which is in macOS {LATER[function]} and newer"
    if name and library.name != f"@rpath/{name}":
        yield f"its name is {library.name}"
    if library.machine == "arm64" and not library.is_signed:
        yield "it has no signature"


def _numbers(version):
    return tuple(int(n) for n in version.split("."))
