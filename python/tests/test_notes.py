"""Notes on exceptions, besides the standard module's text: address, timeout, bytes done, the usual mistake."""

import copy
import errno
import os
import pickle
import socket as standard
import traceback

import pytest
from helpers import MORE_THAN_BUFFERS, connection, full_listener, needs_ipv6, refusing_address

import polysock


def raised(call, *arguments):
    """The exception of a call, and its notes as one text."""
    with pytest.raises(Exception) as caught:
        call(*arguments)
    return caught.value, "\n".join(getattr(caught.value, "__notes__", []))


def shown(address):
    return f"{address[0]}:{address[1]}"


def test_nothing_listens():
    with refusing_address() as address, polysock.socket() as sock:
        error, notes = raised(sock.connect, address)
        assert (type(error), error.args) == (ConnectionRefusedError, (errno.ECONNREFUSED, "Connection refused"))
        assert notes == (
            f"connecting to {shown(address)}\n"
            "hint: nothing listens there: is the server running, at this address and this port?"
        )
        printed = "".join(traceback.format_exception_only(error))
        assert printed == f"ConnectionRefusedError: [Errno 111] Connection refused\n{notes}\n"
        error, notes = raised(polysock.create_connection, address)
        assert notes.startswith(f"connecting to {shown(address)}\n")


def test_a_time_limit():
    with connection() as (client, server):
        client.settimeout(0.001)
        error, notes = raised(client.recv, 1)
        assert (type(error), error.args, str(error)) == (TimeoutError, ("timed out",), "timed out")
        assert notes == f"receiving from {shown(server.getsockname())}, time limit 0.001 s"
        assert raised(client.recv_into, bytearray(1))[1] == notes
        assert raised(client.recvmsg, 1)[1] == notes
        assert raised(client.recvfrom, 1)[1] == notes
        server.sendall(b"abc")
        error, notes = raised(client.recv_exact, 5)
        assert notes == f"receiving from {shown(server.getsockname())}, time limit 0.001 s, 3 bytes done"
        error, notes = raised(client.sendall, bytes(MORE_THAN_BUFFERS))
        assert notes == (
            f"sending to {shown(server.getsockname())}, time limit 0.001 s, {error.done} bytes done\n"
            "hint: the peer does not read, or reads slowly"
        )


