"""Calls that are tried before the interpreter lock is released: the switch, the credit, the same results."""

import contextlib
import hashlib
import os
import threading
import time

import pytest
from helpers import MORE_THAN_BUFFERS, WAIT_LIMIT, Thread, connection, end_by_itself, needs_lock
from test_fork import in_child

import polysock as socket

# How many calls a long wait pays for: see python/src/lock/budget.rs.
CREDIT = 2000


@pytest.fixture(autouse=True)
def switch():
    yield
    socket.set_try_first(True)


@contextlib.contextmanager
def computing():
    """A thread that never waits."""
    over = threading.Event()

    def work():
        while not over.is_set():
            sum(range(1000))

    neighbour = threading.Thread(target=work)
    neighbour.start()
    try:
        yield
    finally:
        over.set()
        neighbour.join()


def in_a_thread(call, *arguments):
    """A new thread has its own credit."""
    thread = Thread(call, *arguments)
    thread.join(4 * WAIT_LIMIT)
    assert not thread.is_alive()
    if thread.error:
        raise thread.error
    return thread.result


def once(left, right):
    assert left.send(b"x") == 1
    assert right.recv(64) == b"x"


def get_credit(left, right):
    """Makes calls until one was made with the lock held: then there is credit for many more.

    In between it sleeps in a call, and the computing thread takes the lock: on a busy machine that thread may not
    get to run before a shorter call ends.
    """
    end = time.monotonic() + WAIT_LIMIT
    before, _ = socket.try_counts()
    with socket.socket(type=socket.SOCK_DGRAM) as idle:
        idle.settimeout(0.005)
        while True:
            once(left, right)
            if socket.try_counts()[0] != before:
                return
            assert time.monotonic() < end, "never kept waiting for long"
            with contextlib.suppress(TimeoutError):
                idle.recv(1)


def test_the_switch():
    assert socket.get_try_first() is True
    socket.set_try_first(False)
    assert socket.get_try_first() is False
    with socket.socket() as sock:
        assert sock.get_try_first() is None
        for on in (True, False, None):
            sock.set_try_first(on)
            assert sock.get_try_first() is on
        for wrong in (1, "yes"):
            with pytest.raises(TypeError):
                sock.set_try_first(wrong)
            with pytest.raises(TypeError):
                socket.set_try_first(wrong)


@needs_lock
def test_beside_a_computing_thread_most_calls_stay_attached():
    def work(left, right):
        get_credit(left, right)
        before = socket.try_counts()
        while socket.try_counts()[0] < before[0] + 2 * CREDIT:
            get_credit(left, right)
        return [after - start for start, after in zip(before, socket.try_counts(), strict=True)]

    with connection() as pair, computing():
        attached, detached = in_a_thread(work, *pair)
    assert attached >= 2 * CREDIT
    # The computing thread is not starved: some of these many calls wait long, and it runs meanwhile.
    assert attached <= CREDIT * (detached + 1)


@needs_lock
def test_beside_idle_threads_three_calls_in_four_stay_attached():
    """... but none while another one uses the processor, even without the lock."""
    hashing, over = threading.Event(), threading.Event()

    def neighbour():
        data = bytes(1 << 20)
        while hashing.wait() and not over.is_set():
            hashlib.sha256(data)

    def attached_come_to(count, left, right):
        end = time.monotonic() + WAIT_LIMIT
        attached = None
        while attached != count:
            assert time.monotonic() < end, f"{attached} of the last 400 calls"
            before, _ = socket.try_counts()
            for _ in range(200):
                once(left, right)
            attached = socket.try_counts()[0] - before

    def work(*pair):
        attached_come_to(300, *pair)
        with contextlib.ExitStack() as stack:
            local = [stack.enter_context(end) for end in socket.socketpair()]
            attached_come_to(200, *local)  # the sends: a receive may have to close descriptors
            sender, receiver = (stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(2))
            receiver.bind(("127.0.0.1", 0))
            sender.connect(receiver.getsockname())
            before, _ = socket.try_counts()
            for _ in range(20):
                sender.send_batch([b"x"] * 9)
                sender.send_segments(b"123456789", 1)
            assert socket.try_counts()[0] == before, "many datagrams"
        hashing.set()
        attached_come_to(0, *pair)
        hashing.clear()
        attached_come_to(300, *pair)
        for end in pair:
            end.set_try_first(False)
        attached_come_to(0, *pair)

    def play():
        thread = threading.Thread(target=neighbour)
        thread.start()
        try:
            with connection() as pair:
                in_a_thread(work, *pair)
        finally:
            over.set()
            hashing.set()
            thread.join()

    assert in_child(play) == 0  # which has no other threads


@needs_lock
@pytest.mark.parametrize("whose", ["process", "socket"])
def test_switched_off_every_call_detaches(whose):
    def work(left, right):
        for _ in range(500):
            once(left, right)
        return socket.try_counts()

    with connection() as pair, computing():
        if whose == "process":
            socket.set_try_first(False)
        else:
            for end in pair:
                end.set_try_first(False)
        assert in_a_thread(work, *pair) == (0, 1000)


