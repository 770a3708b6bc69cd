"""tools/check_links.py on small folders: which links and paths it accepts, and what it says of the others."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import check_links


@pytest.fixture
def problems(tmp_path):
    """problems(text): what is wrong with a README.md of this text, beside core/lib.rs and docs/other.md."""

    def check(text):
        for name, content in {
            "core/lib.rs": "",
            "docs/other.md": "# One, two\n## Same\n## Same\n",
            "README.md": text,
            "build/left.md": "[over](nowhere.md)",
        }.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content, encoding="utf-8")
        return list(check_links.problems(tmp_path))

    return check


@pytest.mark.parametrize(
    "text",
    [
        "[a](docs/other.md) [b](docs) [c](docs/other.md#one-two) [d](docs/other.md#same-1) [e](https://example.org/x)",
        "# Here\n[a](#here) [b](Error::kind)",
        "`core/lib.rs` `core/*.rs` `docs/` `text/plain` `build/x` `core`",
        "```sh\n[a](nowhere)\n`core/gone.rs`\n```",
    ],
)
def test_what_exists_is_accepted(problems, text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[a](docs/gone.md)", "no such file: docs/gone.md"),
        ("[a](docs/other.md#three)", "no such heading: docs/other.md#three"),
        ("[a](#there)", "no such heading: #there"),
        ("`core/gone.rs`", "no such file: core/gone.rs"),
        ("`core/*.py`", "no such file: core/*.py"),
    ],
)
def test_what_is_missing_is_reported(problems, text, problem):
    assert problems(text) == [f"README.md: {problem}"]