def test_a_time_limit_of_what_has_no_peer():
    with polysock.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.25)
        assert raised(listener.accept)[1] == f"accepting on {shown(listener.getsockname())}, time limit 0.25 s"
    with polysock.socket(type=polysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(1e-6)
        assert raised(sock.recvfrom, 1)[1] == f"receiving on {shown(sock.getsockname())}, time limit 0.000001 s"
    with full_listener() as listener, polysock.socket() as sock:
        sock.settimeout(0.01)
        address = listener.getsockname()
        assert raised(sock.connect, address)[1] == (
            f"connecting to {shown(address)}, time limit 0.01 s\n"
            "hint: no answer came: the host is down, a firewall drops what is sent to it, or the server accepts too "
            "slowly"
        )


def test_the_end_of_a_stream():
    with connection() as (client, server):
        address = client.getsockname()
        client.sendall(b"abc")
        client.close()
        error, notes = raised(server.recv_exact, 5)
        assert type(error) is polysock.TruncatedError
        assert notes == f"receiving from {shown(address)}, 3 bytes done"
        assert raised(server.recv_exact, 5)[1] == f"receiving from {shown(address)}, 0 bytes done"


def test_what_would_wait_has_no_notes():
    with connection() as (client, _server), polysock.create_server(("127.0.0.1", 0)) as listener:
        client.setblocking(False)
        listener.setblocking(False)
        for call in (lambda: client.recv(1), lambda: client.recvfrom(1), listener.accept):
            error, _ = raised(call)
            assert type(error) is BlockingIOError
            assert not hasattr(error, "__notes__")
            assert error.__dict__ == {}
        with full_listener() as full, polysock.socket() as sock:
            sock.setblocking(False)
            assert not hasattr(raised(sock.connect, full.getsockname())[0], "__notes__")
            # Another address, while the connect to the first one is in progress.
            error, notes = raised(sock.connect, listener.getsockname())
            assert (type(error), error.errno, notes) == (BlockingIOError, errno.EALREADY, "")


def of_kind(kind, family=polysock.AF_INET):
    return polysock.socket(family, kind)


STREAM, DATAGRAM = polysock.SOCK_STREAM, polysock.SOCK_DGRAM
PAIR = ("127.0.0.1", 9)
# (the socket, the call, a part of the hint)
MISTAKES = [
    (STREAM, lambda sock: sock.accept(), "call listen() first"),
    (STREAM, lambda sock: sock.recv(1), "call connect() first"),
    (STREAM, lambda sock: sock.send(b"x"), "call connect() first"),
    (STREAM, lambda sock: sock.sendall(b"x"), "call connect() first"),
    (STREAM, lambda sock: sock.getpeername(), "call connect() first"),
    (STREAM, lambda sock: sock.shutdown(polysock.SHUT_WR), "call connect() first"),
    (STREAM, lambda sock: sock.listen() or sock.recv(1), "on those that accept() returns"),
    (STREAM, lambda sock: sock.listen() or sock.send(b"x"), "on those that accept() returns"),
    (STREAM, lambda sock: sock.bind(("127.0.0.1", 0)) or sock.bind(("127.0.0.1", 0)), "bound already"),
    (STREAM, lambda sock: sock.bind(("192.0.2.1", 0)), "no interface of this machine has this address"),
    (STREAM, lambda sock: sock.connect(("127.0.0.1", 0)), "port 0 means any free port in bind()"),
    (STREAM, lambda sock: sock.connect(("127.0.0.1", "80")), "the port is a string"),
    (STREAM, lambda sock: sock.bind(("127.0.0.1", "80")), "the port is a string"),
    (STREAM, lambda sock: sock.connect_ex(("127.0.0.1", "80")), "the port is a string"),
    (STREAM, lambda sock: sock.connect("127.0.0.1:80"), "an address is a tuple"),
    (STREAM, lambda sock: sock.connect("127.0.0.1", 80), "host and port are one argument"),
    (STREAM, lambda sock: sock.connect("127.0.0.1", "80"), "host and port are one argument"),
    (STREAM, lambda sock: sock.connect_ex("127.0.0.1", 80), "host and port are one argument"),
    (STREAM, lambda sock: sock.bind("", 80), "host and port are one argument"),
    (STREAM, lambda sock: sock.connect(["127.0.0.1", 80]), "not a list"),
    (STREAM, lambda sock: sock.connect((80, "127.0.0.1")), "the host comes first"),
    (STREAM, lambda sock: sock.connect(("[::1]", 80)), "without brackets"),
    (STREAM, lambda sock: sock.connect(("::1", 80, 0, 0)), "an address of four items is IPv6"),
    (STREAM, lambda sock: sock.connect(("http://localhost/", 80)), "without http:// and path"),
    (STREAM, lambda sock: sock.connect(("localhost:80", 80)), "host and port are separate items"),
    (STREAM, lambda sock: sock.connect(("::1", 80)), "a socket is either IPv4 or IPv6"),
    (STREAM, lambda sock: sock.send("text"), "text.encode()"),
    (STREAM, lambda sock: sock.sendall("text"), "text.encode()"),
    (STREAM, lambda sock: sock.sendmsg(["text"]), "text.encode()"),
    (STREAM, lambda sock: sock.recv_into(b"1234"), "receive into a bytearray"),
    (STREAM, lambda sock: sock.setsockopt(polysock.IPPROTO_UDP, 999, 1), "do level and name belong together?"),
    (STREAM, lambda sock: sock.close() or sock.recv(1), "closed or detached"),
    (STREAM, lambda sock: sock.recvmsg_into([bytearray(1)] * 1025), "a call takes at most 1024 buffers"),
    (STREAM, lambda sock: sock.sendmsg([b"x"] * 1025), "a call takes at most 1024 buffers"),
    (DATAGRAM, lambda sock: sock.sendmsg([b"x"] * 1025, [], 0, PAIR), "a call takes at most 1024 buffers"),
    (DATAGRAM, lambda sock: sock.send(b"x"), "send it with one, or connect first"),
    (DATAGRAM, lambda sock: sock.sendto("text", PAIR), "text.encode()"),
    (DATAGRAM, lambda sock: sock.sendto(b"x", *PAIR), "host and port are one argument"),
    (DATAGRAM, lambda sock: sock.sendto(b"x", PAIR, 0), "flags come before the address"),
    (DATAGRAM, lambda sock: sock.sendto(bytes(65508), PAIR), "at most 65,507 bytes"),
    (DATAGRAM, lambda sock: sock.sendto(b"x", ("127.0.0.1", 0)), "port 0 means"),
    (DATAGRAM, lambda sock: sock.sendto(b"x", ("127.255.255.255", 9)), "SO_BROADCAST"),
    (DATAGRAM, lambda sock: sock.listen(), "only stream sockets listen"),
    (DATAGRAM, lambda sock: sock.accept(), "no connections to accept"),
    (DATAGRAM, lambda sock: sock.recvfrom_into(b"1234"), "receive into a bytearray"),
]


@pytest.mark.parametrize(("kind", "call", "hint"), MISTAKES)
def test_the_usual_mistake_is_named(kind, call, hint):
    with of_kind(kind) as sock, of_kind(kind) as twin:
        error, notes = raised(call, sock)
        hints = [note for note in getattr(error, "__notes__", []) if note.startswith("hint: ")]
        assert hint in hints[-1], notes
        assert len(hints) <= 2
    # The text and the arguments are the standard module's.
    if "recv_exact" not in hint:
        with standard.socket(type=kind) as twin:
            theirs, _ = raised(call, twin)
        assert (type(error), str(error)) == (type(theirs), str(theirs))


def test_too_many_descriptors():
    one, other = polysock.socketpair()
    with one, other:
        _, notes = raised(polysock.send_fds, one, [b"x"], [0] * 254)
        assert "hint: a message takes at most 253 descriptors" in notes


def test_a_port_that_is_taken():
    with polysock.socket() as first, polysock.socket() as second:
        first.bind(("127.0.0.1", 0))
        first.listen()
        address = first.getsockname()
        notes = raised(second.bind, address)[1]
        assert notes.startswith(
            f"binding to {shown(address)}\nhint: another program uses it ('ss -tlnp' shows a listener), or "
        )
        assert "SO_REUSEADDR" in notes
        error, notes = raised(polysock.create_server, address)
        assert "while attempting to bind" in str(error)
        assert notes == f"binding to {shown(address)}\nhint: another program uses it ('ss -tlnp' shows a listener)"
    with of_kind(DATAGRAM) as first, of_kind(DATAGRAM) as second:
        first.bind(("127.0.0.1", 0))
        assert "'ss -ulnp'" in raised(second.bind, first.getsockname())[1]


def test_a_connection_that_the_peer_ended():
    with connection() as (client, server):
        server.abort()
        error, notes = raised(client.recv, 1)
        assert type(error) is ConnectionResetError
        assert "it crashed, or closed with data unread" in notes
        error, notes = raised(client.send, b"x")
        assert type(error) is BrokenPipeError
        assert "the peer has closed the connection" in notes


def test_a_connection_that_is_over_was_one():
    with connection() as (client, server):
        server.abort()
        raised(client.recv, 1)
        assert "or the connection has ended" in raised(client.getpeername)[1]
        assert "or the connection has ended" in raised(client.shutdown, polysock.SHUT_RDWR)[1]
    for kind in (polysock.SOCK_STREAM, polysock.SOCK_SEQPACKET):
        one, other = polysock.socketpair(type=kind)
        with one:
            other.close()
            notes = raised(one.send, b"x")[1]
            assert notes == "hint: the peer has closed the connection, or this end was shut down"
    with of_kind(DATAGRAM) as sock:
        sock.connect(PAIR)
        sock.shutdown(polysock.SHUT_WR)
        assert "hint: this end was shut down" in raised(sock.send, b"x")[1]


def test_unix_names_without_a_file():
    name = f"\0polysock-notes-{os.urandom(8).hex()}"
    with polysock.socket(polysock.AF_UNIX) as first, polysock.socket(polysock.AF_UNIX) as second:
        assert "no program listens at this name" in raised(second.connect, name)[1]
        first.bind(name)
        assert "another socket has this name" in raised(second.bind, name)[1]
        assert raised(second.listen)[1] == "hint: the socket has no path: call bind() first"
        first.listen(0)
        with polysock.socket(polysock.AF_UNIX) as waits:
            waits.connect(name)
            second.settimeout(0.01)
            assert "its queue is full" in raised(second.connect, name)[1]
    with of_kind(DATAGRAM, polysock.AF_UNIX) as sock:
        assert "send it with one, or connect first" in raised(sock.send, b"x")[1]


def test_unix_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def fresh():
        return polysock.socket(polysock.AF_UNIX)

    with fresh() as listener:
        listener.bind("s")
        with fresh() as sock:
            assert raised(sock.connect, "s")[1] == (
                "connecting to unix:s\nhint: the file is there, but no program listens on it, or it is not a socket"
            )
            assert "is the server running, and the path right?" in raised(sock.connect, "nowhere")[1]
            assert "if it is one and no server uses it, remove it" in raised(sock.bind, "s")[1]
            assert "the directory of the path does not exist" in raised(sock.bind, "no/where")[1]
            error, notes = raised(sock.bind, "x" * 200)
            assert str(error) == "AF_UNIX path too long"
            assert "the path has 200 bytes, and the limit is 107" in notes
            assert "an address of this socket is a path" in raised(sock.bind, PAIR)[1]


def test_create_connection_with_host_and_port_as_two_arguments():
    error, notes = raised(polysock.create_connection, "localhost", 80)
    assert (type(error), notes) == (ValueError, "hint: an address is a tuple, such as ('127.0.0.1', 80)")


@needs_ipv6
def test_a_link_local_address_without_its_interface():
    with of_kind(DATAGRAM, polysock.AF_INET6) as sock:
        assert "needs its interface" in raised(sock.connect, ("fe80::1", 9))[1]


def test_names_that_are_not_found():
    error, notes = raised(polysock.getaddrinfo, "127.0.0.1", "no-such-service")
    assert type(error) is polysock.gaierror
    assert "hint: the port is neither a number from 0 to 65535 nor a service" in notes
    error, notes = raised(polysock.getaddrinfo, "http://localhost", 80)
    assert notes.startswith("looking up http://localhost\n")
    assert "without http:// and path" in notes
    assert "host and port are separate items" in raised(polysock.getaddrinfo, "localhost:80", 80)[1]


def test_notes_travel_with_the_exception():
    with refusing_address() as address, polysock.socket() as sock:
        error, notes = raised(sock.connect, address)
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(copied), copied.args) == (type(error), error.args)
        assert "\n".join(copied.__notes__) == notes
    error.add_note("the program's own")
    assert error.__notes__[-1] == "the program's own"
    assert str(error) == os.strerror(errno.ECONNREFUSED) or str(error) == "[Errno 111] Connection refused"


