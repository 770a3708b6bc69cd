"""asyncio over TLS, which stays over our sockets: streams, an upgrade of a plain connection, a stranger."""

import asyncio
import ssl

import check
import servers


async def echo(reader, writer):
    check.ours(writer.get_extra_info("socket"))
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def upgrading(reader, writer):
    assert await reader.readline() == b"upgrade\n"
    writer.write(b"yes\n")
    await writer.start_tls(servers.certificates().server)
    await echo(reader, writer)


def run():
    asyncio.run(asyncio.wait_for(work(), 60))


async def work():
    made = servers.certificates()
    async with await asyncio.start_server(echo, "127.0.0.1", 0, ssl=made.server) as server:
        port = server.sockets[0].getsockname()[1]
        connections = [await asyncio.open_connection("localhost", port, ssl=made.client) for _ in range(10)]
        await asyncio.gather(*(exchange(*connection) for connection in connections))
        try:
            await asyncio.open_connection("localhost", port, ssl=ssl.create_default_context())
        except ssl.SSLCertVerificationError:
            pass
        else:
            raise AssertionError
    async with await asyncio.start_server(upgrading, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        writer.write(b"upgrade\n")
        assert await reader.readline() == b"yes\n"
        await writer.start_tls(made.client, server_hostname="localhost")
        await exchange(reader, writer)


async def exchange(reader, writer):
    check.ours(writer.get_extra_info("socket"))
    assert writer.get_extra_info("peercert")["subjectAltName"]

    async def send():
        writer.write(check.BIG)
        await writer.drain()

    sender = asyncio.create_task(send())
    assert await reader.readexactly(len(check.BIG)) == check.BIG
    await sender
    writer.close()
    await writer.wait_closed()
