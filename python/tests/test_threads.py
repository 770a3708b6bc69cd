"""Threads: the interpreter runs on while a call waits."""

import sys
import threading

from helpers import Thread, connection, needs_services

import polysock as socket


def test_others_run_while_recv_waits():
    with connection() as (client, server):
        waiter = Thread(client.recv, 1).asleep()
        counted = sum(1 for _ in range(100_000))
        assert waiter.is_alive()
        server.sendall(b"x")
        assert waiter.outcome() == b"x"
        assert counted == 100_000


def test_sendall_of_several_threads_does_not_mix():
    size, threads, rounds = 300_000, 4, 5
    with connection() as (client, server):
        start = threading.Barrier(threads)

        def send(letter):
            start.wait()
            for _ in range(rounds):
                client.sendall(letter * size)

        senders = [Thread(send, bytes([65 + number])) for number in range(threads)]
        for _ in range(threads * rounds):
            assert len(set(server.recv_exact(size))) == 1
        for sender in senders:
            sender.outcome()


def test_two_readers_get_everything_once():
    with connection() as (client, server):

        def read():
            got = 0
            while piece := server.recv(1000):
                got += len(piece)
            return got

        readers = [Thread(read), Thread(read)]
        client.sendall(bytes(1_000_000))
        client.shutdown(socket.SHUT_WR)
        assert sum(reader.outcome() for reader in readers) == 1_000_000


def test_ordinary_work_in_many_threads_at_once():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work(number):
        message = bytes([number]) * 10_000
        for _ in range(20):
            with connection() as (client, server):
                client.settimeout(10)
                client.sendall(message)
                with server.makefile("rb") as file:
                    assert file.read(5000) == message[:5000]
                    assert file.read(5000) == message[5000:]
                server.sendmsg([message[:10], message[:5]])
                assert client.recv_exact(15) == message[:15]
            one, other = socket.socketpair()
            with one, other, one.dup() as twin:
                twin.send(message[:100])
                into = bytearray(100)
                assert other.recv_into(into) == 100
                assert into == message[:100]
            socket.getaddrinfo("127.0.0.1", number)
        return number

    try:
        threads = [Thread(work, number) for number in range(8)]
        assert [thread.outcome() for thread in threads] == list(range(8))
    finally:
        sys.setswitchinterval(before)


@needs_services
def test_services_are_found_in_many_threads_at_once():
    """The C library keeps its answers in one static buffer."""

    def work(name, port):
        for _ in range(200):
            assert socket.getservbyname(name) == port

    services = [("http", 80), ("https", 443), ("ssh", 22), ("domain", 53)]
    for thread in [Thread(work, *service) for service in services * 2]:
        thread.outcome()


def test_small_stacks():
    before = threading.stack_size(65536)
    try:
        with connection() as (client, server):
            server.sendall(bytes(100_000))
            reader = Thread(lambda: len(client.recv(65536)) + len(client.recv(4000)))
            assert reader.outcome() > 4000
    finally:
        threading.stack_size(before)
