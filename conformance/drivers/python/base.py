"""What every driver in Python is: lines in and out, names of handles, commands in threads of their own."""

import errno
import os
import resource
import sys
import threading
import time

from answers import Fail, error_answer
from values import Malformed, Unsupported, seconds

ABSENT = object()  # no timeout= given: the handle's own setting


class CallTimeout:
    """`timeout=` for one call: the module knows only the handle's timeout, so set it and put it back."""

    def __init__(self, s, timeout):
        self.s, self.timeout = s, timeout

    def __enter__(self):
        if self.timeout is not ABSENT:
            self.before = self.s.gettimeout()
            self.s.settimeout(self.timeout)

    def __exit__(self, *exc):
        if self.timeout is not ABSENT and self.s.fileno() >= 0:
            try:
                self.s.settimeout(self.before)
            except OSError as exc:
                if exc.errno != errno.EBADF:
                    raise
                # closed by another thread just now


class Joined(str):
    """A whole answer line, from another command."""


class Task(threading.Thread):
    """A command running in its own thread."""

    def __init__(self, driver, words):
        super().__init__(daemon=True)
        self.driver, self.words = driver, words
        self.answer, self.began = None, threading.Event()

    def run(self):
        self.began.set()
        self.answer = self.driver.answer(self.words)


class Driver:
    def __init__(self):
        self.lock = threading.Lock()
        self.handles, self.tasks, self.descriptors = {}, {}, set()
        self.filler, self.limit = [], resource.getrlimit(resource.RLIMIT_NOFILE)

    # --- dispatch

    def answer(self, words):
        began = time.monotonic_ns()
        command, arguments, options = words[0], [], {}
        try:
            if command == "start":
                arguments = words[1:]
            else:
                for word in words[1:]:
                    key, equals, value = word.partition("=")
                    if equals:
                        options[key] = value
                    elif word in ("peek", "oob", "trunc"):
                        options[word] = True
                    else:
                        arguments.append(word)
            if "timeout" in options:
                options["timeout"] = seconds(options["timeout"])
            method = getattr(self, "do_" + command, None)
            if method is None:
                raise Unsupported
            fields = method(*arguments, **options)
            if isinstance(fields, Joined):
                return fields
            text = f"ok {fields}" if fields else "ok"
        except Unsupported:
            return "unsupported"
        except (Malformed, TypeError, LookupError) as exc:
            text = f"error PROTOCOL {type(exc).__name__}: {exc}"
        except (Fail, OSError, EOFError, MemoryError, OverflowError, ValueError) as exc:
            text = error_answer(exc, command)
        return f"{text} ms={(time.monotonic_ns() - began) // 1_000_000}"

    def add(self, name, s):
        with self.lock:
            self.handles[name] = s

    def handle(self, name):
        with self.lock:
            if name not in self.handles:
                raise Malformed(f"no handle {name}")
            return self.handles[name]

    # --- the process

    def do_reset(self):
        self.do_release()
        with self.lock:
            handles, tasks = list(self.handles.values()), list(self.tasks.values())
            descriptors, self.descriptors = self.descriptors, set()
        for s in handles:
            try:
                s.close()
            except OSError:
                pass
        for fd in descriptors:
            os.close(fd)
        until = time.monotonic() + 2
        for task in tasks:
            task.join(max(0, until - time.monotonic()))
            if task.is_alive():
                raise Fail("PENDING")
        with self.lock:
            for s in self.handles.values():
                s.close()  # one accepted while we were closing; for the others once more
            self.handles.clear()
            self.tasks.clear()

    def do_start(self, label, *words):
        task = Task(self, words)
        self.tasks[label] = task
        task.start()
        task.began.wait()
        return f"tid={task.native_id}"

    def do_join(self, label, limit="5000"):
        if label not in self.tasks:
            raise Malformed(f"no label {label}")
        task, began = self.tasks[label], time.monotonic_ns()
        task.join(int(limit) / 1000)
        if task.is_alive():
            raise Fail("PENDING")
        return Joined(f"{task.answer} join_ms={(time.monotonic_ns() - began) // 1_000_000}")

    def do_exhaust(self):
        soft, hard = self.limit
        if soft == resource.RLIM_INFINITY or soft > 256:
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        while len(self.filler) < 256:
            try:
                self.filler.append(os.open(os.devnull, os.O_RDONLY))
            except OSError as exc:
                if exc.errno == errno.EMFILE:
                    break
                raise
        return f"n={len(self.filler)}"

    def do_release(self):
        while self.filler:
            os.close(self.filler.pop())
        resource.setrlimit(resource.RLIMIT_NOFILE, self.limit)


def play(driver):
    """Carries out what comes on standard input, until `quit` or its end."""
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            print("ok ms=0", flush=True)
            break
        if words:
            print(driver.answer(words), flush=True)
    os._exit(0)  # a thread left inside a call must not keep the process
