"""The servers that are compared: small programs in bench/servers, which all do the same (serving.py says what)."""

import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "servers"


@dataclass
class Program:
    name: str
    language: str
    command: list
    #: What has to be installed: a module of Python, or a package of Debian.
    needs: str | None = None

    @property
    def is_ours(self):
        return "polysock" in self.name

    def missing(self):
        """What is not on this machine, or None."""
        if self.needs is None:
            return None
        if self.language == "Python":
            return None if importlib.util.find_spec(self.needs) else self.needs
        return None if Path(self.command[0]).exists() else self.needs


def python(name, file, *arguments, needs=None):
    return Program(name, "Python", [sys.executable, str(FOLDER / file), *arguments], needs)


def programs(built):
    """All of them; `built` is the folder with those in C and Rust."""

    def c(name, file, *arguments, needs=None):
        return Program(name, "C", [str(built / f"{file}_c"), *arguments], needs)

    return [
        python("socketserver.ThreadingTCPServer", "threads_socketserver.py"),
        python("thread pool", "thread_pool.py"),
        python("asyncio streams", "on_asyncio.py", "streams", "asyncio"),
        python("asyncio Protocol", "on_asyncio.py", "protocol", "asyncio"),
        python("uvloop streams", "on_asyncio.py", "streams", "uvloop", needs="uvloop"),
        python("uvloop Protocol", "on_asyncio.py", "protocol", "uvloop", needs="uvloop"),
        python("gevent StreamServer", "on_gevent.py", needs="gevent"),
        python("polysock.Server", "polysock_threads.py"),
        python("polysock.MessageServer", "polysock_messages.py"),
        c("epoll by hand", "raw_epoll"),
        c("libuv", "on_libuv", needs="libuv1-dev"),
        c("APR pollset", "on_apr", needs="libapr1-dev"),
        c("NSPR PR_Poll", "on_nspr", needs="libnspr4-dev"),
        c("GIO GSocketService", "on_gio", "service", needs="libglib2.0-dev"),
        c("GIO GThreadedSocketService", "on_gio", "threads", needs="libglib2.0-dev"),
        c("polysock_poller", "polysock_poller"),
        c("polysock_server", "polysock_threads"),
        c("polysock_message_server", "polysock_messages"),
        Program("polysock::MessageServer", "Rust", [str(built / "bench-messages")]),
    ]


def pinned_to(processor):
    """What a new process calls to run on one processor only, with as many descriptors as it may have."""

    def prepare():
        os.sched_setaffinity(0, {processor})
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    return prepare


class Running:
    """A server in its process, on one processor."""

    def __init__(self, program, mode, connections, processor):
        command = [*program.command, mode, str(connections)]
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, closed with the server
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.errors}
        self.process = subprocess.Popen(command, **pipes, preexec_fn=pinned_to(processor))
        self.pid = self.process.pid
        line = self.process.stdout.readline()
        if not line:
            failure = f"ended with {self.process.wait()}: {self.last_words()}"
            self.close()
            raise RuntimeError(failure)
        self.port = int(line)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def last_words(self):
        """The last line that it has written to standard error."""
        self.errors.seek(0)
        return self.errors.read().strip().rpartition("\n")[2]

    def close(self):
        """Ends its standard input, which ends it."""
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()
