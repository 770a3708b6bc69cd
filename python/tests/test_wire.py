"""`trace --wire` and `python -m polysock wire`: the segments of traced connections, in networks made for it."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from helpers import PROGRAM_TIMEOUT, wait_until
from in_network import NOT_PERMITTED, recorders
from test_trace import CONVERSATION

IN_NETWORK = [sys.executable, str(Path(__file__).with_name("in_network.py"))]
POLYSOCK = [sys.executable, "-m", "polysock"]
TRACE = [*POLYSOCK, "trace", "--wire", "-o", "run"]


@pytest.fixture
def run(tmp_path):
    """Runs a program in a new network, recorded; returns what it and the recorder have written."""

    def run(text, *command, status=0, network=IN_NETWORK, environment=os.environ, **options):
        (tmp_path / "program.py").write_text(textwrap.dedent(text))
        done = subprocess.run(
            [*network, *(command or [*TRACE, "program.py"])],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT,
            check=False,
            **options,
        )
        if done.returncode == NOT_PERMITTED:
            pytest.skip("needs root or user namespaces, and TUN devices, to make networks")
        assert done.returncode == status, done.stderr
        wait_until(lambda: not recorders(tmp_path / "run"), PROGRAM_TIMEOUT)
        return done.stdout, done.stderr

    return run


def wire(folder):
    """The records of the only recorder."""
    (path,) = folder.glob("run/wire-*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def of(kind, folder):
    return [record for record in wire(folder)[1:] if record["event"] == kind]


def shown(folder, *options):
    done = subprocess.run(
        [*POLYSOCK, "show", "run", *options],
        cwd=folder,
        env=os.environ | {"COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=True,
    )
    return done.stdout, done.stderr


def test_every_segment_of_a_connection_is_recorded_and_shown(run, tmp_path):
    output, errors = run(CONVERSATION)
    assert (output, errors) == ("b'HELLO'\n", "")
    found = of("segment", tmp_path)
    assert [record["flags"] for record in found[:3]] == ["SYN", "SYN|ACK", "ACK"]
    assert found[0]["mss"] > 1000
    assert sum("FIN" in record["flags"] for record in found) == 2
    assert found[-1]["flags"] == "ACK", "the acknowledgement of the last FIN"
    assert sum(record["bytes"] for record in found) == 10
    assert [record["time"] for record in found] == sorted(record["time"] for record in found)
    (ended,) = of("ended", tmp_path)
    assert (ended["segments"], ended["dropped"]) == (len(found), 0)
    output, errors = shown(tmp_path)
    assert errors == ""
    in_order = [
        r"connect\(",
        "╌ SYN seq 0 window",
        "◀╌+ SYN seq 0 ACK 1",
        "sendall 5 B",
        "╌ 5 B seq 1 ACK 1",
        r"recv\(4\)",
    ]
    assert re.search(".*".join(in_order), output, re.DOTALL), output
    assert "--)" in shown(tmp_path, "--mermaid")[0]
    items = json.loads(shown(tmp_path, "--perfetto")[0])["traceEvents"]
    assert sum(item.get("cat") == "segment" for item in items) == len(found)


def test_the_program_is_not_disturbed(run):
    output, _ = run(
        """
        import os, threading
        print(len(os.listdir("/proc/self/task")), threading.active_count(), len(os.listdir("/proc/self/fd")))
        try:
            os.wait()
        except ChildProcessError:
            print("no child")
        """
    )
    assert output == "1 1 4\nno child\n", "a thread, the standard descriptors, and that of listdir"


def test_connections_of_other_programs_are_not_recorded(run, tmp_path):
    run(
        """
        import socket, subprocess, sys, textwrap
        other = '''
        import socket
        a = socket.create_server(("127.0.0.1", 0))
        b = socket.create_connection(a.getsockname())
        '''
        subprocess.run([sys.executable, "-c", textwrap.dedent(other)], check=True)
        a = socket.create_server(("127.0.0.1", 0))
        b = socket.create_connection(a.getsockname())
        """
    )
    assert [record["flags"] for record in of("segment", tmp_path)].count("SYN") == 1


@pytest.mark.parametrize("lost", [1, 2])
def test_retransmissions_and_duplicate_acknowledgements_are_seen(run, tmp_path, lost):
    (tmp_path / "server.py").write_text(
        textwrap.dedent(
            """
            import socket
            with socket.create_server(("10.0.0.2", 8080)) as listener:
                open("ready", "w").close()
                connection, _ = listener.accept()
                with connection:
                    size = 0
                    while data := connection.recv(65536):
                        size += len(data)
                    connection.sendall(str(size).encode())
            """
        )
    )
    output, _ = run(
        """
        import os, socket, time
        while not os.path.exists("ready"):
            time.sleep(0.001)
        with socket.create_connection(("10.0.0.2", 8080), timeout=30) as client:
            client.sendall(bytes(10_000))
            client.shutdown(socket.SHUT_WR)
            print(client.recv(100))
        """,
        *TRACE,
        "program.py",
        network=[*IN_NETWORK, "--lossy", str(lost), "server.py"],
    )
    assert output == "b'10000'\n"
    output, errors = shown(tmp_path)
    (seq,) = re.findall(r"retransmission: [\d,]+ B seq ([\d,]+)", output)
    sent = re.findall(r"╌ [\d,]+ B seq ([\d,]+) ACK 1 ", output)
    assert seq == sent[lost - 1]
    assert "duplicate ACK 1:" in output
    assert "in another network namespace" in errors, "that of the server, whose packets are not seen there"


def test_a_window_that_closes_and_opens_is_seen(run, tmp_path):
    run(
        """
        import socket, time
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
        client.setblocking(False)
        sent = 0
        # Until tcpi_snd_wnd is 0.
        while any(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)[228:]):
            try:
                while True:
                    sent += client.send(bytes(1_000_000))
            except BlockingIOError:
                time.sleep(0.001)
        while sent:
            sent -= len(server.recv(1 << 20))
        """
    )
    assert any(record["window"] == 0 for record in of("segment", tmp_path))
    output, _ = shown(tmp_path)
    assert re.search("zero window: .*window update: ", output, re.DOTALL), output


def test_refused_connects_and_datagrams_are_seen(run, tmp_path):
    run(
        """
        import socket
        with socket.socket() as deaf, socket.socket() as client:
            deaf.bind(("127.0.0.1", 0))
            try:
                client.connect(deaf.getsockname())
            except ConnectionRefusedError:
                pass
            with socket.socket(type=socket.SOCK_DGRAM) as sock:
                sock.connect(deaf.getsockname())
                sock.send(b"hello")
                try:
                    sock.recv(10)
                except ConnectionRefusedError:
                    pass
        """
    )
    assert [record["flags"] for record in of("segment", tmp_path)] == ["SYN", "RST|ACK"]
    assert re.search("connect.*ECONNREFUSED.*╌ SYN seq.*╌ RST seq", shown(tmp_path)[0], re.DOTALL)
    (datagram,) = of("datagram", tmp_path)
    (answer,) = of("icmp", tmp_path)
    assert datagram["bytes"] == 5
    assert (answer["error"], answer["to"]) == ("port unreachable", datagram["to"])
    output, _ = shown(tmp_path)
    assert re.search("send 5 B.*╌ datagram 5 B.*╌ ICMP port unreachable.*recv.*ECONNREFUSED", output, re.DOTALL), output


def test_the_end_of_a_program_that_is_killed_is_recorded(run, tmp_path):
    run(
        """
        import os, signal, socket
        a = socket.create_server(("127.0.0.1", 0))
        b = socket.create_connection(a.getsockname())
        c, _ = a.accept()
        c.send(b"never received")
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        status=-signal.SIGKILL,
    )
    assert {"RST|ACK"} & {record["flags"] for record in of("segment", tmp_path)}
    assert of("ended", tmp_path)


