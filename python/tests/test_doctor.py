"""`python -m polysock doctor`: what it finds in a folder made for the test, on this machine, and in a namespace."""

import ast
import contextlib
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from helpers import PROGRAM_TIMEOUT, connection, end_by_itself, full_listener

from polysock._doctor import sock_diag
from polysock._doctor.catalogue import SECTIONS, SETTINGS
from polysock._doctor.command import main
from polysock._doctor.examination import Examination
from polysock._doctor.gone import GONE
from polysock._doctor.judgements import judgements
from polysock._doctor.page import page
from polysock._doctor.settings import Settings, duration
from polysock._doctor.sock_diag import Listener
from polysock._doctor.sockets import address
from polysock._doctor.system import System
from polysock._terminal import in_colour

DOCTOR = [sys.executable, "-m", "polysock", "doctor"]
# A user without any privilege.
NOBODY = 65534
HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
# As the kernel sets them. Nothing here needs attention.
CALM = {
    "proc/sys/kernel/osrelease": "6.1.0\n",
    "proc/sys/net/core/somaxconn": "4096\n",
    "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "proc/sys/net/ipv4/ip_local_reserved_ports": "\n",
    "proc/sys/net/ipv4/tcp_tw_reuse": "2\n",
    "proc/sys/net/ipv4/tcp_max_tw_buckets": "1000\n",
    "proc/sys/net/ipv4/tcp_fin_timeout": "60\n",
    "proc/sys/net/ipv4/tcp_syncookies": "1\n",
    "proc/sys/net/ipv4/tcp_timestamps": "1\n",
    "proc/sys/net/ipv4/tcp_max_orphans": "100\n",
    "proc/sys/net/ipv4/tcp_mem": "100\t200\t300\n",
    "proc/sys/fs/file-nr": "100\t0\t100000\n",
    "proc/net/tcp": HEADING,
    "proc/net/sockstat": "sockets: used 7\nTCP: inuse 1 orphan 2 tw 3 alloc 1 mem 4\n",
    "proc/net/netstat": "TcpExt: ListenOverflows SyncookiesFailed\nTcpExt: 0 0\n",
    "proc/net/snmp": "Udp: InDatagrams RcvbufErrors\nUdp: 5 0\n",
    "proc/self/limits": "Limit  Soft  Hard  Units\nMax open files            4096        524288     files\n",
}


@pytest.fixture
def root(tmp_path):
    """Makes the files of a system: the calm one, with changes. None removes a file."""

    def make(changes=()):
        for name, text in {**CALM, **dict(changes)}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path)

    return make


def made(root):
    """The judgements about a folder: their severity by name."""
    return {one.name: one.severity for one in judgements(Examination(System(root)))}


def entry(state, local, remote, waiting=0):
    """A line of /proc/net/tcp; addresses as (hexadecimal digits, port)."""
    ends = " ".join(f"{host}:{port:04X}" for host, port in (local, remote))
    return f"   0: {ends} {state} 00000000:{waiting:08X} 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"


def digits(*numbers):
    """The digits by which /proc shows an IPv4 address."""
    return f"{int.from_bytes(bytes(numbers), sys.byteorder):08X}"


HERE, OURS, THERE = digits(127, 0, 0, 1), digits(192, 0, 2, 1), digits(192, 0, 2, 7)
ANY = digits(0, 0, 0, 0)
TIME_WAIT, CLOSE_WAIT, ESTABLISHED, LISTEN = "06", "08", "01", "0A"


def connections(state, ports, local=OURS, remote=(THERE, 80)):
    return HEADING + "".join(entry(state, (local, port), remote) for port in ports)


# ---------------------------------------------------------------- judgements


def test_a_calm_system_needs_nothing(root):
    assert made(root()) == {}


USED_UP = connections(TIME_WAIT, range(40000, 40095)) + entry(ESTABLISHED, (OURS, 40095), (THERE, 80))
HUNDRED_PORTS = {"proc/sys/net/ipv4/ip_local_port_range": "40000 40099"}


def ephemeral(root, files):
    """The judgements about ephemeral ports only, as (severity, evidence, advice)."""
    found = judgements(Examination(System(root(files))))
    return [(one.severity, one.evidence, one.advice) for one in found if one.name == "ephemeral-ports"]


