"""waitress: its own event loop and threads, kept connections, big answers, an orderly end."""

import concurrent.futures
import http.client
import threading

import check
import waitress.server


def app(environ, start_response):
    body = environ["wsgi.input"].read() or check.BIG
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def run():
    server = waitress.server.create_server(app, host="127.0.0.1", port=0, threads=4)
    check.ours(server.socket)
    thread = threading.Thread(target=server.run)
    thread.start()
    port = server.socket.getsockname()[1]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda n: ask(server, port, n), range(16)))

    def end():
        for channel in list(server.active_channels.values()):
            channel.handle_close()
        server.close()
        server._map.clear()  # its loop ends with its map of sockets

    # One pull: the first thing that closes the server closes the trigger too.
    server.trigger.pull_trigger(end)
    thread.join(20)
    assert not thread.is_alive()


def ask(server, port, number):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        for _ in range(3):
            connection.request("POST", "/", f"number {number}")
            assert connection.getresponse().read() == f"number {number}".encode()
        connection.request("GET", "/")
        assert connection.getresponse().read() == check.BIG
        check.ours(connection.sock)
        for channel in list(server.active_channels.values()):
            check.ours(channel.socket)
    finally:
        connection.close()
    return True
