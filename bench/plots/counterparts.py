"""Which rows of the results say how polysock compares with what a program would use otherwise."""

import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import servers
from .svg import duration

REASONS = Path(__file__).parents[1] / "reasons.toml"

#: For results of several variants: the group, what a program would use otherwise, and polysock's counterpart.
PAIRS = {
    "messages": [
        ("Python, receive", "makefile + struct", "polysock: sock.recv_frame"),
        ("Python, receive", "recv(64 KiB), cut by hand", "polysock: sock.recv_frames"),
        ("Python, send", "struct + sendall", "polysock: sock.send_frame"),
        ("Python, send", "struct + join + sendall, 100 at once", "polysock: sock.send_frames, 100 at once"),
        ("C, receive", "fread", "polysock_reader_frame"),
        ("C, receive", "buffer, by hand", "polysock_reader_frames"),
        ("C, send", "copy + send", "polysock_send_frame"),
        ("C, send", "copy + send, 100 at once", "polysock_send_frames, 100 at once"),
    ],
    "datagrams": [
        ("Python, send", "socket: sendto", "polysock: sendto"),
        ("Python, receive", "socket: recvfrom", "polysock: recvfrom"),
        ("C, send", "sendto", "polysock_sendto"),
        ("C, send", "sendmmsg", "polysock_send_batch"),
        ("C, send", "sendmsg + UDP_SEGMENT", "polysock_send_segments"),
        ("C, receive", "recvfrom", "polysock_recvfrom"),
        ("C, receive", "recvmmsg", "polysock_recv_batch"),
        ("C, receive", "recvmsg + UDP_GRO", "polysock_recv_batch, offload"),
    ],
}


@dataclass
class Counterpart:
    results: str
    row: str
    other_name: str
    other: dict
    ours: dict
    #: How a median is written.
    shown: object = duration

    @property
    def times(self):
        """How many times as fast ours is."""
        return self.other["median"] / self.ours["median"]

    @property
    def overlap(self):
        (low, high), (our_low, our_high) = self.other["quartiles"], self.ours["quartiles"]
        return low <= our_high and our_low <= high


def counterparts(results):
    for name, result in results.items():
        rows = result["rows"]
        if name == "python_socket":
            yield from (Counterpart(name, row, "socket", it["socket"], it["polysock"]) for row, it in rows.items())
        elif name == "c_socket":
            yield from (Counterpart(name, row, "raw", it["raw"], it["polysock"]) for row, it in rows.items())
        for group, other, ours in PAIRS.get(name, []):
            if {other, ours} <= rows.get(group, {}).keys():
                yield Counterpart(name, f"{group}: {ours}", other, rows[group][other], rows[group][ours])
        if name == "servers":
            yield from server_counterparts(result)


def server_counterparts(result):
    """The best of polysock's servers beside the best of the others, for each load and language."""
    for load, about in result["loads"].items():
        for language, languages in (("Python", ["Python"]), ("C", ["C", "Rust"])):
            for what, words, shown in (
                ("per_second", "requests", servers.each_second),
                ("p99_us", "99 % of the answers", duration),
            ):
                ours, other = (servers.best(result, load, languages, which, what) for which in (True, False))
                if ours and other:
                    row = f"{language}, {about['title']}: {words} of {ours[0]}"
                    yield Counterpart("servers", row, other[0], other[1], ours[1], shown)


def behind(results):
    """Those in which polysock takes at least a hundredth longer, and the quartiles do not overlap; the worst first."""
    found = [each for each in counterparts(results) if each.times < 0.99 and not each.overlap]
    return sorted(found, key=lambda each: each.times)


def reasons(file=REASONS):
    """Patterns of `results/row`, and why these rows are behind."""
    return tomllib.loads(file.read_text())


def reason(each, known):
    name = f"{each.results}/{each.row}"
    return next((why for pattern, why in known.items() if fnmatch.fnmatchcase(name, pattern)), "Not explained yet.")