def test_what_a_signal_handler_raises_has_no_notes_of_ours():
    from helpers import interrupt, on_signal, when_main_sleeps

    def handler():
        raise KeyError("the handler's")

    with connection() as (client, _server), on_signal(handler):
        thread = when_main_sleeps(interrupt)
        error, notes = raised(client.recv, 1)
        thread.outcome()
    assert (type(error), notes) == (KeyError, "")


def test_java_style_exceptions_have_them_too():
    from polysock import net

    with refusing_address() as address:
        error, notes = raised(net.Socket, *address)
        assert str(error) == "Connection refused"
        assert notes.startswith(f"connecting to {shown(address)}\nhint: nothing listens there")
    with net.ServerSocket(0) as listener, net.Socket("127.0.0.1", listener.getLocalPort()) as sock:
        sock.setSoTimeout(1)
        error, notes = raised(sock.getInputStream().read)
        assert str(error) == "Read timed out"
        assert notes == f"receiving from 127.0.0.1:{listener.getLocalPort()}, time limit 0.001 s"
        listener.setSoTimeout(1)
        listener.accept().close()
        error, notes = raised(listener.accept)
        assert str(error) == "Accept timed out"
        assert notes.startswith("accepting on ")
        assert notes.endswith(", time limit 0.001 s")
        error, notes = raised(net.ServerSocket, listener.getLocalPort())
        assert "another program uses it" in notes
