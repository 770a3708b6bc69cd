"""The C library as a tarball: what `make install` installs, for a platform, in one folder that may be put anywhere."""

import gzip
import io
import shutil
import tarfile
from pathlib import Path

from . import binaries
from .builds import ROOT
from .commands import Failed, run
from .platforms import of_this_machine
from .wheels import LICENSES, version

README = """\
polysock {version} for C and C++, on {system}

The headers are in include, the shared and the static library in lib. This folder may be put anywhere:

    cc client.c $(PKG_CONFIG_PATH=FOLDER/lib/pkgconfig pkg-config --cflags --libs polysock) -Wl,-rpath,FOLDER/lib
    cmake -DCMAKE_PREFIX_PATH=FOLDER …

With CMake, find_package(polysock) has the targets polysock::polysock and polysock::polysock_static.
"""
LAYER = """
Programs that do not use polysock's functions are run over the layer by bin/polysock-run, or linked with it
(pkg-config: polysock-bsd, CMake: polysock::bsd).
"""


def system(platform):
    return {
        "glibc": f"Linux ({platform.machine}) with glibc {platform.oldest} or newer",
        "musl": f"Linux ({platform.machine}) with musl",
        "": f"macOS {platform.oldest} or newer ({platform.machine})",
    }[platform.libc]


def shared(platform):
    """The names of the shared library: the file, what programs look for, and what the linker does."""
    if platform.is_linux:
        return f"libpolysock.so.{version()}", "libpolysock.so.0", "libpolysock.so"
    return f"libpolysock.{version()}.dylib", "libpolysock.0.dylib", "libpolysock.dylib"


def pack(platform, built, work, into):
    """Packs the libraries in the folder `built`; returns the tarball's path."""
    top = f"libpolysock-{version()}-{platform.name}"
    shutil.rmtree(work, ignore_errors=True)
    folder = Path(work, top)
    run(["sh", ROOT / "ffi/install.sh", built], PREFIX=f"/{top}", DESTDIR=str(work), CROSS=cross_prefix(platform))
    for name in LICENSES:
        shutil.copy(ROOT / name, folder)
    readme = README.format(version=version(), system=system(platform))
    (folder / "README").write_text(readme + (LAYER if platform.is_linux else ""))
    tarball = Path(into, f"{top}.tar.gz")
    # The same files make the same bytes: without owners, times and a time in gzip's header.
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in [folder, *sorted(folder.rglob("*"))]:
            tar.add(file, file.relative_to(work), recursive=False, filter=anonymous)
    tarball.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return tarball


def anonymous(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def cross_prefix(platform):
    """What the names of binutils for the platform begin with, if they are not this machine's own."""
    here = of_this_machine()
    foreign = platform.is_linux and not (here and here.machine == platform.machine)
    return f"{platform.machine}-linux-gnu-" if foreign else ""


def check(tarball, platform):
    """Fails unless the tarball is complete, and its shared library runs on every system of the platform."""
    file, name, link = shared(platform)
    wanted = [f"lib/{f}" for f in (file, name, link, "libpolysock.a", "pkgconfig/polysock.pc")]
    wanted += [f"lib/cmake/polysock/polysockConfig{f}.cmake" for f in ("", "Version")]
    wanted += [f"include/polysock/{f.name}" for f in (ROOT / "include/polysock").iterdir()]
    wanted += [*LICENSES, "README"]
    if platform.is_linux:
        wanted += [f"lib/libpolysock-bsd.so{v}" for v in ("", ".0", f".{version()}")]
        wanted += ["lib/pkgconfig/polysock-bsd.pc", "bin/polysock-run"]
    with tarfile.open(tarball) as tar:
        top = f"libpolysock-{version()}-{platform.name}"
        files = {m.name.removeprefix(f"{top}/"): m for m in tar.getmembers() if not m.isdir()}
        problems = [f"{f} is missing" for f in wanted if f not in files]
        problems += [f"{f} does not belong there" for f in files if f not in wanted]
        if problems:
            raise Failed(f"{tarball.name}: " + "; ".join(sorted(problems)))
        for library, soname in {file: name, f"libpolysock-bsd.so.{version()}": "libpolysock-bsd.so.0"}.items():
            if f"lib/{library}" not in files:
                continue
            try:
                binaries.check(platform, tar.extractfile(files[f"lib/{library}"]).read(), soname)
            except Failed as e:
                raise Failed(f"lib/{library} in {tarball.name}: {e}") from e
