"""Makes the pictures of docs/images: `make screenshots`. Needs Chromium; small differences between two runs are
those of the runs."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
STICKY = ROOT / "examples/sticky-packets"
SIZE = {"width": 1140, "height": 640}
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


def record_partial_send(folder):
    """The program in the page of the finding, with larger receives, so that they are few."""
    page = (ROOT / "docs/findings/partial-send.md").read_text(encoding="utf-8")
    program = folder.with_suffix(".d") / "download.py"
    program.parent.mkdir()
    text = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    program.write_text(text.replace("65536", "1 << 20"), encoding="utf-8")
    with traced(folder, program) as running:
        running.communicate(timeout=TIME_LIMIT)


def main():
    if CHROMIUM is None:
        sys.exit("make screenshots needs Chromium (`make setup` installs it on Debian)")
    IMAGES.mkdir(exist_ok=True)
    pictures = [
        ("trace-page", record_sticky_packets, False, []),
        ("trace-page-finding", record_partial_send, True, ["n"]),
    ]
    with tempfile.TemporaryDirectory() as scratch, Browser(f"{scratch}/profile") as browser:
        for name, make, dark, keys in pictures:
            folder, page = Path(scratch) / name, Path(scratch) / f"{name}.html"
            make(folder)
            with Trace(folder) as trace:
                document.save(trace, page)
            shown = browser.open(page, dark=dark, **SIZE)
            for key in keys:
                shown.press(key)
            (IMAGES / f"{name}.png").write_bytes(shown.screenshot())


main()
