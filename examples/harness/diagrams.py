"""The diagram of a tutorial: Mermaid in its README.md, between two markers, and the same in diagram.svg."""

import re

from polysock._trace import mermaid, svg
from polysock._trace.diagram import MOST_EVENTS
from polysock._trace.model import Trace

from .tutorial import Fault, Tutorial

PICTURE = "diagram.svg"
NOT_SHOWN = {"the"}  # "the rest is not shown"
_PLACE = re.compile(r"(<!-- diagram -->\n)(.*?)(<!-- end of diagram -->\n)", re.DOTALL)


def draw(tutorial: Tutorial, folder: str, is_whole: bool = False) -> tuple[str, str]:
    """What Mermaid reads, and the picture, of a traced run, or of as much as the tutorial wants of it."""
    wishes = tutorial.test["diagram"]
    most = MOST_EVENTS if is_whole else wishes.get("most", MOST_EVENTS)
    views: tuple[list[str], list[str]] = [], []
    for view, lines in zip((mermaid, svg), views, strict=True):
        with Trace(folder) as trace:
            view.show(trace, lines.append, options=wishes.get("options", False), most=most)
    return "\n".join(views[0]) + "\n", "\n".join(views[1]) + "\n"


def varies(tutorial: Tutorial) -> bool:
    return "varies" in tutorial.test["diagram"]


def is_like(tutorial: Tutorial, text: str, picture: str) -> bool:
    """Whether the committed diagram and picture have the same steps as these.

    If they vary, only kinds of steps that the whole run has: which of them come first differs from run to run."""
    committed, path = text_in_readme(tutorial), tutorial.folder / PICTURE
    if not path.is_file():
        return False
    pairs = (steps_in(committed), steps_in(text)), (words_in(path.read_text()), words_in(picture))
    if varies(tutorial):
        return all(kinds_of(ours) - NOT_SHOWN <= kinds_of(found) for ours, found in pairs)
    return all(ours == found for ours, found in pairs)


def save(tutorial: Tutorial, text: str, picture: str) -> None:
    readme = tutorial.folder / "README.md"
    block = f"```mermaid\n{text}```\n\n([the same as a picture]({PICTURE}))\n"
    readme.write_text(_PLACE.sub(lambda place: place[1] + block + place[3], readme.read_text()))
    (tutorial.folder / PICTURE).write_text(picture)


def text_in_readme(tutorial: Tutorial) -> str:
    place = _PLACE.search((tutorial.folder / "README.md").read_text())
    if place is None:
        raise Fault("README.md has no `<!-- diagram -->` and `<!-- end of diagram -->`, each in a line")
    return place[2].removeprefix("```mermaid\n").partition("```")[0]


def steps_in(text: str) -> list[str]:
    """The lines of a diagram without what may differ from run to run: payloads, numbers, and waits."""
    return [without_numbers(line) for line in text.splitlines()]


def words_in(picture: str) -> list[str]:
    return [without_numbers(words) for words in re.findall(r"<text[^>]*>(.*?)</text>", picture)]


def kinds_of(steps: list[str]) -> set[str]:
    """The calls with which steps begin, wherever they are."""
    return {re.sub(r"^( *[^:\"]*: )?(\w*).*", r"\2", step) for step in steps}


def without_numbers(line: str) -> str:
    line = re.sub(r'("|&quot;)(\\.|(?!\1)[^\\])*\1…?', '""', line)
    line = re.sub(r" waited [\d.]+ m?s", "", line)
    return re.sub(r"\d[\d,.]*", "0", line)
