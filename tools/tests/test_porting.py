"""tools/check_porting.py on texts with a fault each: what it accepts, and what it says of the others."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import check_porting

TABLE = """
| BSD | C | C++ | Python | `polysock.net` | Rust |
|---|---|---|---|---|---|
| send(2) | {c} | {cpp} | {python} | {net} | {rust} |
"""
GOOD = {
    "c": "`polysock_send` (`POLYSOCK_MSG_OOB`)",
    "cpp": "`send`",
    "python": "`send`",
    "net": "`Socket.close`",
    "rust": "`send`",
}


@pytest.fixture
def no_foreign(monkeypatch):
    monkeypatch.setattr(check_porting, "FOREIGN", {})


def texts(faults):
    return [text for _line, text in faults]


def test_a_table_of_names_that_exist():
    assert texts(check_porting.in_tables(TABLE.format(**GOOD))) == []


@pytest.mark.parametrize(
    ("column", "cell", "fault"),
    [
        ("c", "`polysock_sned`", "C has no polysock_sned"),
        ("c", "`send`", "C has no send"),
        ("cpp", "`sned`", "C++ has no sned"),
        ("python", "`sned`", "Python has no sned"),
        ("net", "`Socket.sned`", "polysock.net has no Socket.sned"),
        ("rust", "`sned`", "Rust has no sned"),
    ],
)
def test_a_table_with_a_name_that_does_not(column, cell, fault):
    text = TABLE.format(**{**GOOD, column: cell})
    assert list(check_porting.in_tables(text)) == [(4, fault)]


@pytest.mark.usefixtures("no_foreign")
def test_prose():
    good = "- `sendall`, `Socket.close`, `polysock_send`, `ETH_P_ALL2`, `idle_timeout_ms` and `handlerTimeout`"
    assert texts(check_porting.in_prose(good)) == ["nothing is called ETH_P_ALL2"]


def test_a_foreign_name_that_the_text_has_no_longer(monkeypatch):
    monkeypatch.setattr(check_porting, "FOREIGN", {"sin_family": "BSD", "sin_port": "BSD"})
    assert texts(check_porting.in_prose("`sin_family`")) == ["FOREIGN has sin_port, which the text does not"]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("| `socket` (`fileno=`) | `send` |", []),
        ("- In Python `create_connection`,\n  with `happy_eyeballs_delay=None`.", []),
        ("- `create_connection`\n- with `happy_eyeballs_delay=None`", ["happy_eyeballs_delay="]),
        ("| `socket` (`filenumber=`) |", ["filenumber="]),
    ],
)
def test_keyword_arguments(text, faults):
    said = [f"no Python function named there has an argument {name}" for name in faults]
    assert texts(check_porting.in_arguments(text)) == said


@pytest.mark.parametrize(
    ("call", "faults"),
    [
        ("polysock_listen(s, backlog)", []),
        ("polysock_listen(s, length)", ["polysock_listen has no argument length"]),
        ("polysock_lisden(s)", ["polysock_lisden has no argument s"]),
    ],
)
def test_arguments_of_a_c_function(call, faults):
    assert texts(check_porting.in_arguments(f"Call `{call}`.")) == faults


@pytest.mark.parametrize(
    ("python", "fault"),
    [
        ("socket.recv_into", None),
        ("polysock.__version__", None),
        ("polysock.net Socket.close", None),
        ("socket.socket(fileno=fd)", None),
        ("on_error of polysock.Server", None),
        ("select.poll.register", None),
        ("none", None),
        ("socket.read_into", "Python has no socket.read_into"),
        ("polysock.__edition__", "Python has no polysock.__edition__"),
        ("polysock.net Socket.abort", "Python has no polysock.net Socket.abort"),
        ("socket.socket(number=fd)", "socket.socket has no argument number="),
        ("on_failure of polysock.Server", "polysock.Server has no argument on_failure"),
        ("selects.poll", "Python has no selects.poll"),
    ],
)
def test_the_header(python, fault):
    text = f"/**\n * Does.\n *\n * BSD: recv(2). Python:\n * {python}. Java:\n * none.\n */"
    assert texts(check_porting.in_header(text)) == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("comment", "faults"),
    [
        ("(Python `create_connection` with `happy_eyeballs_delay`, Java `new Socket(host, port)`.)", []),
        ("(Python `create_connection` with `unhappy_delay`.)", ["Python has no unhappy_delay"]),
        ("Python `recv_onto`, Java `x`", ["Python has no recv_onto"]),
        ("Python's `select.epoll`", []),
        ("Python `multiprocessing.connection`", []),
    ],
)
def test_the_core(comment, faults):
    assert texts(check_porting.in_core(f"/// {comment}")) == faults
