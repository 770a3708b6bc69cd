"""Keeps the processors from sleeping while something is measured."""

import contextlib
import os
import signal


@contextlib.contextmanager
def awake():
    """A process on each processor that runs only when nothing else wants to.

    To wake a processor that sleeps takes 50 to 80 µs in a virtual machine, more than any call here, and it depends on
    chance whether two threads share one: a row would show that and nothing else.
    """
    children = []
    try:
        for processor in os.sched_getaffinity(0):
            child = os.fork()
            if child == 0:
                spin(processor)
            children.append(child)
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def spin(processor):
    try:
        parent = os.getppid()
        os.sched_setaffinity(0, {processor})
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        os.nice(19)  # so that the kernel counts its time as that of a program with low priority
        while os.getppid() == parent:
            for _ in range(1_000_000):
                pass
    finally:
        os._exit(1)
