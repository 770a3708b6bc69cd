"""Recording from Python: `python -m polysock trace` and `polysock.trace()`."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap

import pytest
from helpers import PROGRAM_TIMEOUT

TRACE = [sys.executable, "-m", "polysock", "trace"]

CONVERSATION = """
    import socket
    import threading

    def serve(listener):
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(4):
                connection.sendall(data.upper())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            got = b""
            while data := client.recv(100):
                got += data
        thread.join()
    print(got)
"""


@pytest.fixture
def program(tmp_path):
    def write(text, name="program.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return path

    return write


def run(command, cwd, status=0, **environment):
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def files(folder):
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        lines = path.read_text().splitlines()
        found.append([json.loads(line) for line in lines if line])
    return found


def records(folder):
    (only,) = files(folder)
    return only


def calls(found, name):
    return [record for record in found if record.get("call") == name]


def line_of(path, text):
    return path.read_text().splitlines().index(text) + 1


def test_an_unchanged_program_is_recorded_and_shown(program, tmp_path):
    path = program(CONVERSATION)
    output, errors = run([*TRACE, "-o", "run", "program.py"], tmp_path)
    assert (output, errors) == ("b'HELLO'\n", "")
    found = records(tmp_path / "run")
    assert found[0]["language"] == "python"
    assert "program.py" in found[0]["program"]
    (sent,) = [record for record in calls(found, "sendall") if record["data"] == "hello"]
    line = line_of(path, '        client.sendall(b"hello")')
    assert sent["at"].endswith(f"program.py:{line}")
    shown, errors = run([sys.executable, "-m", "polysock", "show", "run"], tmp_path)
    assert errors == ""
    assert re.search(r'recv\(4\) 4 B "hell" of 5 sent', shown)
    assert re.search(r'recv\(4\) 1 B "o" of 5 sent', shown)
    assert "end of stream" in shown


def test_the_line_of_the_caller_is_that_of_the_program(program, tmp_path):
    path = program(
        """
        import socket
        one, other = socket.socketpair()
        server = socket.create_server(("127.0.0.1", 0))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 9999)
        one.getsockname()
        file = other.makefile("rb")
        one.shutdown(socket.SHUT_WR)
        file.read()
        server.close()
        socket.getaddrinfo("127.0.0.1", 80)
        """
    )
    run([*TRACE, "-o", "run", "program.py"], tmp_path)
    found = records(tmp_path / "run")
    expected = {
        "socketpair": "one, other",
        "bind": "server = ",
        "listen": "server = ",
        "setsockopt": "one.set",
        "getsockname": "one.getsock",
        "shutdown": "one.shut",
        "recv": "file.read",
        "close": "server.close",
        "getaddrinfo": "socket.getaddrinfo",
    }
    for call, text in expected.items():
        (line,) = [number for number, line in enumerate(path.read_text().splitlines(), 1) if line.startswith(text)]
        places = {record["at"].rpartition("/")[2] for record in calls(found, call) if "at" in record}
        assert f"program.py:{line}" in places, (call, places)


def test_the_data_that_are_recorded_can_be_chosen(program, tmp_path):
    program("import socket; a, b = socket.socketpair(); a.send(b'x' * 1000); b.recv(2000)")
    for data, length in (("none", 0), ("7", 7), ("all", 1000)):
        run([*TRACE, "--data", data, "-o", data, "program.py"], tmp_path)
        (sent,) = calls(records(tmp_path / data), "send")
        assert sent["bytes"] == 1000
        assert len(sent.get("data", "")) == length


@pytest.mark.parametrize("arguments", [["--data", "some"], ["-o", "/dev/null/folder"], ["-o", "no/such/folder"]])
def test_what_is_refused(program, tmp_path, arguments):
    program("print('ran')")
    output, errors = run([*TRACE, *arguments, "program.py"], tmp_path, status=2)
    assert output == ""
    assert errors.startswith("python -m polysock trace: ")
    assert "Traceback" not in errors


def test_an_unwritable_folder_in_the_environment_records_nothing(program, tmp_path):
    program("import polysock; polysock.socketpair(); print(polysock._native.is_tracing())")
    output, errors = run([sys.executable, "program.py"], tmp_path, POLYSOCK_TRACE="/dev/null/folder")
    assert (output, errors) == ("False\n", "")


def test_a_program_that_raises_or_is_killed_loses_nothing(program, tmp_path):
    program("import socket; a, b = socket.socketpair(); a.send(b'last'); raise SystemExit(3)")
    run([*TRACE, "-o", "raises", "program.py"], tmp_path, status=3)
    assert calls(records(tmp_path / "raises"), "send")[-1]["data"] == "last"
    program(
        "import os, signal, socket; a, b = socket.socketpair(); a.send(b'last'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    run([*TRACE, "-o", "killed", "program.py"], tmp_path, status=-signal.SIGKILL)
    assert calls(records(tmp_path / "killed"), "send")[-1]["data"] == "last"


def test_children_take_part(program, tmp_path):
    program("import socket; a, b = socket.socketpair(); a.send(b'of the child')", "child.py")
    program(
        """
        import os, subprocess, sys
        assert subprocess.run([sys.executable, "child.py"]).returncode == 0
        import socket
        a, b = socket.socketpair()
        if os.fork() == 0:
            a.send(b"of the fork")
            os._exit(0)
        os.wait()
        b.recv(100)
        """
    )
    run([*TRACE, "-o", "run", "--children", "program.py"], tmp_path)
    found = files(tmp_path / "run")
    sent = {calls(of_one, "send")[0]["data"]: of_one[0] for of_one in found if calls(of_one, "send")}
    assert set(sent) == {"of the child", "of the fork"}
    assert "forked_from" in sent["of the fork"]
    assert "forked_from" not in sent["of the child"]


def test_a_part_of_a_program(program, tmp_path):
    program(
        """
        import polysock
        a, b = polysock.socketpair()
        a.send(b"before")
        with polysock.trace("run") as trace:
            a.send(b"during")
            try:
                polysock.trace("other")
            except OSError as error:
                print(error)
        a.send(b"after")
        trace.stop()
        try:
            polysock.trace("run", data="some")
        except ValueError as error:
            print(error)
        """
    )
    output, _ = run([sys.executable, "program.py"], tmp_path)
    assert "busy" in output
    assert "data must be" in output
    assert [record["data"] for record in calls(records(tmp_path / "run"), "send")] == ["during"]


def test_java_style_and_threads_and_signals_are_recorded(program, tmp_path):
    program(
        """
        import signal, threading
        from polysock.net import InetAddress, ServerSocket, Socket

        signal.signal(signal.SIGALRM, lambda *_: None)
        server = ServerSocket(0)
        client = Socket("127.0.0.1", server.getLocalPort())
        connection = server.accept()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        thread = threading.Timer(0.15, lambda: client.getOutputStream().write(b"late"))
        thread.start()
        print(connection.getInputStream().read(bytearray(10)))
        thread.join()
        """
    )
    output, _ = run([*TRACE, "-o", "run", "program.py"], tmp_path)
    assert output == "4\n"
    found = records(tmp_path / "run")
    begun, ended = calls(found, "recv")
    assert begun["begun"] is True
    assert (ended["signals"], ended["bytes"], ended["data"]) == (1, 4, "late")
    assert ended["waited"] >= 100_000_000
    assert (begun["time"], begun["at"]) == (ended["time"], ended["at"])


def steps(found, name):
    return [record for record in found if record.get("event") == "step" and record["step"] == name]


def test_the_steps_of_a_server_are_recorded_and_shown(program, tmp_path):
    program(
        """
        import polysock, socket
        server = polysock.Server(("127.0.0.1", 0), lambda connection, peer: connection.sendall(connection.recv(9)))
        with server:
            server.start()
            with socket.create_connection(server.address, timeout=10) as client:
                client.sendall(b"hello")
                print(client.recv(9), client.recv(9))
        """
    )
    output, _ = run([*TRACE, "-o", "run", "program.py"], tmp_path)
    assert output == "b'hello' b''\n"
    found = records(tmp_path / "run")
    (began,), (returned,), (stop,) = (steps(found, name) for name in ("handle", "returned", "stop"))
    assert began["socket"] == returned["socket"]
    (received,) = [record for record in calls(found, "recv") if record["socket"] == began["socket"]]
    (sent,) = [record for record in calls(found, "sendall") if record["socket"] == began["socket"]]
    assert returned["time"] <= received["time"]
    assert returned["time"] + returned["duration"] >= sent["time"] + sent["duration"]
    assert stop["time"] >= returned["time"]
    shown, _ = run([sys.executable, "-m", "polysock", "show", "run"], tmp_path, COLUMNS="900")
    assert re.search(r"server: the handler begins 127\.0\.0\.1:\d+", shown)
    assert "server: the handler has returned after" in shown
    assert "server: stop" in shown


def test_the_callbacks_of_a_message_server_are_recorded_and_shown(program, tmp_path):
    program(
        """
        import polysock, socket, threading
        begun, slow = threading.Event(), threading.Event()

        def on_message(connection, message):
            if message == b"slow":
                begun.set()
                slow.wait()  # until another worker has answered the other client
            elif message == b"quick":
                slow.set()
            return message

        server = polysock.MessageServer(
            ("127.0.0.1", 0), on_message, framing=polysock.Framing.lines(), idle_timeout=1
        )
        with server:
            server.start()
            with socket.create_connection(server.address, timeout=10) as one:
                with socket.create_connection(server.address, timeout=10) as other:
                    for _ in range(10):
                        begun.clear(), slow.clear()
                        one.sendall(b"slow\\n")
                        begun.wait()
                        other.sendall(b"quick\\n")
                        print(other.recv(9), one.recv(9))
                print(one.recv(9))  # it is idle for too long
        """
    )
    output, errors = run([*TRACE, "-o", "run", "program.py"], tmp_path)
    assert output == 10 * "b'quick\\n' b'slow\\n'\n" + "b''\n", errors
    found = records(tmp_path / "run")
    opened, messages, closed = (steps(found, name) for name in ("on_open", "on_message", "on_close"))
    assert len(opened) == len(closed) == 2
    assert all(record["peer"].startswith("127.0.0.1:") for record in opened)
    assert sorted(record["bytes"] for record in messages) == 10 * [4] + 10 * [5]
    assert all(record["duration"] > 0 and "socket" in record for record in messages)
    (slow,) = {record["socket"] for record in messages if record["bytes"] == 4}
    # At least once; the worker that waits for messages may already have been another one.
    takes_over = steps(found, "take_over")
    assert slow in [record.get("socket") for record in takes_over], takes_over
    reasons = {record["reason"] for record in closed}
    assert "the peer was idle for too long" in reasons, reasons
    assert len(steps(found, "stop")) == 1
    shown, _ = run([sys.executable, "-m", "polysock", "show", "run"], tmp_path, COLUMNS="900")
    assert re.search(r"server: on_message 5 B took ", shown)
    assert "server: on_close (the peer was idle for too long) took " in shown
    assert "another worker takes over" in shown
