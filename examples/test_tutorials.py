"""Plays the tutorials: `pytest examples -k "echo-tcp and rust"`. harness/tutorial.py says what a tutorial is."""

import asyncio
import os
import re
import threading
from concurrent.futures import Future

import pytest
from harness.plays import Play, plays_of
from harness.tutorial import EXAMPLES, Fault, load

AT_ONCE = 2 * (os.cpu_count() or 1)
WAITING_AT_ONCE = 48

FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/test.toml"))


def all_plays():
    for folder in FOLDERS:
        try:
            plays = plays_of(load(folder))
        except Fault:  # test_folder reports it
            continue
        yield from (pytest.param(play, id=f"{folder.name}: {play.title}") for play in plays)


@pytest.fixture(scope="module")
def started(request):
    """All plays that were chosen, in an event loop that plays several at once: most of the time they wait."""
    chosen = [item.callspec.params["play"] for item in request.session.items if item.originalname == "test_play"]
    gates = {False: asyncio.Semaphore(AT_ONCE), True: asyncio.Semaphore(WAITING_AT_ONCE)}

    async def one(play: Play) -> str | None:
        async with gates[play.mostly_waits]:
            return await play.fault()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    futures: dict[Play, Future[str | None]] = {
        play: asyncio.run_coroutine_threadsafe(one(play), loop) for play in chosen
    }
    yield futures
    for future in futures.values():  # when the tests were interrupted
        future.cancel()
    asyncio.run_coroutine_threadsafe(all_ended(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def all_ended():
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


@pytest.mark.parametrize("play", list(all_plays()))
def test_play(play, started):
    if fault := started[play].result():
        pytest.fail(fault, pytrace=False)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_folder(folder):
    plays_of(load(folder))
    text = (folder / "README.md").read_text()
    linked = {name for name in re.findall(r"\]\(([^)/]+)\)", text) if "." in name}
    files = (".c", ".h", ".cpp", ".hpp", ".py", ".rs", ".java", ".svg")
    assert linked == {path.name for path in folder.iterdir() if path.suffix in files}


def test_table_names_every_tutorial():
    table = re.findall(r"^\| \[(.+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(table) == [folder.name for folder in FOLDERS]
