"""The present value of each setting, and what it amounts to."""

from .catalogue import SETTINGS
from .system import numbers, printable

# Seconds: TCP_RTO_MIN, TCP_RTO_MAX and TCP_TIMEOUT_INIT in Linux.
SHORTEST_RETRANSMISSION = 0.2
LONGEST_RETRANSMISSION = 120
FIRST_RETRANSMISSION = 1


class Settings:
    """The settings of the catalogue as text (`text`) and, where they are numbers, as numbers (`numbers`)."""

    def __init__(self, system):
        self.text, self.numbers = {}, {}
        for setting in SETTINGS:
            text = system.text("proc/sys/" + setting.name.replace(".", "/"), setting.optional)
            if text is not None:
                self.text[setting.name] = printable(" ".join(text.split())) or "(empty)"
                self.numbers[setting.name] = numbers(text)

    def first(self, name):
        """The first number of a setting, or None."""
        return self.at(name, 0)

    def at(self, name, index):
        found = self.numbers.get(name)
        return found[index] if found is not None and index < len(found) else None

    def port_range(self):
        """The first and the last ephemeral port, or None."""
        found = self.numbers.get("net.ipv4.ip_local_port_range")
        if found is None or len(found) != 2 or not 0 < found[0] <= found[1] <= 65535:
            return None
        return tuple(found)

    def ephemeral_ports(self):
        """How many ports the kernel chooses from, or None."""
        if not (between := self.port_range()):
            return None
        first, last = between
        reserved = set()
        for part in self.text.get("net.ipv4.ip_local_reserved_ports", "").split(","):
            ends = numbers(part.replace("-", " "))
            if ends and len(ends) <= 2 and 0 <= ends[0] <= ends[-1] <= 65535:
                reserved.update(range(max(first, ends[0]), min(last, ends[-1]) + 1))
        return last - first + 1 - len(reserved)

    def consequence(self, name):
        """What the present value amounts to, as a sentence, for settings of which that has to be computed."""
        return CONSEQUENCES[name](self) if name in CONSEQUENCES else None


def duration(seconds):
    """A length of time as people say it."""
    seconds = round(seconds)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else seconds % 60, "s")]
    return " ".join(f"{count:,} {unit}" for count, unit in parts if count) or "0 s"


def _backoff(first, retries, longest):
    """How long it takes until the last of this many retransmissions, each after twice the time, has gone unanswered."""
    return sum(min(first * 2**i, longest) for i in range(min(retries, 255) + 1))


def _connect(settings):
    retries = settings.first("net.ipv4.tcp_syn_retries")
    if retries is None or retries < 0:
        return None
    linear = max(settings.first("net.ipv4.tcp_syn_linear_timeouts") or 0, 0)
    seconds = linear * FIRST_RETRANSMISSION + _backoff(FIRST_RETRANSMISSION, retries, LONGEST_RETRANSMISSION)
    return f"A connect to an address that never answers fails after {duration(seconds)}."


def _accept(settings):
    retries = settings.first("net.ipv4.tcp_synack_retries")
    if retries is None or retries < 0:
        return None
    seconds = _backoff(FIRST_RETRANSMISSION, retries, LONGEST_RETRANSMISSION)
    return f"A client that disappears during the handshake is forgotten after {duration(seconds)}."


def _keepalive(settings):
    names = ("time", "intvl", "probes")
    idle, interval, probes = (settings.first(f"net.ipv4.tcp_keepalive_{name}") for name in names)
    if None in (idle, interval, probes):
        return None
    return (
        f"With SO_KEEPALIVE, a dead peer of an idle connection is noticed after {duration(idle + interval * probes)}."
    )


def _retransmit(settings):
    retries = settings.first("net.ipv4.tcp_retries2")
    if retries is None or retries < 0:
        return None
    longest = (settings.first("net.ipv4.tcp_rto_max_ms") or LONGEST_RETRANSMISSION * 1000) / 1000
    seconds = _backoff(SHORTEST_RETRANSMISSION, retries, longest)
    return f"Sent data that is never acknowledged ends the connection after {duration(seconds)} or more."


def _ports(settings):
    count = settings.ephemeral_ports()
    if count is None:
        return None
    return (
        f"{count:,} connections at once to the same address and port; if this end closes first and TIME_WAIT is not "
        f"reused, {count // 60:,} new ones a second."
    )


CONSEQUENCES = {
    "net.ipv4.tcp_syn_retries": _connect,
    "net.ipv4.tcp_synack_retries": _accept,
    "net.ipv4.tcp_keepalive_time": _keepalive,
    "net.ipv4.tcp_retries2": _retransmit,
    "net.ipv4.ip_local_port_range": _ports,
}
