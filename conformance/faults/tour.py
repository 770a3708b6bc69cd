"""What no scenario has, while calls fail: pollers, servers of both kinds, descriptors in messages. tour.c plays it, one process a play."""

import os
import subprocess

from .judge import ABSORBED, NOT_REACHED, REFUSED, VIOLATION, names_of

AREAS = ("poller", "server", "messages", "descriptors")
REPORTS = ("on_error", "on_close", "polysock_message_server_wait")  # what servers say of their own threads
LIMIT = 30  # seconds


class Tour:
    """A C program that has the shim in it."""

    def __init__(self, program, shim, object_name, control):
        self.program, self.control = program, control
        self.environment = os.environ | {"LD_PRELOAD": shim, "POLYSOCK_FAULTS": control.path, "POLYSOCK_FAULTS_IN": object_name}

    def play(self, area, fault=None):
        """How it ended, and what it printed."""
        self.control.begin(fault)
        self.control.arm(True)
        try:
            run = subprocess.run([self.program, area], env=self.environment, capture_output=True, text=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return VIOLATION, "hangs"
        finally:
            self.control.arm(False)
        printed = run.stdout + run.stderr
        if run.returncode != 0:
            return VIOLATION, f"exit code {run.returncode}: {printed}"
        hit = self.control.hits > 0
        return judge(run.stdout.splitlines(), fault if hit else None, hit), printed


def judge(lines, fault, hit):
    """What was refused must be what the fault is called; what was not served must have been refused."""
    *refused, end = [line.split(None, 2) for line in lines]
    wrong = (fault is None and refused) or any(line[0] in ("threads", "descriptors", "running") for line in refused)
    # Others may follow from the fault: a client waits for a server that can't accept, or is refused before the server's thread reports.
    told = [line for i, line in enumerate(refused) if i == 0 or line[0] in REPORTS]
    if wrong or (refused and not any(reports(line, fault) for line in told)) or (end != ["done", "1"] and not refused):
        return VIOLATION
    return REFUSED if refused else ABSORBED if hit else NOT_REACHED


def reports(refusal, fault):
    """Whether `CALL ERROR DETAIL` has the fault's errno and the name of the call."""
    call, error, detail = refusal
    named = call in REPORTS or detail.startswith(call.removeprefix("polysock_"))
    return named and fault.error not in ("EINTR", "one byte") and error.removeprefix("E") in names_of(fault)
