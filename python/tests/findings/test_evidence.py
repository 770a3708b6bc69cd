"""What counts as evidence of a finding, and what does not, on traces that were written by hand: a busy machine can't
keep to the times on which it depends."""

from trace_files import Process, conversation

from polysock._trace.findings import find
from polysock._trace.model import Trace

MS = 1_000_000  # nanoseconds; moments are in microseconds


def findings(folder):
    with Trace(folder) as trace:
        trace.survey()
        return list(find(trace))


def names(folder):
    return [finding.name for finding in findings(folder)]


def test_a_rest_is_not_sent_when_the_program_ends_without_a_close(tmp_path):
    client, _ = conversation(tmp_path)
    client.call("send", 1, at=10, asked=10, bytes=3, offset=0, data="abc")
    client.write(time=client.tick(20), thread=1, event="exit")
    assert "partial-send" in names(tmp_path)


def test_a_rest_is_not_missing_when_another_process_has_the_socket_at_the_end(tmp_path):
    client, _ = conversation(tmp_path)
    Process(tmp_path, 30, program="client.py", forked_from="20-1.jsonl")
    client.call("send", 1, at=10, asked=10, bytes=3, offset=0, data="abc")
    client.write(time=client.tick(20), thread=1, event="exit")
    assert "partial-send" not in names(tmp_path)


def gives_up(client, server, waits_ms, server_begins_ms, timeout_ms=None):
    """The client receives with a time limit and closes; the server has begun to receive in between."""
    wait = {"duration": waits_ms * MS, "timeout": waits_ms * MS}
    client.call("recv", 1, at=10, asked=9, error="TimedOut", **wait)
    client.call("close", 1, at=waits_ms * 1000 + 20)
    limit = {"timeout": timeout_ms * MS} if timeout_ms else {}
    duration = (waits_ms + 1 - server_begins_ms) * MS
    server.call("recv", 2, at=server_begins_ms * 1000, duration=duration, asked=9, bytes=0, **limit)
    server.call("close", 2, at=(waits_ms + 2) * 1000)


def test_a_server_that_began_to_wait_late_still_waits_forever(tmp_path):
    client, server = conversation(tmp_path)
    gives_up(client, server, waits_ms=1000, server_begins_ms=990)
    assert names(tmp_path) == ["both-wait"]


def test_a_client_that_only_polls_briefly_does_not_wait_for_the_server(tmp_path):
    client, server = conversation(tmp_path)
    gives_up(client, server, waits_ms=50, server_begins_ms=10)
    assert names(tmp_path) == []


def test_a_server_may_still_speak_when_its_time_limit_ends(tmp_path):
    client, server = conversation(tmp_path)
    gives_up(client, server, waits_ms=1000, server_begins_ms=990, timeout_ms=500)
    assert names(tmp_path) == []


