#!/usr/bin/env python3
"""Conformance driver for Python: `--module polysock`, or `--module socket` as the witness. The protocol is in ../README.md.

It uses only what the standard module has. What polysock adds is listed in EXTRAS and used where the module has it.
"""

import argparse
import errno
import importlib
import os
import re
import resource
import struct
import sys
import threading
import time
import zlib

# Capability: the method of a socket that provides it. The one place to change when a name changes.
EXTRAS = {
    "abort": "abort",
    "close_java": "close_fin_first",
    "recv_exact": "recv_exact",
    "set_linger": "set_linger",
}
# Where an exception of polysock keeps the number of bytes done, and which classes (by name) mean what.
DONE_ATTRIBUTE = "done"
OWN_NAMES = {
    "ClosedError": "CLOSED",
    "TruncatedError": "TRUNCATED",
    "IncompleteReadError": "TRUNCATED",
    "EOFError": "EOF",
}

TCP_STATES = (
    "?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
    "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV",
)  # fmt: skip
PERIOD = 64256
PATTERN = bytes((i + i // 251) % 256 for i in range(PERIOD))
CHUNK = 64 * 1024
ABSENT = object()  # no timeout= given: the handle's own setting

net = None  # the module under test, set by main()


class Malformed(Exception):
    """The request makes no sense: an error of the scenario or the runner."""


class Unsupported(Exception):
    """This module lacks it."""


class Fail(Exception):
    """An answer `error NAME done=…` decided here."""

    def __init__(self, name, done=None):
        super().__init__(name)
        self.name, self.done = name, done


# --- values


def pattern(count, offset=0):
    start = offset % PERIOD
    return (PATTERN * ((start + count) // PERIOD + 1))[start : start + count]


def payload(text):
    if text == "-":
        return b""
    if text.startswith("pattern:"):
        count, _, offset = text[8:].partition("@")
        return pattern(int(count), int(offset or 0))
    return bytes.fromhex(text)


def received(data):
    if len(data) <= 64:
        return f"n={len(data)} data={data.hex() or '-'}"
    return f"n={len(data)} hash={zlib.adler32(data):08x}"


def on_off(value):
    return "on" if value else "off"


def is_on(text):
    if text not in ("on", "off"):
        raise Malformed(f"on or off, not {text}")
    return text == "on"


def seconds(text):
    return None if text == "never" else int(text) / 1000


PLAIN = re.compile(rb"[A-Za-z0-9._/-]+")


def read_address(words):
    """Two words are host and port, one is a Unix address: /path, @abstract, @:hex digits, - (unnamed)."""
    if len(words) == 2:
        return words[0], int(words[1])
    (name,) = words
    if name.startswith("@:"):
        return b"\0" + bytes.fromhex(name[2:])
    return b"\0" + name[1:].encode() if name.startswith("@") else name.removeprefix("-")


def show_address(address):
    if isinstance(address, tuple):
        return f"host={address[0]} port={address[1]}"
    name = os.fsencode(address) if isinstance(address, str) else address or b""
    if name.startswith(b"\0"):
        plain = PLAIN.fullmatch(name[1:])
        return "name=@" + (name[1:].decode() if plain else ":" + name[1:].hex())
    return f"name={os.fsdecode(name) or '-'}"


def error_answer(exc, call=None):
    """The `error …` line of an exception: names are the protocol's, whatever Python calls them."""
    done = getattr(exc, DONE_ATTRIBUTE, None)
    if isinstance(exc, Fail):
        name = exc.name
    elif type(exc).__name__ in OWN_NAMES:
        name = OWN_NAMES[type(exc).__name__]
    elif isinstance(exc, (OverflowError, ValueError)):
        name = "INVAL"
    else:
        name = name_of_errno(exc, call)
    return f"error {name}" + (f" done={done}" if isinstance(done, int) else "")


def name_of_errno(exc, call):
    code = exc.errno
    if isinstance(exc, TimeoutError):
        return "TIMEDOUT"
    if code == errno.EBADF and call not in ("from_fd", "close_fd"):
        return "CLOSED"
    if code in (errno.EINPROGRESS, errno.EALREADY):
        return "INPROGRESS"
    if code in (errno.EAGAIN, errno.EWOULDBLOCK):
        return "AGAIN"
    if code == errno.EOPNOTSUPP:
        return "OPNOTSUPP"  # the same number as ENOTSUP on Linux
    if code is None:
        return "INVAL"  # refused before the system was asked: a Unix path that is too long
    return errno.errorcode.get(code, f"E{code}")[1:]


# --- options: how a name is read and written

LEVELS = {"SO": "SOL_SOCKET", "TCP": "IPPROTO_TCP", "IPV6": "IPPROTO_IPV6"}
FLAGS = {"nodelay": "TCP_NODELAY", "keepalive": "SO_KEEPALIVE", "reuseaddr": "SO_REUSEADDR", "oobinline": "SO_OOBINLINE"}
SIZES = {"sndbuf": "SO_SNDBUF", "rcvbuf": "SO_RCVBUF"}


def raw(name):
    level = LEVELS.get(name.split("_")[0])
    if level is None or not hasattr(net, name):
        raise Malformed(f"no option {name}")
    return getattr(net, level), getattr(net, name)


def get_raw(s, name):
    if name == "SO_LINGER":
        onoff, secs = struct.unpack("ii", s.getsockopt(*raw(name), 8))
        return f"{onoff}:{secs}"
    return s.getsockopt(*raw(name))


def set_raw(s, name, value):
    if name == "SO_LINGER":
        onoff, _, secs = value.partition(":")
        s.setsockopt(*raw(name), struct.pack("ii", int(onoff), int(secs)))
    else:
        s.setsockopt(*raw(name), int(value))


def set_linger(s, value):
    secs = None if value == "off" else int(value)
    if hasattr(s, EXTRAS["set_linger"]):
        getattr(s, EXTRAS["set_linger"])(secs)
    else:
        set_raw(s, "SO_LINGER", "0:0" if secs is None else f"1:{secs}")


def set_option(s, name, value):
    if name in FLAGS:
        set_raw(s, FLAGS[name], is_on(value))
    elif name in SIZES:
        set_raw(s, SIZES[name], value)
    elif name == "linger":
        set_linger(s, value)
    elif name == "timeout":
        s.settimeout(seconds(value))
    elif name == "blocking":
        s.setblocking(is_on(value))
    else:
        raise Malformed(f"no option {name}")


def get_option(s, name):
    if name in FLAGS:
        return on_off(get_raw(s, FLAGS[name]))
    if name in SIZES:
        return get_raw(s, SIZES[name])
    if name == "linger":
        onoff, _, secs = get_raw(s, "SO_LINGER").partition(":")
        return secs if int(onoff) else "off"
    if name == "timeout":
        value = s.gettimeout()
        return "never" if value is None else round(value * 1000)
    raise Malformed(f"no option {name}")


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
            except OSError:
                pass  # closed by another thread just now


class Joined(str):
    """A whole answer line, from another command."""


class Task(threading.Thread):
    """A command running in a thread of its own."""

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
        except (Fail, OSError, EOFError, OverflowError, ValueError) as exc:
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

    def extra(self, name, capability):
        method = getattr(self.handle(name), EXTRAS[capability], None)
        if method is None:
            raise Unsupported
        return method

    # --- the process

    def do_hello(self):
        caps = ["get_timeout"] + [name for name in ("abort", "close_java", "recv_exact") if hasattr(net.socket, EXTRAS[name])]
        if hasattr(net.socket, EXTRAS["recv_exact"]):
            caps += ["done", "whole_sendall"]
        if hasattr(net.socket, EXTRAS["set_linger"]):
            caps.append("linger_range")
        if hasattr(net, "TCP_INFO"):
            caps.append("state")
        caps.append("negative_backlog")
        if all(hasattr(net.socket, name) for name in ("sendto", "recvfrom", "recvmsg")):
            caps.append("datagram")
        if hasattr(net, "AF_UNIX") and hasattr(net, "socketpair"):
            caps.append("unix")
        if hasattr(net.socket, "dup"):
            caps.append("dup")
        if hasattr(net, "TCP_CORK"):
            caps.append("cork")
        return f"lang=python module={net.__name__} caps={','.join(caps)}"

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

    # --- making and unmaking

    def do_socket(self, name, family, kind="stream"):
        self.add(name, net.socket(family_of(family), type_of(kind)))

    def do_socketpair(self, one, other, kind):
        for name, s in zip((one, other), net.socketpair(net.AF_UNIX, type_of(kind)), strict=True):
            self.add(name, s)

    def do_dup(self, name, new):
        self.add(new, self.handle(name).dup())

    def do_bind(self, name, *address):
        self.handle(name).bind(read_address(address))

    def do_listen(self, name, backlog):
        self.handle(name).listen(int(backlog))

    def do_server(self, name, family, backlog):
        s = net.socket(family_of(family), net.SOCK_STREAM)
        self.add(name, s)
        s.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1)
        s.bind(("::1" if family == "inet6" else "127.0.0.1", 0))
        s.listen(int(backlog))
        return f"port={s.getsockname()[1]}"

    def do_accept(self, name, new, timeout=ABSENT):
        s = self.handle(name)
        with CallTimeout(s, timeout):
            connection, peer = s.accept()
        self.add(new, connection)
        return show_address(peer)

    def do_connect(self, name, *address, timeout=ABSENT):
        s = self.handle(name)
        with CallTimeout(s, timeout):
            s.connect(read_address(address))

    def do_shutdown(self, name, how):
        self.handle(name).shutdown(getattr(net, "SHUT_" + {"rd": "RD", "wr": "WR", "rdwr": "RDWR"}[how]))

    def do_close(self, name):
        self.handle(name).close()

    def do_close_java(self, name):
        self.extra(name, "close_java")()

    def do_abort(self, name):
        self.extra(name, "abort")()

    def do_is_closed(self, name):
        return f"closed={on_off(self.handle(name).fileno() < 0)}"

    def do_fileno(self, name):
        fd = self.handle(name).fileno()
        if fd < 0:
            raise Fail("CLOSED")
        return f"fd={fd}"

    def do_detach(self, name):
        fd = self.handle(name).detach()
        if fd < 0:
            raise Fail("CLOSED")
        self.descriptors.add(fd)
        return f"fd={fd}"

    def do_from_fd(self, new, fd):
        self.add(new, net.socket(fileno=int(fd)))
        self.descriptors.discard(int(fd))

    def do_open_fd(self):
        fd = os.open(os.devnull, os.O_RDWR)
        self.descriptors.add(fd)
        return f"fd={fd}"

    def do_close_fd(self, fd):
        self.descriptors.discard(int(fd))
        os.close(int(fd))

    # --- data

    def do_send(self, name, data, timeout=ABSENT, oob=False):
        s, data = self.handle(name), payload(data)
        with CallTimeout(s, timeout):
            return f"n={s.send(data, net.MSG_OOB if oob else 0)}"

    def do_sendall(self, name, data, timeout=ABSENT):
        s, data = self.handle(name), payload(data)
        with CallTimeout(s, timeout):
            s.sendall(data)
        return f"n={len(data)}"

    def do_recv(self, name, count, timeout=ABSENT, peek=False, oob=False):
        s, count = self.handle(name), int(count)
        with CallTimeout(s, timeout):
            return received(s.recv(count, (net.MSG_PEEK if peek else 0) | (net.MSG_OOB if oob else 0)))

    def do_sendto(self, name, data, *address, timeout=ABSENT):
        s, data = self.handle(name), payload(data)
        with CallTimeout(s, timeout):
            return f"n={s.sendto(data, read_address(address))}"

    def do_recvfrom(self, name, count, timeout=ABSENT, peek=False, trunc=False):
        s, count, flags = self.handle(name), int(count), net.MSG_PEEK if peek else 0
        with CallTimeout(s, timeout):
            if not trunc:
                data, address = s.recvfrom(count, flags)
                return f"{received(data)} {show_address(address)}"
            data, _, flags, address = s.recvmsg(count, 0, flags)  # only this one tells
            return f"{received(data)} {show_address(address)} trunc={on_off(flags & net.MSG_TRUNC)}"

    def do_recv_exact(self, name, count, timeout=ABSENT):
        s, method = self.handle(name), self.extra(name, "recv_exact")
        with CallTimeout(s, timeout):
            return received(method(int(count)))

    def do_collect(self, name, count):
        s, data = self.handle(name), bytearray()
        limit = 16 << 20 if count == "all" else int(count)
        while len(data) < limit:
            try:
                piece = s.recv(min(CHUNK, limit - len(data)))
            except OSError as exc:
                raise Fail(name_of_errno(exc, "recv"), len(data)) from exc
            if not piece:
                break
            data += piece
        return received(bytes(data))

    def do_fill(self, name):
        s, done = self.handle(name), 0
        with CallTimeout(s, 0):
            while done < 64 << 20:
                try:
                    done += s.send(pattern(CHUNK, done))
                except BlockingIOError:
                    return f"n={done}"
        raise Malformed("never full")

    # --- facts and options

    def do_getsockname(self, name):
        return show_address(self.handle(name).getsockname())

    def do_getpeername(self, name):
        return show_address(self.handle(name).getpeername())

    def do_state(self, name):
        return f"state={TCP_STATES[self.handle(name).getsockopt(net.IPPROTO_TCP, net.TCP_INFO, 1)[0]]}"

    def do_set(self, name, option, value):
        set_option(self.handle(name), option, value)

    def do_get(self, name, option):
        return f"value={get_option(self.handle(name), option)}"

    def do_setsockopt(self, name, option, value):
        set_raw(self.handle(name), option, value)

    def do_getsockopt(self, name, option):
        return f"value={get_raw(self.handle(name), option)}"


def family_of(word):
    return {"inet": net.AF_INET, "inet6": net.AF_INET6, "unix": net.AF_UNIX}[word]


def type_of(word):
    return {"stream": net.SOCK_STREAM, "dgram": net.SOCK_DGRAM, "seqpacket": net.SOCK_SEQPACKET}[word]


def main():
    global net
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", default="polysock", help="polysock, or socket as the witness")
    net = importlib.import_module(parser.parse_args().module)
    driver = Driver()
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "quit":
            print("ok ms=0", flush=True)
            break
        print(driver.answer(words), flush=True)
    os._exit(0)  # a thread left inside a call must not keep the process


if __name__ == "__main__":
    main()
