"""Clients that a server must survive."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator

from .tutorial import Fault

NOISE = random.Random(5).randbytes(65536)
ENDLESS = b"A" * (1 << 20)


async def silent(port: str) -> None:
    """Connects, and waits to be thrown out."""
    await send(port, b"", and_end=False)


async def noisy(port: str) -> None:
    await send(port, NOISE)


async def endless(port: str) -> None:
    await send(port, ENDLESS)


async def resetting(port: str) -> None:
    async with connection(port) as (_reader, writer):
        no_linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)


BAD_CLIENTS = (silent, noisy, endless, resetting)


async def send(port: str, data: bytes, and_end: bool = True) -> None:
    """Sends, reads what comes, and returns when the server has ended the connection."""
    async with connection(port) as (reader, writer):

        async def write() -> None:
            with contextlib.suppress(OSError):
                writer.write(data)
                await writer.drain()
                if and_end:
                    writer.write_eof()

        async def read() -> None:
            with contextlib.suppress(OSError):
                while await reader.read(65536):
                    pass

        await asyncio.gather(write(), read())


def scatter(port: str) -> None:
    """Sends datagrams and is gone before they are answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for data in (b"", NOISE[:65507], *(NOISE[i : i + 40] for i in range(0, 800, 40))):
            s.sendto(data, ("127.0.0.1", int(port)))


@contextlib.asynccontextmanager
async def connection(port: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    except OSError as error:
        raise Fault(f"the server takes no connection: {error}") from error
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
