"""What the fault injector takes for right, and that its two halves agree."""

import argparse
import pathlib
import re

import pytest

from faults.choice import wanted
from faults.control import SEEN, SIZE
from faults.finished import Finished, OtherRun
from faults.judge import ABSORBED, NOT_REACHED, REFUSED, VIOLATION, acceptable, is_late_consequence
from faults.play import Exceptions
from faults.table import CALLS, ERRNOS, Fault, faults
from faults.tour import judge

FAULTS = pathlib.Path(__file__).resolve().parent.parent / "faults"
SHIM = (FAULTS / "shim.c").read_text(encoding="utf-8")


def test_the_calls_have_the_same_numbers():
    names = re.search(r"#define CALLS\(X\)(.*?)\n#", SHIM, re.DOTALL)[1]
    assert tuple(re.findall(r"X\((\w+)\)", names)) == CALLS


def test_the_layout_is_the_same():
    fields = re.findall(r"u?int32_t (\w+)(?:\[(\d+)\])?;", re.search(r"struct control \{(.*?)\};", SHIM, re.DOTALL)[1])
    *single, (last, many) = fields
    assert [name for name, _ in single] == ["attached", "armed", "call", "at", "lasting", "error", "hits", "thread"]
    assert (last, 4 * len(single), 4 * len(single) + 4 * int(many)) == ("seen", SEEN, SIZE)
    assert len(CALLS) <= int(many)


def test_every_call_can_fail():
    assert set(ERRNOS) == set(CALLS)
    for call in CALLS:
        assert all(fault.number != 0 for fault in faults(call, 0)), call


def check(command, answer, error, right, **more):
    assert acceptable(command, answer, Fault("any", 0, error), **more) == right


def test_an_error_has_the_errno_and_the_call():
    check("recv", "error CONNRESET call=recv ms=0", "ECONNRESET", True)
    check("recv", "error CONNRESET ms=0", "ECONNRESET", True)
    check("recv", "error PIPE call=recv ms=0", "ECONNRESET", False)
    check("recv", "error CONNRESET call=send ms=0", "ECONNRESET", False)
    check("server", "error MFILE call=socket ms=0", "EMFILE", True)
    check("close_java", "error IO call=net_close ms=0", "EIO", True)


def test_another_success_is_none():
    check("recv", "ok n=0 data=- ms=0", "ECONNRESET", False)
    check("recv", "error PENDING ms=5000", "ECONNRESET", False)


def test_an_interruption_is_never_seen():
    check("recv", "error INTR call=recv ms=0", "EINTR", False)


def test_nothing_there_is_an_answer_to_who_does_not_wait():
    check("fill", "ok n=0 ms=0", "EAGAIN", True)
    check("recv", "ok n=0 ms=0", "EAGAIN", False)
    check("sendto", "error AGAIN ms=0", "EAGAIN", True)


def test_parts():
    check("send", "ok n=1 ms=0", "one byte", True)
    check("send", "ok n=0 ms=0", "one byte", False)


def test_what_shows_later():
    def late(command, answer, error, hit, polled=False):
        return is_late_consequence(command, answer, Fault("send", 0, error), hit, polled)

    assert late("recv c 10", "ok n=1 data=00 ms=0", "one byte", "send s 'ab'")
    assert not late("recv c 10", "error CONNRESET ms=0", "one byte", "send s 'ab'")
    assert not late("recv c 10", "ok n=1 data=00 ms=0", "EPIPE", "send s 'ab'")
    assert late("recv c 10", "error PIPE call=recv ms=0", "EPIPE", "send c 'x'", polled=True)
    assert not late("recv c 10", "error PIPE call=recv ms=0", "EPIPE", "send c 'x'")
    assert late("send c 'x' timeout=0", "ok n=1 ms=0", "EAGAIN", "fill c")
    assert late("send c 'x' timeout=0", "ok n=1 ms=0", "EAGAIN", "send c 'x' timeout=0", polled=True)
    assert not late("send c 'x' timeout=0", "ok n=1 ms=0", "EAGAIN", "send c 'x' timeout=0")


