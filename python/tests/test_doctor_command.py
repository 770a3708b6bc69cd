"""`python -m polysock doctor`, the command: on this machine, in a namespace, and all its texts."""

import ast
import contextlib
import functools
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
from doctor_files import ANY, HEADING, LISTEN, TIME_WAIT, connections, entry, make_system
from helpers import PROGRAM_TIMEOUT, connection, end_by_itself, full_listener

from polysock._doctor.catalogue import SECTIONS, SETTINGS
from polysock._doctor.command import main
from polysock._doctor.examination import Examination
from polysock._doctor.gone import GONE
from polysock._doctor.judgements import judgements
from polysock._doctor.page import page
from polysock._doctor.sock_diag import Listener
from polysock._doctor.system import System
from polysock._terminal import in_colour

DOCTOR = [sys.executable, "-m", "polysock", "doctor"]
# A user without any privilege.
NOBODY = 65534


@pytest.fixture
def root(tmp_path):
    return functools.partial(make_system, tmp_path)


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
