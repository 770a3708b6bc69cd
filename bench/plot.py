"""Draws every figure from the committed results:  plot.py [--scheme light|dark] [--to FOLDER]

Each figure follows the reader's colour scheme, unless one is named. The list of rows that are behind, in docs/speed.md,
is made from the results too. `make bench-plots` does all that; a benchmark ends with it.
"""

import argparse
import json
from pathlib import Path

from plots import growth, headline, page, sections, servers

RESULTS = Path(__file__).parent
FIGURES = RESULTS / "figures"
PAGE = RESULTS.parent / "docs" / "speed.md"


def read(folder=RESULTS):
    return {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}


def drawings(results):
    """All figures by name, of those results that there are."""
    made = {}
    for each in (headline, sections, servers, growth):
        made |= each.drawings(results)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--scheme", choices=("both", "light", "dark"), default="both")
    parser.add_argument("--to", type=Path, help="another folder for the figures; the page stays as it is")
    arguments = parser.parse_args()
    results, folder = read(), arguments.to or FIGURES
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawing in drawings(results).items():
        (folder / f"{name}.svg").write_text(drawing.svg(arguments.scheme))
    if not arguments.to:
        PAGE.write_text(page.filled(PAGE.read_text(), results))


if __name__ == "__main__":
    main()
