"""Which packets belong to the trace.

A packet often comes before the trace says whose it is: the SYN before the connect has ended. So each flow (the packets
between two addresses) is kept for a while until that is known. Packets of other programs are then forgotten.
"""

from dataclasses import dataclass, field

from .headers import TCP
from .learning import WILDCARDS

SECOND = 1_000_000_000
# For how long packets are kept that may turn out to belong to the trace.
UNDECIDED = 2 * SECOND
# The same for a connection that is not established: its SYN is repeated for so long (tcp_syn_retries, tcp(7)).
UNANSWERED = 150 * SECOND
# Packets of a flow that are kept while it is undecided, and flows that are remembered.
MOST_PACKETS = 100
MOST_FLOWS = 20_000
SYN, ACK = 0x02, 0x10
FIN, RST = 0x01, 0x04


@dataclass(slots=True, eq=False)
class Flow:
    """The packets between two addresses in both directions."""

    first: int
    is_ours: bool = False
    is_foreign: bool = False
    is_answered: bool = False
    kept: list = field(default_factory=list)
    # Where each direction was seen first: a packet that passes several interfaces is recorded once.
    places: dict = field(default_factory=dict)
    ended: set = field(default_factory=set)
    is_reset: bool = False

    @property
    def is_over(self):
        return self.is_reset or len(self.ended) > 1


class Flows:
    """Sorts packets; `write(moment, packet, interface, way)` is called with those of the trace."""

    def __init__(self, write):
        self._write = write
        self._flows = {}
        self._undecided = {}  # those with packets that are kept
        self._connections = set()
        self._ports = set()
        self._attempts = []

    def add_connection(self, local, peer):
        """A connection of the trace."""
        key = _key(TCP, local, peer)
        if key not in self._connections:
            self._connections.add(key)
            if key in self._flows:
                self._take(key, self._flows[key])

    def add_port(self, protocol, local):
        """An address at which a socket of the trace listens or receives datagrams; perhaps with every host address."""
        address = (protocol, None if local[0] in WILDCARDS else local[0], local[1])
        if address not in self._ports:
            self._ports.add(address)
            self._decide()

    def add_attempt(self, attempt):
        """A connect of the trace without a known local address."""
        self.end_attempt(attempt.begin)
        self._attempts.append(attempt)
        del self._attempts[:-1000]
        self._decide()

    def end_attempt(self, begin):
        """Its local address has become known, or more is known about it."""
        self._attempts = [attempt for attempt in self._attempts if attempt.begin != begin]

    def _decide(self):
        for key, flow in list(self._undecided.items()):
            if self._belongs(key, flow):
                self._take(key, flow)

    def see(self, moment, packet, interface, way):
        """Sorts a packet. `way` is "out" or "in", or "loop" if it stays on this machine."""
        key = _key(packet.protocol, packet.source, packet.target)
        flow = self._flows.get(key)
        if flow is None or (flow.is_foreign and packet.flags & (SYN | ACK) == SYN):
            self._flows.pop(key, None)
            flow = self._flows[key] = Flow(moment)
            if len(self._flows) > MOST_FLOWS:
                self._forget()
        if flow.is_foreign and key in self._connections:
            flow.is_foreign = False
        if flow.is_foreign or not self._is_first_place(flow, packet, interface, way):
            return
        flow.is_answered |= packet.protocol != TCP or packet.flags & (SYN | ACK) != SYN
        if flow.is_ours:
            self._note_end(flow, packet)
            self._write(moment, packet, interface, way)
            return
        flow.kept.append((moment, packet, interface, way))
        self._undecided[key] = flow
        if self._belongs(key, flow):
            self._take(key, flow)
        elif len(flow.kept) > MOST_PACKETS:
            self._give_up(key, flow)

    @staticmethod
    def _is_first_place(flow, packet, interface, way):
        place = (interface, way)
        return packet.error or flow.places.setdefault(packet.source, place) == place

    def _belongs(self, key, flow):
        if key in self._connections:
            return True
        moment, packet, _, way = flow.kept[0]
        ends = [] if way == "in" else [packet.source]
        ends += [] if way == "out" else [packet.target]
        if packet.error:
            ends = [packet.source, packet.target]
        for address, port in ends:
            if (packet.protocol, address, port) in self._ports or (packet.protocol, None, port) in self._ports:
                return True
        return packet.protocol == TCP and any(attempt.fits(packet.target, moment) for attempt in self._attempts)

    def _take(self, key, flow):
        self._undecided.pop(key, None)
        flow.is_ours, flow.is_foreign = True, False
        for moment, packet, interface, way in flow.kept:
            self._note_end(flow, packet)
            self._write(moment, packet, interface, way)
        flow.kept = []

    @staticmethod
    def _note_end(flow, packet):
        if packet.flags & SYN:
            flow.ended, flow.is_reset = set(), False
        if packet.flags & FIN:
            flow.ended.add(packet.source)
        if packet.flags & RST:
            flow.is_reset = True

    def round_ended(self, now):
        """Gives up on packets that belong to nothing."""
        for key, flow in list(self._undecided.items()):
            if now - flow.first > (UNDECIDED if flow.is_answered else UNANSWERED):
                self._give_up(key, flow)

    def _give_up(self, key, flow):
        del self._undecided[key]
        flow.is_foreign, flow.kept, flow.places = True, [], {}

    def _forget(self):
        """Makes room: forgets the older half of the flows that are not of the trace."""
        others = [key for key, flow in self._flows.items() if not flow.is_ours]
        over = [key for key, flow in self._flows.items() if flow.is_ours and flow.is_over]
        for key in (others or over)[: MOST_FLOWS // 2]:
            del self._flows[key]
            self._undecided.pop(key, None)

    def are_over(self):
        """Whether each connection of the trace that was seen has ended."""
        return all(flow.is_over for (protocol, _), flow in self._flows.items() if flow.is_ours and protocol == TCP)


def _key(protocol, one, other):
    return protocol, frozenset((one, other))
