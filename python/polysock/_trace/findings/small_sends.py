"""tiny-writes and nagle-delay: what many small sends cost."""

from dataclasses import dataclass, field
from statistics import median

from ..calls import CLOSES, RECEIVES, SENDS
from ..model import Event
from ..words import counted, time_text
from .detector import Detector
from .finding import NOTE, WARNING, Finding

MOST_TINY = 16  # bytes
LEAST_TINY = 20  # sends in a row
LONGEST_PAUSE_NS = 5_000_000  # between two of them: what comes later may not have been known before

# A delayed acknowledgement comes after 40 ms, and at most after 200 ms (Linux: TCP_DELACK_MIN, TCP_DELACK_MAX). The
# kernel counts clock ticks, so it may be a little less.
LEAST_DELAY_NS, MOST_DELAY_NS = 35_000_000, 250_000_000
LEAST_DELAYS = 2


@dataclass
class Row:
    """Tiny sends in a row."""

    first: Event | None = None
    last: Event | None = None
    count: int = 0
    bytes: int = 0
    is_reported: bool = False


class TinyWrites(Detector):
    names = ("tiny-writes",)
    calls = SENDS | RECEIVES | CLOSES | {"shutdown"}

    def see(self, event, side):
        if side is None:
            return ()
        row = side.of(Row)
        size = self._tiny(event)
        if size and (row.last is None or event.moment - row.last.moment <= LONGEST_PAUSE_NS):
            self._goes_on(event, row, size)
            return ()
        found = self._ended(row) if row.count else ()
        if size:
            self._goes_on(event, row, size)
        return found

    def finish(self):
        return [finding for side in self.sides.open() for finding in self._ended(side.of(Row))]

    @staticmethod
    def _tiny(event):
        """The size of a tiny send, 0 for everything else."""
        size = event.record.get("bytes", 0)
        is_tiny = size <= MOST_TINY and event.call in SENDS and "MSG_MORE" not in event.record.get("flags", "")
        # A byte in a pair of sockets wakes the event loop of another thread.
        wakes = size == 1 and event.end.family == "AF_UNIX"
        return size if is_tiny and not wakes else 0

    @staticmethod
    def _goes_on(event, row, size):
        row.first = row.first or event
        row.last = event
        row.count += 1
        row.bytes += size

    @staticmethod
    def _ended(row):
        first, last, count, total = row.first, row.last, row.count, row.bytes
        row.first, row.last, row.count, row.bytes = None, None, 0, 0
        if count < LEAST_TINY or row.is_reported:
            return ()
        row.is_reported = True
        text = f"{count:,} sends of at most {MOST_TINY} bytes in a row, {counted(total, 'byte')} in all, within "
        text += f"{time_text(last.ended - first.moment)}: each is a system call, and may become a "
        text += "segment."
        advice = "Collect what belongs together and send it at once: join it, or write to a buffered file and flush it."
        return [Finding("tiny-writes", NOTE, text, advice, [first, last])]


@dataclass
class Delays:
    """Sends that had to wait for the acknowledgement of the one before."""

    before: Event | None = None  # the last send, if nothing was received since
    send: Event | None = None  # the one that followed it
    no_delay: bool = False
    in_time: int = 0  # of those that followed the first late one
    found: list[tuple[Event, Event]] = field(default_factory=list)  # the send and its receive
    times: list[int] = field(default_factory=list)


class NagleDelay(Detector):
    names = ("nagle-delay",)
    calls = SENDS | RECEIVES | CLOSES | {"setsockopt"}

    def see(self, event, side):
        if side is None or event.end.family not in ("AF_INET", "AF_INET6"):
            return ()
        delays, has_bytes = side.of(Delays), event.record.get("bytes")
        if event.call in SENDS:
            if has_bytes:
                delays.before, delays.send = delays.send, event
        elif event.call in RECEIVES:
            if has_bytes:
                delays.before = delays.send = None
                self._received(event, side)
        elif event.call in CLOSES:
            return self._found(delays)
        elif sets_no_delay(event.record):
            delays.no_delay = True
        return ()

    def finish(self):
        return [finding for side in self.sides.open() for finding in self._found(side.of(Delays))]

    @staticmethod
    def _received(event, side):
        """Whether the peer's second send in a row has arrived late, while this side waited for it."""
        if side.other is None or not event.arrows:
            return
        delays = side.other.of(Delays)
        arrow = event.arrows[0]
        second = arrow.source
        if delays.no_delay or delays.send is not second or delays.before is None:
            return
        if arrow.first != second.record.get("offset", 0) or side.received != arrow.first:
            return
        late = event.moment - second.moment
        waited = event.record.get("waited", 0)
        if late < LEAST_DELAY_NS:
            # The first acknowledgements of a connection are not delayed (Linux: quick acknowledgement mode).
            delays.in_time += bool(delays.times)
        elif late <= MOST_DELAY_NS and waited >= LEAST_DELAY_NS:
            delays.times.append(late)
            if len(delays.found) < LEAST_DELAYS:
                delays.found.append((second, event))

    @staticmethod
    def _found(delays):
        times, delays.times = delays.times, []
        if len(times) < LEAST_DELAYS or len(times) <= delays.in_time:
            return ()  # what comes late only now and then waited for the receiver's processor
        send, receive = delays.found[0]
        late = time_text(int(median(times)))
        text = (
            f"{len(times):,} times, the second of two small sends arrived late, typically {late} after it was sent: it "
        )
        text += "waited for the acknowledgement of the first, which the peer's system delayed."
        advice = "Send what belongs together with one call, or set TCP_NODELAY."
        return [Finding("nagle-delay", WARNING, text, advice, [send, receive, *delays.found[1]])]


def sets_no_delay(record):
    return (record.get("level"), record.get("option")) == (6, 1) and record.get("value") not in (0, "0", None)
