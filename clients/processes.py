"""Processes of servers: started as soon as they are ready, on a free port, and ended."""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from types import SimpleNamespace

TRIES = 5

# Where packages put the programs of PostgreSQL.
POSTGRES = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"]


def free_port():
    """A port that was free a moment ago; a server that finds it taken is started again on another."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(name, *places):
    """The path of a program, or the case is skipped."""
    found = shutil.which(name)
    for place in places:
        found = found or next(iter(sorted(glob.glob(os.path.join(place, name)), reverse=True)), None)
    if not found:
        raise unittest.SkipTest(f"needs {name}")
    return found


def unprivileged():
    """For subprocess: another user than root, which some servers insist on."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def directory():
    """A short path, for Unix sockets, that the unprivileged user owns."""
    with tempfile.TemporaryDirectory() as place:
        if "user" in unprivileged():
            os.chown(place, unprivileged()["user"], unprivileged()["group"])
        yield place


@contextlib.contextmanager
def started(command, ready, stop, **options):
    """A process, from the line that says it is ready until it ended; ends at once when it fails to start."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # What a shell starts in the background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )
    output = []
    try:
        for line in process.stdout:
            output.append(line)
            if ready in line:
                break
        else:
            raise ChildProcessError("".join(output))
        drain = threading.Thread(target=lambda: output.extend(process.stdout))
        drain.start()
        yield SimpleNamespace(process=process, output=output)
        process.send_signal(stop)
        process.wait(20)
        drain.join(20)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def on_a_free_port(start):
    """Enters start(port) until a port is really free; yields what it yields, and the port."""
    with contextlib.ExitStack() as stack:
        for attempt in range(TRIES):
            port = free_port()
            try:
                server = stack.enter_context(start(port))
                break
            except ChildProcessError as error:
                if attempt == TRIES - 1 or "in use" not in str(error):
                    raise
        yield server, port


def new_cluster(place):
    """Makes the files of a PostgreSQL server; returns their folder and the password of its user `tester`."""
    data, password = os.path.join(place, "d"), os.path.join(place, "password")
    with open(password, "w") as file:
        file.write("open sesame\n")
    os.chmod(password, 0o644)
    command = [program("initdb", *POSTGRES), "-D", data, "-U", "tester", "--no-sync", "--no-locale", "-E", "UTF8"]
    command += ["-A", "scram-sha-256", f"--pwfile={password}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=place, **unprivileged())
    assert done.returncode == 0, done.stderr
    return data, "open sesame"
