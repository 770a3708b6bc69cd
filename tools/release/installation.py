"""Installing a file of the release as its users do, where nothing of this checkout is, and trying it there."""

import re
import shutil
import sys
import zipfile
from pathlib import Path

from . import wheels
from .builds import ROOT
from .commands import Failed, run

SMOKE = Path(__file__).with_name("smoke.py")


def tried(file, work, *, interpreter=sys.executable, sdist=False, tests=False):
    """Installs the file into a fresh environment, tries it and uninstalls it; says what was done."""
    run([interpreter, "-m", "venv", work / "venv"])
    python = work / "venv/bin/python"
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    # Its own folder for what cargo builds, its own idea of which tools that takes.
    apart = {"CARGO_TARGET_DIR": None, "MAKEFLAGS": None, "PYTHONPATH": None}
    run([*pip, "install", *([] if sdist else ["--no-index"]), file], cwd=work, **apart)
    outcome = f"installed: {smoke_tested([python], work)}"
    if tests:
        outcome += f"; {tested(python, pip, work)}"
    run([*pip, "uninstall", "-y", "polysock"], cwd=work)
    left = [f for f in (work / "venv").rglob("*polysock*") if f.is_file() and "__pycache__" not in f.parts]
    if left:
        raise Failed(f"left behind by uninstall: {', '.join(str(f) for f in left)}")
    return outcome


def tested(python, pip, work):
    """Runs the package's tests beside what they read of the checkout, but without the package in it."""
    requirements = (ROOT / "python/requirements-dev.txt").read_text()
    run([*pip, "install", re.search("^pytest==.*$", requirements, re.MULTILINE)[0]], cwd=work)
    checkout = work / "checkout"
    for name in ("conformance", "docs", "include", "python/tests"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "python/pyproject.toml", checkout / "python")
    command = [python, "-m", "pytest", "-p", "no:cacheprovider"]
    return totals(run(command, cwd=checkout / "python", PYTHONPATH=None))


def totals(printed):
    """The last line of pytest, which has the numbers: a run that does not say what passed is none."""
    last = printed.rstrip().rpartition("\n")[2]
    if not re.search(r"\b[1-9]\d* passed", last):
        raise Failed(f"the tests did not say what passed:\n{printed}")
    return last.strip("= ")


def tried_unpacked(file, work, python):
    """The same without pip, which may be missing or take too long: `python` is a command, perhaps an emulator's."""
    with zipfile.ZipFile(file) as wheel:
        wheel.extractall(work / "unpacked")
    return f"unpacked: {smoke_tested(python, work, PYTHONPATH=str(work / 'unpacked'))}"


def smoke_tested(python, work, **environment):
    settings = {"PYTHONPATH": None} | environment
    return run([*python, SMOKE, wheels.version()], cwd=work, time_limit=300, **settings).splitlines()[-1]
