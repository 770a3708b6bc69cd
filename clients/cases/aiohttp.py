"""aiohttp: its server on TCP and Unix sockets and on one made before, its client: bodies, a file, WebSockets, TLS."""

import asyncio
import os
import socket
import tempfile

import check
import servers
from aiohttp import ClientConnectorError, ClientSession, ClientTimeout, TCPConnector, UnixConnector, web


def run():
    asyncio.run(asyncio.wait_for(main(), 60))


async def main():
    with tempfile.TemporaryDirectory() as place:
        app = web.Application(client_max_size=1 << 21)
        app.add_routes([web.post("/echo", echo), web.get("/talk", talk), web.get("/never", never)])
        app.router.add_static("/files", place)
        with open(os.path.join(place, "big"), "wb") as file:
            file.write(check.BIG)
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        try:
            await sites(runner, place)
        finally:
            await runner.cleanup()


async def echo(request):
    check.ours(request.get_extra_info("socket"))
    response = web.StreamResponse()
    await response.prepare(request)
    async for part in request.content.iter_any():
        await response.write(part)
    return response


async def talk(request):
    connection = web.WebSocketResponse()
    await connection.prepare(request)
    async for message in connection:
        await connection.send_bytes(message.data[::-1])
    return connection


async def never(_request):
    await asyncio.Event().wait()


async def sites(runner, place):
    made_before = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, check.ours(made_before)).start()
    await client(TCPConnector(family=socket.AF_INET), f"http://localhost:{made_before.getsockname()[1]}")

    path = os.path.join(place, "s")
    await web.UnixSite(runner, path).start()
    await client(UnixConnector(path), "http://anywhere")

    contexts = servers.certificates()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=contexts.server).start()
    port = runner.addresses[-1][1]
    await client(TCPConnector(ssl=contexts.client, happy_eyeballs_delay=0.25), f"https://localhost:{port}")

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        async with ClientSession() as session:
            try:
                await session.get("http://{}:{}".format(*silent.getsockname()))
            except ClientConnectorError as error:
                assert isinstance(error.os_error, ConnectionRefusedError), error.os_error
            else:
                raise AssertionError


async def client(connector, url):
    async with ClientSession(connector=connector) as session:
        async with session.post(f"{url}/echo", data=check.BIG) as response:
            check.ours(response.connection.transport.get_extra_info("socket"))
            assert await response.read() == check.BIG
        async with session.get(f"{url}/files/big") as response:  # by sendfile
            assert await response.read() == check.BIG
        async with session.ws_connect(f"{url}/talk") as connection:
            await connection.send_bytes(check.BIG[:100000])
            assert await connection.receive_bytes(timeout=20) == check.BIG[:100000][::-1]
        try:
            await session.get(f"{url}/never", timeout=ClientTimeout(total=0.1))
        except TimeoutError:
            pass
        else:
            raise AssertionError
