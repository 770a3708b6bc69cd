"""gevent.server.StreamServer: a greenlet for each connection."""

import serving
from gevent.server import StreamServer


def echo(connection, _):
    while data := connection.recv(serving.RECEIVE):
        connection.sendall(data)


def frames(connection, _):
    unfinished = b""
    while data := connection.recv(serving.RECEIVE):
        found, unfinished = serving.messages(unfinished, data)
        connection.sendall(b"".join(map(serving.framed, found)))


def http(connection, _):
    unfinished = b""
    while data := connection.recv(serving.RECEIVE):
        *requests, unfinished = (unfinished + data).split(serving.HEAD_ENDS)
        connection.sendall(serving.REPLY * len(requests))


server = StreamServer((serving.HOST, 0), serving.of_mode(echo=echo, frames=frames, http=http), backlog=serving.BACKLOG)
server.start()
serving.listens_on(server.server_port)
server.serve_forever()
