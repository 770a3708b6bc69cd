"""One running driver: lines to and from it, and what /proc reports about it."""

import collections
import os
import platform
import select
import shlex
import subprocess
import tempfile
import time

from .scenario import FEATURES

# System calls in which a thread waits for a socket: poll ppoll recvfrom recvmsg sendto sendmsg accept accept4 connect epoll_(p)wait(2)
# (p)select recvmmsg sendmmsg, close (linger), read and write (Java).
WAITING = {
    "x86_64": {7, 271, 45, 47, 44, 46, 43, 288, 42, 232, 281, 441, 23, 270, 299, 307, 3, 0, 1},
    "aarch64": {73, 207, 212, 206, 211, 202, 242, 203, 22, 441, 72, 243, 269, 57, 63, 64},
}


QUIET_TIME = 0.02  # seconds without a context switch: no interpreter's lock is waited for that long without another try
START = 60  # seconds until a driver has answered for the first time: half a second of an interpreter's work, on a busy machine


class DriverFailed(Exception):
    """It died, hung or did not speak the protocol."""


class Driver:
    """A driver process. Every wait has an end."""

    def __init__(self, name, command, limit, log=None):
        self.name, self.limit, self.log = name, limit, log
        self.buffer, self.errors = b"", tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(
                shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, bufsize=0
            )
        except OSError as exc:
            self.errors.close()
            raise DriverFailed(f"{name} does not start: {exc}") from exc
        try:
            self.limit = max(limit, START)
            self.capabilities, self.lacks = self.hello()
            self.limit = limit
            self.expect_ok("reset")
            self.baseline = self.descriptors()
        except DriverFailed:
            self.kill()
            raise

    def hello(self):
        answer = self.expect_ok("hello")
        keys = dict(w.split("=", 1) for w in answer.split() if "=" in w)
        if "caps" not in keys:
            raise DriverFailed(f"{self.name}: hello without caps=: {answer}")
        lacks = set(keys.get("lacks", "-").split(",")) - {"-"}
        if lacks - set(FEATURES):
            raise DriverFailed(f"{self.name} lacks what no scenario knows: {' '.join(sorted(lacks - set(FEATURES)))}")
        return set(keys["caps"].split(",")) - {"-"}, lacks

    def expect_ok(self, command):
        answer = self.ask(command)
        if answer.split()[:1] != ["ok"]:
            raise DriverFailed(f"{self.name}: {command} was answered {answer!r}")
        return answer

    def ask(self, command):
        """Sends one line and returns the one that comes back."""
        self.send(command)
        return self.answer(command)

    def send(self, command):
        if self.log:
            self.log(f"    > {command}")
        try:
            self.process.stdin.write(command.encode() + b"\n")
        except OSError as exc:
            raise DriverFailed(self.death()) from exc

    def has_answered(self, seconds):
        """Whether something comes back within this time."""
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def answer(self, command):
        answer = self.read_line(command)
        if self.log:
            self.log(f"    < {answer}")
        return answer

    def read_line(self, command):
        deadline = time.monotonic() + self.limit
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise DriverFailed(f"{self.name} hangs: no answer to {command!r} in {self.limit:g} s")
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise DriverFailed(self.death())
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        if self.buffer:
            raise DriverFailed(f"{self.name} answered {command!r} with more than one line")
        return line.decode(errors="replace")

    def death(self):
        try:
            code = self.process.wait(2)
        except subprocess.TimeoutExpired:
            code = "unknown (it closed its output)"
        self.errors.seek(0)
        text = self.errors.read()[-2000:].decode(errors="replace").strip()
        return f"{self.name} died, exit code {code}" + (f":\n{text}" if text else "")

    def kill(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            stream.close()

    def wait_blocked(self, tid):
        """Returns once the thread sleeps in a system call that waits for a socket."""
        numbers = WAITING.get(platform.machine())
        if numbers is None:
            raise DriverFailed(f"the system call numbers of {platform.machine()} are not known (runner/process.py)")
        deadline, seen = time.monotonic() + self.limit, ""
        while time.monotonic() < deadline:
            try:
                asleep = self.thread_file(tid, "stat").rpartition(")")[2].split()[0] == "S"
                seen = self.system_call(tid)
                if seen is None:  # not reported
                    blocked = asleep and self.stays_asleep(tid)
                else:
                    waits = seen.split()[0].isdigit() and int(seen.split()[0]) in numbers
                    blocked = asleep and waits and seen == self.system_call(tid)
                if blocked:
                    return
            except (FileNotFoundError, ProcessLookupError) as exc:
                raise DriverFailed(f"{self.name}: the call did not wait, its thread has ended") from exc
            time.sleep(0.0005)
        raise DriverFailed(f"{self.name}: the call is not blocked in a socket call (system call {(seen or 'unknown').strip()})")

    def system_call(self, tid):
        """The one that a thread is in, as /proc reports it; None where it does not: on some kernels, or for lack of permission."""
        try:
            return self.thread_file(tid, "syscall")
        except (PermissionError, FileNotFoundError):
            self.thread_file(tid, "stat")  # has it ended?
            return None

    def stays_asleep(self, tid):
        """Whether a thread that sleeps goes on doing so."""
        before = self.switches(tid)
        time.sleep(QUIET_TIME)
        return before == self.switches(tid)

    def switches(self, tid):
        return [line for line in self.thread_file(tid, "status").splitlines() if "ctxt_switches" in line]

    def thread_file(self, tid, name):
        with open(f"/proc/{self.process.pid}/task/{tid}/{name}", encoding="ascii", errors="replace") as file:
            return file.read()

    def descriptors(self):
        """What the process has open, counted by kind: socket, pipe, eventfd, path."""
        kinds, directory = collections.Counter(), f"/proc/{self.process.pid}/fd"
        for fd in os.listdir(directory):
            try:
                target = os.readlink(f"{directory}/{fd}")
            except FileNotFoundError:
                continue
            if target.startswith("/sys/fs/cgroup/"):
                continue  # Java's runtime looks up its memory limit now and then
            kinds[target.partition(":[")[0] if target.startswith(("socket:", "pipe:")) else target] += 1
        return kinds

    def check_descriptors(self):
        """Fails if more (or less) is open than at the beginning; threads just joined may need a moment to give theirs up."""
        deadline = time.monotonic() + min(2, self.limit)
        while True:
            now = self.descriptors()
            more, less = now - self.baseline, self.baseline - now
            more -= collections.Counter({"anon_inode:[eventfd]": 1})
            if not more and not less:
                return
            if time.monotonic() > deadline:
                break
            time.sleep(0.001)
        differences = [f"{count} {kind} too many" for kind, count in more.items()]
        differences += [f"{count} {kind} missing" for kind, count in less.items()]
        raise DriverFailed(f"{self.name} leaks descriptors: {', '.join(differences)}")
