"""Tornado: HTTP and HTTPS, a WebSocket, and streams over sockets of the program's own."""

import asyncio
import socket

import check
import servers
import tornado.httpclient
import tornado.httpserver
import tornado.iostream
import tornado.netutil
import tornado.tcpserver
import tornado.web
import tornado.websocket

BYTES = {"Content-Type": "application/octet-stream"}


class Body(tornado.web.RequestHandler):
    def post(self):
        self.write(self.request.body)

    def get(self):
        stream = self.request.connection.stream
        check.tls(stream.socket) if self.request.protocol == "https" else check.ours(stream.socket)
        self.write(check.BIG)


class Talk(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message, binary=isinstance(message, bytes))


def run():
    asyncio.run(asyncio.wait_for(main(), 60))


async def main():
    for secure in False, True:
        await web(secure)
    await streams()


async def web(secure):
    contexts = servers.certificates()
    application = tornado.web.Application([("/", Body), ("/talk", Talk)])
    server = tornado.httpserver.HTTPServer(application, ssl_options=contexts.server if secure else None)
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    check.ours(sockets[0])
    server.add_sockets(sockets)
    where = f"localhost:{sockets[0].getsockname()[1]}"
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True)

    def request(url, **options):
        return tornado.httpclient.HTTPRequest(url, ssl_options=contexts.client if secure else None, **options)

    scheme = "https" if secure else "http"
    assert (await client.fetch(request(f"{scheme}://{where}/"))).body == check.BIG
    posted = request(f"{scheme}://{where}/", method="POST", body=check.BIG, headers=BYTES)
    assert (await client.fetch(posted)).body == check.BIG
    talk = await tornado.websocket.websocket_connect(request(f"ws{'s' if secure else ''}://{where}/talk"))
    for message in "ü", check.BIG[:200_000]:
        await talk.write_message(message, binary=isinstance(message, bytes))
        assert await talk.read_message() == message
    talk.close()
    client.close()
    server.stop()
    await server.close_all_connections()


async def streams():
    one, two = socket.socketpair()
    here, there = tornado.iostream.IOStream(check.ours(one)), tornado.iostream.IOStream(two)
    writing = here.write(check.BIG + b"\n\n")
    assert await there.read_bytes(len(check.BIG)) == check.BIG
    await writing
    assert await there.read_until(b"\n\n") == b"\n\n"
    here.close()
    try:
        await there.read_bytes(1)
    except tornado.iostream.StreamClosedError:
        pass
    else:
        raise AssertionError
