"""Compares `polysock` with the standard `socket` module:  python_socket.py [--quick] [--rows WORD,…] [RESULT.json]

Both modules take turns within one process, round after round, so that whatever disturbs the machine disturbs both.
Shown are the median and the quartiles of each, and the ratio of the medians: below 1 is faster than the standard
module. With a result file, a plot of the ratios is written beside it as SVG.
"""

import contextlib
import json
import os
import platform
import queue
import signal
import socket as standard
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

from quartiles import quartiles

import polysock

MODULES = {"socket": standard, "polysock": polysock}
BASE = "socket"
SMALL = bytes(64)
LIMIT = 20.0  # seconds; the timeout of sockets in rows "with a timeout"

ROWS = {}


def row(name, unit="ns", rounds=15, alone=True):
    """Registers a function that makes what a row needs and yields a function measuring once."""

    def register(make):
        ROWS[name] = (contextlib.contextmanager(make), unit, rounds, alone)
        return make

    return register


# ------------------------------------------------------------------------------------------------ what the rows share


def tcp_pair(module, timeout=None):
    with module.create_server(("127.0.0.1", 0)) as listener:
        client = module.create_connection(listener.getsockname())
        server, _ = listener.accept()
    for end in (client, server):
        end.setsockopt(module.IPPROTO_TCP, module.TCP_NODELAY, 1)
        end.settimeout(timeout)
    return client, server


def unix_pair(module, timeout=None):
    ends = []
    for end in standard.socketpair():
        ends.append(module.socket(module.AF_UNIX, module.SOCK_STREAM, 0, fileno=end.detach()))
        ends[-1].settimeout(timeout)
    return ends


