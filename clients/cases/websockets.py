"""websockets: plain with threads, plain and over TLS with asyncio.

Its threads read and write one TLS connection at the same time, for which CPython 3.11 has no lock: now and then a
request is lost, also with the standard module. So TLS is not tried with threads.
"""

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
    threads()
    for secure in False, True:
        asyncio.run(asyncio.wait_for(loop(secure), 60))


def contexts(secure):
    made = servers.certificates()
    return (made.server, made.client, "wss") if secure else (None, None, "ws")


def threads():
    def echo(connection):
        check.ours(connection.socket)
        for message in connection:
            connection.send(message)

    with websockets.sync.server.serve(echo, "127.0.0.1", 0) as server:
        check.ours(server.socket)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        with websockets.sync.client.connect(f"ws://localhost:{port}", proxy=None) as client:
            check.ours(client.socket)
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
