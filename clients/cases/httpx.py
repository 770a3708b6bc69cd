"""httpx with threads, asyncio and trio (by way of anyio), HTTP and HTTPS."""

import asyncio

import check
import httpx
import servers
import trio


def run():
    for secure in False, True:
        with servers.web(secure=secure) as server:
            threads(server, secure)
            asyncio.run(asyncio.wait_for(loop(server, secure), 60))
            trio.run(loop, server, secure)
            server.enough.set()


def used(response, secure):
    """The socket that a response came over."""
    stream = response.extensions["network_stream"]
    if not secure:
        check.ours(stream.get_extra_info("socket"))
    return stream


def threads(server, secure):
    with httpx.Client(verify=servers.certificates().client, timeout=20) as client:
        with client.stream("GET", f"{server.url}/big") as response:
            stream = used(response, secure)
            assert response.read() == check.BIG
        with client.stream("GET", f"{server.url}/again") as response:
            assert used(response, secure) is stream  # the connection was kept
            assert response.read() == b"/again"
        assert client.get(f"{server.url}/chunks").content == b"onetwothree"
        try:
            client.get(f"{server.url}/never", timeout=httpx.Timeout(20, read=0.1))
        except httpx.ReadTimeout:
            pass
        else:
            raise AssertionError


async def loop(server, secure):
    async with httpx.AsyncClient(verify=servers.certificates().client, timeout=20) as client:
        async with client.stream("GET", f"{server.url}/big") as response:
            used(response, secure)
            assert await response.aread() == check.BIG
        assert (await client.post(server.url, content=check.BIG)).content == check.BIG
        try:
            await client.get(f"{server.url}/never", timeout=httpx.Timeout(20, read=0.1))
        except httpx.ReadTimeout:
            pass
        else:
            raise AssertionError