def check_tour(said, error, outcome, hit=True):
    fault = Fault("any", 0, error) if error else None
    assert judge(said.splitlines(), fault, hit) == outcome


def test_how_a_tour_ends():
    refused = "polysock_poller_new EMFILE poller_new: Too many open files\n"
    check_tour("done 1", None, NOT_REACHED, hit=False)
    check_tour("done 1", "EINTR", ABSORBED)
    check_tour(refused + "done 0", "EMFILE", REFUSED)
    check_tour("on_error EMFILE accept: Too many open files\npolysock_recv_exact EOF no bytes\ndone 0", "EMFILE", REFUSED)
    late = "polysock_connect ECONNREFUSED connect 127.0.0.1:1: Connection refused\non_error EINVAL server: accept: Invalid argument\n"
    check_tour(late + "done 0", "EINVAL", REFUSED)
    check_tour(late + "done 0", "EMFILE", VIOLATION)
    gave_up = "polysock_recv_exact ECONNRESET recv_exact: reset\npolysock_message_server_wait EPERM message_server_wait: not permitted\n"
    check_tour(gave_up + "done 0", "EPERM", REFUSED)
    check_tour("polysock_recv_exact EOF no bytes\non_close ENOMEM recv: no memory\ndone 0", "ENOMEM", REFUSED)
    check_tour("polysock_recv_exact EOF no bytes\ndone 0", "ENOMEM", VIOLATION)
    check_tour(refused + "done 0", "ENOMEM", VIOLATION)
    check_tour("polysock_recv EINTR recv: interrupted\ndone 0", "EINTR", VIOLATION)
    check_tour("polysock_recv EMFILE other: Too many open files\ndone 0", "EMFILE", VIOLATION)
    check_tour("done 0", "EMFILE", VIOLATION)
    check_tour(refused + "threads 1\ndone 0", "EMFILE", VIOLATION)
    check_tour(refused + "descriptors 3\ndone 0", "EMFILE", VIOLATION)


def test_a_run_goes_on_with_what_another_has_finished(tmp_path):
    path = tmp_path / "finished"
    first = Finished(path, {"seed": "1"})
    assert first.outcomes("c", "client", "area/one") is None
    first.add("c", "client", "area/one", {ABSORBED: 3, VIOLATION: 1})
    first.add("c", "client", "area/none", {})
    second = Finished(path, {"seed": "1"})
    assert second.outcomes("c", "client", "area/one") == {ABSORBED: 3, VIOLATION: 1}
    assert second.outcomes("c", "client", "area/none") == {}
    assert second.outcomes("c", "server", "area/one") is None
    with pytest.raises(OtherRun):
        Finished(path, {"seed": "2"})
    second.forget()
    assert not path.exists()
    Finished(None, {}).add("c", "client", "area/one", {})


def options(**given):
    return argparse.Namespace(**{"spared": [], "call": None, "error": None, "most": 1000, "seed": "1", "once": False} | given)


def test_once_takes_every_call_in_one_way():
    def found(**given):
        return wanted({"recv": 3, "close": 2}, "one", "c", "client", True, options(**given), None)

    assert [(fault.call, fault.at) for fault in found(once=True)] == [("recv", 0), ("recv", 1), ("recv", 2), ("close", 0), ("close", 1)]
    assert found(once=True) == found(once=True) != found(once=True, seed="2")
    assert set(found(once=True)) < set(found())


def test_an_exception_names_call_errors_and_scenarios():
    exempt = Exceptions("* shutdown EPERM,ENOSYS wake/* there is no other way\n# a comment\nnet getsockname * * as in Java\n")
    assert exempt.reason("c", "wake/close", Fault("shutdown", 0, "EPERM")) == "there is no other way"
    assert exempt.reason("net", "wake/close", Fault("getsockname", 0, "EPERM")) == "as in Java"
    assert exempt.reason("c", "wake/close", Fault("getsockname", 0, "EPERM")) is None
    assert exempt.reason("c", "wake/close", Fault("shutdown", 0, "ENOTCONN")) is None
    assert exempt.reason("c", "reset/close", Fault("shutdown", 0, "EPERM")) is None