def requests(client, server, late_ms):
    """Requests in two sends each; the second part of each arrives this much later."""
    place, now = 0, 10_000
    for late in late_ms:
        for part in range(2):
            client.call("sendall", 1, at=now + part * 5, asked=4, bytes=4, offset=place + 4 * part)
        server.call("recv", 2, at=now + 3, asked=4, bytes=4, offset=place)
        waited = {"duration": late * MS, "waited": late * MS}
        server.call("recv", 2, at=now + 6, asked=4, bytes=4, offset=place + 4, **waited)
        now += late * 1000
        server.call("sendall", 2, at=now + 7, asked=2, bytes=2, offset=place // 4)
        client.call("recv", 1, at=now + 8, asked=2, bytes=2, offset=place // 4)
        place, now = place + 8, now + 10_000
    client.call("close", 1, at=now)
    server.call("recv", 2, at=now + 1, asked=4, bytes=0)
    server.call("close", 2, at=now + 2)


def test_acknowledgements_that_are_delayed_are_delayed_again(tmp_path):
    requests(*conversation(tmp_path), late_ms=[0, 0, 0, 44, 44, 44])
    assert names(tmp_path) == ["nagle-delay"]


def test_a_busy_machine_delays_only_now_and_then(tmp_path):
    requests(*conversation(tmp_path), late_ms=[44, 0, 1, 60, 0, 2, 100, 1])
    assert names(tmp_path) == []


def test_an_answer_that_the_closed_end_never_sent_shows_that_another_program_has_the_socket(tmp_path):
    """As when a socket is made the input and output of a command."""
    client, server = conversation(tmp_path)
    server.call("close", 2, at=10, state="ESTABLISHED", unread=0)
    client.call("sendall", 1, at=20, asked=5, bytes=5, offset=0, data="hello")
    client.call("recv", 1, at=30, asked=9, bytes=5, offset=0, data="olleh")
    client.call("recv", 1, at=40, asked=9, bytes=0)
    client.call("close", 1, at=50)
    assert names(tmp_path) == []


def test_without_an_answer_what_was_sent_after_the_close_is_lost(tmp_path):
    client, server = conversation(tmp_path)
    server.call("close", 2, at=10, state="ESTABLISHED", unread=0)
    client.call("sendall", 1, at=20, asked=5, bytes=5, offset=0, data="hello")
    client.call("recv", 1, at=40, asked=9, bytes=0)
    client.call("close", 1, at=50)
    assert names(tmp_path) == ["write-after-end"]


def killed(tmp_path, **fields):
    client, server = conversation(tmp_path)
    server.call("close", 2, at=10, state="ESTABLISHED", unread=0)
    client.call("send", 1, at=20, asked=5, bytes=5, offset=0, data="hello")
    client.call("send", 1, at=30, asked=5, error="EPIPE", **fields)
    (finding,) = findings(tmp_path)
    assert finding.name == "write-after-end"
    return finding


def test_what_sigpipe_did_is_said_where_it_is_known(tmp_path):
    finding = killed(tmp_path / "killed", sigpipe="kills")
    assert finding.severity == "error"
    assert finding.text.endswith(". SIGPIPE killed the program.")
    finding = killed(tmp_path / "ignored", sigpipe="ignored")
    assert finding.severity == "note"
    assert "SIGPIPE" not in finding.text
    assert killed(tmp_path / "never").text.endswith("In plain C, SIGPIPE would have killed the program.")


def bind_fails(tmp_path, reuses, in_use="TIME_WAIT"):
    server = Process(tmp_path, 10, program="server.py")
    server.socket(1, at=0)
    if reuses:
        server.call("setsockopt", 1, at=1, level=1, option=2, value=1)
    server.call("bind", 1, at=2, to="127.0.0.1:80", error="EADDRINUSE", in_use=in_use)
    server.call("close", 1, at=3)
    return findings(tmp_path)


def test_a_program_that_has_set_reuseaddr_is_not_advised_to(tmp_path):
    (finding,) = bind_fails(tmp_path / "without", reuses=False)
    assert finding.name == "time-wait"
    (finding,) = bind_fails(tmp_path / "with", reuses=True)
    assert finding.name == "address-in-use"
    assert "in the state TIME_WAIT" in finding.text


def test_an_end_that_is_received_late_is_no_sign_of_a_copy(tmp_path):
    client, server = conversation(tmp_path)
    client.call("sendall", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
    server.call("recv", 2, at=12, asked=9, bytes=5, offset=0, data="hello")
    client.call("close", 1, at=20, state="ESTABLISHED", unread=0)
    server.call("recv", 2, at=15, duration=1500 * MS, waited=1500 * MS, asked=9, bytes=0)
    server.call("close", 2, at=1_600_000)
    assert names(tmp_path) == []


def copy_is_left(tmp_path, waits_ms, shuts_down=False):
    """A child serves the client and closes; the parent's copy keeps the connection open for a while."""
    client, server = conversation(tmp_path)
    child = Process(tmp_path, 30, program="server.py", forked_from="10-1.jsonl")
    child.socket(2, "seen", at=8, local="127.0.0.1:80", peer="127.0.0.1:5000", state="ESTABLISHED")
    child.call("sendall", 2, at=10, asked=5, bytes=5, offset=0, data="hello")
    client.call("recv", 1, at=12, asked=9, bytes=5, offset=0, data="hello")
    if shuts_down:
        child.call("shutdown", 2, at=14, how="SHUT_WR")
    child.call("close", 2, at=15, unread=0)
    client.call("recv", 1, at=20, duration=waits_ms * MS, waited=waits_ms * MS, asked=9, bytes=0)
    server.call("close", 2, at=20 + waits_ms * 1000)
    client.call("close", 1, at=30 + waits_ms * 1000)


def test_a_copy_is_found_when_the_peer_has_waited_long_for_the_end(tmp_path):
    copy_is_left(tmp_path / "long", waits_ms=1200)
    assert names(tmp_path / "long") == ["copy-keeps-open"]
    copy_is_left(tmp_path / "short", waits_ms=900)
    assert names(tmp_path / "short") == []


def test_a_copy_does_not_matter_after_a_shutdown(tmp_path):
    copy_is_left(tmp_path, waits_ms=1200, shuts_down=True)
    assert names(tmp_path) == []


def refused_datagram(tmp_path, to="192.168.1.255:9", error="EACCES", broadcasts=False, kind="SOCK_DGRAM"):
    sender = Process(tmp_path, 10)
    sender.socket(1, type=kind)
    if broadcasts:
        sender.call("setsockopt", 1, level=1, option=6, value=1)
    sender.call("sendto", 1, to=to, asked=5, error=error)
    sender.call("close", 1)
    return names(tmp_path)


def test_only_a_broadcast_without_so_broadcast_is_denied(tmp_path):
    assert refused_datagram(tmp_path / "denied") == ["broadcast-denied"]
    assert refused_datagram(tmp_path / "set", broadcasts=True) == []
    assert refused_datagram(tmp_path / "host", to="192.168.1.1:9") == []
    assert refused_datagram(tmp_path / "error", error="EPERM") == []
    assert refused_datagram(tmp_path / "stream", kind="SOCK_STREAM") == []


def received_in_parts(tmp_path, answers=(6, 6), asked=4096, call="recv"):
    """A message of 100 bytes is received in two parts, each of which is answered."""
    client, server = conversation(tmp_path)
    client.call("sendall", 1, at=10, asked=100, bytes=100, offset=0, data="x" * 64)
    answered = 0
    for at, place, count, answer in ((11, 0, 60, answers[0]), (13, 60, 40, answers[1])):
        server.call(call, 2, at=at, asked=asked, bytes=count, offset=place, data="x" * count)
        server.call("sendall", 2, at=at + 1, asked=answer, bytes=answer, offset=answered, data="a" * answer)
        answered += answer
    server.call("recv", 2, at=20, asked=4096, bytes=0)
    return names(tmp_path)


def test_only_parts_that_are_answered_like_messages_are_split(tmp_path):
    assert received_in_parts(tmp_path / "split") == ["split"]
    assert received_in_parts(tmp_path / "other_answers", answers=(6, 11)) == []
    assert "split" not in received_in_parts(tmp_path / "known_size", asked=100)
    assert received_in_parts(tmp_path / "exact", call="recv_exact") == []


def received_in_pieces(tmp_path, size, call="recv"):
    """A message is received eight bytes at a time, and each piece is answered."""
    client, server = conversation(tmp_path)
    client.call("write" if call == "read" else "sendall", 1, at=10, asked=size, bytes=size, offset=0, data="x" * size)
    for number, place in enumerate(range(0, size, 8)):
        count = min(8, size - place)
        server.call(call, 2, at=11 + 2 * number, asked=8, bytes=count, offset=place, data="x" * count)
        server.call("sendall", 2, at=12 + 2 * number, asked=5, bytes=5, offset=5 * number, data="hello")
    server.call(call, 2, at=90, asked=8, bytes=0)
    return [(finding.name, finding.text) for finding in findings(tmp_path)]


def test_many_full_parts_are_those_of_a_message_only_if_its_rest_is_shorter(tmp_path):
    ((name, text),) = received_in_pieces(tmp_path / "message", 27)
    assert name == "split"
    assert text == (
        "A message of 27 bytes was received in 4 parts, and the program answered each as if it were a whole message."
    )
    assert received_in_pieces(tmp_path / "records", 32) == []


def test_read_and_write_of_unchanged_programs_are_receives_and_sends(tmp_path):
    ((name, _),) = received_in_pieces(tmp_path / "split", 27, call="read")
    assert name == "split"

    client, server = conversation(tmp_path / "short")
    client.call("write", 1, at=10, asked=100, bytes=100, offset=0)
    server.call("read", 2, at=12, asked=100, bytes=60, offset=0)
    server.call("write", 2, at=14, asked=2, bytes=2, offset=0, data="ok")
    assert names(tmp_path / "short") == ["short-read"]

    client, server = conversation(tmp_path / "partial")
    client.call("write", 1, at=10, asked=100, bytes=60, offset=0)
    client.call("close", 1, at=12, state="ESTABLISHED")
    assert names(tmp_path / "partial") == ["partial-send"]


def test_the_rest_of_a_write_may_be_left_when_a_read_has_found_the_end(tmp_path):
    client, server = conversation(tmp_path)
    server.call("close", 2, at=8, state="ESTABLISHED", unread=0)
    client.call("write", 1, at=10, asked=100, bytes=60, offset=0)
    client.call("read", 1, at=12, asked=9, bytes=0)
    client.call("close", 1, at=14, state="CLOSE_WAIT")
    assert "partial-send" not in names(tmp_path)


def relays(folder, passed_on):
    """A server has received a part of a message, sends `passed_on` bytes on another socket, and then answers."""
    client, server = conversation(folder)
    server.socket(3, "socketpair", at=8, family="AF_UNIX")
    client.call("write", 1, at=10, asked=100, bytes=100, offset=0)
    server.call("read", 2, at=12, asked=100, bytes=60, offset=0)
    server.call("write", 3, at=13, asked=passed_on, bytes=passed_on, offset=0)
    server.call("write", 2, at=14, asked=30, bytes=30, offset=0)
    return names(folder)


def test_a_relay_may_pass_on_what_it_gets(tmp_path):
    assert relays(tmp_path / "relay", passed_on=60) == []
    assert relays(tmp_path / "other", passed_on=59) == ["short-read"]


def copies(folder, size):
    """A client has received a part, into a buffer of a size, and sends from one of that size."""
    client, server = conversation(folder)
    server.call("write", 2, at=10, asked=size, bytes=size, offset=0)
    client.call("read", 1, at=12, asked=size, bytes=size - 100, offset=0)
    client.call("write", 1, at=14, asked=size, bytes=size, offset=0)
    return names(folder)


def test_a_program_that_copies_streams_may_receive_parts(tmp_path):
    assert copies(tmp_path / "copies", 8192) == []
    assert copies(tmp_path / "small", 1000) == copies(tmp_path / "large", 8_000_000) == ["short-read"]


def test_a_buffer_in_which_whole_messages_have_room_is_no_message(tmp_path):
    """As when a server reads ahead into its buffer, and its client's later messages end where the buffer does."""
    client, server = conversation(tmp_path)
    client.call("sendall", 1, at=10, asked=8, bytes=8, offset=0)
    client.call("sendall", 1, at=11, asked=92, bytes=92, offset=8)
    server.call("recv", 2, at=12, asked=100, bytes=8, offset=0)
    server.call("sendall", 2, at=14, asked=2, bytes=2, offset=0, data="ok")
    assert names(tmp_path) == []


def test_a_socketpair_that_was_never_used_is_no_leak(tmp_path):
    """As the end that Java keeps, in place of descriptors that it closes."""
    program = Process(tmp_path, 10)
    program.call("socketpair", 1, at=0)
    program.socket(1, "socketpair", at=1, family="AF_UNIX")
    program.socket(2, "socketpair", at=2, family="AF_UNIX", **{"from": 1})
    program.call("close", 2, at=3)
    program.write(time=program.tick(20), thread=1, event="exit")
    assert names(tmp_path) == []


def test_a_connection_that_two_copies_of_a_socket_end_is_one(tmp_path):
    """As by shutdown and close of two files that fdopen(3) has made of it."""
    _, server = conversation(tmp_path, chosen_port=80)
    server.socket(3, "dup", at=7, local="127.0.0.1:80", peer="127.0.0.1:5000", **{"from": 2})
    server.call("shutdown", 3, at=8, how="SHUT_WR", state="FIN_WAIT2")
    server.call("close", 3, at=9, state="FIN_WAIT2")
    server.call("close", 2, at=10, state="FIN_WAIT2", unread=0)
    (text,) = [finding.text for finding in findings(tmp_path) if finding.name == "time-wait"]
    assert "first to close 1 of 1 connection," in text


def ends(tmp_path, thread):
    """A server of datagrams is ended by exit, in this thread, while its first thread waits for one."""
    server = Process(tmp_path, 10)
    server.socket(1, type="SOCK_DGRAM", at=0)
    server.call("bind", 1, at=1, to="127.0.0.1:80", local="127.0.0.1:80")
    server.call("recvfrom", 1, at=2, asked=9, begun=True)
    server.write(time=server.tick(1000), thread=thread, event="exit")
    return names(tmp_path)


def test_a_signal_handler_that_ends_a_server_leaks_nothing(tmp_path):
    assert ends(tmp_path / "handler", thread=1) == []
    assert ends(tmp_path / "other_thread", thread=2) == ["leaked"]


def interrupted(tmp_path, language):
    client, _ = conversation(tmp_path, language=language)
    client.call("sendall", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
    client.call("recv", 1, at=20, asked=9, duration=6000 * MS, waited=6000 * MS, error="EINTR")
    client.call("close", 1, at=6_000_100)
    return "no-timeout" in names(tmp_path)


def test_in_c_an_alarm_may_be_the_time_limit(tmp_path):
    assert interrupted(tmp_path / "python", "python")
    assert not interrupted(tmp_path / "c", "c")


def test_a_client_waits_while_another_is_served_that_was_accepted_later_than_it_connected(tmp_path):
    client, server = conversation(tmp_path)
    other = Process(tmp_path, 30, program="other.py")
    other.socket(1, at=4)
    ends = {"local": "127.0.0.1:5001", "peer": "127.0.0.1:80"}
    other.call("connect", 1, at=4, to="127.0.0.1:80", state="ESTABLISHED", **ends)
    client.call("sendall", 1, at=1_900_000, asked=5, bytes=5, offset=0, data="hello")
    server.call("recv", 2, at=100, duration=1900 * MS, waited=1900 * MS, asked=9, bytes=5, offset=0, data="hello")
    client.call("close", 1, at=1_900_010)
    server.call("recv", 2, at=1_900_020, asked=9, bytes=0)
    server.call("close", 2, at=1_900_030)
    server.call("accept", 1, at=1_900_040)
    ends = {"local": "127.0.0.1:80", "peer": "127.0.0.1:5001", "from": 1}
    server.socket(3, "accept", at=1_900_050, state="ESTABLISHED", **ends)
    assert names(tmp_path) == ["one-client-at-a-time"]


def both_send(tmp_path, receiver=None):
    """Both ends send more than there is room for. Another thread than the sending one connected the client."""
    client, server = conversation(tmp_path)
    if receiver is not None:
        server.call("sendall", 2, at=8, asked=5, bytes=5, offset=0, data="hello")
        client.call("recv", 1, at=9, thread=receiver, asked=9, bytes=5, offset=0, data="hello")
    wait = {"duration": 900 * MS, "waited": 900 * MS, "timeout": 900 * MS, "error": "TimedOut"}
    client.call("sendall", 1, at=10, thread=2, asked=10_000_000, **wait)
    server.call("sendall", 2, at=20, thread=2, asked=10_000_000, **wait)
    client.call("close", 1, at=1_000_000, thread=2, state="ESTABLISHED")
    server.call("close", 2, at=1_000_010, thread=2, state="ESTABLISHED")
    return "both-send" in names(tmp_path)


def test_another_thread_that_only_connects_does_not_receive(tmp_path):
    assert both_send(tmp_path / "connects")
    assert both_send(tmp_path / "receives_before", receiver=2)
    assert not both_send(tmp_path / "receives", receiver=3)


def waits_for_a_reply(folder, asks=True, thread=1, options=(), **fields):
    """The client waits for six seconds, which succeeds in the end."""
    client, server = conversation(folder)
    for number, (level, option) in enumerate(options):
        client.call("setsockopt", 1, at=7 + number, level=level, option=option, value=1)
    if asks:
        client.call("sendall", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
        server.call("recv", 2, at=12, asked=9, bytes=5, offset=0, data="hello")
    wait = {"duration": 6000 * MS, "waited": 6000 * MS, **fields}
    client.call("recv", 1, at=20, thread=thread, asked=9, bytes=2, offset=0, data="ok", **wait)
    server.call("sendall", 2, at=6_000_000, asked=2, bytes=2, offset=0, data="ok")
    client.call("close", 1, at=6_000_100)
    server.call("recv", 2, at=6_000_110, asked=9, bytes=0)
    server.call("close", 2, at=6_000_120)
    return names(folder)


def test_only_a_client_that_waits_for_a_reply_needs_a_time_limit(tmp_path):
    assert waits_for_a_reply(tmp_path / "waits") == ["no-timeout"]
    assert waits_for_a_reply(tmp_path / "limit", timeout=9000 * MS) == []
    assert waits_for_a_reply(tmp_path / "short", duration=4900 * MS) == []
    assert waits_for_a_reply(tmp_path / "listens", asks=False) == []
    assert waits_for_a_reply(tmp_path / "threads", thread=2) == []
    assert waits_for_a_reply(tmp_path / "keepalive", options=[(1, 9)]) == []
