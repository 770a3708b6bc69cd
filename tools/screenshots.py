"""Makes the pictures of docs/images: `make screenshots`, or `screenshots.py walk-dark` for those of one trace. Needs
Chromium. Two runs differ a little, and so do their pictures."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
STICKY = ROOT / "examples/sticky-packets"
WIDTH = 1140
TIME_LIMIT = 60

sys.path.insert(0, str(ROOT / "python/tests"))
from browser import CHROMIUM, Browser  # noqa: E402

from polysock._trace.model import Trace  # noqa: E402
from polysock._trace.page import document  # noqa: E402


def traced(folder, *command):
    python = [sys.executable, "-u", "-m", "polysock", "trace", "-o", folder]
    return subprocess.Popen([*python, *map(str, command)], stdout=subprocess.PIPE, text=True, cwd=STICKY)


def record_sticky_packets(folder):
    """A run of the tutorial about messages in a stream."""
    with traced(folder, "server.py", 0, 1) as server:
        port = re.search(r":(\d+)$", server.stdout.readline())[1]
        with traced(folder, "client.py", "127.0.0.1", port, "sample.txt") as client:
            client.communicate(timeout=TIME_LIMIT)
        server.communicate(timeout=TIME_LIMIT)


def record_walk(folder):
    """The broken client in README.md, with the server of a tutorial."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (program,) = (text for text in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "Why?" in text)
    client_program = folder.with_suffix(".d") / "client.py"
    client_program.parent.mkdir()
    with traced(folder, ROOT / "examples/echo-tcp/server.py", 0, 1) as server:
        port = re.search(r":(\d+)$", server.stdout.readline())[1]
        client_program.write_text(program.replace("localhost", "127.0.0.1").replace("7007", port), encoding="utf-8")
        with traced(folder, client_program) as client:
            client.communicate(timeout=TIME_LIMIT)
        server.communicate(timeout=TIME_LIMIT)


def record_partial_send(folder):
    """The program in the page of the finding, with larger receives, so that they are few."""
    page = (ROOT / "docs/findings/partial-send.md").read_text(encoding="utf-8")
    program = folder.with_suffix(".d") / "download.py"
    program.parent.mkdir()
    text = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    program.write_text(text.replace("65536", "1 << 20"), encoding="utf-8")
    with traced(folder, program) as running:
        running.communicate(timeout=TIME_LIMIT)


# Of each trace: how high its pictures are, and for each whether it is dark and which keys are pressed.
TRACES = [
    (record_sticky_packets, 640, {"trace-page": (False, "")}),
    (record_partial_send, 640, {"trace-page-finding": (True, "n")}),
    (record_walk, 700, {"walk-light": (False, ""), "walk-dark": (True, "")}),
]


def main():
    if CHROMIUM is None:
        sys.exit("make screenshots needs Chromium (`make setup` installs it on Debian)")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Browser(f"{scratch}/profile") as browser:
        for make, height, pictures in TRACES:
            if sys.argv[1:] and not pictures.keys() & set(sys.argv[1:]):
                continue
            folder, page = Path(scratch) / make.__name__, Path(scratch) / f"{make.__name__}.html"
            make(folder)
            with Trace(folder) as trace:
                document.save(trace, page)
            for name, (dark, keys) in pictures.items():
                shown = browser.open(page, dark=dark, width=WIDTH, height=height)
                for key in keys:
                    shown.press(key)
                (IMAGES / f"{name}.png").write_bytes(shown.screenshot())


main()
