"""asyncio, as `streams` or as a `protocol`, on its own loop or on `uvloop`'s."""

import asyncio
import sys

import serving

# ---------------------------------------------------------------- streams


async def echo(reader, writer):
    while data := await reader.read(serving.RECEIVE):
        writer.write(data)
        await writer.drain()


async def frames(reader, writer):
    while True:
        (length,) = serving.LENGTH.unpack(await reader.readexactly(serving.LENGTH.size))
        writer.write(serving.framed(await reader.readexactly(length)))
        await writer.drain()


async def http(reader, writer):
    while True:
        await reader.readuntil(serving.HEAD_ENDS)
        writer.write(serving.REPLY)
        await writer.drain()


async def over_stream(reader, writer):
    try:
        await serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the peer has finished, or is gone
    finally:
        writer.close()


# ---------------------------------------------------------------- protocols


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Frames(Echo):
    unfinished = b""

    def data_received(self, data):
        found, self.unfinished = serving.messages(self.unfinished, data)
        self.transport.write(b"".join(map(serving.framed, found)))


class Http(Echo):
    unfinished = b""

    def data_received(self, data):
        *requests, self.unfinished = (self.unfinished + data).split(serving.HEAD_ENDS)
        self.transport.write(serving.REPLY * len(requests))


async def main(kind):
    if kind == "streams":
        server = await asyncio.start_server(over_stream, serving.HOST, 0, backlog=serving.BACKLOG)
    else:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(serve, serving.HOST, 0, backlog=serving.BACKLOG)
    serving.listens_on(server.sockets[0].getsockname()[1])
    await server.serve_forever()


kind, loop = sys.argv[1:3]
if kind == "streams":
    serve = serving.of_mode(echo=echo, frames=frames, http=http)
else:
    serve = serving.of_mode(echo=Echo, frames=Frames, http=Http)
if loop == "uvloop":
    import uvloop

    uvloop.install()
asyncio.run(main(kind))
