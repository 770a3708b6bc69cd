"""Draws the diagrams of the tutorials: `make diagrams`, or `draw.py echo-tcp` for some.

A diagram that still matches one of a few new runs is left as it is.
"""

import asyncio
import sys

from harness import diagrams
from harness.plays import DIAGRAM_RUNS, drawn_run
from harness.tutorial import EXAMPLES, load


async def main(names: list[str]) -> None:
    for folder in sorted(path.parent for path in EXAMPLES.glob("*/test.toml")):
        tutorial = load(folder)
        if "diagram" not in tutorial.test or (names and folder.name not in names):
            continue
        for _ in range(DIAGRAM_RUNS):
            text, picture = await drawn_run(tutorial)
            if diagrams.is_like(tutorial, text, picture):
                break
        else:
            diagrams.save(tutorial, text, picture)
            print(f"examples/{folder.name}: a new diagram")


asyncio.run(main(sys.argv[1:]))