def test_used_up_ports_are_counted_by_destination(root):
    other = connections(TIME_WAIT, range(40000, 40049), remote=(THERE, 81)).removeprefix(HEADING)
    files = {"proc/net/tcp": USED_UP + other}
    ((severity, evidence, advice),) = ephemeral(root, {**files, **HUNDRED_PORTS})
    assert severity == "warning"
    assert "96 of 100 ephemeral ports of 192.0.2.1 are taken by connections to 192.0.2.7:80, 95 of them in" in evidence
    assert "set net.ipv4.tcp_tw_reuse to 1" in advice
    ((severity, *_),) = ephemeral(root, {**files, "proc/sys/net/ipv4/ip_local_port_range": "40000 40119"})
    assert severity == "note"


def test_ports_that_are_reused_are_free(root):
    files = {"proc/net/tcp": USED_UP, **HUNDRED_PORTS}
    assert ephemeral(root, {**files, "proc/sys/net/ipv4/tcp_tw_reuse": "1"}) == []
    assert len(ephemeral(root, {**files, "proc/sys/net/ipv4/tcp_timestamps": "0"})) == 1
    loopback = connections(TIME_WAIT, range(40000, 40095), local=HERE, remote=(HERE, 80))
    files = {"proc/net/tcp": loopback, **HUNDRED_PORTS, "proc/sys/net/ipv4/tcp_timestamps": "1"}
    assert ephemeral(root, {**files, "proc/sys/net/ipv4/tcp_tw_reuse": "2"}) == []
    assert len(ephemeral(root, {**files, "proc/sys/net/ipv4/tcp_tw_reuse": "0"})) == 1
    full = connections(ESTABLISHED, range(40000, 40095), local=HERE, remote=(HERE, 80))
    ((_, evidence, advice),) = ephemeral(root, {**files, "proc/net/tcp": full, "proc/sys/net/ipv4/tcp_tw_reuse": "2"})
    assert "95 of 100" in evidence
    assert "0 of them in TIME_WAIT" in evidence
    assert "widen" in advice


def test_ports_beyond_the_range_are_not_ephemeral(root):
    """A server's accepted connections have the port at which it listens."""
    table = HEADING + "".join(entry(TIME_WAIT, (HERE, 8080), (THERE, port)) for port in range(1024, 3000))
    files = {"proc/net/tcp": table, "proc/sys/net/ipv4/ip_local_port_range": "20000 39999"}
    assert "ephemeral-ports" not in made(root(files))
    chosen = connections(TIME_WAIT, range(1024, 20000))  # by the program, with bind()
    assert "ephemeral-ports" not in made(root({**files, "proc/net/tcp": chosen}))
    root(files)
    assert Examination(System(root(files))).sockets.time_wait == {8080: 1976}


def test_reserved_ports_are_not_given_out(root):
    files = {
        "proc/sys/net/ipv4/ip_local_port_range": "40000 59999",
        "proc/sys/net/ipv4/ip_local_reserved_ports": "1-3,39999-40009,41000,41000-41001,59999-65535\n",
    }
    assert Settings(System(root(files))).ephemeral_ports() == 20_000 - 10 - 2 - 1


def test_few_ports(root):
    assert made(root({"proc/sys/net/ipv4/ip_local_port_range": "40000 40009"})) == {"few-ephemeral-ports": "note"}


