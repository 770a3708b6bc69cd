"""The rows of calls that wait, and of threads beside each other."""

import contextlib
import os
import queue
import signal
import socket as standard
import threading
import time

from . import LIMIT, SMALL, Beside, Calls, both_ways, closing, for_a_while, row, tcp_pair

#: The processors that this process may use.
EVERY = os.sched_getaffinity(0)


def compute():
    total = 0
    for i in range(1000):
        total += i * i
    return total


def asking(client):
    def run(count):
        for _ in range(count):
            client.send(SMALL)
            client.recv(64)

    return run


@contextlib.contextmanager
def placed(processors):
    """Pins this thread to a processor; yields those for the end that echoes: the same or another one.

    If the system chooses, it is chance, and the results differ by a factor of ten.
    """
    os.sched_setaffinity(0, {min(EVERY)})
    try:
        yield {max(EVERY) if processors == 2 else min(EVERY)}
    finally:
        os.sched_setaffinity(0, EVERY)


def echo(end, processors):
    os.sched_setaffinity(0, processors)
    with contextlib.suppress(OSError):
        while data := end.recv(64):
            end.send(data)


@contextlib.contextmanager
def echo_process(module, timeout, processors):
    """A connection to a process (of the standard module, so that only one end differs) that sends everything back."""
    with standard.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                peer, _ = listener.accept()
                listener.close()
                peer.setsockopt(standard.IPPROTO_TCP, standard.TCP_NODELAY, 1)
                echo(peer, processors)
            os._exit(0)
        client = module.create_connection(address)
    client.setsockopt(module.IPPROTO_TCP, module.TCP_NODELAY, 1)
    client.settimeout(timeout)
    try:
        yield client
    finally:
        client.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


# ------------------------------------------------------------------------------------------------ waiting


def ping_pong_thread(timeout, processors):
    def make(module):
        client, server = tcp_pair(module, timeout)
        with closing(client, server), placed(processors) as echo_processors:
            threading.Thread(target=echo, args=(server, echo_processors), daemon=True).start()
            yield Calls(400, asking(client)).time
            client.shutdown(module.SHUT_WR)

    return make


def ping_pong_process(timeout, processors):
    def make(module):
        with placed(processors) as others, echo_process(module, timeout, others) as client:
            yield Calls(400, asking(client)).time

    return make


def ping_pong_beside_computing(timeout):
    def make(module):
        def run():
            with Beside(compute):
                return for_a_while(0.15, asking(client))

        with echo_process(module, timeout, EVERY) as client:
            yield run

    return make


for processors, where in ((1, "one processor"), (2, "two processors")):
    row(f"ping-pong, thread, {where}", rounds=25)(ping_pong_thread(None, processors))
    row(f"ping-pong, thread, timeout, {where}", rounds=25)(ping_pong_thread(LIMIT, processors))
    row(f"ping-pong, process, {where}", rounds=25)(ping_pong_process(None, processors))
    row(f"ping-pong, process, timeout, {where}", rounds=25)(ping_pong_process(LIMIT, processors))
row("ping-pong, process, beside computing", rounds=15)(ping_pong_beside_computing(None))
row("ping-pong, process, timeout, beside computing", rounds=15)(ping_pong_beside_computing(LIMIT))


@contextlib.contextmanager
def stream_beside(module):
    """A thread that sends and receives 64 B that are always ready."""
    left, right = tcp_pair(module)
    once = both_ways(left, right)
    with closing(left, right), Beside(lambda: once(10)) as stream:
        yield stream


def ping_pong_beside_stream(of_ours):
    """With the stream's module, or always with the standard one: whether a stream of ours is a good neighbour."""

    def make(module):
        own = module if of_ours else standard
        client, server = tcp_pair(own)
        with closing(client, server):
            threading.Thread(target=echo, args=(server, EVERY), daemon=True).start()

            def run():
                with stream_beside(module):
                    return for_a_while(0.2, asking(client))

            yield run
            client.shutdown(own.SHUT_WR)

    return make


row("ping-pong, thread, beside a ready stream", rounds=15)(ping_pong_beside_stream(True))
row("standard ping-pong beside a ready stream", rounds=15)(ping_pong_beside_stream(False))


def hand_off(quantile):
    def make(module):
        requests, answers = queue.SimpleQueue(), queue.SimpleQueue()

        def answer():
            while requests.get():
                answers.put(1)

        def run():
            times = []
            with stream_beside(module):
                end = time.perf_counter() + 0.2
                while time.perf_counter() < end:
                    start = time.perf_counter_ns()
                    requests.put(1)
                    answers.get()
                    times.append(time.perf_counter_ns() - start)
            times.sort()
            return times[int(len(times) * quantile)]

        threading.Thread(target=answer, daemon=True).start()
        yield run
        requests.put(0)

    return make


row("queue hand-off beside a ready stream, p50", rounds=15)(hand_off(0.5))
row("queue hand-off beside a ready stream, p99", rounds=15)(hand_off(0.99))

# ------------------------------------------------------------------------------------------------ computing beside


def beside_computing(timeout, pair=tcp_pair):
    def make(module):
        left, right = pair(module, timeout)

        def run():
            with Beside(compute):
                return for_a_while(0.15, both_ways(left, right))

        with closing(left, right):
            yield run

    return make


