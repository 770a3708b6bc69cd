"""What segments mean in their connection: relative numbers, windows in bytes, and whether one was sent before."""

from dataclasses import dataclass, field

# Connections that are remembered; beyond that, those that have ended, then the oldest are forgotten.
MOST_CONNECTIONS = 20_000
# Holes in a stream that are remembered.
MOST_GAPS = 100


@dataclass(eq=False, slots=True)
class Segment:
    """A segment, a datagram, or an ICMP error about one; `kind` says which.

    `seq` and `ack` count from the beginning of the connection as Wireshark does: the SYN is 0, the first byte 1.
    `offset` is the place of its first byte in the stream, as in the records of calls. `window` is in bytes. `notes` say
    what is special: "retransmission", "duplicate ACK 1", "zero window", … `to_lane` is None if the receiver is not
    traced, and `is_incoming` says that the sender is not.
    """

    kind: str
    source: str
    target: str
    to_lane: object = None
    is_incoming: bool = False
    ends: tuple = (None, None)  # the sockets of the sender and of the receiver, where they are known
    flags: tuple = ()
    seq: int = 0
    ack: int | None = None
    window: int = 0
    bytes: int = 0
    error: str = ""
    notes: list = field(default_factory=list)

    @property
    def is_problem(self):
        """Whether something went wrong that a reader should look at."""
        return self.kind == "icmp" or "RST" in self.flags or "retransmission" in self.notes

    @property
    def offset(self):
        return max(self.seq - 1, 0)


@dataclass(eq=False, slots=True)
class Direction:
    """What one end has sent."""

    first: int | None = None  # the sequence number that counts as 0
    next: int = 0  # relative, after everything that was sent
    scale: int | None = None
    ack: int | None = None
    window: int | None = None
    duplicates: int = 0
    gaps: list = field(default_factory=list)  # [from, up to] that was not seen
    has_ended: bool = False

    def place(self, number, or_else):
        """A sequence number relative to the first, beyond 4 GiB, too."""
        if self.first is None:
            self.first = (number - or_else) & 0xFFFFFFFF
            self.next = or_else
        distance = (number - self.first - self.next) & 0xFFFFFFFF
        return self.next + (distance - (1 << 32) if distance >= 1 << 31 else distance)


class Connections:
    """Follows connections: `segment` is called with their segments in order."""

    def __init__(self):
        self._directions = {}

    def segment(self, scope, record):
        """The segment of a record."""
        source, target = record["from"], record["to"]
        flags = tuple(record["flags"].split("|"))
        mine, other = self._both(scope, source, target, record, flags)
        is_syn = "SYN" in flags
        seq = mine.place(record["seq"], 0 if is_syn else 1)
        ack = other.place(record["ack"], 1) if "ack" in record else None
        window = record["window"]
        if is_syn:
            mine.scale = record.get("window_scale")
        elif mine.scale is not None and other.scale is not None:
            window <<= mine.scale
        found = Segment("segment", source, target, flags=flags, seq=seq, ack=ack, window=window, bytes=record["bytes"])
        found.notes = [*_sent_before(found, mine, other), *_about_window(found, mine, other, "sack" in record)]
        if "ACK" in flags:
            mine.ack, mine.window = ack, window
        mine.has_ended |= "FIN" in flags or "RST" in flags
        return found

    def _both(self, scope, source, target, record, flags):
        key, mirror = (scope, source, target), (scope, target, source)
        mine = self._directions.get(key)
        is_open = "SYN" in flags and "ACK" not in flags
        # Another first number: the ports are used again.
        is_new = mine is None or (is_open and mine.first not in (None, record["seq"]))
        if is_new:
            self._make_room()
            mine = self._directions[key] = Direction()
            self._directions[mirror] = Direction()
        return mine, self._directions[mirror]

    def _make_room(self):
        if len(self._directions) < 2 * MOST_CONNECTIONS:
            return
        over = [key for key, direction in self._directions.items() if direction.has_ended]
        for scope, source, target in over or list(self._directions)[:MOST_CONNECTIONS]:
            self._directions.pop((scope, source, target), None)
            self._directions.pop((scope, target, source), None)


def _sent_before(found, mine, other):
    """Whether the bytes of a segment were sent before, or follow others that were not seen."""
    length = found.bytes + ("SYN" in found.flags) + ("FIN" in found.flags)
    begin, end = found.seq, found.seq + length
    if "RST" in found.flags:
        return []
    if begin == mine.next - 1 and found.bytes <= 1 and length == found.bytes and mine.next > 1:
        return ["zero window probe" if other.window == 0 else "keep-alive"]
    if not length:
        return []
    if begin > mine.next:
        mine.gaps = [*mine.gaps, (mine.next, begin)][-MOST_GAPS:]
        mine.next = end
        return ["gap before it"]
    before = mine.next
    mine.next = max(mine.next, end)
    if begin == before:
        return []
    if any(first <= begin and end <= after for first, after in mine.gaps):
        mine.gaps = [gap for gap in _without(mine.gaps, begin, end) if gap[0] < gap[1]]
        return ["fills a gap"]
    return ["retransmission"]


def _without(gaps, begin, end):
    for first, after in gaps:
        if first <= begin and end <= after:
            yield first, begin
            yield end, after
        else:
            yield first, after


def _about_window(found, mine, other, names_ranges):
    """What an acknowledgement says; `names_ranges`: it has ranges beyond what it acknowledges (RFC 2018)."""
    if found.ack is None or "SYN" in found.flags or "RST" in found.flags:
        return []
    if found.window == 0:
        return ["zero window"]
    is_plain = not found.bytes and "FIN" not in found.flags and found.ack == mine.ack
    if is_plain and other.next > found.ack and (names_ranges or found.window == mine.window):
        mine.duplicates += 1
        return [f"duplicate ACK {mine.duplicates}"]
    if is_plain and found.window > mine.window:
        return ["window update"]
    if found.ack != mine.ack:
        mine.duplicates = 0
    return []
