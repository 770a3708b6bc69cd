"""The ends of conversations: which socket is the other end of which, and which bytes of one arrive at the other."""

from collections import deque

# How many sends in one direction are remembered until they are received.
MOST_WAITING = 10_000
# Pairs of ports between which datagrams are remembered.
MOST_WAYS = 20_000


def normal(address):
    """An address as both ends write it: IPv4 over IPv6 becomes IPv4."""
    if address and address.startswith("[::ffff:"):
        host, _, port = address[8:].rpartition("]:")
        return f"{host}:{port}"
    return address


def port_of(address):
    return address.rpartition(":")[2] if address else ""


def is_local(address):
    """Whether the address means something on its own machine only."""
    return address.startswith(("127.", "[::1]", "unix:", "0.0.0.0", "[::]")) or not address


class Half:
    """One direction of a conversation: what one end has sent, and how far the other end has received it."""

    def __init__(self):
        self.other = None  # the half in the other direction
        self.side = None  # what findings know about this end; False when the connection has ended
        self._sent = deque()  # [first byte, byte after the last, event]

    def send(self, offset, count, event):
        self._sent.append([offset, offset + count, event])
        if len(self._sent) > MOST_WAITING:
            self._sent.popleft()

    def receive(self, offset, count):
        """The sends whose bytes these are: (event, first byte, byte after the last)."""
        end = offset + count
        found = []
        while self._sent and self._sent[0][1] <= offset:
            self._sent.popleft()
        for first, after, event in self._sent:
            if first >= end:
                break
            found.append((event, max(first, offset), min(after, end)))
        return found

    def join(self, other):
        self.other, other.other = other, self


class Datagrams:
    """The datagrams on their way from one address to another, in the order in which they were sent."""

    def __init__(self):
        self._sent = deque()

    def send(self, size, data, event):
        self._sent.append((size, data, event))
        if len(self._sent) > MOST_WAITING:
            self._sent.popleft()

    def receive(self, size, data, cut):
        """(the event that sent this datagram or None, the events whose datagrams were lost before it)."""
        for place, (sent, contents, event) in enumerate(self._sent):
            length_fits = sent >= size if cut else sent == size
            contents_fit = None in (data, contents) or contents.startswith(data) or data.startswith(contents)
            if length_fits and contents_fit:
                lost = [self._sent.popleft()[2] for _ in range(place)]
                self._sent.popleft()
                return event, lost
        return None, []


class Ends:
    """Finds the other end of a socket by its addresses."""

    def __init__(self):
        self._by_pair = {}
        self._by_port = {}
        self._unix = {}
        self._datagrams = {}

    def connected(self, end):
        """A stream socket has its addresses: joins it with its other end, if that is known."""
        if end.half.other is not None or not end.local or not end.peer or end.family == "AF_UNIX":
            return
        key = (end.scope, end.local, end.peer)
        mirror = self._by_pair.get((end.scope, end.peer, end.local))
        self._by_pair[key] = end
        if mirror is not None and mirror.half.other is None:
            end.half.join(mirror.half)

    def shared(self, end):
        """The half of another socket for the same end of a connection: of a duplicate or a parent process."""
        other = self._by_pair.get((end.scope, end.local, end.peer)) if end.family != "AF_UNIX" else None
        return other.half if other is not None else None

    def owner(self, scope, local, peer):
        """The socket that has, or had last, these addresses."""
        return self._by_pair.get((scope, local, peer))

    def forget(self, end):
        """A socket was closed long ago."""
        key = (end.scope, end.local, end.peer)
        if self._by_pair.get(key) is end:
            del self._by_pair[key]

    def bind(self, end):
        """A listener, or a socket for datagrams, uses its port."""
        if end.local:
            self._by_port[end.scope, end.type, port_of(end.local)] = end

    def bound(self, scope, type, port):
        """The listener or the socket for datagrams that has a port."""
        return self._by_port.get((scope, type, port))

    def unix_connected(self, end):
        self._unix.setdefault((end.scope, end.peer), deque()).append(end.half)

    def unix_accepted(self, end):
        waiting = self._unix.get((end.scope, end.local))
        if waiting:
            end.half.join(waiting.popleft())

    def datagrams(self, scope, source, target):
        """What is on its way between two addresses. Sockets that are bound to every address are known by their port."""
        key = (scope, port_of(source), port_of(target))
        way = self._datagrams.get(key)
        if way is None:
            way = self._datagrams[key] = Datagrams()
            if len(self._datagrams) > MOST_WAYS:
                del self._datagrams[next(iter(self._datagrams))]
        return way