@needs_lock
def test_a_socket_may_have_another_setting_than_the_process():
    with connection() as pair, computing():
        socket.set_try_first(False)
        for end in pair:
            end.set_try_first(True)
        in_a_thread(get_credit, *pair)


@needs_lock
def test_large_transfers_detach():
    def work(left, right):
        get_credit(left, right)
        before = socket.try_counts()
        left.sendall(bytes(20000))
        after = socket.try_counts()
        assert after == (before[0], before[1] + 1), "a large send"
        got = 0
        while got < 20000:
            count = len(right.recv(65536))
            got += count
            if count > 8192:
                before = socket.try_counts()
                left.send(b"x")
                assert socket.try_counts() == (before[0], before[1] + 1), "after a large receive"
                return
        # It arrived in small pieces.

    with connection() as pair, computing():
        in_a_thread(work, *pair)


@needs_lock
def test_results_are_the_same_on_credit():
    def work(left, right):
        get_credit(left, right)
        assert left.send(b"abc") == 3
        assert right.recv(2) == b"ab"
        assert right.recv(65536) == b"c"
        room = bytearray(8)
        get_credit(left, right)
        left.sendall(b"12345678")
        assert right.recv_into(room, 5) == 5
        assert right.recv(9, socket.MSG_PEEK) == b"678"
        assert right.recv(3, socket.MSG_WAITALL) == b"678"
        right.setblocking(False)
        with pytest.raises(BlockingIOError):
            right.recv(1)
        get_credit(left, right)
        right.settimeout(0.05)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            right.recv(1)
        assert time.monotonic() - start >= 0.05
        right.settimeout(None)
        # A blocking send sends everything, however full the buffers were.
        get_credit(left, right)
        reader = Thread(read_all, right, MORE_THAN_BUFFERS)
        assert left.send(bytes(MORE_THAN_BUFFERS)) == MORE_THAN_BUFFERS
        reader.join(WAIT_LIMIT)
        assert reader.result == MORE_THAN_BUFFERS
        get_credit(left, right)
        left.shutdown(socket.SHUT_WR)
        assert right.recv(10) == b""
        assert right.recv_into(room) == 0
        with pytest.raises(BrokenPipeError):
            left.send(b"x")
        right.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            right.recv(1)

    with connection() as pair, computing():
        in_a_thread(work, *pair)


def read_all(sock, count):
    got = 0
    while got < count:
        got += len(sock.recv(1 << 20))
    return got


@needs_lock
def test_datagrams_on_credit():
    def work(left, right):
        get_credit(left, right)
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            before, _ = socket.try_counts()
            assert one.sendto(b"there", other.getsockname()) == 5
            assert other.recvfrom(9) == (b"there", one.getsockname())
            assert socket.try_counts()[0] == before + 2

    with connection() as pair, computing():
        in_a_thread(work, *pair)


@needs_lock
def test_an_answer_of_another_process_beside_a_computing_thread():
    """A receive keeps trying for a moment before it releases the lock; every answer arrives either way."""

    def work(client, server):
        get_credit(client, server)
        child = os.fork()
        if child == 0:
            end_by_itself()
            with contextlib.suppress(BaseException):
                client.close()
                while data := server.recv(64):
                    server.sendall(data)
            os._exit(0)
        server.close()
        for number in range(300):
            text = b"%d" % number
            client.sendall(text)
            assert client.recv(64) == text
        client.close()
        assert os.waitpid(child, 0)[1] == 0

    with connection() as pair, computing():
        in_a_thread(work, *pair)


@needs_lock
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # threads and fork
def test_a_forked_child_has_none_of_the_threads_that_waited_for_the_lock():
    over = threading.Event()

    def stream(left, right):
        left.set_try_first(False)
        right.set_try_first(False)
        while not over.is_set():
            once(left, right)

    def play():
        with connection() as pair, computing():
            in_a_thread(get_credit, *pair)

    with connection() as first, connection() as second, computing():
        threads = [Thread(stream, *pair) for pair in (first, second)]
        for _ in range(50):
            sum(range(300_000))  # longer than a thread may keep the lock: all others wait for it
        try:
            assert in_child(play) == 0
        finally:
            over.set()
            for thread in threads:
                thread.join(WAIT_LIMIT)


@needs_lock
def test_two_streams_and_a_computing_thread():
    """Two threads that transfer data both make progress beside one that computes."""

    def work(left, right):
        for _ in range(2000):
            once(left, right)
        return True

    with connection() as first, connection() as second, computing():
        threads = [Thread(work, *pair) for pair in (first, second)]
        for thread in threads:
            thread.join(WAIT_LIMIT * 3)
            assert thread.error is None
            assert thread.result
