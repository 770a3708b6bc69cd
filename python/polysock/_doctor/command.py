"""`python -m polysock doctor`: arguments, output, exit status."""

import argparse
import json
import os
import shutil
import sys

from .._terminal import in_colour
from .examination import Examination
from .judgements import WARNING, judgements
from .page import page
from .report import as_values
from .system import System

LONGEST_LOOK = 86_400
EXIT_STATUS = "Exit status: 0, or 1 if there is a warning, or 2 if the arguments are wrong."


def main(arguments, root="/"):
    """Runs the command and returns its exit status. `root` is a folder to read instead of the machine's /proc."""
    options = _parser().parse_args(arguments)
    try:
        found = Examination(System(root), options.seconds)
    except KeyboardInterrupt:  # while it watched
        return 130
    made = judgements(found)
    if options.json:
        text = json.dumps(as_values(found, made), indent=2) + "\n"
    else:
        width = shutil.get_terminal_size().columns
        text = page(found, made, width, in_colour(sys.stdout, os.environ), options.brief)
    _write(text)
    return int(any(judgement.severity == WARNING for judgement in made))


def _write(text):
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), sys.stdout.fileno())


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m polysock doctor",
        description="Explains the kernel's network settings, shows what this machine's sockets are doing, and says "
        "what needs attention. Changes nothing and needs no privileges.",
        epilog=EXIT_STATUS,
        allow_abbrev=False,
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything as JSON (docs/doctor.md has the keys)")
    form.add_argument("--brief", action="store_true", help="leave out the counters and the settings")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=0,
        metavar="N",
        help="watch for N seconds: what is dropped in that time is a warning, what was dropped before only a note",
    )
    return parser


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= LONGEST_LOOK:
        raise argparse.ArgumentTypeError(f"must be a number above 0 and at most {LONGEST_LOOK:,}")
    return seconds
