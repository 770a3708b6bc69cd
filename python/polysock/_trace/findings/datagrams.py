"""Datagrams that did not get through whole, or at all: `truncated-datagram`, `lost-datagrams`, `icmp-refused`,
`broadcast-denied`."""

from collections import Counter

from ..calls import CLOSES, RECEIVES, SENDS
from ..words import counted, harmless
from .finding import ERROR, NOTE, WARNING, Finding
from .sockets import Part, call_at, is_internet


class Truncated(Part):
    """A receive whose buffer was smaller than the datagram."""

    names = ("truncated-datagram",)
    calls = RECEIVES

    def __init__(self, everything):
        super().__init__(everything)
        self._count = Counter()  # by place
        self._first = {}

    def see(self, event, known, side):
        record = event.record
        if event.end is None or event.end.type != "SOCK_DGRAM" or "bytes" not in record:
            return ()
        sent = max((arrow.source.record.get("bytes", 0) for arrow in event.arrows), default=0)
        asks_for_length = "MSG_TRUNC" in record.get("flags", "")
        if asks_for_length or not ("MSG_TRUNC" in record.get("flags_set", "") or sent > record["bytes"]):
            return ()
        place = record.get("at") or event.end
        self._count[place] += 1
        self._first.setdefault(place, (event, sent))
        return ()

    def finish(self):
        for place, (event, sent) in self._first.items():
            got, times = event.record["bytes"], self._count[place]
            whole = f"the datagram's {sent:,} bytes" if sent > got else "a longer datagram's bytes"
            again = f" The same happened to {counted(times - 1, 'later datagram')}." if times > 1 else ""
            yield Finding(
                "truncated-datagram",
                WARNING,
                f"{call_at(event)} had room for only {got:,} of {whole}; the system discarded the rest.{again}",
                "Use a buffer that holds the largest datagram that may come; 65,535 bytes are enough for any. What "
                "did not fit is gone: the next call does not return it.",
                [event, *(arrow.source for arrow in event.arrows)],
            )


class Lost(Part):
    """Datagrams that were sent and never received, though a later one was."""

    names = ("lost-datagrams",)
    calls = RECEIVES

    def __init__(self, everything):
        super().__init__(everything)
        self._count = Counter()
        self._first = {}

    def see(self, event, known, side):
        if event.lost:
            self._count[event.end] += len(event.lost)
            self._first.setdefault(event.end, event)
        return ()

    def finish(self):
        for end, event in self._first.items():
            lost = event.lost[0]
            yield Finding(
                "lost-datagrams",
                NOTE,
                f"{counted(self._count[end], 'datagram')} sent to {harmless(end.local)} (the first by {call_at(lost)}) "
                "never arrived, although later ones did. Usually the receiver's buffer was full.",
                "UDP does not retransmit what is lost: number the datagrams and ask again for those that are missing, "
                "send no faster than the receiver reads, enlarge SO_RCVBUF, or use TCP.",
                [lost, event],
            )


class Icmp(Part):
    """A call on a datagram socket that fails because of an earlier datagram, to a port where nothing receives."""

    names = ("icmp-refused",)
    calls = RECEIVES | SENDS | CLOSES

    def __init__(self, everything):
        super().__init__(everything)
        self._found = set()

    def see(self, event, known, side):
        if event.call in CLOSES:
            self._found.discard(event.end)
        elif event.record.get("error") == "ECONNREFUSED" and is_internet(event.end, "SOCK_DGRAM"):
            found = event.end in self._found
            self._found.add(event.end)
            if not found:
                yield self._finding(event, known.last_send)

    @staticmethod
    def _finding(event, sent):
        to = (sent.record.get("to") if sent is not None else None) or event.end.peer
        earlier = f" after {call_at(sent)}" if sent is not None else ""
        return Finding(
            "icmp-refused",
            WARNING,
            f"{call_at(event)} failed with ECONNREFUSED{earlier}: the host answered an earlier datagram to "
            f"{harmless(to)} with ICMP 'port unreachable', because no socket is bound to this port. Nothing is wrong "
            "with this call.",
            "Start the receiver first, and check the address and port (ss -uln). The socket remains usable: a program "
            "that may start before its peer should try again.",
            [event, *([sent] if sent is not None else [])],
        )


class Broadcast(Part):
    """A datagram to a broadcast address without SO_BROADCAST."""

    names = ("broadcast-denied",)
    calls = SENDS | {"connect"}

    def see(self, event, known, side):
        if event.record.get("error") != "EACCES" or not is_internet(event.end, "SOCK_DGRAM"):
            return
        to = event.record.get("to") or event.end.peer
        if "SO_BROADCAST" in known.options or not to.rpartition(":")[0].endswith(".255"):
            return
        yield Finding(
            "broadcast-denied",
            ERROR,
            f"{call_at(event)} failed with EACCES: {harmless(to)} is a broadcast address, and SO_BROADCAST is off.",
            "Set SO_BROADCAST on the socket before it sends to a broadcast address.",
            [event],
        )
