"""polysock.Server: a thread for each connection."""

import serving

import polysock


def echo(connection, _):
    while data := connection.recv(serving.RECEIVE):
        connection.sendall(data)


def frames(connection, _):
    framing = polysock.Framing.length_prefix()
    while (message := connection.recv_frame(framing)) is not None:
        connection.send_frame(message, framing)


def http(connection, _):
    framing = polysock.Framing.delimiter(serving.HEAD_ENDS)
    while connection.recv_frame(framing) is not None:
        connection.sendall(serving.REPLY)


serve = serving.of_mode(echo=echo, frames=frames, http=http)
with polysock.Server((serving.HOST, 0), serve, max_connections=serving.CONNECTIONS, backlog=serving.BACKLOG) as server:
    serving.listens_on(server.address[1])
    server.serve_forever()
