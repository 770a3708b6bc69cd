"""trio: streams plain and over TLS, datagrams, sockets made by the standard calls, cancelled waits."""

import socket

import check
import servers
import trio
import trio.testing


def run():
    trio.run(main)


async def main():
    with trio.fail_after(60):
        await streams(secure=False)
        await streams(secure=True)
        await sockets()


async def echo(stream):
    async for data in stream:
        await stream.send_all(data)


async def streams(secure):
    contexts = servers.certificates()
    async with trio.open_nursery() as nursery:
        if secure:
            listeners = await nursery.start(trio.serve_ssl_over_tcp, echo, 0, contexts.server)
        else:
            listeners = await nursery.start(trio.serve_tcp, echo, 0)
        plain = listeners[0].transport_listener if secure else listeners[0]
        check.ours(plain.socket)
        port = plain.socket.getsockname()[1]
        if secure:
            client = await trio.open_ssl_over_tcp_stream("localhost", port, ssl_context=contexts.client)
            check.ours(client.transport_stream.socket)
        else:
            client = await trio.open_tcp_stream("localhost", port)
            check.ours(client.socket)
        async with client, trio.open_nursery() as exchange:
            exchange.start_soon(client.send_all, check.BIG)
            got = b""
            while len(got) < len(check.BIG):
                got += await client.receive_some()
            assert got == check.BIG
        nursery.cancel_scope.cancel()


async def sockets():
    one, two = map(trio.socket.from_stdlib_socket, socket.socketpair())
    check.ours(one)
    with one, two:
        with trio.move_on_after(0.05) as scope:
            await one.recv(1)
        assert scope.cancelled_caught
        await two.send(b"x")
        assert await one.recv(1) == b"x"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(closed, one)
            await trio.testing.wait_all_tasks_blocked()
            one.close()
    with trio.socket.socket(type=socket.SOCK_DGRAM) as here, trio.socket.socket(type=socket.SOCK_DGRAM) as there:
        await here.bind(("127.0.0.1", 0))
        await there.sendto(b"datagram", here.getsockname())
        assert (await here.recvfrom(100))[0] == b"datagram"


async def closed(sock):
    try:
        await sock.recv(1)
    except trio.ClosedResourceError:
        return
    raise AssertionError