def test_time_wait_at_its_limit(root):
    table = {"proc/net/sockstat": "TCP: inuse 1 orphan 0 tw 900 alloc 1 mem 4\n"}
    assert made(root(table)) == {"time-wait-limit": "warning"}
    assert made(root({"proc/net/sockstat": "TCP: inuse 1 orphan 0 tw 899 alloc 1 mem 4\n"})) == {
        "time-wait-limit": "note"
    }
    assert made(root({"proc/net/sockstat": "TCP: inuse 1 orphan 0 tw 499 alloc 1 mem 4\n"})) == {}


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("orphans", {"proc/net/sockstat": "TCP: inuse 1 orphan 95 tw 0 alloc 1 mem 4\n"}),
        ("tcp-memory", {"proc/net/sockstat": "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 200\n"}),
        ("file-table", {"proc/sys/fs/file-nr": "99999 0 100000\n"}),
        ("syncookies-off", {"proc/sys/net/ipv4/tcp_syncookies": "0\n"}),
        ("window-scaling-off", {"proc/sys/net/ipv4/tcp_window_scaling": "0\n"}),
        (
            "reuse-without-timestamps",
            {"proc/sys/net/ipv4/tcp_timestamps": "0", "proc/sys/net/ipv4/tcp_tw_reuse": "1"},
        ),
        (
            "conntrack-table",
            {
                "proc/sys/net/netfilter/nf_conntrack_count": "95\n",
                "proc/sys/net/netfilter/nf_conntrack_max": "100\n",
            },
        ),
        ("unclosed-connections", {"proc/net/tcp": connections(CLOSE_WAIT, range(40000, 40100))}),
        (
            "descriptors",
            {
                "proc/17/limits": "Max open files  2  9  files\n",
                "proc/17/comm": "server\n",
                "proc/17/fd/0": "",
                "proc/17/fd/1": "",
            },
        ),
    ],
)
def test_warnings(root, name, files):
    assert made(root(files)) == {name: "warning"}


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("accept-queue-overflow", {"proc/net/netstat": "TcpExt: ListenDrops ListenOverflows\nTcpExt: 4 3\n"}),
        ("syn-queue-overflow", {"proc/net/netstat": "TcpExt: TCPReqQFullDoCookies TCPReqQFullDrop\nTcpExt: 4 3\n"}),
        ("syncookies-failed", {"proc/net/netstat": "TcpExt: SyncookiesFailed\nTcpExt: 4\n"}),
        ("time-wait-overflow", {"proc/net/netstat": "TcpExt: TCPTimeWaitOverflow\nTcpExt: 4\n"}),
        ("tcp-memory-aborts", {"proc/net/netstat": "TcpExt: TCPAbortOnMemory\nTcpExt: 4\n"}),
        ("tcp-memory-pressure", {"proc/net/netstat": "TcpExt: TCPMemoryPressures\nTcpExt: 4\n"}),
        ("receive-queue-dropped", {"proc/net/netstat": "TcpExt: RcvPruned\nTcpExt: 4\n"}),
        ("udp-receive-overflow", {"proc/net/snmp6": "Udp6InDatagrams   \t6\nUdp6RcvbufErrors  \t1\n"}),
        ("udp-send-overflow", {"proc/net/snmp": "Udp: SndbufErrors\nUdp: 1\n"}),
        ("abort-on-overflow", {"proc/sys/net/ipv4/tcp_abort_on_overflow": "1"}),
        ("timestamps-off", {"proc/sys/net/ipv4/tcp_timestamps": "0"}),
        ("fixed-receive-buffers", {"proc/sys/net/ipv4/tcp_moderate_rcvbuf": "0"}),
        ("fin-timeout", {"proc/sys/net/ipv4/tcp_fin_timeout": "15"}),
        ("descriptor-limit", {"proc/self/limits": "Max open files   1024    unlimited   files\n"}),
        ("setting-without-effect", {"etc/sysctl.conf": "# net.ipv4.tcp_tw_recycle=1\nnet/ipv4/tcp_tw_recycle = 1\n"}),
        ("setting-without-effect", {"etc/sysctl.d/99-fast.conf": "-net.ipv4.tcp_low_latency=1\n"}),
    ],
)
def test_notes(root, name, files):
    assert made(root(files)) == {name: "note"}


def test_what_grows_is_a_warning(root):
    def overflow(seconds):
        assert seconds == 2
        root({"proc/net/netstat": "TcpExt: ListenOverflows\nTcpExt: 7\n"})

    folder = root({"proc/net/netstat": "TcpExt: ListenOverflows\nTcpExt: 4\n"})
    found = judgements(Examination(System(folder), 2, sleep=overflow))
    assert [(one.name, one.severity) for one in found] == [("accept-queue-overflow", "warning")]
    assert found[0].evidence.endswith("3 in the last 2 s, 7 since the start.")


