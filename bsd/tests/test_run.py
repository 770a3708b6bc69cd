"""polysock-run: which programs it runs, and what it says of others."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import BUILT, COMPILER, HERE, run

ROOT = HERE.parent.parent


def test_arguments_output_and_status_are_the_programs(layer):
    finished = layer.run("sh", "-c", 'echo "$0 $1"; echo wrong >&2; exit 7', "--trace", "two words")
    assert (finished.stdout, finished.stderr, finished.returncode) == ("--trace two words\n", "wrong\n", 7)


def test_help(layer):
    finished = layer.run("--help")
    assert finished.stdout.startswith("usage: polysock-run")
    assert finished.returncode == 0


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ((), 125, "usage:"),
        (("--trace",), 125, "--trace needs a value"),
        (("--trace", ""), 125, "--trace needs a value"),
        (("--bogus", "PROGRAM"), 125, "unknown option --bogus"),
        (("--data", "some", "PROGRAM"), 125, "--data must be none, all or a number, not some"),
        (("--trace", "/nonexistent/a/b", "PROGRAM"), 125, "/nonexistent/a/b: No such file or directory\n"),
        (("--trace", "FILE", "PROGRAM"), 125, "/test_run.py: File exists\n"),
        (("no-such-program",), 127, "no-such-program: not found"),
        (("/nonexistent/program",), 127, "/nonexistent/program: No such file or directory\n"),
        (("/",), 126, "/: "),
    ],
)
def test_what_can_not_be_run(layer, compiled, words, status, text):
    known = {"PROGRAM": compiled("echo"), "FILE": __file__}
    finished = layer.run(*(known.get(word, word) for word in words))
    assert finished.returncode == status
    assert finished.stderr.startswith("polysock-run: ")
    assert text in finished.stderr


@pytest.mark.parametrize(
    ("number", "problem"), [(b"9.9.9", "its version is 9.9.9"), (None, "it does not state its version")]
)
def test_a_layer_of_another_version_is_refused(layer, tmp_path, number, problem):
    runner, library = (Path(shutil.copy(file, tmp_path)) for file in (layer.runner, BUILT / "libpolysock-bsd.so.0"))
    assert run(runner, "true").returncode == 0
    contents = library.read_bytes()
    mark, version = re.search(rb"(polysock layer )([0-9.]+)\0", contents).groups()
    other = mark + number.ljust(len(version), b"\0") if number else bytes(len(mark))
    library.write_bytes(contents.replace(mark + version if number else mark, other))
    refused = run(runner, "true")
    text = f"{library}: {problem}, but that of polysock-run is {version.decode()}; install both together"
    assert (refused.stderr, refused.returncode) == (f"polysock-run: {text}\n", 125)


@pytest.fixture
def static(tmp_path):
    source, program = tmp_path / "static.c", tmp_path / "static"
    source.write_text("int main(void) { return 0; }\n")
    made = subprocess.run([*COMPILER, "-static", source, "-o", program], capture_output=True, timeout=60, check=False)
    if made.returncode:
        pytest.skip("needs a static C library")
    return program


def test_a_static_program_is_refused_and_a_script_that_it_interprets(layer, static, tmp_path):
    refused = layer.run(static)
    assert refused.returncode == 126
    assert "statically linked" in refused.stderr
    script = tmp_path / "script"
    script.write_text(f"#!{static} -x\n")
    script.chmod(0o755)
    assert "statically linked" in layer.run(script).stderr


@pytest.mark.parametrize(("line", "shown"), [("/no/such/shell -x\n", "/no/such/shell"), ("/bin/sh\r\n", "/bin/sh\\r")])
def test_a_script_without_its_interpreter_is_refused(layer, tmp_path, line, shown):
    script = tmp_path / "script"
    script.write_bytes(f"#!{line}".encode())
    script.chmod(0o755)
    refused = layer.run(script)
    assert refused.returncode == 126
    assert refused.stderr == f"polysock-run: {script}: its interpreter {shown} was not found\n"


@pytest.fixture
def with_loader(tmp_path):
    """Makes a program whose loader has another name, of the same length as `ld-linux`."""

    def make(name):
        contents = Path(shutil.which("true")).read_bytes()
        if b"ld-linux" not in contents:
            pytest.skip("needs programs of glibc")
        program = tmp_path / "other"
        program.write_bytes(contents.replace(b"ld-linux", name, 1))
        program.chmod(0o755)
        return program

    return make


@pytest.fixture
def only_glibc(layer, tmp_path):
    """A folder with polysock-run and the layer for glibc."""
    if not Path("/proc/self/maps").read_text().count("libc.so.6"):
        pytest.skip("needs glibc")
    for file in (layer.runner, BUILT / "libpolysock-bsd.so.0"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_a_program_of_another_c_library_needs_the_layer_for_that(only_glibc):
    contents = Path(shutil.which("true")).read_bytes()
    loader = re.search(rb"/lib\w*/ld-linux[\w.-]*", contents).group()
    musls = b"ld-musl-".ljust(len(loader), b"x")
    (only_glibc / musls.decode()).touch()
    program = only_glibc / "other"
    program.write_bytes(contents.replace(loader, musls))
    program.chmod(0o755)
    refused = run(only_glibc / "polysock-run", program, cwd=only_glibc)
    assert refused.returncode == 126
    assert refused.stderr.startswith(
        f"polysock-run: {program}: it uses the C library musl, and the layer for that, "
        f"polysock/musl/libpolysock-bsd.so.0, is neither in {only_glibc} nor in a lib folder beside it"
    )


def test_with_layers_for_two_c_libraries_each_program_finds_its_own(only_glibc):
    """For `$LIB`, glibc's loader puts a folder with its layer; musl's does not, and there is one of that name."""
    shown = run(only_glibc / "polysock-run", "printenv", "LD_PRELOAD")
    assert (shown.stdout, shown.stderr) == (f"{only_glibc}/libpolysock-bsd.so.0\n", "")
    (only_glibc / "polysock/musl").mkdir(parents=True)
    shutil.copy(only_glibc / "libpolysock-bsd.so.0", only_glibc / "polysock/musl")
    subprocess.run(["sh", ROOT / "tools/layer_links.sh", only_glibc, platform.machine()], check=True, timeout=60)
    commands = 'echo "$LD_PRELOAD"; grep -o "[^/]*/libpolysock-bsd.*" /proc/$$/maps'
    shown = run(only_glibc / "polysock-run", "sh", "-c", commands)
    path, *loaded = shown.stdout.splitlines()
    assert (path, shown.stderr) == (f"{only_glibc}/polysock/either/$LIB/libpolysock-bsd.so.0", "")
    assert set(loaded) == {f"{only_glibc.name}/libpolysock-bsd.so.0"}
    assert Path(path).samefile(only_glibc / "polysock/musl/libpolysock-bsd.so.0")
    # Where the loader does not find its own there, the layer's own path is used.
    for link in (only_glibc / "polysock/either").glob("lib*/**/*.so.0"):
        link.unlink()
    shown = run(only_glibc / "polysock-run", "printenv", "LD_PRELOAD")
    assert (shown.stdout, shown.stderr) == (f"{only_glibc}/libpolysock-bsd.so.0\n", "")


def test_a_program_without_its_loader_is_refused(layer, with_loader):
    refused = layer.run(with_loader(b"ld-minix"))
    assert refused.returncode == 126
    assert re.search("its loader /lib[^/]*/ld-minix.* was not found\n$", refused.stderr)


def test_a_setuid_program_is_refused(layer, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    program = tmp_path / "setuid"
    shutil.copy(shutil.which("true"), program)
    os.chown(program, 65534, 65534)
    program.chmod(0o4755)
    finished = layer.run(program)
    assert finished.returncode == 126
    assert "it is setuid" in finished.stderr


def test_the_layer_stays_where_the_program_changes_to(layer, compiled):
    """Relative names are of the folder in which polysock-run was started."""
    echo = compiled("echo")
    finished = layer.run("sh", "-c", f"cd / && {echo} 1", options=("--trace", "relative"), cwd=layer.folder)
    assert finished.stdout == "done 0\n"
    assert len(list((layer.folder / "relative").iterdir())) == 2