def each(count, call):
    """The nanoseconds that one of `count` calls takes."""
    call(max(count // 10, 1))
    start = time.perf_counter_ns()
    call(count)
    return (time.perf_counter_ns() - start) / count


def for_a_while(seconds, call, batch=1):
    """The nanoseconds of one call, of as many as fit into the time."""
    count, start = 0, time.perf_counter_ns()
    end = start + seconds * 1e9
    while time.perf_counter_ns() < end:
        call(batch)
        count += batch
    return (time.perf_counter_ns() - start) / count


class Beside:
    """A thread that does one thing over and over until the block ends; `count` says how often."""

    def __init__(self, work):
        self.count, self.over = 0, False
        self.work = work
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        with contextlib.suppress(OSError):
            while not self.over:
                self.work()
                self.count += 1

    def __enter__(self):
        self.thread.start()
        time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join(2)


def compute():
    total = 0
    for i in range(1000):
        total += i * i
    return total


def both_ways(left, right):
    def run(count):
        for _ in range(count):
            left.send(SMALL)
            right.recv(64)

    return run


def asking(client):
    def run(count):
        for _ in range(count):
            client.send(SMALL)
            client.recv(64)

    return run


def echo(end):
    with contextlib.suppress(OSError):
        while data := end.recv(64):
            end.send(data)


@contextlib.contextmanager
def echo_process(module, timeout=None):
    """A connection to a process (of the standard module, so that only one end differs) that sends everything back."""
    with standard.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                peer, _ = listener.accept()
                listener.close()
                peer.setsockopt(standard.IPPROTO_TCP, standard.TCP_NODELAY, 1)
                echo(peer)
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


@contextlib.contextmanager
def closing(*sockets):
    try:
        yield
    finally:
        for each_socket in sockets:
            each_socket.close()


# ------------------------------------------------------------------------------------------------ ready data


def ready(pair, timeout):
    def make(module):
        left, right = pair(module, timeout)
        with closing(left, right):
            yield lambda: each(2000, both_ways(left, right))

    return make


for kind, pair in (("tcp", tcp_pair), ("unix", unix_pair)):
    row(f"ready 64 B, {kind}", rounds=40)(ready(pair, None))
    row(f"ready 64 B, timeout, {kind}", rounds=40)(ready(pair, LIMIT))


@row("recv_into 64 B", rounds=25)
def recv_into(module):
    left, right = tcp_pair(module)
    room = bytearray(64)

    def run(count):
        for _ in range(count):
            left.send(SMALL)
            right.recv_into(room)

    with closing(left, right):
        yield lambda: each(2000, run)


@row("sendall 64 B + recv", rounds=25)
def sendall(module):
    left, right = tcp_pair(module)

    def run(count):
        for _ in range(count):
            left.sendall(SMALL)
            right.recv(64)

    with closing(left, right):
        yield lambda: each(2000, run)


@row("recv(65536) of 32 B", rounds=25)
def recv_much_room(module):
    left, right = tcp_pair(module)
    little = bytes(32)

    def run(count):
        for _ in range(count):
            left.send(little)
            right.recv(65536)

    with closing(left, right):
        yield lambda: each(2000, run)


def bulk(size, sends):
    def make(module):
        left, right = tcp_pair(module)
        data, room = bytes(size), bytearray(size)

        def run(count):
            for _ in range(count):
                sender = threading.Thread(target=left.sendall, args=(data,)) if sends else None
                if sender:
                    sender.start()
                else:
                    left.sendall(data)
                got = 0
                while got < size:
                    got += right.recv_into(room)
                if sender:
                    sender.join()

        with closing(left, right):
            yield lambda: each(60 if sends else 400, run)

    return make


row("bulk 64 KiB", rounds=25)(bulk(65536, False))
row("bulk 1 MiB", rounds=25)(bulk(1 << 20, True))


@row("makefile readline", rounds=25)
def readline(module):
    left, right = tcp_pair(module)
    line = b"x" * 63 + b"\n"

    def run(count):
        for _ in range(count):
            left.sendall(line * 10)
            for _ in range(10):
                file.readline()

    with closing(left, right), right.makefile("rb") as file:
        yield lambda: each(400, run) / 10


@row("accept + connect", rounds=25)
def accept(module):
    with module.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

        def run(count):
            for _ in range(count):
                client = module.socket()
                client.connect(address)
                server, _ = listener.accept()
                client.close()
                server.close()

        yield lambda: each(100, run)


def option(call):
    def make(module):
        with module.socket() as sock:

            def run(count):
                bound = call(module, sock)
                for _ in range(count):
                    bound()

            yield lambda: each(5000, run)

    return make


row("getsockopt", rounds=25)(
    option(lambda m, s: lambda ask=s.getsockopt, a=int(m.SOL_SOCKET), b=int(m.SO_ERROR): ask(a, b))
)
row("fileno", rounds=25)(option(lambda _, s: s.fileno))
row("settimeout", rounds=25)(option(lambda _, s: lambda set_it=s.settimeout: set_it(5.0)))

# ------------------------------------------------------------------------------------------------ waiting


def ping_pong_thread(timeout):
    def make(module):
        client, server = tcp_pair(module, timeout)
        with closing(client, server):
            threading.Thread(target=echo, args=(server,), daemon=True).start()
            yield lambda: each(400, asking(client))
            client.shutdown(module.SHUT_WR)

    return make


def ping_pong_process(timeout, beside=None):
    def make(module):
        with echo_process(module, timeout) as client:
            if beside is None:
                yield lambda: each(400, asking(client))
            else:

                def run():
                    with Beside(beside):
                        return for_a_while(0.15, asking(client))

                yield run

    return make


row("ping-pong, thread", rounds=25)(ping_pong_thread(None))
row("ping-pong, thread, timeout", rounds=25)(ping_pong_thread(LIMIT))
row("ping-pong, process", rounds=25)(ping_pong_process(None))
row("ping-pong, process, timeout", rounds=25)(ping_pong_process(LIMIT))
row("ping-pong, process, beside computing", rounds=9)(ping_pong_process(None, compute))
row("ping-pong, process, timeout, beside computing", rounds=9)(ping_pong_process(LIMIT, compute))


@contextlib.contextmanager
def stream_beside(module):
    """A thread that sends and receives 64 B that are always ready."""
    left, right = tcp_pair(module)
    once = both_ways(left, right)
    with closing(left, right), Beside(lambda: once(10)) as stream:
        yield stream


@row("ping-pong, thread, beside a ready stream", rounds=9)
def ping_pong_beside_stream(module):
    client, server = tcp_pair(module)
    with closing(client, server):
        threading.Thread(target=echo, args=(server,), daemon=True).start()

        def run():
            with stream_beside(module):
                return for_a_while(0.2, asking(client))

        yield run
        client.shutdown(module.SHUT_WR)


@row("standard ping-pong beside a ready stream", rounds=9)
def standard_ping_pong_beside_stream(module):
    client, server = tcp_pair(standard)
    with closing(client, server):
        threading.Thread(target=echo, args=(server,), daemon=True).start()

        def run():
            with stream_beside(module):
                return for_a_while(0.2, asking(client))

        yield run
        client.shutdown(standard.SHUT_WR)


def hand_off(quantile):
    def make(module):
        there, back = queue.SimpleQueue(), queue.SimpleQueue()

        def answer():
            while there.get():
                back.put(1)

        def run():
            times = []
            with stream_beside(module):
                end = time.perf_counter() + 0.2
                while time.perf_counter() < end:
                    start = time.perf_counter_ns()
                    there.put(1)
                    back.get()
                    times.append(time.perf_counter_ns() - start)
            times.sort()
            return times[int(len(times) * quantile)]

        threading.Thread(target=answer, daemon=True).start()
        yield run
        there.put(0)

    return make


row("queue hand-off beside a ready stream, p50", rounds=9)(hand_off(0.5))
row("queue hand-off beside a ready stream, p99", rounds=9)(hand_off(0.99))

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


row("ready 64 B beside computing", rounds=9)(beside_computing(None))
row("ready 64 B, timeout, beside computing", rounds=9)(beside_computing(LIMIT))


@row("computing thread beside ready 64 B", rounds=9)
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


def streams(threads, size):
    """So many threads, each sending to itself; the time of one transfer of all of them together."""

    def make(module):
        pairs = [tcp_pair(module) for _ in range(threads)]
        data = bytes(size)

        def work(left, right, count):
            for _ in range(count):
                left.sendall(data)
                got = 0
                while got < size:
                    got += len(right.recv(size - got))

        def run():
            count = max((4000 if size <= 64 else 1000) // threads, 10)
            workers = [threading.Thread(target=work, args=(*pair, count)) for pair in pairs]
            start = time.perf_counter_ns()
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            return (time.perf_counter_ns() - start) / (count * threads)

        with closing(*(end for pair in pairs for end in pair)):
            yield run

    return make


for threads in (2, 8, 64):
    row(f"{threads} threads of 64 B", rounds=15)(streams(threads, 64))
    row(f"{threads} threads of 32 KiB", rounds=15)(streams(threads, 32768))

# ------------------------------------------------------------------------------------------------ running and showing


def measure(name, quick):
    make, unit, rounds, _ = ROWS[name]
    rounds = max(rounds // 5, 3) if quick else rounds
    values = {label: [] for label in MODULES}
    with contextlib.ExitStack() as stack:
        runs = {label: stack.enter_context(make(module)) for label, module in MODULES.items()}
        for number in range(rounds + 1):
            order = list(runs) if number % 2 else list(reversed(runs))
            for label in order:
                value = runs[label]()
                if number:  # the first one warms up
                    values[label].append(value)
    settled()
    numbers = {"unit": unit, "rounds": rounds}
    base = quartiles(values[BASE])
    for label in MODULES:
        low, middle, high = quartiles(values[label])
        numbers[label] = {"median": round(middle, 1), "quartiles": [round(low, 1), round(high, 1)]}
    low, middle, high = quartiles(values["polysock"])
    numbers["ratio"] = round(middle / base[1], 3)
    numbers["overlap"] = low <= base[2] and base[0] <= high
    return numbers


def settled():
    """Waits for the threads of a row to end: a thread beside changes what the next row measures."""
    end = time.monotonic() + 3
    while threading.active_count() > 1 and time.monotonic() < end:
        time.sleep(0.005)


def plot(rows):
    """The ratios as bars, the standard module being the line at 1."""
    left, width, height = 330, 420, 20
    widest = 1.5
    lines = []
    for at, (name, numbers) in enumerate(rows.items()):
        y = 40 + at * height
        base = numbers[BASE]["median"]
        low, high = (min(value / base, widest) for value in numbers["polysock"]["quartiles"])
        ratio = min(numbers["ratio"], widest)
        x = [left + value / widest * width for value in (0, ratio, low, high)]
        colour = "#4878a8" if ratio <= 1 or numbers["overlap"] else "#b05048"
        lines += [
            f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{name}</text>',
            f'<rect x="{left}" y="{y}" width="{x[1] - left:.1f}" height="14" fill="{colour}"/>',
            f'<line x1="{x[2]:.1f}" y1="{y + 7}" x2="{x[3]:.1f}" y2="{y + 7}" stroke="#000" stroke-width="2"/>',
            f'<text x="{left + width + 8}" y="{y + 11}">{numbers["ratio"]:.2f}</text>',
        ]
    end = 44 + len(rows) * height
    one = left + width / widest
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{end + 10}" '
            'font-family="sans-serif" font-size="11">',
            f'<rect width="{left + width + 60}" height="{end + 10}" fill="#fff"/>',
            f'<text x="{left}" y="20">polysock / socket, medians with quartiles; shorter is faster</text>',
            *lines,
            f'<line x1="{one:.1f}" y1="30" x2="{one:.1f}" y2="{end}" stroke="#000" stroke-dasharray="3 3"/>',
            "</svg>",
            "",
        ]
    )


def main():
    arguments = sys.argv[1:]
    quick = "--quick" in arguments
    words = [value.split(",") for option, value in pairwise(arguments) if option == "--rows"]
    files = [argument for argument in arguments if argument.endswith(".json")]
    names = [name for name in ROWS if not words or any(word in name for word in words[0])]
    rows = {}
    print(f"{'row':<47}{'socket':>10}{'quartiles':>21}{'polysock':>11}{'quartiles':>21}{'ratio':>7}")
    for name in names:
        numbers = rows[name] = measure(name, quick)
        cells = ""
        for label in MODULES:
            low, high = numbers[label]["quartiles"]
            cells += f"{numbers[label]['median']:>10.0f}{f'{low:.0f} to {high:.0f}':>21} "
        print(f"{name:<46}{cells}{numbers['ratio']:>6.2f}  {'overlap' if numbers['overlap'] else ''}", flush=True)
    if files:
        result = {
            "machine": platform.platform(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "quick": quick,
            "rows": rows,
        }
        Path(files[0]).write_text(json.dumps(result, indent=1) + "\n")
        Path(files[0]).with_suffix(".svg").write_text(plot(rows))


if __name__ == "__main__":
    main()
