#!/usr/bin/env python3
"""Conformance driver for Python: `--module polysock`, or `--module socket` as the witness. The protocol is in ../../README.md.

It uses only what the standard module has. What polysock adds is listed in EXTRAS and used where the module has it.
"""

import argparse
import importlib
import os

import batch
from answers import Fail, name_of_errno
from base import ABSENT, CallTimeout, Driver, play
from frames import Frames
from message_server import ServesMessages
from options import get_option, get_raw, set_option, set_raw
from serving import Serves
from values import Malformed, Unsupported, on_off, pattern, payload, read_address, received, show_address

# Capability: the method of a socket that provides it. The one place to change when a name changes.
EXTRAS = {
    "abort": "abort",
    "close_java": "close_fin_first",
    "recv_exact": "recv_exact",
}

TCP_STATES = (
    "?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
    "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV",
)  # fmt: skip
CHUNK = 64 * 1024


net = None  # the module under test, set by main()


class SocketDriver(ServesMessages, Serves, Frames, Driver):
    def module(self):
        return net

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
        if hasattr(net.socket, "set_linger"):
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
        if hasattr(net.socket, "send_batch"):
            caps.append("batch")
        if hasattr(net.socket, "close_graceful"):
            caps.append("delivery")
        caps += ["create_connection", "create_server", "next_length"]
        if hasattr(net, "Server"):
            caps.append("serve")
        if hasattr(net, "MessageServer"):
            caps += ["message_server", "close_fails"]
        if hasattr(net, "Framing"):
            caps.append("frames")
        return f"lang=python module={net.__name__} caps={','.join(caps)}"

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

    def do_create_connection(self, name, port, timeout=ABSENT):
        # No host is this one, over IPv6 and over IPv4.
        limit = None if timeout is ABSENT else timeout
        self.add(name, net.create_connection((None, int(port)), timeout=limit))

    def do_create_server(self, name, backlog):
        s = net.create_server(("", 0), family=net.AF_INET6, backlog=int(backlog), dualstack_ipv6=True)
        self.add(name, s)
        return f"port={s.getsockname()[1]}"

    def make_server(self, handler, **options):
        server = net.Server(("127.0.0.1", 0), handler, on_error=lambda *_: None, **options)
        server.start()
        return server, server.address[1]

    def make_message_server(self, program, framing, **options):
        server = net.MessageServer(("127.0.0.1", 0), program, framing=framing, **options)
        server.start()
        return server, server.address[1]

    def do_shutdown(self, name, how):
        self.handle(name).shutdown(getattr(net, "SHUT_" + {"rd": "RD", "wr": "WR", "rdwr": "RDWR"}[how]))

    def do_close(self, name):
        self.handle(name).close()

    def do_close_java(self, name):
        self.extra(name, "close_java")()

    def do_abort(self, name):
        self.extra(name, "abort")()

    def do_close_graceful(self, name, timeout=ABSENT, discard=None):
        s = self.handle(name)
        limit = {} if discard is None else {"limit": int(discard)}
        report = s.close_graceful(s.gettimeout() if timeout is ABSENT else timeout, **limit)
        counts = f"unacked={report.unacked} unsent={report.unsent} discarded={report.discarded}"
        return f"verdict={report.verdict.name.lower()} {counts}"

    def do_wait_acked(self, name, timeout=ABSENT):
        s = self.handle(name)
        s.wait_acked(s.gettimeout() if timeout is ABSENT else timeout)

    def do_send_queue(self, name):
        queue = self.handle(name).send_queue()
        return f"unsent={queue.unsent} unacked={queue.unacked}"

    def do_peer_closed(self, name):
        return f"closed={on_off(self.handle(name).peer_closed())}"

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
            data, _, flags, address = s.recvmsg(count, 0, flags)  # only this one reports truncation
            return f"{received(data)} {show_address(address)} trunc={on_off(flags & net.MSG_TRUNC)}"

    def do_next_length(self, name, call, timeout=ABSENT):
        s, peek = self.handle(name), net.MSG_PEEK | net.MSG_TRUNC
        with CallTimeout(s, timeout):
            data = s.recvfrom(1, peek)[0] if call == "recvfrom" else s.recv(1, peek)
        return f"n={len(data)}"

    def do_send_batch(self, name, items, timeout=ABSENT, times="1"):
        s = self.handle(name)
        with CallTimeout(s, timeout):
            return batch.send_batch(s, items, int(times))

    def do_recv_batch(self, name, most, size, timeout=ABSENT, trunc=False):
        s = self.handle(name)
        with CallTimeout(s, timeout):
            return batch.recv_batch(s, int(most), int(size), trunc, net.MSG_TRUNC)

    def do_send_segments(self, name, data, size, *address, timeout=ABSENT):
        s, data = self.handle(name), payload(data)
        with CallTimeout(s, timeout):
            return f"n={s.send_segments(data, int(size), read_address(address) if address else None)}"

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
        set_option(net, self.handle(name), option, value)

    def do_get(self, name, option):
        return f"value={get_option(net, self.handle(name), option)}"

    def do_setsockopt(self, name, option, value):
        set_raw(net, self.handle(name), option, value)

    def do_getsockopt(self, name, option):
        return f"value={get_raw(net, self.handle(name), option)}"


def family_of(word):
    return {"inet": net.AF_INET, "inet6": net.AF_INET6, "unix": net.AF_UNIX}[word]


def type_of(word):
    return {"stream": net.SOCK_STREAM, "dgram": net.SOCK_DGRAM, "seqpacket": net.SOCK_SEQPACKET}[word]


def main():
    global net
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", default="polysock", help="polysock, or socket as the witness")
    net = importlib.import_module(parser.parse_args().module)
    play(SocketDriver())


if __name__ == "__main__":
    main()
