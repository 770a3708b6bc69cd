"""What is found in traces of the tutorials is what their test.toml says. They are examples of how to write it right: a
finding that is not expected is a fault in a tutorial or a false alarm."""

import shutil

import pytest
from harness.findings import found_in, in_one_language, play_all, traced_plays
from harness.tutorial import EXAMPLES, load

TUTORIALS = {path.parent.name: load(path.parent) for path in sorted(EXAMPLES.glob("*/test.toml"))}

TRIES = 3


@pytest.fixture(scope="module")
def traces(request, tmp_path_factory):
    """The folders of the traces of each tutorial that was chosen, whose programs are all in one language."""
    chosen = [item.callspec.params["name"] for item in request.session.items if item.originalname == "test_found"]
    base = tmp_path_factory.mktemp("findings")
    plays = {
        name: {folder: play for folder, play in traced_plays(TUTORIALS[name], base).items() if in_one_language(play)}
        for name in chosen
    }
    faults = play_all({folder: play for some in plays.values() for folder, play in some.items()})
    assert faults == []
    return plays


@pytest.mark.parametrize("name", list(TUTORIALS))
def test_found(name, traces):
    assert traces[name]
    expected = set(TUTORIALS[name].test.get("findings", {}))
    found = {text: (folder, play) for folder, play in traces[name].items() for text in found_in(folder)}
    there = {
        text: play.title
        for text, (folder, play) in found.items()
        if name_of(text) in expected or is_found_again(name_of(text), folder, play)
    }
    assert set(map(name_of, there)) == expected, there


def name_of(text):
    return text.partition(":")[0]


def is_found_again(finding, folder, play):
    """Whether it is found every time, not only on a machine so busy that clients had to wait."""
    for _ in range(TRIES):
        shutil.rmtree(folder)
        assert play_all({folder: play}) == []
        if finding not in map(name_of, found_in(folder)):
            return False
    return True
