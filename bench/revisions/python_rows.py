"""Measures rows of Python when their names arrive on standard input, with the polysock that is imported here."""

import contextlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.chdir(Path(__file__).resolve().parents[2])  # where the rows look for what was built

import datagrams  # noqa: E402
import message_receivers  # noqa: E402
import message_senders  # noqa: E402
import messages  # noqa: E402
import rows.calls  # noqa: E402
import rows.threads  # noqa: E402 (registers its rows)

import polysock  # noqa: E402


def makers(name):
    """The context manager that measures a row; None if there is no such row."""
    if name in rows.ROWS:
        return rows.ROWS[name].make(polysock)
    for harness, ways in (
        (messages.from_filled_buffer, message_receivers.RECEIVERS),
        (messages.into_empty_buffer, message_senders.SENDERS),
        (datagrams.sending, datagrams.SENDERS),
        (lambda make: datagrams.receiving(make, together=False), datagrams.RECEIVERS),
    ):
        if name in ways:
            return harness(ways[name])
    return None


def main():
    """One row is ready at a time: its threads and sockets would change what another one costs."""
    current, measure, stack = None, None, contextlib.ExitStack()
    for line in sys.stdin:
        name = line.rstrip("\n")
        if name != current:
            stack.close()
            current, measure = name, None
            with contextlib.suppress(AttributeError):  # this polysock has no such call yet
                making = makers(name)
                measure = making and stack.enter_context(making)
        measured = measure() if measure else -1
        print(getattr(measured, "ns", measured), flush=True)
    stack.close()


if __name__ == "__main__":
    main()
