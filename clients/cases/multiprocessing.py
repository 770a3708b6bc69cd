"""multiprocessing: listeners and clients over TCP and Unix sockets, a manager, sockets sent to other processes."""

import multiprocessing
import multiprocessing.connection
import multiprocessing.managers
import os
import socket
import tempfile
import threading

import check


def run():
    listeners()
    for method in "fork", "spawn", "forkserver":
        context = multiprocessing.get_context(method)
        socket_to_child(context)
        manager(context)


def listeners():
    with tempfile.TemporaryDirectory() as place:
        for address, family in (("127.0.0.1", 0), "AF_INET"), (os.path.join(place, "s"), "AF_UNIX"):
            with multiprocessing.connection.Listener(address, family, authkey=b"open sesame") as listener:
                check.ours(listener._listener._socket)
                server = threading.Thread(target=serve, args=(listener,))
                server.start()
                with multiprocessing.connection.Client(listener.address, family, b"open sesame") as client:
                    for thing in {"a": [1, None]}, check.BIG, "ü":
                        client.send(thing)
                        assert client.recv() == thing
                server.join()


def serve(listener):
    with listener.accept() as connection:
        try:
            while True:
                connection.send(connection.recv())
        except EOFError:
            pass


def child(module, pipe):
    """In a process that may not be patched yet."""
    if module == "polysock":
        import polysock

        polysock.patch()
    sock = pipe.recv()
    assert type(sock).__module__ == module, type(sock)
    with sock:
        data = sock.recv(100)
        sock.sendall(data.upper())


def socket_to_child(context):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), 20)
        accepted, _ = listener.accept()
    with client, accepted:
        here, there = context.Pipe()
        process = context.Process(target=child, args=(check.module_in_use(), there))
        process.start()
        here.send(check.ours(accepted))
        client.sendall(b"hello")
        assert check.ours(client).recv(100) == b"HELLO"
        process.join()
        assert process.exitcode == 0, process.exitcode


def manager(context):
    with context.Manager() as made:
        shared = made.dict(a=1)
        shared["b"] = check.BIG
        assert shared["b"] == check.BIG
        assert made.list([3, 1, 2]).pop() == 2
