"""The workflows of CI ask for what there is: targets of the Makefile, platforms, options, files."""

import re
import sys
from pathlib import Path

import pytest
from release.__main__ import arguments
from release.platforms import PLATFORMS

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+(?: [a-z0-9-]+)*):", MAKEFILE, re.MULTILINE))
TARGETS = {name for names in TARGETS for name in names.split()}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.name)
def test_what_is_made_exists(workflow):
    made = re.findall(r"run: make ((?:[a-z0-9-]+ ?)+)", workflow.read_text())
    assert made
    assert {name for names in made for name in names.split()} <= TARGETS


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.name)
def test_every_action_has_a_version(workflow):
    actions = re.findall(r"uses: *(\S+)", workflow.read_text())
    assert actions
    assert [a for a in actions if not re.search(r"@(v\d+|release/v\d+)$", a)] == []


def test_a_release_is_built_for_every_platform():
    release = (ROOT / ".github/workflows/release.yml").read_text()
    named = re.findall(r"^ +platforms: (.*)$", release, re.MULTILINE)
    assert sorted(name for names in named for name in names.split()) == sorted(PLATFORMS)


def test_the_options_of_a_release_exist(monkeypatch):
    text = "".join(w.read_text() for w in WORKFLOWS)
    named = re.findall(r"DIST_OPTIONS='(--[^']*)'", text) + re.findall(r"^ +kinds: (.*)$", text, re.MULTILINE)
    assert len(named) >= len(WORKFLOWS)
    for options in named:
        monkeypatch.setattr(sys, "argv", ["release", *options.split()])
        arguments()  # exits if one is unknown


def test_a_release_is_tested_by_every_cpython_that_it_is_for():
    project = (ROOT / "python/pyproject.toml").read_text()
    declared = set(re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project))
    release = (ROOT / ".github/workflows/release.yml").read_text()
    tested = {
        job.split(":")[0]: set(re.findall(r'"(3\.\d+)"', job))
        for job in re.split(r"^  (?=[a-z-]+:$)", release, flags=re.MULTILINE)
    }
    assert declared
    assert [tested[job] for job in ("test", "test-macos")] == [declared] * 2


def test_files_that_the_workflows_name_exist():
    text = "".join(w.read_text() for w in WORKFLOWS)
    named = set(re.findall(r"\b((?:tools|python|core|ffi)/[\w./-]+)", text))
    assert "tools/release/smoke.py" in named
    assert [n for n in named if not (ROOT / n).exists()] == []
