"""Runs programs, each in a forked child, and records what their sockets do.

    python runner.py PROGRAM.py …

A child is forked from an interpreter that has everything imported, so that a hundred programs start at once. It ends
like a program that was started alone. The trace of `x.py` is the folder `x.trace` beside it, its output `x.out`. What
could not be run is listed on standard output, a line each.
"""

import os
import runpy
import signal
import sys
import time

import polysock
import polysock.net

AT_ONCE = 16  # they mostly wait
TIME_LIMIT = 60  # seconds


def run(program):
    base = program.removesuffix(".py")
    output = os.open(f"{base}.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    polysock.patch()
    polysock.trace(f"{base}.trace")
    os.environ["POLYSOCK_TRACE"] = f"{base}.trace"  # for what the program starts
    sys.argv = [program]
    runpy.run_path(program, run_name="__main__")


def main(programs):
    running = {}
    waiting = list(reversed(programs))
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            program = waiting.pop()
            child = os.fork()
            if child == 0:
                run(program)
                sys.exit()
            running[child] = program, time.monotonic() + TIME_LIMIT
        child, status = os.waitpid(-1, os.WNOHANG)
        if child:
            program, _ = running.pop(child)
            if status:
                print(f"{program}: wait status {status}")
            continue
        for child, (_, limit) in running.items():
            if time.monotonic() > limit:
                os.kill(child, signal.SIGKILL)
        time.sleep(0.005)


if __name__ == "__main__":
    main(sys.argv[1:])
