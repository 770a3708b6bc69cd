"""tools/release: names, contents and binaries of the files of a release, without building any."""

import io
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile

import pytest
from release import binaries, builds, c_libraries, installation, mach_o, programs, wheels
from release.__main__ import files_of, sum_of
from release.commands import Failed, run
from release.platforms import PLATFORMS, of_this_machine

MANYLINUX = PLATFORMS["linux-glibc-x86_64"]
MACOS = PLATFORMS["macos-arm64"]
SYSTEM = "/usr/lib/libSystem.B.dylib"


def test_every_platform_has_its_names():
    assert {p.name: (p.rust, p.wheel_tag) for p in PLATFORMS.values()} == {
        "linux-glibc-x86_64": ("x86_64-unknown-linux-gnu", "manylinux2014_x86_64.manylinux_2_17_x86_64"),
        "linux-glibc-aarch64": ("aarch64-unknown-linux-gnu", "manylinux2014_aarch64.manylinux_2_17_aarch64"),
        "linux-musl-x86_64": ("x86_64-unknown-linux-musl", "musllinux_1_2_x86_64"),
        "linux-musl-aarch64": ("aarch64-unknown-linux-musl", "musllinux_1_2_aarch64"),
        "macos-arm64": ("aarch64-apple-darwin", "macosx_11_0_arm64"),
        "macos-x86_64": ("x86_64-apple-darwin", "macosx_10_12_x86_64"),
    }


def make_wheel(folder, platform, *, tag="cp311-abi3", without=(), extra=(), said_tags=None, library=None):
    """A wheel with the files that one has to have."""
    info = f"polysock-{wheels.version()}.dist-info"
    tags = said_tags or [f"{tag}-{p}" for p in platform.wheel_tag.split(".")]
    files = dict.fromkeys(wheels.modules(), b"")
    files |= {f"{info}/licenses/{name}": b"" for name in wheels.LICENSES}
    files[f"{info}/RECORD"] = b""
    files[f"{info}/WHEEL"] = "".join(f"Tag: {t}\n" for t in tags).encode()
    files[f"{info}/METADATA"] = (
        f"Version: {wheels.version()}\nRequires-Python: >=3.11\nLicense-Expression: MIT OR Apache-2.0\n".encode()
    )
    native = "_native.abi3.so" if tag.endswith("abi3") else "_native.cpython-314t-darwin.so"
    files[f"polysock/{native}"] = make_mach_o() if library is None else library
    path = folder / f"polysock-{wheels.version()}-{tag}-{platform.wheel_tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name in [*files, *extra]:
            if name not in without:
                wheel.writestr(name, files.get(name, b""))
    return path


def make_mach_o(
    *, processor=0x0100_000C, oldest=(11, 0), name=None, needs=(SYSTEM,), imports=(), signed=True, system=1
):
    def named(command, text):
        text = text.encode() + b"\0" * (8 - len(text) % 8)
        return struct.pack("<6I", command, 24 + len(text), 24, 2, 0x10000, 0x10000) + text

    commands = [struct.pack("<6I", mach_o.BUILD_VERSION, 24, system, oldest[0] << 16 | oldest[1] << 8, 0, 0)]
    if name:
        commands.append(named(mach_o.ID_DYLIB, name))
    commands += [named(mach_o.LOAD_DYLIB, n) for n in needs]
    if signed:
        commands.append(struct.pack("<4I", mach_o.CODE_SIGNATURE, 16, 0, 0))
    names, symbols = b"\0", b""
    for symbol, kind, flags in imports:
        symbols += struct.pack("<I2BHQ", len(names), kind, 0, flags, 0)
        names += f"_{symbol}\0".encode()
    at = 32 + sum(map(len, commands)) + 24
    commands.append(struct.pack("<6I", mach_o.SYMTAB, 24, at, len(imports), at + len(symbols), len(names)))
    body = b"".join(commands)
    return struct.pack("<8I", mach_o.MAGIC_64, processor, 0, 6, len(commands), len(body), 0, 0) + body + symbols + names


