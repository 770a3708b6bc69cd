"""Programs with a fault earn its finding, and programs that only look like it do not: those of the pages in
docs/findings/, and those in programs/NAME/, whose names begin with `wrong_` or `right_`. All are run at once."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pages
import pytest
from helpers import COMPILER, PROGRAM_TIMEOUT
from pages import PAGES, ROOT, SECTIONS, WAYS

from polysock._trace.findings import SEVERITIES, find
from polysock._trace.findings.detectors import NAMES
from polysock._trace.model import Trace

HERE = Path(__file__).parent
LIBRARY = ROOT / "target/release"
PROGRAMS = sorted(path for path in (HERE / "programs").glob("*/*") if path.suffix in (".py", ".c"))

can_compile = shutil.which(COMPILER[0]) is not None and (LIBRARY / "libpolysock.so").exists()
needs_c = pytest.mark.skipif(not can_compile, reason="needs a C compiler and `make lib`")


def of_page(page, way):
    return f"{page.name}-{way.replace(' ', '_')}"


def of_file(path):
    return f"{path.parent.name}-{path.stem}{'_c' if path.suffix == '.c' else ''}"


class Runs:
    """Runs all programs; knows what was found in each."""

    def __init__(self, folder):
        self._folder = folder
        self._troubles = {}
        compiled = self._c_programs() if can_compile else {}
        with ThreadPoolExecutor() as pool:  # they mostly wait, and meanwhile others can be compiled
            running = [pool.submit(self._run_python, self._python_programs())]
            with ThreadPoolExecutor(os.cpu_count()) as compilers:
                list(compilers.map(self._compile, compiled))
            compiled = {name: program for name, (_, program) in compiled.items() if name not in self._troubles}
            with_end_in_c = {name: program for name, program in compiled.items() if program is not None}
            running.append(pool.submit(self._run_python, with_end_in_c))
            running += [pool.submit(self._run_c, name) for name, program in compiled.items() if program is None]
            for one in running:
                one.result()

    @staticmethod
    def _python_programs():
        programs = {of_file(path): path.read_text() for path in PROGRAMS if path.suffix == ".py"}
        for page in PAGES:
            programs[of_page(page, "fault")] = page.fault
            for way in ("Python", "Java style"):
                if block := page.right(way):
                    programs[of_page(page, way)] = pages.corrected(page.fault, block)
        return programs

    def _c_programs(self):
        """By name: C source, and the Python program of which it is an end, or None if it is whole."""
        self._sources = {of_file(path): path.read_text() for path in PROGRAMS if path.suffix == ".c"}
        programs = {name: (source, None) for name, source in self._sources.items()}
        for page in PAGES:
            if source := page.right("C"):
                name = of_page(page, "C")
                self._sources[name] = source
                whole = pages.is_whole(source)
                path = self._folder / f"{name}.program"
                programs[name] = source, None if whole else pages.with_end_in_c(page.fault, source, path)
        return programs

    def _compile(self, name):
        source = self._sources[name]
        code, program = self._folder / f"{name}.c", self._folder / f"{name}.program"
        code.write_text(source)
        files, defines = [code], []
        if not pages.is_whole(source):
            end = re.search(r"^static int (client|server)\(", source, re.MULTILINE)[1]
            files, defines = [HERE / "end.c"], [f'-DCODE="{code}"', f"-DEND={end}"]
        flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{ROOT / 'include'}", *defines]
        library = [f"-L{LIBRARY}", "-lpolysock", f"-Wl,-rpath,{LIBRARY}"]
        command = [*COMPILER, *flags, *files, "-o", program, *library]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
        if done.returncode:
            self._troubles[name] = done.stderr

    def _run_c(self, name):
        environment = os.environ | {"POLYSOCK_TRACE": str(self._folder / f"{name}.trace")}
        program = self._folder / f"{name}.program"
        done = subprocess.run([program], env=environment, capture_output=True, text=True, timeout=20, check=False)
        if done.returncode:
            self._troubles[name] = f"exit code {done.returncode}: {done.stderr}"

    def _run_python(self, programs):
        for name, program in programs.items():
            (self._folder / f"{name}.py").write_text(program)
        paths = [str(self._folder / f"{name}.py") for name in programs]
        command = [sys.executable, str(HERE / "runner.py"), *paths]
        done = subprocess.run(command, capture_output=True, text=True, timeout=3 * PROGRAM_TIMEOUT, check=False)
        assert done.returncode == 0, done.stderr
        for line in done.stdout.splitlines():
            program, _, trouble = line.rpartition(": ")
            self._troubles[Path(program).stem] = trouble + "\n" + Path(program).with_suffix(".out").read_text()

    def found(self, name):
        """The findings of a program."""
        assert name not in self._troubles, self._troubles[name]
        with Trace(self._folder / f"{name}.trace") as trace:
            trace.survey()
            return list(find(trace))


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    return Runs(tmp_path_factory.mktemp("findings"))


def texts(found):
    return [f"{finding.name}: {finding.text}" for finding in found]


def test_every_finding_has_a_page_and_every_page_a_finding():
    assert {page.name for page in PAGES} == NAMES
    index = (pages.FOLDER / "README.md").read_text()
    for page in PAGES:
        assert f"[{page.name}]({page.name}.md)" in index


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_what_each_has(page):
    assert page.headings[0] == (1, page.name)
    assert [text for level, text in page.headings if level == 2] == SECTIONS
    assert page.severities
    assert set(page.severities) <= set(SEVERITIES)
    ways = [text for level, text in page.headings if level == 3 and text in WAYS]
    assert ways == WAYS, "a language without a program says why there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_program_of_a_page_earns_exactly_this_finding(page, runs):
    found = runs.found(of_page(page, "fault"))
    assert [finding.name for finding in found] == [page.name], texts(found)
    assert found[0].severity in page.severities
    assert found[0].page == f"docs/findings/{page.name}.md"
    if page.said is not None:
        said = f"▲ {found[0].severity} {page.name}: {found[0].text}"
        assert pages.without_numbers(page.said) == pages.without_numbers(said)


RIGHT = [(page, way) for page in PAGES for way in WAYS if page.right(way)]


@pytest.mark.parametrize(
    ("page", "way"),
    [pytest.param(*one, marks=needs_c if one[1] == "C" else ()) for one in RIGHT],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_right_way_earns_none(page, way, runs):
    assert texts(runs.found(of_page(page, way))) == []


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=needs_c if path.suffix == ".c" else ()) for path in PROGRAMS],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_a_program_with_the_fault_and_one_that_looks_alike(path, runs):
    found = runs.found(of_file(path))
    names = {finding.name for finding in found}
    expected = {path.parent.name} if path.name.startswith("wrong_") else set()
    assert names == expected, texts(found)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_finding_has_a_program_that_looks_alike(name):
    assert any(path.name.startswith("right_") for path in PROGRAMS if path.parent.name == name)
