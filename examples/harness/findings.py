"""What `python -m polysock show` finds in traces of the tutorials and of the real programs in clients/.

    python -m harness.findings [--clients FOLDER]      in examples/; `make findings-count`

prints how often each finding occurs: in the plays of all tutorials and, given a folder of traces of the clients' cases,
in those.
"""

import argparse
import asyncio
import dataclasses
import os
import tempfile
from collections import Counter
from pathlib import Path

from polysock._trace.findings import find
from polysock._trace.model import Trace

from .plays import Play, plays_of
from .tutorial import EXAMPLES, Tutorial, load

AT_ONCE = 2 * (os.cpu_count() or 1)


def traced_plays(tutorial: Tutorial, base: Path) -> dict[Path, Play]:
    """The plays of a tutorial with its programs, by the folder in which each records."""
    plays = {}
    for number, play in enumerate(plays_of(tutorial)):
        if play.languages:
            folder = base / f"{tutorial.name}: {play.title}"
            traced = dataclasses.replace(tutorial, environment={"POLYSOCK_TRACE": str(folder)})
            plays[folder] = plays_of(traced)[number]
    return plays


def play_all(plays: dict[Path, Play]) -> list[str]:
    """Plays several at once; returns what was wrong."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(play: Play) -> str | None:
        async with gate:
            return await play.fault()

    async def every() -> list[str | None]:
        return await asyncio.gather(*map(one, plays.values()))

    faults = asyncio.run(every())
    return [f"{folder.name}: {fault}" for folder, fault in zip(plays, faults, strict=True) if fault]


def found_in(folder: Path) -> list[str]:
    """The findings of a trace, as `name: text`."""
    with Trace(folder) as trace:
        trace.survey()
        return [f"{finding.name}: {finding.text}" for finding in find(trace)]


def in_one_language(play: Play) -> bool:
    return len(set(play.languages)) == 1


def table(title: str, traces: list[Path]) -> None:
    counts, runs = Counter(), Counter()
    for folder in traces:
        names = [text.partition(":")[0] for text in found_in(folder)]
        counts.update(names)
        runs.update(set(names))
    print(f"\n{title}: {len(traces)} traces")
    for name, count in sorted(counts.items()):
        print(f"  {name:<22}{count:>5} in {runs[name]} traces")
    if not counts:
        print("  nothing found")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=Path, help="a folder with a folder of traces for each case")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        plays = {}
        for path in sorted(EXAMPLES.glob("*/test.toml")):
            plays |= traced_plays(load(path.parent), Path(scratch))
        for fault in play_all(plays):
            print(fault)
        table("tutorials", list(plays))
    if arguments.clients:
        table("clients", sorted(path for path in arguments.clients.iterdir() if path.is_dir()))


if __name__ == "__main__":
    main()