@pytest.mark.parametrize("tag", ["cp311-abi3", "cp314-cp314t"])
def test_a_wheel_as_it_must_be(tmp_path, tag):
    wheels.check(make_wheel(tmp_path, MACOS, tag=tag), MACOS)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"without": ["polysock/py.typed"]}, "polysock/py.typed is missing"),
        ({"without": ["polysock/_native.pyi"]}, "polysock/_native.pyi is missing"),
        ({"without": ["polysock/_trace/page/assets/trace.js"]}, "trace.js is missing"),
        (
            {"without": [f"polysock-{wheels.version()}.dist-info/licenses/LICENSE-MIT"]},
            "licenses/LICENSE-MIT is missing",
        ),
        ({"without": ["polysock/_native.abi3.so"]}, "it has 0 native modules"),
        ({"extra": ["polysock/__pycache__/_tls.cpython-311.pyc"]}, "_tls.cpython-311.pyc does not belong there"),
        ({"extra": ["tests/test_tls.py"]}, "tests/test_tls.py does not belong there"),
        ({"said_tags": ["cp311-abi3-linux_x86_64"]}, "WHEEL has the tags ['cp311-abi3-linux_x86_64']"),
        ({"tag": "cp311-cp311"}, "is not the name of a wheel for macos-arm64"),
        ({"library": make_mach_o(processor=0x0100_0007)}, "it is for x86_64"),
        ({"library": make_mach_o(oldest=(14, 2))}, r"it is for macOS (14, 2) and newer, not 11.0"),
        (
            {"library": make_mach_o(needs=[SYSTEM, "/opt/homebrew/lib/libiconv.2.dylib"])},
            "needs /opt/homebrew/lib/libiconv",
        ),
        ({"library": make_mach_o(signed=False)}, "it has no signature"),
        ({"library": make_mach_o(system=2)}, "it is for Apple's platform 2"),
        ({"library": b"\x7fELF" + bytes(60)}, "not a library for macOS"),
        ({"library": make_mach_o()[:60]}, "not a library for macOS"),
    ],
)
def test_a_wheel_that_is_wrong(tmp_path, changes, problem):
    path = make_wheel(tmp_path, MACOS, **changes)
    with pytest.raises(Failed) as e:
        wheels.check(path, MACOS)
    assert problem in str(e.value)


def test_what_macos_has_may_be_needed():
    binaries.check(MACOS, make_mach_o(needs=[SYSTEM, "/usr/lib/libiconv.2.dylib", "/usr/lib/libcharset.1.dylib"]))


def test_what_newer_systems_have_must_not_be_needed():
    undefined, defined, debugger, if_there = 0x01, 0x0F, 0x24, 0x40
    old = PLATFORMS["macos-x86_64"]
    intel = {"processor": 0x0100_0007, "oldest": (10, 12)}
    function = "_availability_version_check"
    with pytest.raises(Failed, match=f"it needs {function}, which is in macOS 10.15 and newer"):
        binaries.check(old, make_mach_o(**intel, imports=[("poll", undefined, 0), (function, undefined, 0)]))
    others = [("poll", undefined, 0), ("preadv", undefined, if_there), (function, defined, 0), (function, debugger, 0)]
    binaries.check(old, make_mach_o(**intel, imports=others))
    binaries.check(MACOS, make_mach_o(imports=[(function, undefined, 0)]))


def test_the_name_of_a_library_for_macos():
    binaries.check(MACOS, make_mach_o(name="@rpath/libpolysock.0.dylib"), "libpolysock.0.dylib")
    with pytest.raises(Failed, match=r"its name is /somewhere/libpolysock\.dylib"):
        binaries.check(MACOS, make_mach_o(name="/somewhere/libpolysock.dylib"), "libpolysock.0.dylib")


def c_library(folder, platform):
    """The folder in which cargo would have put what it built."""
    built = folder / "built"
    built.mkdir()
    layer = ("libpolysock_bsd.so", "polysock-run") if platform.is_linux else ()
    for name in (c_libraries.shared(platform)[2], "libpolysock.a", *layer):
        (built / name).write_bytes(make_mach_o(name="@rpath/libpolysock.0.dylib"))
    return built


