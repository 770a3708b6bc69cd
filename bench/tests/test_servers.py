"""Every server of the benchmark answers, and the client that loads them notices what is wrong."""

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest
from server_load import LOADS, Settings, measure, what_failed
from server_programs import Program, Running, programs

BUILT = Path(__file__).parents[2] / "build" / "bench" / "servers"
PROCESSOR = min(os.sched_getaffinity(0))
SECONDS = 10  # for anything here

REQUEST = b"GET /greeting HTTP/1.1\r\nHost: localhost\r\n\r\n"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, world!\n"


def framed(message):
    return struct.pack("!I", len(message)) + message


SMALL, LARGE = framed(b"x" * 60), framed(bytes(range(256)) * 1200)
#: For each mode what is sent, piece by piece, and what comes back.
EXCHANGES = {
    "echo": [([b"hello", b"x" * 300_000], b"hello" + b"x" * 300_000)],
    "frames": [
        ([SMALL, SMALL[:2], SMALL[2:30], SMALL[30:] + SMALL + LARGE, framed(b"")], 3 * SMALL + LARGE + framed(b""))
    ],
    "http": [([REQUEST, REQUEST[:20], REQUEST[20:-2], REQUEST[-2:] + REQUEST], 3 * REPLY)],
}


@pytest.mark.parametrize("program", programs(BUILT), ids=lambda program: program.name)
def test_a_server_answers_in_every_mode_and_ends_with_its_input(program):
    if program.missing():
        pytest.skip(f"needs {program.missing()}")
    for mode, exchanges in EXCHANGES.items():
        with Running(program, mode, 10, PROCESSOR) as server:
            for pieces, expected in exchanges:
                assert exchanged(server.port, pieces, len(expected)) == expected
            server.process.stdin.close()
            assert server.process.wait(SECONDS) in (0, -signal.SIGIO)
            assert server.last_words() == ""


def exchanged(port, pieces, length):
    """What a server sends back for pieces that arrive one after the other, up to the end of its stream."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send():
            for piece in pieces:
                connection.sendall(piece)

        sender = threading.Thread(target=send)
        sender.start()
        received = b""
        while len(received) < length and (data := connection.recv(1 << 16)):
            received += data
        sender.join()
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(1 << 16):
            received += data
        return received


SETTINGS = Settings(str(BUILT / "load_c"), seconds=0.05, warm_up=0.01, server_on=PROCESSOR, client_on=PROCESSOR)


@pytest.mark.parametrize("name", LOADS)
def test_the_client_measures_each_load(name):
    load = LOADS[name]
    load = type(load)(
        **load.facts() | {"connections": min(load.connections, 50), "busy": min(load.facts()["busy"], 20)}
    )
    by_hand = next(program for program in programs(BUILT) if program.name == "epoll by hand")
    found = measure(by_hand, load, SETTINGS)
    assert found["requests"] > 0
    assert 0 < found["p50_us"] <= found["p99_us"] <= found["p999_us"] < SECONDS * 1e6
    assert found["server_cpu"] > 0
    assert found["client_cpu"] > 0
    assert found["others"] >= 0


def answered_with(reply):
    """What the client reports of a server that sends `reply` to whatever it gets, and closes when that is nothing."""

    def serve(connection):
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(100):
                if not reply(data):
                    return
                connection.sendall(reply(data))

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threading.Thread(target=serve, args=[connection]).start()

    connections = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept)
        accepting.start()
        port = listener.getsockname()[1]
        command = [BUILT / "load_c", "--port", str(port), "--seconds", "0.05", "--connections", "2"]
        result = subprocess.run(command, stdout=subprocess.PIPE, timeout=SECONDS, check=True).stdout
        listener.shutdown(socket.SHUT_RD)
        accepting.join(SECONDS)
    return json.loads(result)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (lambda data: data, None),
        (lambda data: data[:-1] + b"!", "2 wrong replies"),
        (lambda data: data + data, "2 wrong replies"),
        (lambda data: b"", "served 0 of 2 connections"),
    ],
    ids=["right", "one wrong byte", "a reply twice", "closed"],
)
def test_the_client_compares_every_byte(reply, failure):
    load = LOADS["echo-1"]
    assert what_failed(answered_with(reply), type(load)("", connections=2)) == failure


def test_a_server_that_does_not_start_says_why():
    program = Program("nothing", "Python", ["sh", "-c", "echo 'no such thing' >&2; exit 3"])
    with pytest.raises(RuntimeError, match="ended with 3: no such thing"):
        Running(program, "echo", 1, PROCESSOR)
