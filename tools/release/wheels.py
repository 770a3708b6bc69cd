"""What a wheel and the sdist declare and contain."""

import json
import re
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

from . import binaries
from .builds import ROOT
from .commands import Failed, run

LICENSES = ("LICENSE-APACHE", "LICENSE-MIT")
SDIST = {"PKG-INFO", "pyproject.toml", "README.md", "Cargo.lock", "python/Cargo.toml", "core/Cargo.toml", *LICENSES}
PACKAGE = ROOT / "python/polysock"


def version():
    return re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]


def modules():
    """The files of the package as they are in the repository: modules, stubs, py.typed, what pages are made of."""
    for file in PACKAGE.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts and file.suffix not in (".so", ".pyc"):
            yield file.relative_to(PACKAGE.parent).as_posix()


def check(path, platform):
    """Fails unless the wheel is one for the platform, complete, and without anything else."""
    path = Path(path)
    named = re.fullmatch(
        rf"polysock-{re.escape(version())}-(cp311-abi3|cp3\d+-cp3\d+t)-{re.escape(platform.wheel_tag)}\.whl", path.name
    )
    if not named:
        raise Failed(f"{path.name} is not the name of a wheel for {platform.name}")
    with zipfile.ZipFile(path) as wheel:
        files = set(wheel.namelist())
        problems = [*contents(files, named[1]), *metadata(wheel, named[1], platform)]
        native = [f for f in files if f.endswith(".so")]
        library = wheel.read(native[0]) if native else b""
    if problems:
        raise Failed(f"{path.name}: " + "; ".join(problems))
    try:
        binaries.check(platform, library)
    except Failed as e:
        raise Failed(f"{native[0]} in {path.name}: {e}") from e


def contents(files, tag):
    """What is missing, and what should not be there."""
    info = f"polysock-{version()}.dist-info"
    suffix = "abi3" if tag.endswith("abi3") else r"cpython-3\d+t-[\w-]+"
    native = {f for f in files if re.fullmatch(rf"polysock/_native\.{suffix}\.so", f)}
    if len(native) != 1:
        yield f"it has {len(native)} native modules"
    wanted = {*modules(), *(f"{info}/{f}" for f in ("METADATA", "WHEEL", "RECORD"))}
    wanted |= {f"{info}/licenses/{f}" for f in LICENSES}
    yield from (f"{f} is missing" for f in sorted(wanted - files))
    # maturin lists what the native module is made of.
    surplus = (f for f in files - wanted - native if not f.startswith(f"{info}/sboms/"))
    yield from (f"{f} does not belong there" for f in sorted(surplus))


def metadata(wheel, tag, platform):
    info = f"polysock-{version()}.dist-info"
    tags = Parser().parsestr(wheel.read(f"{info}/WHEEL").decode()).get_all("Tag")
    expected = [f"{tag}-{p}" for p in platform.wheel_tag.split(".")]
    if sorted(tags) != sorted(expected):
        yield f"WHEEL has the tags {tags}"
    said = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
    for key, value in (
        ("Version", version()),
        ("Requires-Python", ">=3.11"),
        ("License-Expression", "MIT OR Apache-2.0"),
    ):
        if said[key] != value:
            yield f"METADATA has {key}: {said[key]}"


def audit(path, platform):
    """Asks the tools that know each platform's rules."""
    run(["twine", "check", "--strict", path])
    run(["check-wheel-contents", path])
    if "-abi3-" in Path(path).name:
        run(["abi3audit", "--strict", "--summary", path])
    if platform.is_linux:
        # Without this machine's libraries: its libc.so is a script for the linker, not a library.
        shown = json.loads(run(["auditwheel", "show", "--json", "--ldpaths", "/nonexistent", path]))
        # auditwheel does not know musl by the name libc.so, with which zig links; binaries.py checks what is needed.
        found = shown["sym_tag" if platform.is_musl else "overall_tag"]
        if found not in platform.wheel_tag.split("."):
            raise Failed(f"auditwheel: {Path(path).name} is only {found}")


def check_sdist(path):
    """Fails unless all that the wheel is built from is in the sdist."""
    if problems := list(problems_of_sdist(path)):
        raise Failed(f"{Path(path).name}: " + "; ".join(problems))
    run(["twine", "check", "--strict", path])


def problems_of_sdist(path):
    with tarfile.open(path) as sdist:
        files = {f.removeprefix(f"polysock-{version()}/") for f in sdist.getnames()}
    wanted = SDIST.union(modules())
    yield from (f"{f} is missing" for f in sorted(wanted - files))
    yield from (f"{f} does not belong there" for f in sorted(files) if "__pycache__" in f or f.endswith(".pyc"))
