"""Which objects are the standard module's, and that it does none of the work."""

import _socket
import abc
import socket as standard
import subprocess
import sys
import textwrap

import polysock as socket


def test_not_the_standard_class():
    assert not issubclass(socket.socket, _socket.socket)
    assert _socket.socket not in socket.socket.__mro__


def test_the_standard_modules_sockets_are_instances():
    class Mine(socket.socket):
        pass

    with standard.socket() as theirs, socket.socket() as ours:
        assert isinstance(theirs, socket.socket)
        assert isinstance(ours, socket.socket)
        assert not isinstance(theirs, Mine)
        assert not isinstance(ours, Mine)
        assert not isinstance(5, socket.socket)
        assert issubclass(standard.socket, socket.socket)
        assert not issubclass(standard.socket, Mine)


def test_subclasses():
    class Slots(socket.socket):
        __slots__ = ("mine",)

        def __init__(self, mine, *, fileno=None):
            super().__init__(fileno=fileno)
            self.mine = mine

    class Abstract(socket.socket, abc.ABC):
        pass

    with Slots("x") as sock:
        assert sock.mine == "x"
        assert not hasattr(sock, "__dict__")
        assert sock._io_refs == 0
        assert sock._closed is False
    Abstract().close()


def test_a_subclass_made_by_a_call_belongs_to_the_caller():
    assert type("Made", (socket.socket,), {}).__module__ == __name__
    assert type("Made", (socket.socket,), {"__module__": "other"}).__module__ == "other"


def test_what_closes_may_be_replaced_in_the_class_itself(monkeypatch):
    with socket.socket() as sock:
        calls = []
        monkeypatch.setattr(socket.socket, "_real_close", lambda self: calls.append(self))
        sock.close()
        assert calls == [sock]
        assert sock._closed is True
        assert sock.fileno() >= 0
        monkeypatch.undo()
        sock.close()
        assert sock.fileno() == -1


def test_files_keep_it_open():
    with socket.socket() as sock:
        sock._io_refs += 1
        sock.close()
        assert (sock._closed, sock._io_refs) == (True, 1)
        fd = sock.fileno()
        assert fd >= 0
        sock.__init__(fileno=fd)
        assert (sock._closed, sock._io_refs) == (False, 0)


def test_subclass_may_replace_the_calls():
    class Counting(socket.socket):
        closed = 0

        def _real_close(self, _ss=socket.socket):
            self.closed += 1
            super()._real_close()

    sock = Counting()
    with sock, sock.makefile("rb"):
        pass
    assert sock.closed == 1
    assert sock.fileno() == -1


def test_objects_are_the_interpreters():
    names = [name for name, value in vars(standard).items() if name.isupper() and isinstance(value, int)]
    assert len(names) > 300
    for name in [*names, "AddressFamily", "SocketKind", "MsgFlag", "AddressInfo", "has_ipv6", "CAPI"]:
        assert getattr(socket, name) is getattr(standard, name), name
    assert set(standard.__all__) - set(dir(socket)) == set()
    for name in ["error", "gaierror", "herror", "timeout", "_GLOBAL_DEFAULT_TIMEOUT", "_GiveupOnSendfile"]:
        assert getattr(socket, name) is getattr(standard, name), name


def test_the_standard_module_does_no_work():
    code = """
        import _socket, socket as standard

        def refuse(name):
            def call(*args, **kwargs):
                raise AssertionError(f"the standard module's {name} was called")
            return call

        for module in (_socket, standard):
            for name, value in list(vars(module).items()):
                if callable(value) and not isinstance(value, type):
                    if name not in ("getdefaulttimeout", "setdefaulttimeout"):
                        setattr(module, name, refuse(name))
        import polysock as socket  # takes nothing that would work
        for name in ("socket", "SocketType"):
            setattr(_socket, name, refuse(name))
            setattr(standard, name, refuse(name))

        with socket.create_server(("127.0.0.1", 0)) as listener:
            with socket.create_connection(listener.getsockname(), timeout=5) as client:
                server, address = listener.accept()
                with server:
                    assert address == client.getsockname() and isinstance(server, socket.socket)
                    client.sendall(b"12345")
                    assert server.recv(1) == b"1"
                    assert server.recv_exact(4) == b"2345"
                    assert server.send(b"x") == 1 and client.recv_into(bytearray(5)) == 1
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                    assert client.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                    twin = client.dup()
                    with twin.makefile("wb") as file:
                        file.write(b"file")
                    assert server.recv_exact(4) == b"file"
                    client.shutdown(socket.SHUT_WR)
                    client.settimeout(1)
                    repr(client)
                    socket.socket(fileno=twin.detach()).close()
        for family in (socket.AF_UNIX, socket.AF_INET):
            pair = socket.socketpair if family == socket.AF_UNIX else socket._fallback_socketpair
            one, two = pair(family)
            with one, two:
                assert one.sendmsg([b"a", b"b"]) == 2 and two.recvmsg(5)[0] == b"ab"
                assert one.send(b"cd") == 2 and two.recvmsg_into([bytearray(1), bytearray(5)])[0] == 2
                with open("/etc/passwd", "rb") as file:
                    assert one.sendfile(file, count=3) == 3 and len(two.recv_exact(3)) == 3
                if family == socket.AF_UNIX:
                    socket.send_fds(one, [b"x"], [1])
                    socket.close(socket.recv_fds(two, 1, 1)[1][0])
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
            one.bind(("127.0.0.1", 0))
            two.sendto(b"1", one.getsockname())
            two.sendto(b"2", 0, one.getsockname())
            assert one.recvfrom(5)[0] == b"1" and one.recvfrom_into(bytearray(2))[0] == 1
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as one:
            one.bind((0, 0))
            one.getsockname()
        assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
        assert socket.getnameinfo(("127.0.0.1", 80), 3) == ("127.0.0.1", "80")
        for call, *arguments in (
            (socket.gethostbyname_ex, "localhost"), (socket.gethostbyaddr, "127.0.0.1"), (socket.getfqdn, "127.0.0.1"),
            (socket.getservbyname, "http"), (socket.getservbyport, 80), (socket.getprotobyname, "tcp"),
            (socket.gethostname,), (socket.sethostname, b"x" * 500), (socket.has_dualstack_ipv6,),
        ):
            try:
                call(*arguments)
            except OSError:
                pass
        for index, name in socket.if_nameindex():
            assert socket.if_nametoindex(name) == index and socket.if_indextoname(index) == name
        assert socket.ntohs(socket.htons(1)) == socket.ntohl(socket.htonl(1)) == 1
        assert socket.inet_ntoa(socket.inet_aton("127.1")) == "127.0.0.1"
        assert socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, "::1")) == "::1"
        assert socket.CMSG_SPACE(4) >= socket.CMSG_LEN(4)
        socket.close(socket.dup(1))
        print("done")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_importing_does_not_import_tls_or_asyncio():
    code = "import sys, polysock; print('ssl' in sys.modules, 'asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "False False\n"
