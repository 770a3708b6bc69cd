"""Shows polysock at its main job, live and measured, on one page. Run by `make demo`; the exit code is the result.

demo.py C_PROGRAMS RUST_PROGRAMS TRACE: the folder with `echo_c`, `slow_send_c` and `dead_peer_c`, that with Rust's
`demo-echo`, and the one for the trace of all these programs, which TRACE.html will show as a page.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import polysock as socket

HERE = Path(__file__).parent
C_PROGRAMS, RUST_PROGRAMS, TRACE = map(Path, sys.argv[1:])
ROUNDS = 16
TIMEOUT = 30  # seconds

failures: list[str] = []


def check(fact: bool, what: str) -> str:
    if not fact:
        failures.append(what)
    return "ok" if fact else "FAILED"


def run(*command: object) -> subprocess.CompletedProcess[str]:
    arguments = [str(argument) for argument in command]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT, check=False)


def heading(number: int, text: str) -> None:
    print(f"\n{number}. {text}")


def echo_matrix() -> None:
    heading(1, f"Every language talks to every other: {ROUNDS} x 64 KiB echoed and compared")
    programs = {
        "C": [C_PROGRAMS / "echo_c"],
        "Python": [sys.executable, HERE / "echo.py"],
        "Rust": [RUST_PROGRAMS / "demo-echo"],
    }
    print("   " + "server \\ client".ljust(16) + "".join(name.rjust(14) for name in programs))
    for server_name, server in programs.items():
        command = [str(argument) for argument in [*server, "server", len(programs)]]
        cells = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
            port = serving.stdout.readline().strip() if serving.stdout else ""
            for client_name, client in programs.items():
                started = time.monotonic()
                ended = run(*client, "client", port, ROUNDS)
                took = (time.monotonic() - started) * 1000
                good = check(ended.returncode == 0, f"echo {server_name} x {client_name}: {ended.stderr}")
                cells.append(f"{good} {took:.0f} ms".rjust(14))
            try:
                code = serving.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                serving.kill()
                code = None
            check(code == 0, f"echo server in {server_name}")
        print("   " + server_name.ljust(16) + "".join(cells))


def slow_reader(listener: socket.socket, total: list[int], sender_ended: threading.Event) -> None:
    """Reads 64 KiB every quarter of a second, and everything left once the sender has ended."""
    connection, _ = listener.accept()
    with connection:
        while data := connection.recv(65536):
            total[0] += len(data)
            sender_ended.wait(0.25)


def slow_send() -> None:
    heading(2, 'Send 1 MiB with "a timeout of 1 second" to a reader that takes 256 KiB/s')
    for kind, title in (("loop", "a poll + send loop"), ("polysock", "polysock_sendall")):
        total, sender_ended = [0], threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
            reader = threading.Thread(target=slow_reader, args=(listener, total, sender_ended))
            reader.start()
            ended = run(C_PROGRAMS / "slow_send_c", kind, listener.getsockname()[1])
            sender_ended.set()
            reader.join(TIMEOUT)
        took, code, known = ended.stdout.split()
        if kind == "loop":
            note = f"it knows nothing of what went out (in truth {total[0]:,} bytes)"
            good = check(float(took) > 2000, "the loop was expected to overrun its second")
        else:
            note = f"it knows that {int(known):,} bytes went out; the reader got {total[0]:,}"
            honest = int(known) == total[0] and int(code) < 0 and 1000 <= float(took) < 1500
            good = check(honest, "sendall with a deadline")
        print(f"   {title.ljust(20)} ended after {float(took) / 1000:.2f} s; {note}   {good}")


def close_wakes() -> None:
    heading(3, "A thread is blocked in recv while another closes the socket")
    asleep = run(sys.executable, HERE / "close_wakes.py", "socket").stdout.strip()
    good = check(asleep == "asleep", f"the standard module was expected to sleep on: {asleep}")
    print(f"   standard module      still asleep after 2 s: {'yes' if asleep == 'asleep' else 'no'}   {good}")
    woken = run(sys.executable, HERE / "close_wakes.py", "polysock").stdout.strip()
    good = check(woken not in ("", "asleep") and float(woken) < 100, f"close wakes recv: {woken}")
    print(f"   polysock             woken after {woken} ms   {good}")


def dead_peer() -> None:
    heading(4, "A C program writes to a peer that has gone")
    for kind, title in (("raw", "write(2)"), ("polysock", "polysock_send")):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            command = [str(C_PROGRAMS / "dead_peer_c"), kind, str(listener.getsockname()[1])]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
                listener.settimeout(TIMEOUT)
                listener.accept()[0].close()
                printed, _ = writer.communicate(timeout=TIMEOUT)
        if kind == "raw":
            killed = writer.returncode == -signal.SIGPIPE
            result = "killed by SIGPIPE" if killed else f"exit code {writer.returncode}, {printed.strip()}"
            good = check(killed, f"write(2) to a dead peer: {result}")
        else:
            result = f"returned {printed.strip()}, the program goes on"
            good = check(writer.returncode == 0 and "EPIPE" in printed, f"polysock_send to a dead peer: {printed}")
        print(f"   {title.ljust(20)} {result}   {good}")


def endings() -> None:
    heading(5, "Linger zero is a reset for the peer")
    lines = run(sys.executable, HERE / "endings.py").stdout.splitlines()
    expected = [
        "reset: yes",
        "states: client ESTABLISHED server ESTABLISHED",
        "states: client FIN_WAIT2 server CLOSE_WAIT",
        "states: client CLOSED server (closed)",
        "answer: answer after the half close to question",
    ]
    lines += ["(missing)"] * (len(expected) - len(lines))
    good = check(lines[0] == expected[0], lines[0])
    print(f"   the peer's recv ends with ConnectionResetError: {lines[0][7:]}   {good}")
    heading(6, "Half close: the client ends its side and still gets its answer")
    steps = ("connected", "client shut down its sending side", "server answered and closed")
    for step, line, wanted in zip(steps, lines[1:4], expected[1:4], strict=True):
        print(f"   {step.ljust(34)} {line[8:].ljust(44)} {check(line == wanted, line)}")
    print(f"   the client read: {lines[4][8:]}   {check(lines[4] == expected[4], lines[4])}")


def page() -> str:
    """Writes what all programs did into one page."""
    path = TRACE.with_suffix(".html")
    ended = run(sys.executable, "-m", "polysock", "show", TRACE, "--html", path)
    check(ended.returncode == 0, f"the page of this run: {ended.stderr}")
    return f"What their sockets did, as a page for a browser: {path}"


def main() -> None:
    started = time.monotonic()
    print("polysock on loopback: C, Python and Rust programs, one behaviour")
    shutil.rmtree(TRACE, ignore_errors=True)
    with socket.trace(TRACE):
        os.environ["POLYSOCK_TRACE"] = str(TRACE.resolve())  # for the programs that it starts
        for show in (echo_matrix, slow_send, close_wakes, dead_peer, endings):
            show()
    os.environ.pop("POLYSOCK_TRACE")
    print(f"\n{page()}\n")
    for failure in failures:
        print(f"FAILED: {failure}")
    verdict = f"{len(failures)} of the facts above do not hold" if failures else "All of it holds"
    print(f"{verdict} ({time.monotonic() - started:.1f} s).")
    sys.exit(1 if failures else 0)


main()
