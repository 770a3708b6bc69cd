"""polysock.MessageServer: the library receives, takes messages out of the stream and sends; the callback answers."""

import serving

import polysock


def send_back(connection, message):
    return message


def answer_http(connection, head):
    return serving.REPLY


on_message, options = serving.of_mode(
    echo=(send_back, {}),
    frames=(send_back, {"framing": polysock.Framing.length_prefix()}),
    http=(answer_http, {"framing": polysock.Framing.delimiter(serving.HEAD_ENDS), "raw_replies": True}),
)
options |= {"max_connections": serving.CONNECTIONS, "backlog": serving.BACKLOG}
with polysock.MessageServer((serving.HOST, 0), on_message, **options) as server:
    serving.listens_on(server.address[1])
    server.serve_forever()
