"""asyncio: streams over TCP and Unix sockets, datagrams, sendfile, the low-level calls, a name."""

import asyncio
import os
import socket
import tempfile

import check


async def echo(reader, writer):
    check.ours(writer.get_extra_info("socket"))
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def run():
    asyncio.run(asyncio.wait_for(work(), 60))


async def work():
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        address = check.ours(server.sockets[0]).getsockname()
        await asyncio.gather(*(stream(asyncio.open_connection(*address)) for _ in range(20)))
        await stream(asyncio.open_connection("localhost", address[1], happy_eyeballs_delay=0.25))
        await low_level(address)
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "s")
        async with await asyncio.start_unix_server(echo, path):
            await stream(asyncio.open_unix_connection(path))
    await datagrams()
    await sendfile()


async def stream(connection):
    reader, writer = await connection
    check.ours(writer.get_extra_info("socket"))

    async def send():
        writer.writelines([check.BIG[:500000], check.BIG[500000:]])
        await writer.drain()
        writer.write_eof()

    sender = asyncio.create_task(send())
    assert await reader.read() == check.BIG
    await sender
    writer.close()
    await writer.wait_closed()


async def low_level(address):
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setblocking(False)
        await loop.sock_connect(sock, address)
        await loop.sock_sendall(sock, b"hello")
        assert await loop.sock_recv(sock, 5) == b"hello"
        try:
            async with asyncio.timeout(0.1):
                await loop.sock_recv(sock, 5)
        except TimeoutError:
            pass
        else:
            raise AssertionError
        await loop.sock_sendall(sock, b"again")
        buffer = bytearray(5)
        assert await loop.sock_recv_into(sock, buffer) == 5
        assert buffer == b"again"


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self):
        self.got = asyncio.Queue()

    def datagram_received(self, data, address):
        self.got.put_nowait((data, address))


async def datagrams():
    loop = asyncio.get_running_loop()
    one, first = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
    address = check.ours(one.get_extra_info("socket")).getsockname()
    two, second = await loop.create_datagram_endpoint(Datagrams, remote_addr=address)
    two.sendto(b"there")
    data, back = await first.got.get()
    assert data == b"there"
    one.sendto(b"and back", back)
    assert await second.got.get() == (b"and back", address)
    one.close()
    two.close()


async def sendfile():
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    with near, far, tempfile.TemporaryFile() as file:
        check.ours(near)
        near.setblocking(False)
        far.setblocking(False)
        file.write(check.BIG)
        sender = asyncio.create_task(loop.sock_sendfile(near, file))
        got = b""
        while len(got) < len(check.BIG):
            got += await loop.sock_recv(far, 1 << 20)
        assert got == check.BIG
        assert await sender == len(check.BIG)