def test_a_tarball_for_macos(tmp_path):
    built = c_library(tmp_path, MACOS)
    tarballs = []
    for i in "12":
        (tmp_path / i).mkdir()
        tarballs.append(c_libraries.pack(MACOS, built, tmp_path / "work", tmp_path / i))
    assert tarballs[0].name == f"libpolysock-{wheels.version()}-macos-arm64.tar.gz"
    assert sum_of(tarballs[0]) == sum_of(tarballs[1]), "the same files make the same bytes"
    c_libraries.check(tarballs[0], MACOS)
    with tarfile.open(tarballs[0]) as tar:
        top = f"libpolysock-{wheels.version()}-macos-arm64"
        members = {m.name.removeprefix(f"{top}/"): m for m in tar.getmembers()}
        assert members["lib/libpolysock.dylib"].linkname == "libpolysock.0.dylib"
        assert members["lib/libpolysock.0.dylib"].linkname == f"libpolysock.{wheels.version()}.dylib"
        assert {(m.uid, m.gid, m.mtime) for m in members.values()} == {(0, 0, 0)}
        config = tar.extractfile(members["lib/cmake/polysock/polysockConfig.cmake"]).read().decode()
    assert f"/lib/libpolysock.{wheels.version()}.dylib" in config
    assert 'IMPORTED_SONAME "@rpath/libpolysock.0.dylib"' in config
    assert "bsd" not in config


def test_a_tarball_for_linux(tmp_path, monkeypatch):
    # What it has, not whether the libraries are any.
    monkeypatch.setattr(binaries, "check", lambda *_: None)
    tarball = c_libraries.pack(MANYLINUX, c_library(tmp_path, MANYLINUX), tmp_path / "work", tmp_path)
    c_libraries.check(tarball, MANYLINUX)
    with tarfile.open(tarball) as tar:
        top = f"libpolysock-{wheels.version()}-linux-glibc-x86_64"
        members = {m.name.removeprefix(f"{top}/"): m for m in tar.getmembers()}
        assert members["lib/libpolysock-bsd.so"].linkname == "libpolysock-bsd.so.0"
        assert members["lib/libpolysock-bsd.so.0"].linkname == f"libpolysock-bsd.so.{wheels.version()}"
        config = tar.extractfile(members["lib/cmake/polysock/polysockConfig.cmake"]).read().decode()
        readme = tar.extractfile(members["README"]).read().decode()
    assert "add_library(polysock::bsd SHARED IMPORTED)" in config
    assert "polysock::bsd" in readme


@pytest.mark.parametrize("missing", ["LICENSE-MIT", "lib/pkgconfig/polysock.pc", "include/polysock/polysock.hpp"])
def test_a_tarball_that_lacks_something(tmp_path, missing):
    whole = c_libraries.pack(MACOS, c_library(tmp_path, MACOS), tmp_path / "work", tmp_path)
    cut = tmp_path / "cut" / whole.name
    cut.parent.mkdir()
    with tarfile.open(whole) as tar, tarfile.open(cut, "w:gz") as other:
        for member in tar.getmembers():
            if not member.name.endswith(missing):
                other.addfile(member, tar.extractfile(member) if member.isfile() else None)
    with pytest.raises(Failed, match=f"{missing} is missing"):
        c_libraries.check(cut, MACOS)


QEMU = "qemu-aarch64-static"