def test_descriptors_of_other_processes(root):
    """One that may be looked at, one without a limit, one of another user."""
    files = {f"proc/{pid}/fd/{number}": "" for pid in (17, 18, 19) for number in range(3)}
    files["proc/17/limits"] = "Max open files            5     5       files\n"
    files["proc/17/comm"] = "a\x1b[31m name\n"
    files["proc/18/limits"] = "Max open files            unlimited     unlimited       files\n"
    found = Examination(System(root(files)))
    assert [(one.pid, one.open, one.limit) for one in found.processes] == [(17, 3, 5)]
    assert found.processes[0].name == "a\\x1b[31m name"
    assert not any("/17/" in name or "/19/" in name for name in found.system.unreadable)


def test_closed_by_the_peer(root):
    """Accepted connections are named by where they were accepted, others by where they lead."""
    table = HEADING + entry(LISTEN, (ANY, 8080), (ANY, 0))
    table += "".join(entry(CLOSE_WAIT, (HERE, 8080), (THERE, port)) for port in range(1000, 1120))
    table += "".join(entry(CLOSE_WAIT, (HERE, port), (THERE, 443)) for port in range(40000, 40300))
    found = judgements(Examination(System(root({"proc/net/tcp": table}))))
    assert [one.evidence.split(" were")[0] for one in found] == [
        "120 connections accepted by 127.0.0.1:8080",
        "300 connections made to 192.0.2.7:443",
    ]


# ---------------------------------------------------------------- what is read


def test_states_and_listeners(root):
    six = "".join([digits(0, 0, 0, 0)] * 3 + [digits(0, 0, 0, 1)])
    mapped = digits(0, 0, 0, 0) * 2 + digits(0, 0, 255, 255) + THERE
    files = {
        "proc/net/tcp": HEADING + entry(LISTEN, (HERE, 80), (ANY, 0), 3) + entry(ESTABLISHED, (HERE, 80), (THERE, 9)),
        "proc/net/tcp6": HEADING + entry(LISTEN, (six, 81), (six, 0)) + entry(TIME_WAIT, (mapped, 82), (mapped, 9)),
    }
    found = Examination(System(root(files)))
    assert found.sockets.states == {"ipv4": {"LISTEN": 1, "ESTABLISHED": 1}, "ipv6": {"LISTEN": 1, "TIME_WAIT": 1}}
    assert found.listeners == [Listener("127.0.0.1", 80, 3, None), Listener("::1", 81, 0, None)]
    assert address(mapped) == "192.0.2.7"
    assert "[::1]:81" in page(found, [])


def test_consequences(root):
    """The times in ip-sysctl, which this computes."""
    names = ["tcp_syn_retries", "tcp_synack_retries", "tcp_retries2", "tcp_keepalive_time"]
    files = {f"proc/sys/net/ipv4/tcp_{name}": text for name, text in VALUES.items()}
    settings = Settings(System(root(files)))
    said = [settings.consequence(f"net.ipv4.{name}") for name in names]
    expected = [duration(131), duration(63), duration(924.6), duration(7200 + 9 * 75)]
    assert [text[-len(end) - 1 :] for text, end in zip(said[:2], expected, strict=False)] == [
        e + "." for e in expected[:2]
    ]
    assert expected[2] in said[2]
    assert said[3].endswith(expected[3] + ".")
    old = Settings(System(root({"proc/sys/net/ipv4/tcp_syn_linear_timeouts": "0"})))
    assert old.consequence("net.ipv4.tcp_syn_retries").endswith(f"after {duration(127)}.")


VALUES = {
    "syn_retries": "6\n",
    "syn_linear_timeouts": "4\n",
    "synack_retries": "5\n",
    "retries2": "15\n",
    "keepalive_time": "7200\n",
    "keepalive_intvl": "75\n",
    "keepalive_probes": "9\n",
}


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59.6, "1 min"), (131, "2 min 11 s"), (7875, "2 h 11 min")])
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_nothing_is_there(tmp_path, capsys):
    assert main(["--json"], str(tmp_path)) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["judgements"] == []
    assert report["unreadable"]["/proc/net/tcp"] == "No such file or directory"
    assert {setting["value"] for setting in report["settings"]} == {None}
    assert main([], str(tmp_path)) == 0
    text = capsys.readouterr().out
    assert "Nothing." in text
    assert "not readable here" in text
    assert "/proc/sys/net/ipv4/tcp_tw_reuse: No such file or directory" in text


