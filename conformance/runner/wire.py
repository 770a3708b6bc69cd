"""Wire checks: the TCP segments that go out on a loopback interface, and what a `wire:` step expects of them."""

import re
import select
import socket
import struct
import time
from dataclasses import dataclass

ETH_P_ALL = 3
PACKET_OUTGOING = 4  # on loopback every packet is captured twice: going out and coming in
SOL_PACKET, PACKET_STATISTICS = 263, 6
SO_RCVBUFFORCE = 33
CAPTURE_BUFFER = 64 << 20
FIN, SYN, RST, ACK, URG = 1, 2, 4, 16, 32
TCP, UDP = 6, 17
SEGMENT = re.compile(r"(client|server) (SYN|SYN-ACK|FIN|RST|URG|data|data:[1-9][0-9]*)")


class WireFailed(Exception):
    """What went out is not what was expected, or could not be captured."""


@dataclass(frozen=True)
class Segment:
    """One thing that one end sent; a TCP segment may be two, payload and FIN."""

    who: str
    what: str  # SYN, SYN-ACK, FIN, RST, URG or data
    ports: tuple = ()
    size: int = 0

    def __str__(self):
        return f"{self.who} {self.what}" + (f":{self.size}" if self.what == "data" and self.size else "")


# --- what is expected


def read_segments(text):
    """The alternatives of a step, each a list of segments; raises ValueError."""
    return [read_alternative(part.strip()) for part in text.split("|")]


def read_alternative(text):
    if text == "nothing":
        return []
    return [read_segment(part.strip()) for part in text.split(";")]


def read_segment(text):
    match = SEGMENT.fullmatch(text)
    if not match:
        raise ValueError(f"no segment: {text!r}")
    what, _, size = match[2].partition(":")
    return Segment(match[1], what, size=int(size or 0))


def compare(expected, seen):
    """ "same", "incomplete" (may still become so) or "different"."""
    if expected and not any(e.what == "data" for e in expected):
        seen = [s for s in seen if s.what != "data"]
    seen = list(seen)
    for wanted in expected:
        if not seen:
            return "incomplete"
        first = seen.pop(0)
        if (first.who, first.what) != (wanted.who, wanted.what) or wanted.size not in (0, first.size):
            return "different"
        while wanted.what == "data" and not wanted.size and seen and same_source(seen[0], first):
            seen.pop(0)
    return "different" if seen else "same"


def same_source(one, other):
    return (one.who, one.what, one.ports) == (other.who, other.what, other.ports)


# --- what is seen


class Connections:
    """Turns packets into segments, for the connections whose beginning was seen."""

    def __init__(self):
        self.clients = {}  # (client's address, server's address): sequence number of the SYN
        self.ends = {}  # (from, to): the sequence number after all that was sent that way
        self.resets = {}  # (from, to): the sequence number of the last reset
        # (from, to): how many segments without news have been sent that way since the last one with news, and not yet been
        # answered by a second reset. Each that is sent again counts; acknowledgements count as one.
        self.without_news = {}
        self.finished = set()  # (from, to): the stream that way has ended

    def segments(self, packet):
        """The new segments in an IP packet."""
        header = ip_header(packet)
        if header is None or header[0] != TCP:
            return []
        _, source, destination, body = header
        sport, dport, sequence, _, offset, flags = struct.unpack("!HHIIBB", body[:14])
        payload = len(body) - (offset >> 4) * 4
        one, other = (source, sport), (destination, dport)
        if flags & SYN and not flags & ACK:
            if self.clients.get((one, other)) == sequence:
                return []  # sent again
            self.clients[one, other] = sequence
            self.ends[one, other] = (sequence + 1) % 2**32
            self.ends.pop((other, one), None)
            for way in ((one, other), (other, one)):
                self.resets.pop(way, None)
                self.without_news.pop(way, None)
                self.finished.discard(way)
            return [Segment("client", "SYN", (sport, dport))]
        if (one, other) in self.clients:
            who, ports = "client", (sport, dport)
        elif (other, one) in self.clients:
            who, ports = "server", (dport, sport)
        else:
            return []  # of an earlier scenario
        return [Segment(who, what, ports, size) for what, size in self.news(one, other, sequence, payload, flags)]

    def news(self, one, other, sequence, payload, flags):
        """What is new in this segment."""
        end = (sequence + payload + bool(flags & SYN) + bool(flags & FIN)) % 2**32
        fresh = distance(self.ends.get((one, other), sequence), end)
        if flags & RST:
            # Whatever comes to an end that is gone is answered by a reset: if both streams have ended, or again.
            over = {(one, other), (other, one)} <= self.finished and self.ends[one, other] == sequence
            unanswered = self.without_news.get((other, one), 0)
            answers = unanswered and (over or self.resets.get((one, other)) == sequence)
            self.resets[one, other] = sequence
            if answers:
                self.without_news[other, one] = unanswered - 1
                return []
            return [("RST", 0)]
        if fresh <= 0:
            unanswered, is_sent_again = self.without_news.get((one, other), 0), payload or flags & (SYN | FIN)
            self.without_news[one, other] = unanswered + 1 if is_sent_again else max(unanswered, 1)
            return []
        self.without_news.pop((one, other), None)
        self.ends[one, other] = end
        if flags & SYN:
            return [("SYN-ACK", 0)]
        found, size = [], fresh - bool(flags & FIN)
        if size > 0:
            found.append(("URG", size) if flags & URG else ("data", size))
        if flags & FIN:
            self.finished.add((one, other))
            found.append(("FIN", 0))
        return found


