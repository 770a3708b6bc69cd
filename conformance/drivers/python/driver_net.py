#!/usr/bin/env python3
"""Conformance driver for Java style: `polysock.net`; ../java/Driver.java is the same for the real java.net. Protocol: ../../README.md."""

from answers import Fail, error_answer
from base import ABSENT, Driver, play
from message_server import Connections, ServesMessages
from serving import MAX_PIECE, Serves
from values import Malformed, Unsupported, is_on, on_off, payload, received

from polysock import net

CAPABILITIES = "close_fails,close_java,create_connection,create_server,datagram,get_timeout,linger_range,mapped,message_server,serve,state"
LACKS = "listen,backlog_zero,descriptor,nonblocking,send_timeout,peek,truncation,urgent_recv,raw_options,parallel_calls"
CHUNK = 64 * 1024


class Connection:
    """A socket and its streams, taken as soon as there are any: later, java.net refuses them to some."""

    def __init__(self, socket):
        self.socket, self._input, self._output = socket, None, None

    def connected(self):
        self._input, self._output = self.socket.getInputStream(), self.socket.getOutputStream()
        return self

    def input(self):
        return self._input or self.socket.getInputStream()

    def output(self):
        return self._output or self.socket.getOutputStream()

    def close(self):
        self.socket.close()


class CallTimeout:
    """`timeout=` for one call: java.net knows only the socket's, so set it and put it back."""

    def __init__(self, socket, timeout):
        self.socket, self.timeout = socket, timeout

    def __enter__(self):
        if self.timeout is not ABSENT:
            self.before = self.socket.getSoTimeout()
            self.socket.setSoTimeout(milliseconds(self.timeout))

    def __exit__(self, *exc):
        if self.timeout is not ABSENT:
            try:
                self.socket.setSoTimeout(self.before)
            except net.SocketException:
                pass  # closed by another thread just now


def milliseconds(seconds):
    """Java's own form: 0 means forever."""
    if seconds == 0:
        raise Unsupported
    return 0 if seconds is None else round(seconds * 1000)


def address_of(words):
    if len(words) != 2:
        raise Unsupported
    return net.InetSocketAddress(words[0], int(words[1]))


def ip_of(address):
    """Java writes IPv6 addresses without `::`."""
    text = address.getHostAddress()
    return {"0:0:0:0:0:0:0:1": "::1", "0:0:0:0:0:0:0:0": "::"}.get(text, text)


def show(address):
    return f"host={ip_of(address.getAddress())} port={address.getPort()}"


class JavaConnections(Connections):
    """What a message server's program does with connections, in Java's words."""

    @staticmethod
    def keep(connection, state):
        connection.attach(state)

    @staticmethod
    def kept(connection):
        return connection.attachment()

    @staticmethod
    def peer(connection):
        address = connection.getRemoteSocketAddress()
        return ip_of(address.getAddress()), address.getPort()

    @staticmethod
    def unsent(connection):
        return connection.getUnsent()

    @staticmethod
    def failure(connection):
        return connection.getException()

    @staticmethod
    def send(connection, message, *timeout):
        connection.send(message, *map(milliseconds, timeout))


