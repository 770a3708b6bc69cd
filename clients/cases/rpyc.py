"""rpyc: servers of threads, calls in both directions on one connection, one that waits, a thread that serves."""

import threading

import check
import rpyc
from rpyc.utils.server import ThreadedServer, ThreadPoolServer


class Service(rpyc.Service):
    def __init__(self):
        self.enough = threading.Event()

    def on_connect(self, connection):
        check.ours(connection._channel.stream.sock)

    def exposed_backwards(self, data):
        return data[::-1]

    def exposed_call(self, function, argument):
        return function(argument)

    def exposed_wait(self):
        return self.enough.wait(20)

    def exposed_enough(self):
        self.enough.set()


def run():
    for kind in ThreadedServer, ThreadPoolServer:
        server = kind(Service(), hostname="127.0.0.1", port=0)
        check.ours(server.listener)
        server.listener.listen()  # as start() does, perhaps after the client came
        thread = threading.Thread(target=server.start)
        thread.start()
        try:
            with rpyc.connect("127.0.0.1", server.port) as client, rpyc.connect("127.0.0.1", server.port) as other:
                work(client, other)
        finally:
            server.close()
            thread.join()


def work(client, other):
    check.ours(client._channel.stream.sock)
    assert client.root.backwards(check.BIG) == check.BIG[::-1]
    assert client.root.call(lambda number: number * 2, 21) == 42
    waiting = rpyc.async_(client.root.wait)()
    waiting.set_expiry(0.1)
    try:
        waiting.wait()
    except rpyc.AsyncResultTimeout:
        pass
    else:
        raise AssertionError
    waiting.set_expiry(20)
    serving = rpyc.BgServingThread(other)
    assert other.root.call(str.upper, "abc") == "ABC"
    other.root.enough()
    serving.stop()
    assert waiting.value is True
