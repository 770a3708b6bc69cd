"""Where the calls of C and C++ programs come from, and what threads are called."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import COMPILER, PROGRAM_TIMEOUT
from trace_files import Process

from polysock._trace import places
from polysock._trace.model import Trace

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "target/release"
CXX = os.environ.get("CXX", "c++")

can_find = shutil.which("addr2line") or shutil.which("llvm-addr2line") or shutil.which("llvm-symbolizer")
is_built = (LIBRARY / "libpolysock.so").exists() and (LIBRARY / "libpolysock.a").exists()
needs_tools = pytest.mark.skipif(
    not (can_find and is_built and shutil.which(COMPILER[0]) and shutil.which(CXX)),
    reason="needs a C and a C++ compiler, `make lib`, and addr2line or llvm-symbolizer",
)

C_PROGRAM = r"""
#include <polysock/polysock.h>
#include <pthread.h>
static polysock_t *a, *b;
static void *receive(void *unused)
{
    char room[5];
    pthread_setname_np(pthread_self(), "receiver");
    polysock_recv_exact(b, room, 5, NULL, 10000);
    return unused;
}
int main(void)
{
    pthread_t thread;
    polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM);
    pthread_create(&thread, NULL, receive, NULL);
    polysock_sendall(a, "hello", 5, NULL, 10000);
    pthread_join(thread, NULL);
    polysock_close(a); polysock_free(a); polysock_free(b);
    return 0;
}
"""

CPP_PROGRAM = r"""
#include <polysock/polysock.hpp>
static void talk(polysock::socket &a, polysock::socket &b)
{
    char room[5];
    a.send_all("hello");
    b.recv_exact(polysock::buffer(room, 5));
}
int main()
{
    auto [a, b] = polysock::socket::pair();
    talk(a, b);
    a.close();
}
"""


def compiled(folder, name, text, *options):
    """The program, compiled."""
    source = folder / name
    source.write_text(text)
    program = source.with_suffix("")
    compiler = [CXX, "-std=c++17"] if name.endswith(".cc") else [*COMPILER, "-D_GNU_SOURCE"]
    library = [f"-L{LIBRARY}", "-lpolysock"]
    if "-static-polysock" in options:
        options = [option for option in options if option != "-static-polysock"]
        library = [str(LIBRARY / "libpolysock.a"), "-lm", "-ldl"]
    command = [*compiler, *options, f"-I{ROOT / 'include'}", str(source), "-o", str(program), *library, "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    return program


def run(program):
    folder = program.parent / "run"
    environment = {**os.environ, "POLYSOCK_TRACE": str(folder), "LD_LIBRARY_PATH": str(LIBRARY)}
    subprocess.run([program], env=environment, timeout=PROGRAM_TIMEOUT, check=True)
    return folder


def shown(folder):
    """The calls and where they come from, and the labels of the threads."""
    with Trace(folder) as trace:
        trace.survey()
        found = [(event.call, event.record.get("at", "")) for event in trace.events() if event.call]
        return found, [lane.label for lane in trace.lanes]


def line_of(program, text):
    lines = program.read_text().splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return f"{program}:{number}"


@needs_tools
@pytest.mark.parametrize(
    "options", [["-O0", "-g"], ["-O2", "-g", "-fomit-frame-pointer"], ["-O2", "-g", "-static-polysock"]]
)
def test_calls_of_a_c_program_come_from_its_lines(tmp_path, options):
    program = compiled(tmp_path, "talk.c", C_PROGRAM, *options)
    found, labels = shown(run(program))
    source = tmp_path / "talk.c"
    expected = {
        "socketpair": "polysock_socketpair(",
        "sendall": "polysock_sendall(",
        "recv_exact": "polysock_recv_exact(",
        "close": "polysock_close(",
    }
    for call, text in expected.items():
        assert (call, line_of(source, text)) in found, found
    assert any(label.startswith("talk ") and label.endswith(" receiver") for label in labels), labels


@needs_tools
@pytest.mark.parametrize("options", [["-O0", "-g"], ["-O2", "-g"], ["-O2", "-g", "-static-polysock"]])
def test_calls_of_a_cpp_program_come_from_its_lines_not_from_the_classes(tmp_path, options):
    program = compiled(tmp_path, "talk.cc", CPP_PROGRAM, *options)
    found, _ = shown(run(program))
    source = tmp_path / "talk.cc"
    for call, text in {"socketpair": "socket::pair", "sendall": "a.send_all", "recv_exact": "b.recv_exact"}.items():
        assert (call, line_of(source, text)) in found, found
    assert ("close", line_of(source, "a.close")) in found, found


@needs_tools
def test_a_program_without_debug_information_or_that_has_changed_shows_what_is_known(tmp_path):
    program = compiled(tmp_path, "talk.c", C_PROGRAM, "-O1")
    folder = run(program)
    found, _ = shown(folder)
    assert re.match(r"main in talk\+0x[0-9a-f]+$", dict(found)["sendall"]), found
    assert re.match(r"receive in talk\+0x[0-9a-f]+$", dict(found)["recv_exact"]), found
    program.write_bytes(b"another program")
    found, _ = shown(folder)
    (place,) = [place for call, place in found if call == "sendall"]
    assert place.startswith("talk+0x"), place


@needs_tools
def test_a_program_without_unwind_tables_runs_and_its_calls_have_places(tmp_path):
    options = ["-O2", "-g", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fomit-frame-pointer"]
    program = compiled(tmp_path, "talk.c", C_PROGRAM, *options)
    found, _ = shown(run(program))
    assert ("sendall", line_of(tmp_path / "talk.c", "polysock_sendall(")) in found, found


class Answers:
    """Finds what the test says."""

    def __init__(self, known):
        self._known = known
        self.asked = []

    def find(self, module, addresses):
        self.asked.append((module[0], sorted(addresses)))

    def found(self, module, address):
        return self._known.get((module[0], address), ())


def place_in(known, frames, **fields):
    found = places.Places(Answers(known))
    for number, path in enumerate(("/bin/program", "/lib/libc.so.6"), 1):
        found.note({"event": "module", "module": number, "path": path})
    found.note({"event": "place", "place": 1, "frames": frames, **fields})
    return found.text(1)


@pytest.mark.parametrize(
    ("calls", "place"),
    [
        ([("main", "/src/a.c:3")], "/src/a.c:3"),
        ([("polysock::socket::recv(polysock::buffer)", "/usr/socket.hpp:9"), ("f()", "/a.cc:7")], "/a.cc:7"),
        ([("int polysock::detail::check<int>(int)", "/usr/detail.hpp:9"), ("f()", "/a.cc:7")], "/a.cc:7"),
        ([("<polysock::socket::Call<C>>::recv", "/x/socket/recv.rs:1"), ("own::main", "/own.rs:2")], "/own.rs:2"),
        ([("talk(polysock::socket&)", "/a.cc:8")], "/a.cc:8"),
        ([("start_thread", "")], ""),
        ([("main", "")], "main in program+0xf"),
        ([], ""),
    ],
)
def test_the_innermost_frame_that_is_not_ours(calls, place):
    assert place_in({("/bin/program", 0xF): calls}, "1+10") == place


def test_what_is_known_when_nothing_is_found():
    assert place_in({}, "1+10 2+20", outside=True) == "program+0xf"
    assert place_in({}, "1+10 2+20") == ""
    assert place_in({}, "2+20", outside=True) == ""  # a thread of ours
    assert place_in({}, "9+20", outside=True) == ""
    assert place_in({}, "rubbish 1+zz", outside=True) == ""


def test_records_of_places_that_are_damaged_are_left_out(tmp_path):
    process = Process(tmp_path / "run", 1)
    for fields in (
        {"event": "module", "module": "x", "path": 7},
        {"event": "place", "place": [], "frames": {}},
        {"event": "thread", "name": ["x"]},
        {"event": "thread"},
    ):
        process.write(time=process.tick(None), thread=1, **fields)
    process.socket(1)
    process.call("send", 1, place="x")
    process.call("recv", 1, place=99)
    with Trace(tmp_path / "run") as trace:
        trace.survey()
        assert [event.call for event in trace.events()] == ["send", "recv"]


def test_a_tool_that_fails_leaves_places_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "TOOLS", (["false"],))
    program = tmp_path / "program"
    program.write_bytes(b"not an ELF file")
    look_up = places.LookUp()
    look_up.find((str(program), ""), {1, 2})
    assert look_up.found((str(program), ""), 1) == ()
    monkeypatch.setattr(places, "TOOLS", (["no such tool"],))
    places.LookUp().find((str(program), ""), {1})


def test_threads_of_one_process_with_one_name_are_told_apart(tmp_path):
    process = Process(tmp_path / "run", 7, program="program.py")
    for thread, name in ((1, "MainThread"), (2, "worker"), (3, "worker"), (4, None)):
        if name:
            process.write(time=process.tick(None), thread=thread, event="thread", name=name)
        process.call("socket", thread=thread)
    with Trace(tmp_path / "run") as trace:
        trace.survey()
        labels = [lane.label for lane in trace.lanes]
    names = ["MainThread", "worker 2", "worker 3", "thread 4"]
    assert labels == [f"program.py 7 {name}" for name in names]


def test_the_names_of_python_threads(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import socket, threading\n"
        "a, b = socket.socketpair()\n"
        "thread = threading.Thread(target=b.recv, args=(9,), name='the \"reader\"')\n"
        "thread.start()\n"
        "a.send(b'x')\n"
        "thread.join()\n"
    )
    command = [sys.executable, "-m", "polysock", "trace", "-o", "run", str(program)]
    subprocess.run(command, cwd=tmp_path, timeout=PROGRAM_TIMEOUT, check=True)
    (file,) = (tmp_path / "run").glob("*.jsonl")
    records = [json.loads(line) for line in file.read_text().splitlines() if line]
    names = [record["name"] for record in records if record.get("event") == "thread"]
    assert sorted(names) == ["MainThread", 'the "reader"']