@pytest.mark.parametrize(
    ("here", "platform", "loaders", "runs", "runs_if_whole"),
    [
        ("linux-glibc-x86_64", "linux-glibc-x86_64", {"/": "glibc"}, [], []),
        ("linux-glibc-x86_64", "linux-musl-x86_64", {"/": "glibc"}, None, []),
        ("linux-glibc-x86_64", "linux-musl-x86_64", {"/": "musl"}, [], []),
        ("linux-musl-x86_64", "linux-glibc-x86_64", {"/": "musl"}, None, []),
        ("linux-glibc-x86_64", "linux-glibc-aarch64", {}, None, [QEMU]),
        (
            "linux-glibc-x86_64",
            "linux-glibc-aarch64",
            {"/usr/aarch64-linux-gnu": "glibc"},
            [QEMU, "-L", "/usr/aarch64-linux-gnu"],
            [QEMU],
        ),
        ("linux-glibc-x86_64", "linux-musl-aarch64", {"/usr/aarch64-linux-gnu": "glibc"}, None, [QEMU]),
        ("linux-glibc-x86_64", "linux-musl-aarch64", {"/": "musl"}, [QEMU], [QEMU]),
        ("linux-glibc-aarch64", "linux-glibc-x86_64", {"/": "glibc"}, None, None),
        ("linux-glibc-x86_64", "macos-arm64", {}, None, None),
        ("macos-arm64", "macos-arm64", {}, [], []),
        ("macos-arm64", "macos-x86_64", {}, None, None),
        ("macos-arm64", "linux-glibc-aarch64", {}, None, None),
    ],
)
def test_what_runs_a_program(monkeypatch, here, platform, loaders, runs, runs_if_whole):
    monkeypatch.setattr(programs, "of_this_machine", lambda: PLATFORMS[here])
    monkeypatch.setattr(programs, "has_loader", lambda root, p: loaders.get(root) == p.libc)
    monkeypatch.setattr(shutil, "which", lambda name: name if name == QEMU else None)
    assert programs.runner_of(PLATFORMS[platform]) == runs
    assert programs.runner_of(PLATFORMS[platform], is_whole=True) == runs_if_whole


@pytest.mark.parametrize(
    ("linked", "said"),
    [
        ({"shared": [], "static": []}, "programs link with it and run"),
        ({"shared": [QEMU], "static": [QEMU]}, "programs link with it and run, emulated"),
        (
            {"shared": None, "static": [QEMU], "layer": None},
            "programs link with it; static: run, emulated; shared and layer: needs Linux (aarch64) with musl",
        ),
        ({"shared": None, "static": None}, "programs link with it; not run: needs Linux (aarch64) with musl"),
    ],
)
def test_what_is_said_of_programs(linked, said):
    assert programs.summary(linked, PLATFORMS["linux-musl-aarch64"]) == said


def test_the_sdist(tmp_path):
    def make(names):
        path = tmp_path / f"polysock-{wheels.version()}.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name in names:
                tar.addfile(tarfile.TarInfo(f"polysock-{wheels.version()}/{name}"), io.BytesIO())
        return path

    whole = wheels.SDIST.union(wheels.modules())
    assert list(wheels.problems_of_sdist(make(whole))) == []
    assert list(wheels.problems_of_sdist(make(whole - {"polysock/py.typed"}))) == ["polysock/py.typed is missing"]
    surplus = "polysock/__pycache__/a.pyc"
    assert list(wheels.problems_of_sdist(make(whole | {surplus}))) == [f"{surplus} does not belong there"]


def test_the_smoke_test(tmp_path):
    """It must run, and fail where the version is another."""
    smoke = builds.ROOT / "tools/release/smoke.py"
    shown = subprocess.run(
        [sys.executable, smoke, wheels.version()], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert shown.stdout.startswith("works in CPython"), shown.stderr
    other = subprocess.run([sys.executable, smoke, "0.0.1"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert other.returncode == 1


def test_a_command_that_fails_is_shown(tmp_path):
    with pytest.raises(Failed, match="exit code 3\nlast words"):
        run(["sh", "-c", "echo last words; exit 3"])
    with pytest.raises(Failed, match="no-such-program is not installed"):
        run(["no-such-program"])


def test_the_tests_of_the_package_say_what_passed():
    assert (
        installation.totals("....  [100%]\n=== 12 passed, 1 skipped in 3.10s ===\n") == "12 passed, 1 skipped in 3.10s"
    )
    for silent in ("....  [100%]\n", "no tests ran in 0.01s\n", "3 skipped in 0.01s\n", ""):
        with pytest.raises(Failed, match="did not say what passed"):
            installation.totals(silent)


def test_what_is_summed(tmp_path):
    for name in ("a.whl", "b.tar.gz", "SHA256SUMS", "c.txt"):
        (tmp_path / name).touch()
    assert [f.name for f in files_of(tmp_path)] == ["a.whl", "b.tar.gz"]
    (tmp_path / "SHA256SUMS").write_text(f"{sum_of(tmp_path / 'a.whl')}  a.whl\n")
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
def test_this_machine():
    here = of_this_machine()
    assert here is None or here.is_linux