def test_packets_that_the_kernel_drops_are_counted(run, tmp_path):
    run(
        """
        import os, signal, socket
        from pathlib import Path

        def recorder():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                words = path.read_bytes().split(b"\\0")
                if b"--background" in words and os.getcwd().encode() + b"/run" in words:
                    return int(path.parent.name)

        pid = recorder()
        os.kill(pid, signal.SIGSTOP)
        with socket.socket(type=socket.SOCK_DGRAM) as sock, socket.socket(type=socket.SOCK_DGRAM) as target:
            target.bind(("127.0.0.1", 0))
            sock.connect(target.getsockname())
            for _ in range(70_000):
                sock.send(b"")
        os.kill(pid, signal.SIGCONT)
        """,
        *POLYSOCK,
        "wire",
        "-o",
        "run",
        sys.executable,
        "program.py",
    )
    dropped = sum(record["packets"] for record in of("dropped", tmp_path))
    assert dropped == of("ended", tmp_path)[0]["dropped"] > 4000


def test_a_program_of_any_language_is_recorded(run, tmp_path):
    output, errors = run(
        textwrap.dedent(CONVERSATION).replace("import socket", "import polysock as socket"),
        *POLYSOCK,
        *("wire", "-o", "run", "--data", "1", sys.executable, "program.py"),
    )
    assert (output, errors) == ("b'HELLO'\n", "")
    assert sum("FIN" in record["flags"] for record in of("segment", tmp_path)) == 2
    assert '"h"' in shown(tmp_path)[0]


def test_a_command_that_is_missing_fails_as_in_a_shell(run):
    _, errors = run("", *POLYSOCK, "wire", "-o", "run", "no-such-program", status=127)
    assert "no-such-program: No such file or directory" in errors


def test_data_of_no_command_is_refused(tmp_path):
    command = [*POLYSOCK, "wire", "-o", tmp_path / "run", "--data", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
    assert done.returncode == 2
    assert "--data needs a COMMAND" in done.stderr
    assert not (tmp_path / "run").exists()


def test_without_permission_it_says_what_to_do_and_the_program_runs(run, tmp_path):
    output, errors = run(CONVERSATION, network=[*IN_NETWORK, "--unprivileged"])
    assert output == "b'HELLO'\n"
    assert "python -m polysock trace: segments are not recorded: recording packets needs CAP_NET_RAW. Either" in errors
    assert "unshare -Urn" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("run/wire-*"))