row("ready 64 B beside computing", rounds=15)(beside_computing(None))
row("ready 64 B, timeout, beside computing", rounds=15)(beside_computing(LIMIT))


@row("computing thread beside ready 64 B", rounds=15)
def computing_share(module):
    """What one unit of computing takes: the price of the two rows before it."""
    left, right = tcp_pair(module)

    def run():
        with Beside(compute) as computing:
            before, start = computing.count, time.perf_counter_ns()
            for_a_while(0.15, both_ways(left, right))
            return (time.perf_counter_ns() - start) / max(computing.count - before, 1)

    with closing(left, right):
        yield run


# ------------------------------------------------------------------------------------------------ many threads


#: How long threads run before the clock starts, and while it runs.
WARM_UP, MEASURED = 0.01, 0.02  # seconds
#: How often that is done for one measurement. Whether threads wake each other or are awake anyway is settled by chance
#: when they are let go, and mostly lasts until they stop: many short runs show the mean, one long run shows one case.
RUNS = 6


class Crowd:
    """Threads that do their work over and over, all at the same time, whenever they are let go.

    They are started once: to start one while others compute takes the time of a turn of each of them.
    """

    def __init__(self, works, processors, before=lambda: None, after=lambda number: None):
        self.processors = processors
        #: Called before they are let go, and by each when it stops.
        self.before, self.after = before, after
        self.gates, self.back = [threading.Semaphore(0) for _ in works], threading.Semaphore(0)
        self.over, self.ended = False, False
        self.counts = [0] * len(works)
        self.threads = [threading.Thread(target=self.run, args=each, daemon=True) for each in enumerate(works)]
        for thread in self.threads:
            thread.start()

    def run(self, number, work):
        counts = self.counts
        os.sched_setaffinity(0, {self.processors[number % len(self.processors)]})
        while self.gates[number].acquire() and not self.ended:
            while not self.over:
                work()
                counts[number] += 1
            self.after(number)
            self.back.release()

    def measure(self):
        """The nanoseconds for one time that one of them did its work, all taken together."""
        runs = [self.let_go() for _ in range(RUNS)]
        return sum(passed for passed, _ in runs) / sum(done for _, done in runs)

    def let_go(self):
        """Lets them run for a while. Returns the nanoseconds that passed, and how many times they did their work."""
        self.before()
        self.over = False
        self.open_gates()
        time.sleep(WARM_UP)
        before, start = sum(self.counts), time.perf_counter_ns()
        time.sleep(MEASURED)
        done, passed = sum(self.counts) - before, time.perf_counter_ns() - start
        self.over = True
        for _ in self.threads:
            self.back.acquire()
        return passed, done

    def open_gates(self):
        for gate in self.gates:
            gate.release()

    def close(self):
        self.ended = True
        self.open_gates()
        for thread in self.threads:
            thread.join()


def streams(threads, size, processors):
    """Several threads, each sending to itself; the time of one transfer, all threads taken together.

    They have one processor, or take turns on two. What they cost depends on that more than on anything else: only
    between two processors is the interpreter lock handed over.
    """

    def make(module):
        pairs = [tcp_pair(module) for _ in range(threads)]
        data, used = bytes(size), sorted(EVERY)[:processors]

        def transfers(left, right):
            def transfer():
                left.sendall(data)
                got = 0
                while got < size:
                    got += len(right.recv(size - got))

            return transfer

        crowd = Crowd([transfers(*pair) for pair in pairs], used)
        with closing(*(end for pair in pairs for end in pair)), measured(crowd) as run:
            yield run

    return make


@contextlib.contextmanager
def measured(crowd):
    """Yields a function that measures a crowd on its processors."""

    def run():
        os.sched_setaffinity(0, crowd.processors)
        try:
            return crowd.measure()
        finally:
            os.sched_setaffinity(0, EVERY)

    yield run
    crowd.close()


def ping_pongs(pairs, processors):
    """Twice as many threads as pairs: each sends back what the other one of its pair has sent.

    The time of one receive and send, all threads taken together.
    """

    def make(module):
        connections = [tcp_pair(module) for _ in range(pairs)]
        ends = [end for pair in connections for end in pair]

        def returns(end):
            return lambda: end.send(end.recv(64))

        def serve():
            for end in ends:
                end.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while end.recv(4096):
                        pass
                end.setblocking(True)
            for left, _ in connections:
                left.send(SMALL)

        def wake(number):
            """Who stops may have what the other one waits for."""
            ends[number].send(b"x")

        crowd = Crowd([returns(end) for end in ends], sorted(EVERY)[:processors], serve, wake)
        with closing(*ends), measured(crowd) as run:
            yield run

    return make


for processors, where in ((1, "one processor"), (2, "two processors")):
    if processors <= len(EVERY):
        rounds = 15 * processors
        for threads in (2, 8, 64):
            row(f"{threads} threads of 64 B, {where}", rounds=rounds)(streams(threads, 64, processors))
            row(f"{threads} threads of 32 KiB, {where}", rounds=rounds)(streams(threads, 32768, processors))
        row(f"32 ping-pongs by 64 threads, {where}", rounds=rounds)(ping_pongs(32, processors))
