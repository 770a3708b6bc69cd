"""`python -m polysock doctor`: what it reads in a folder made for the test, and finds there."""

import functools
import json
import os
import re
import sys

import pytest
from doctor_files import (
    ANY,
    CALM,
    CLOSE_WAIT,
    ESTABLISHED,
    HEADING,
    HERE,
    LISTEN,
    OURS,
    THERE,
    TIME_WAIT,
    connections,
    digits,
    entry,
    make_system,
)

from polysock._doctor import sock_diag
from polysock._doctor.catalogue import SETTINGS
from polysock._doctor.command import main
from polysock._doctor.examination import Examination
from polysock._doctor.judgements import judgements
from polysock._doctor.page import page
from polysock._doctor.settings import Settings, duration
from polysock._doctor.sock_diag import Listener
from polysock._doctor.sockets import address
from polysock._doctor.system import System


@pytest.fixture
def root(tmp_path):
    return functools.partial(make_system, tmp_path)


def made(root):
    """The judgements about a folder: their severity by name."""
    return {one.name: one.severity for one in judgements(Examination(System(root)))}


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
