"""Servers of each side under load, as rows that are measured on request."""

import contextlib
import sys

import server_load
import server_programs

#: A row and what runs it: a server of bench/servers in Python, and the load.
ROWS = {
    "polysock.Server, echo, 10 connections": ("polysock_threads.py", "echo-10"),
    "polysock.MessageServer, echo, 100 connections": ("polysock_messages.py", "echo-100"),
}


class Loaded:
    """A server that is loaded for a moment whenever a sample is asked for."""

    def __init__(self, side, row, client):
        file, load = ROWS[row]
        self.load = server_load.LOADS[load]
        command = ["env", f"PYTHONPATH={side.environment['PYTHONPATH']}"]
        command += [sys.executable, str(server_programs.FOLDER / file)]
        client_on, server_on = server_load.processors()
        self.settings = server_load.Settings(str(client), 0.1, 0.02, server_on, client_on)
        program = server_programs.Program(row, "Python", command)
        self.server = server_programs.Running(program, self.load.mode, self.load.connections, server_on)

    def sample(self, _):
        """Nanoseconds of a request: of processor time that the server takes for it, waiting left out."""
        found = server_load.measure_running(self.server, self.load, self.settings)
        return found["server_cpu"] / found["per_second"] * 1e9

    def close(self):
        with contextlib.suppress(OSError):
            self.server.close()