def distance(start, end):
    """From one sequence number to another; they wrap."""
    return (end - start + 2**31) % 2**32 - 2**31


def ip_header(packet):
    """(protocol, source, destination, what follows) of an IPv4 or IPv6 packet."""
    if len(packet) >= 20 and packet[0] >> 4 == 4:
        length = struct.unpack("!H", packet[2:4])[0] or len(packet)
        return packet[9], packet[12:16], packet[16:20], packet[(packet[0] & 15) * 4 : length]
    if len(packet) >= 40 and packet[0] >> 4 == 6:
        return packet[6], packet[8:24], packet[24:40], packet[40:]
    return None


class Capture:
    """All that goes out on the loopback interface of the network it is made in."""

    def __init__(self, limit, log=None):
        self.limit, self.log = limit, log
        self.connections, self.waiting, self.marks = Connections(), [], 0
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.marker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.raw.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, CAPTURE_BUFFER)
            self.raw.bind(("lo", ETH_P_ALL))
            self.marker.bind(("127.0.0.1", 0))
            self.marker.connect(self.marker.getsockname())
        except OSError:
            self.close()
            raise

    def close(self):
        self.raw.close()
        self.marker.close()

    def expect(self, alternatives, port=None):
        """Waits until one of the alternatives has gone out, and nothing else; those segments are not reported again."""
        deadline = time.monotonic() + self.limit
        while True:
            self.read_all()
            seen = [s for s in self.waiting if port is None or port in s.ports]
            verdicts = {compare(expected, seen) for expected in alternatives}
            if "same" in verdicts:
                self.waiting = [s for s in self.waiting if s not in seen]
                return
            left = deadline - time.monotonic()
            if "incomplete" not in verdicts or left <= 0:
                raise WireFailed("; ".join(map(str, seen)) or "nothing")
            select.select([self.raw], [], [], left)

    def read_all(self):
        """Reads up to a mark that is sent now: what was sent before it has been captured before it."""
        self.marks += 1
        mark = b"mark %d" % self.marks
        self.marker.send(mark)
        self.marker.recv(100)
        deadline = time.monotonic() + self.limit
        while True:
            if not select.select([self.raw], [], [], max(0, deadline - time.monotonic()))[0]:
                self.check_complete()
                raise WireFailed("the capture stands still")
            packet, address = self.raw.recvfrom(1 << 17)
            if address[2] != PACKET_OUTGOING:
                continue
            if self.is_mark(packet, mark):
                break
            for segment in self.connections.segments(packet):
                self.waiting.append(segment)
                if self.log:
                    self.log(f"    wire {segment} ({segment.ports[0]} to {segment.ports[1]})")
        self.check_complete()

    def check_complete(self):
        lost = struct.unpack("II", self.raw.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        if lost:
            raise WireFailed(f"the capture lost {lost} packets")

    def is_mark(self, packet, mark):
        header = ip_header(packet)
        return header is not None and header[0] == UDP and header[3][8:] == mark