class NetDriver(ServesMessages, Serves, Driver):
    """The commands in Java's words; the process, threads and lines are as in driver.py."""

    message_connections = JavaConnections

    def module(self):
        return net

    def handle(self, name, kind=object):
        """The handle as what the command needs; java.net has a class for each kind, so nothing else can be meant."""
        handle = super().handle(name)
        if not isinstance(handle, kind):
            raise Unsupported
        return handle

    def do_hello(self):
        return f"lang=net caps={CAPABILITIES} lacks={LACKS}"

    # --- making and unmaking

    def do_socket(self, name, family, kind="stream"):
        if family == "unix" or kind == "seqpacket":
            raise Unsupported
        self.add(name, net.DatagramSocket(None) if kind == "dgram" else Connection(net.Socket()))

    def do_server(self, name, family, backlog):
        loopback = net.InetAddress.getByName("::1" if family == "inet6" else "127.0.0.1")
        listener = net.ServerSocket(0, int(backlog), loopback)
        self.add(name, listener)
        return f"port={listener.getLocalPort()}"

    def do_accept(self, name, new, timeout=ABSENT):
        listener = self.handle(name, net.ServerSocket)
        with CallTimeout(listener, timeout):
            socket = listener.accept()
        self.add(new, Connection(socket).connected())
        return show(socket.getRemoteSocketAddress())

    def do_bind(self, name, *address):
        handle = self.handle(name, (Connection, net.DatagramSocket))
        getattr(handle, "socket", handle).bind(address_of(address))

    def do_connect(self, name, *address, timeout=ABSENT):
        handle = self.handle(name, (Connection, net.DatagramSocket))
        if isinstance(handle, net.DatagramSocket):
            handle.connect(address_of(address))
        else:
            handle.socket.connect(address_of(address), 0 if timeout is ABSENT else milliseconds(timeout))
            handle.connected()

    def do_create_connection(self, name, port, timeout=ABSENT):
        # The constructor knows no time limit; no host is this one, over IPv6 and over IPv4.
        self.add(name, Connection(net.Socket(None, int(port))).connected())

    def do_create_server(self, name, backlog):
        listener = net.ServerSocket(0, int(backlog))
        self.add(name, listener)
        return f"port={listener.getLocalPort()}"

    def make_server(self, _echo, max_connections, **limits):
        server = net.Server(loopback_listener(), echo, max_connections, lambda *_: None, **java_options(limits))
        server.start()
        return server, server.getLocalPort()

    def make_message_server(self, program, framing, **options):
        program.listener = loopback_listener()
        server = net.MessageServer(program.listener, program, framing, **java_options(options))
        server.start()
        return server, server.getLocalPort()

    def stop_server(self, server, timeout):
        # 0 is no limit there: the shortest time is one millisecond.
        return server.stop(0 if timeout is None else max(1, round(timeout * 1000)))

    def counts_of(self, server):
        return server.getStats()

    def connections_of(self, server):
        return server.getConnections()

    def listener_of(self, _server, program):
        return program.listener  # the server does not show it

    def wait_for_end_of(self, server):
        server.waitFor()

    def do_shutdown(self, name, how):
        socket = self.handle(name, Connection).socket
        if how != "wr":
            socket.shutdownInput()
        if how != "rd":
            socket.shutdownOutput()

    def do_close(self, name):
        self.handle(name).close()

    do_close_java = do_close

    def do_is_closed(self, name):
        handle = self.handle(name)
        return f"closed={on_off(getattr(handle, 'socket', handle).isClosed())}"

    # --- data

    def do_send(self, name, data, oob=False):
        handle, data = self.handle(name, (Connection, net.DatagramSocket)), payload(data)
        if isinstance(handle, net.DatagramSocket):
            handle.send(net.DatagramPacket(data, len(data)))
            return f"n={len(data)}"
        plain = data[:-1] if oob else data  # only the last byte is urgent
        if plain or not oob:
            handle.output().write(plain)
        if oob:
            handle.socket.sendUrgentData(data[-1])
        return f"n={len(data)}"

    do_sendall = do_send

    def do_recv(self, name, count, timeout=ABSENT):
        handle, count = self.handle(name, (Connection, net.DatagramSocket)), int(count)
        buffer = bytearray(count)
        with CallTimeout(getattr(handle, "socket", handle), timeout):
            if isinstance(handle, net.DatagramSocket):
                packet = net.DatagramPacket(buffer, count)
                handle.receive(packet)
                return received(bytes(buffer[: packet.getLength()]))
            got = handle.input().read(buffer, 0, count)
            return received(bytes(buffer[: max(0, got)]))  # -1 is the end of the stream

    def do_sendto(self, name, data, *address):
        handle, data = self.handle(name, net.DatagramSocket), payload(data)
        handle.send(net.DatagramPacket(data, len(data), address_of(address)))
        return f"n={len(data)}"

    def do_recvfrom(self, name, count, timeout=ABSENT):
        handle, count = self.handle(name, net.DatagramSocket), int(count)
        packet = net.DatagramPacket(bytearray(count), count)
        with CallTimeout(handle, timeout):
            handle.receive(packet)
        return f"{received(bytes(packet.getData()[: packet.getLength()]))} {show(packet.getSocketAddress())}"

    def do_collect(self, name, count):
        stream, data = self.handle(name, Connection).input(), bytearray()
        limit = 16 << 20 if count == "all" else int(count)
        buffer = bytearray(CHUNK)
        while len(data) < limit:
            try:
                got = stream.read(buffer, 0, min(CHUNK, limit - len(data)))
            except OSError as exc:
                raise Fail(error_answer(exc).removeprefix("error "), len(data)) from exc
            if got < 0:
                break
            data += buffer[:got]
        return received(bytes(data))

    # --- facts and options

    def do_getsockname(self, name):
        handle = self.handle(name)
        socket = getattr(handle, "socket", handle)
        if socket.isClosed():
            raise Fail("CLOSED")  # java.net remembers the port, but not the address
        address = socket.getLocalSocketAddress()
        return show(address) if address else "host=0.0.0.0 port=0"  # what BSD says of an unbound one

    def do_getpeername(self, name):
        handle = self.handle(name)
        if isinstance(handle, net.ServerSocket):
            raise Fail("NOTCONN")
        address = getattr(handle, "socket", handle).getRemoteSocketAddress()
        if address is None:
            raise Fail("NOTCONN")
        return show(address)

    def do_peer_ip(self, name):
        return f"ip={ip_of(self.handle(name, Connection).socket.getInetAddress())}"

    def do_same_peer(self, name, *address):
        return f"same={on_off(self.handle(name, Connection).socket.getRemoteSocketAddress().equals(address_of(address)))}"

    def do_state(self, name):
        socket = self.handle(name, Connection).socket
        return f"state={socket.getTcpInfo().state}"

    def do_set(self, name, option, value):
        handle = self.handle(name)
        socket = getattr(handle, "socket", handle)
        if option == "linger":
            method, arguments = "setSoLinger", (value != "off", 0 if value == "off" else int(value))
        elif option == "timeout":
            method, arguments = "setSoTimeout", (0 if value == "never" else int(value),)
        elif option in SIZES:
            method, arguments = "set" + SIZES[option], (int(value),)
        elif option in FLAGS:
            method, arguments = "set" + FLAGS[option], (is_on(value),)
        else:
            raise Malformed(f"no option {option}")
        if not hasattr(socket, method):
            raise Unsupported
        getattr(socket, method)(*arguments)

    def do_get(self, name, option):
        handle = self.handle(name)
        socket = getattr(handle, "socket", handle)
        names = {"linger": "SoLinger", "timeout": "SoTimeout", **SIZES, **FLAGS}
        if option not in names:
            raise Malformed(f"no option {option}")
        if not hasattr(socket, "get" + names[option]):
            raise Unsupported
        value = getattr(socket, "get" + names[option])()
        if option == "linger":
            value = "off" if value < 0 else value
        elif option == "timeout":
            value = value or "never"
        return f"value={on_off(value) if option in FLAGS else value}"


def loopback_listener():
    return net.ServerSocket(0, 50, net.InetAddress.getByName("127.0.0.1"))


def java_options(options):
    """The options of a server, as Java writes names and times."""
    made = {}
    for name, value in options.items():
        first, *others = name.split("_")
        made[first + "".join(map(str.capitalize, others))] = round(value * 1000) if name.endswith("_timeout") else value
    return made


def echo(socket):
    stream, buffer = socket.getInputStream(), bytearray(MAX_PIECE)
    while (got := stream.read(buffer, 0, MAX_PIECE)) > 0:
        socket.getOutputStream().write(buffer, 0, got)


FLAGS = {"nodelay": "TcpNoDelay", "keepalive": "KeepAlive", "reuseaddr": "ReuseAddress", "oobinline": "OOBInline"}
SIZES = {"sndbuf": "SendBufferSize", "rcvbuf": "ReceiveBufferSize"}


if __name__ == "__main__":
    play(NetDriver())
