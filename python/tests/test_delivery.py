"""What became of the bytes that were sent: how the results get to Python. What they mean is in the scenarios."""

import pickle

import pytest
from helpers import (
    Thread,
    connection,
    ended_by_a_handler,
    interrupt,
    on_signal,
    raises_closed,
    wait_until,
    when_main_sleeps,
)

import polysock
from polysock import CloseReport, CloseVerdict, SendQueue

DELIVERED = (CloseVerdict.PEER_FINISHED, CloseVerdict.ACKNOWLEDGED)


def test_the_results_are_named_tuples():
    a, b = polysock.socketpair()
    with a, b:
        assert a.send_queue() == SendQueue(0, 0)
        a.sendall(b"hello")
        queue = a.send_queue()
        assert queue.unsent == 0
        assert queue.unacked >= 5
        report = a.close_graceful(0)
        assert report == CloseReport(CloseVerdict.TIMED_OUT, report.unacked, 0, 0)
        assert report.unacked >= 5
        assert not report.delivered
        assert pickle.loads(pickle.dumps(report)) == report
        assert a.fileno() == -1
        assert "[closed]" in repr(a)
        with raises_closed():
            a.close_graceful(0)
        a.close()


def test_the_verdict_of_a_peer_that_ends():
    with connection() as (client, server):
        server.sendall(b"unread")
        server.shutdown(polysock.SHUT_WR)
        wait_until(client.peer_closed)
        report = client.close_graceful(10)
        assert report.verdict is CloseVerdict.ACKNOWLEDGED
        assert report.delivered
        assert report.discarded == 6
        assert server.recv(1) == b""


def test_the_limit():
    with connection() as (client, server):
        server.sendall(b"too much")
        assert client.recv(8, polysock.MSG_PEEK)
        wait_until(lambda: server.send_queue() == (0, 0))
        report = client.close_graceful(10, limit=3)
        assert (report.verdict, report.discarded) == (CloseVerdict.LIMIT_REACHED, 3)
    with connection() as (client, _server):
        for limit in (-1, 1 << 64):
            with pytest.raises(OverflowError):
                client.close_graceful(10, limit=limit)
        for timeout in (-1, "1"):
            with pytest.raises((ValueError, TypeError)):
                client.close_graceful(timeout)
        assert client.fileno() >= 0


def test_wait_acked_raises_what_ended_it():
    a, b = polysock.socketpair()
    with a, b:
        a.sendall(b"unread")
        with pytest.raises(BlockingIOError):
            a.wait_acked(0)
        a.settimeout(5)
        with pytest.raises(TimeoutError) as raised:
            a.wait_acked(0.01)
        assert raised.value.__notes__ == ["time limit 0.01 s"]
        waiting = Thread(a.wait_acked, None).asleep()
        b.recv(6)
        assert waiting.outcome() is None
        a.sendall(b"unread")
        b.close()
        with pytest.raises(ConnectionResetError):
            a.wait_acked(10)
        with pytest.raises(ConnectionResetError):
            a.peer_closed()


def test_a_handler_that_raises_leaves_a_close_that_goes_on():
    with connection() as (client, server):
        with ended_by_a_handler():
            client.close_graceful(30)
        assert client.fileno() == -1
        with raises_closed():
            client.send(b"x")
        assert server.recv(1) == b""  # the stream has ended, the connection has not
        server.sendall(b"late")
        closing = Thread(client.close_graceful, 30).asleep()
        server.close()
        report = closing.outcome()
        assert report.verdict in DELIVERED
        assert report.discarded == 4
    with connection() as (client, server):
        with ended_by_a_handler():
            client.close_graceful(30)
        client.close()
        with raises_closed():
            client.close_graceful(0)


def test_a_handler_that_returns_does_not_end_the_close():
    ran = []
    with connection() as (client, server), on_signal(lambda: ran.append(client.fileno())):
        helper = when_main_sleeps(interrupt, server.close)
        assert client.close_graceful(30).delivered
        helper.outcome()
        assert ran == [-1]


def test_a_handler_that_raises_ends_wait_acked():
    a, b = polysock.socketpair()
    with a, b:
        a.sendall(b"unread")
        with ended_by_a_handler():
            a.wait_acked(None)
        b.recv(6)
        a.wait_acked(10)


def test_leaving_the_with_statement_after_a_graceful_close():
    with connection() as (client, server), client:
        server.close()
        assert client.close_graceful(10).delivered
