"""uvloop: native code that works with our sockets and catches our exceptions."""

import asyncio
import socket

import check
import servers
import uvloop


def run():
    uvloop.run(asyncio.wait_for(main(), 60))


async def main():
    loop = asyncio.get_running_loop()
    assert isinstance(loop, uvloop.Loop)
    await plain(loop)
    for secure in False, True:
        await streams(secure)
    await refusal(loop)


async def plain(loop):
    """The loop's calls on sockets that it did not make."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        check.ours(client)
        listener.setblocking(False)
        client.setblocking(False)
        accepting = asyncio.ensure_future(loop.sock_accept(listener))
        await loop.sock_connect(client, listener.getsockname())
        server, address = await accepting
        with server:
            check.ours(server)
            assert address == client.getsockname()
            sending = asyncio.ensure_future(loop.sock_sendall(client, check.BIG))
            got = b""
            while len(got) < len(check.BIG):
                got += await loop.sock_recv(server, 65536)
            await sending
            assert got == check.BIG


async def streams(secure):
    contexts = servers.certificates()

    async def echo(reader, writer):
        writer.write(await reader.readexactly(len(check.BIG)))
        await writer.drain()
        writer.close()

    listener = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(echo, sock=listener, ssl=contexts.server if secure else None)
    async with server:
        sock = socket.create_connection(listener.getsockname())
        sock.setblocking(False)
        options = {"ssl": contexts.client, "server_hostname": "localhost"} if secure else {}
        reader, writer = await asyncio.open_connection(sock=check.ours(sock), **options)
        writer.write(check.BIG)
        assert await reader.readexactly(len(check.BIG)) == check.BIG
        writer.close()


async def refusal(loop):
    with socket.socket() as deaf, socket.socket() as client:
        deaf.bind(("127.0.0.1", 0))
        client.setblocking(False)
        try:
            await loop.sock_connect(client, deaf.getsockname())
        except ConnectionRefusedError:
            return
    raise AssertionError