def test_what_not_every_kernel_has_is_not_missed(root):
    assert "/proc/sys/net/netfilter/nf_conntrack_max" not in Examination(System(root())).system.unreadable
    assert "/proc/net/tcp6" not in Examination(System(root())).system.unreadable


GARBAGE = [
    b"",
    b"\n",
    b"\0\xff\xfe\x1b]0;title\x07\n" * 3,
    b"9" * 100_000,
    b"-1 -1 -1",
    b"0 0 0 0 0 0",
    b"99999999999999999999 99999999999999999999 99999999999999999999\n",
    b"TcpExt: ListenOverflows\nTcpExt: x\nUdp: 1\n\nTCP: tw\nTCP: mem 1_000 orphan\n",
    b"heading\n   0: 0100007F:1F90 00000000:0000 0A 00000000:0000000G\n 1: _1_00007F:1F90 00000000:0000 06 0:0\n",
    b"Max open files\nMax open files 1 many files\n",
    "٣ ٤\n".encode(),
]


@pytest.mark.parametrize("content", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_in_every_file(root, capsys, content):
    files = dict.fromkeys([*CALM, "proc/net/tcp6", "proc/net/snmp6", "proc/7/limits", "etc/sysctl.conf"], content)
    files |= {"proc/sys/" + setting.name.replace(".", "/"): content for setting in SETTINGS}
    folder = root(files)
    assert main([], folder) in (0, 1)
    text = capsys.readouterr().out
    assert re.fullmatch(r"[ -~\n]*", text)
    assert main(["--json"], folder) in (0, 1)
    json.loads(capsys.readouterr().out)


def test_lines_that_are_not_understood_are_counted(root, capsys):
    folder = root({"proc/net/tcp": HEADING + "what?\n" + entry(LISTEN, (HERE, 80), (ANY, 0))})
    assert main([], folder) == 0
    assert "not understood: 1\n" in capsys.readouterr().out


def test_a_file_that_may_not_be_read(root, capsys):
    folder = root({"proc/net/netstat": None})
    os.mkdir(os.path.join(folder, "proc/net/netstat"))  # an error other than ENOENT, for root as well
    assert main([], folder) == 0
    assert "/proc/net/netstat: Is a directory" in capsys.readouterr().out


def test_another_system(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sock_diag.polysock, "socket", None)
    monkeypatch.setattr("polysock._doctor.system.System.path", lambda self, name: "/nowhere/" + name)
    assert main([]) == 0
    text = capsys.readouterr().out
    assert text.startswith("This command reads Linux's /proc. On this system it knows only the limits below.")
    assert "RLIMIT_NOFILE here" in text
    assert "Not readable" not in text


# ---------------------------------------------------------------- the command


def run(*arguments, **environment):
    done = subprocess.run(
        [*DOCTOR, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_this_machine():
    with full_listener() as listener, connection():
        status, output, errors = run("--json")
        host, port = listener.getsockname()
    assert errors == ""
    report = json.loads(output)
    warnings = [one for one in report["judgements"] if one["severity"] == "warning"]
    assert status == bool(warnings)
    assert report["tcp_states"]["ipv4"]["ESTABLISHED"] >= 2
    (ours,) = [one for one in report["listeners"] if one["port"] == port and one["address"] == host]
    assert ours == {"address": host, "port": port, "waiting": 1, "limit": 0, "full": True}
    assert any(
        one["name"] == "accept-queue-full" and one["evidence"].startswith(f"{host}:{port}: 1 waiting")
        for one in warnings
    )


def test_a_refused_sock_diag_leaves_the_limits_open():
    def refused():
        raise PermissionError(1, "Operation not permitted")

    with full_listener() as listener:
        found = Examination(System(), ask_kernel=refused)
        host, port = listener.getsockname()
    assert Listener(host, port, 1, None) in found.listeners
    assert found.system.unreadable["sock_diag (limits of listeners)"] == "Operation not permitted"
    assert "accept-queue-full" not in {one.name for one in judgements(found)}


def test_an_unprivileged_user(tmp_path):
    """Everything that any user may read is enough, and what may not be read is no failure."""
    place = tmp_path / "report.json"
    with open(place, "w", encoding="utf-8") as output:
        child = os.fork()
        if child == 0:
            end_by_itself()
            status = 9
            with contextlib.suppress(BaseException):
                if os.getuid() == 0:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                with contextlib.redirect_stdout(output):
                    status = main(["--json"])
                output.flush()
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (0, 1)
    report = json.loads(place.read_text())
    assert "ipv4" in report["tcp_states"]
    assert not [name for name in report["unreadable"] if not name.startswith("/proc/sys/")]


@pytest.mark.parametrize(
    "arguments", ["--what", "--seconds", "--seconds x", "--seconds 0", "--seconds nan", "more", "--json --brief"]
)
def test_usage(arguments):
    status, output, errors = run(*arguments.split())
    assert (status, output) == (2, "")
    assert errors.startswith("usage: python -m polysock doctor")


def test_help():
    status, output, errors = run("--help")
    assert (status, errors) == (0, "")
    assert "Exit status: 0, or 1 if there is a warning" in output


def test_a_reader_that_goes_away():
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as output:
        done = subprocess.run(DOCTOR, stdout=output, stderr=subprocess.PIPE, timeout=PROGRAM_TIMEOUT, check=False)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


def test_importing_the_package_does_not_import_it():
    code = "import sys, polysock; print(any('_doctor' in name for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=True
    )
    assert done.stdout == "False\n"


def on_a_terminal(width, **environment):
    """What the command writes to a terminal with this many columns."""
    terminal, theirs = pty.openpty()
    with open(terminal, "rb", 0) as reader:
        with open(theirs, "wb", 0) as output:
            variables = {"TERM": "xterm", "COLUMNS": str(width), **environment}
            process = subprocess.Popen(DOCTOR, env={**os.environ, **variables}, stdout=output)
        written = b""
        with contextlib.suppress(OSError):  # EIO, once the process has ended
            while piece := reader.read(4096):
                written += piece
        assert process.wait(PROGRAM_TIMEOUT) in (0, 1)
    return written.decode().replace("\r\n", "\n")


def test_colours_are_for_terminals():
    assert "\x1b[1m" in on_a_terminal(80)
    assert "\x1b" not in on_a_terminal(80, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(80, TERM="dumb")
    assert "\x1b" not in run()[1]
    assert not in_colour(io.StringIO(), {"TERM": "xterm"})


@pytest.mark.parametrize("width", [60, 80, 100])
def test_text_is_as_wide_as_the_terminal(root, width):
    found = Examination(System(root({"proc/sys/net/ipv4/tcp_syncookies": "0"})))
    lines = page(found, judgements(found), width).splitlines()
    prose = [line for line in lines if not line.startswith("  net.") and not line.startswith("  fs.")]
    assert width - 12 < max(map(len, prose)) <= width
    coloured = page(found, judgements(found), width, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines() == lines


def test_brief_has_no_settings(root, capsys):
    assert main(["--brief"], root()) == 0
    brief = capsys.readouterr().out
    assert main([], root()) == 0
    assert len(brief) < len(capsys.readouterr().out) / 4


# ---------------------------------------------------------------- the texts


def test_every_setting_is_described_once():
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert not set(names) & {gone.name for gone in GONE}
    for setting in SETTINGS:
        for text in (setting.meaning, setting.when, setting.myth or "Fine."):
            assert text.endswith((".", ":"))
            assert text.isascii()


DOCUMENT = Path(__file__).resolve().parents[2] / "docs/doctor.md"


def test_the_document_has_every_judgement(root):
    """And no other: the names are the only constants in that file that look like this."""
    document = DOCUMENT.read_text(encoding="utf-8")
    table = document.partition("## Judgements")[2].partition("## JSON")[0]
    documented = {name for line in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(.*?)`", line)}
    code = ast.walk(ast.parse(Path(judgements.__code__.co_filename).read_text(encoding="utf-8")))
    names = {node.value for node in code if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = {name for name in names if re.fullmatch(r"[a-z]+(-[a-z]+)+|orphans|descriptors", name)}
    assert documented == names


def test_the_document_has_every_key(root, capsys):
    document = DOCUMENT.read_text(encoding="utf-8").partition("## JSON")[2]
    table = HEADING + entry(LISTEN, (ANY, 80), (ANY, 0)) + connections(TIME_WAIT, range(40000, 40010))
    files = {"proc/net/tcp": table, "proc/sys/net/ipv4/tcp_timestamps": "0", "proc/7/fd/0": ""}
    main(["--json"], root({**files, "proc/7/limits": "Max open files 9 9 files\n"}))

    def keys(value):
        if isinstance(value, list):
            return keys(value[0])
        return (
            {*value, *(key for name in value if name not in NAMED for key in keys(value[name]))}
            if isinstance(value, dict)
            else set()
        )

    report = json.loads(capsys.readouterr().out)
    assert {key for key in keys(report) if f"`{key}`" not in document} == set()


# Keys of these are names of counters, files and states.
NAMED = {"in_use", "counters", "growth", "unreadable", "ipv4", "ipv6"}


def test_defaults_hold_in_a_new_namespace(namespace):
    """The kernel's own defaults: a new network namespace has them, unless it takes those of the machine."""
    values = namespace("""
        import json
        from polysock._doctor.settings import Settings
        from polysock._doctor.system import System
        print(json.dumps(Settings(System()).text))
    """)
    # Those that differ between versions, and those that are not the namespace's.
    shared = {"net.core.netdev_max_backlog", "net.ipv4.tcp_fastopen", "fs.nr_open", "net.ipv4.tcp_rto_max_ms"}
    for setting in SETTINGS:
        if setting.default is not None and setting.name in values and setting.name not in shared:
            assert values[setting.name] == setting.default, setting.name


# ---------------------------------------------------------------- a network namespace


@pytest.fixture
def namespace():
    """Runs a program in a new network namespace, and returns the JSON that it prints."""
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs unshare(1) and the permission to make a network namespace")

    def run_there(program):
        done = subprocess.run(
            [*unshare, sys.executable, "-c", textwrap.dedent(program)],
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT,
            check=False,
        )
        assert done.stderr == ""
        return json.loads(done.stdout)

    return run_there


# Sets the loopback interface up, which a new namespace does not, and gives what fills a queue and overflows it.
OVERFLOW = """
    import fcntl, json, select, struct, time
    import polysock
    from polysock._doctor.counters import counters
    from polysock._doctor.examination import Examination
    from polysock._doctor.judgements import judgements
    from polysock._doctor.system import System

    SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
    with polysock.socket(polysock.AF_INET, polysock.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("H", fcntl.ioctl(sock, SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))

    listener = polysock.create_server(("127.0.0.1", 0), backlog=2)
    connected = [polysock.create_connection(listener.getsockname(), 10) for _ in range(3)]
    more = []

    def overflow(seconds=0):
        before = counters(System())["TcpExt.ListenOverflows"]
        sock = polysock.socket()
        sock.setblocking(False)
        sock.connect_ex(listener.getsockname())
        more.append(sock)
        end = time.monotonic() + 10
        while counters(System())["TcpExt.ListenOverflows"] == before:
            assert time.monotonic() < end, "the queue does not overflow"
            time.sleep(0.001)

    def look(seconds):
        found = Examination(System(), seconds, sleep=overflow)
        return [[one.name, one.severity, one.evidence] for one in judgements(found) if "queue" in one.name]
"""


def test_a_queue_that_overflows(namespace):
    found = namespace(OVERFLOW + "    print(json.dumps([look(0), look(5), listener.getsockname()[1]]))\n")
    at_first, looking_on, port = found
    full = f"127.0.0.1:{port}: 3 waiting to be accepted, with a backlog of 2. Further connections are dropped."
    assert at_first == [["accept-queue-full", "warning", full]]
    assert looking_on[0] == at_first[0]
    name, severity, evidence = looking_on[1]
    assert (name, severity) == ("accept-queue-overflow", "warning")
    assert re.search(r": [1-9][0-9]* in the last 5 s, [1-9][0-9]* since the start\.$", evidence)


def test_every_section_is_on_the_page(root):
    text = page(Examination(System(root())), [])
    for section in SECTIONS:
        assert f"Settings: {section}\n" in text or section == "Firewall"
