"""websockets with threads and with asyncio, plain and over TLS."""

import asyncio
import threading

import check
import servers
import websockets.asyncio.client
import websockets.asyncio.server
import websockets.sync.client
import websockets.sync.server

MESSAGES = ["ü", b"bytes", "", check.BIG[:300000], b""]


def run():
    for secure in False, True:
        threads(secure)
        asyncio.run(asyncio.wait_for(loop(secure), 60))


def contexts(secure):
    made = servers.certificates()
    return (made.server, made.client, "wss") if secure else (None, None, "ws")


def threads(secure):
    there, here, scheme = contexts(secure)
    is_right = check.tls if secure else check.ours

    def echo(connection):
        is_right(connection.socket)
        for message in connection:
            connection.send(message)

    with websockets.sync.server.serve(echo, "127.0.0.1", 0, ssl=there) as server:
        check.ours(server.socket) if not secure else None
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        with websockets.sync.client.connect(f"{scheme}://localhost:{port}", ssl=here, proxy=None) as client:
            is_right(client.socket)
            for message in MESSAGES:
                client.send(message)
                assert client.recv(20) == message
            client.ping().wait(20)
        server.shutdown()
        thread.join()


async def loop(secure):
    there, here, scheme = contexts(secure)

    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async with websockets.asyncio.server.serve(echo, "127.0.0.1", 0, ssl=there) as server:
        check.ours(server.sockets[0])
        port = server.sockets[0].getsockname()[1]
        async with websockets.asyncio.client.connect(f"{scheme}://localhost:{port}", ssl=here, proxy=None) as client:
            check.ours(client.transport.get_extra_info("socket"))
            for message in MESSAGES:
                await client.send(message)
                assert await client.recv() == message
            await (await client.ping())
