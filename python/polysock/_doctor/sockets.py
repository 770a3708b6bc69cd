"""The TCP sockets of this network namespace, from /proc/net/tcp and tcp6."""

import ipaddress
import struct
from collections import Counter

# include/net/tcp_states.h; connections that are being accepted are listed as SYN_RECV.
STATES = {
    "01": "ESTABLISHED",
    "02": "SYN_SENT",
    "03": "SYN_RECV",
    "04": "FIN_WAIT1",
    "05": "FIN_WAIT2",
    "06": "TIME_WAIT",
    "07": "CLOSE",
    "08": "CLOSE_WAIT",
    "09": "LAST_ACK",
    "0A": "LISTEN",
    "0B": "CLOSING",
    "0C": "SYN_RECV",
}
TABLES = {"ipv4": ("proc/net/tcp", 8), "ipv6": ("proc/net/tcp6", 32)}


class Sockets:
    """How many sockets there are, by what can run out."""

    def __init__(self, system, port_range):
        self.states = {}
        # Local ports of sockets in TIME_WAIT.
        self.time_wait = Counter()
        # By local address, remote address and remote port: connections from an ephemeral port, and those in TIME_WAIT.
        self.destinations, self.destinations_in_time_wait = Counter(), Counter()
        # By local address and port, and by remote ones: connections that the peer has closed.
        self.close_wait_here, self.close_wait_there = Counter(), Counter()
        # Local address and port, and how many connections wait to be accepted.
        self.listeners = []
        self.not_understood = 0
        self._port_range = port_range or (1, 65535)
        for family, (name, digits) in TABLES.items():
            lines = system.lines(name, optional=family == "ipv6")
            if next(lines, None) is not None:  # the heading
                self.states[family] = Counter()
            for line in lines:
                self._count(family, digits, line)

    def _count(self, family, digits, line):
        entry = parse(line, digits)
        if entry is None:
            self.not_understood += 1
            return
        state, local, local_port, remote, remote_port, waiting = entry
        self.states[family][state] += 1
        if state == "LISTEN":
            self.listeners.append((local, local_port, waiting))
            return
        if state == "TIME_WAIT":
            self.time_wait[local_port] += 1
        if state == "CLOSE_WAIT":
            self.close_wait_here[local, local_port] += 1
            self.close_wait_there[remote, remote_port] += 1
        first, last = self._port_range
        if first <= local_port <= last:
            destination = local, remote, remote_port
            self.destinations[destination] += 1
            self.destinations_in_time_wait[destination] += state == "TIME_WAIT"

    def total(self, state):
        return sum(states[state] for states in self.states.values())


def parse(line, digits):
    """(state, local, port, remote, port, bytes or connections that wait) of a line, with addresses in hexadecimal."""
    words = line.split()
    try:
        (local, local_port), (remote, remote_port) = words[1].split(":"), words[2].split(":")
        state, (_, waiting) = STATES[words[3]], words[4].split(":")
        if not (len(local) == len(remote) == digits and len(local_port) == len(remote_port) == 4 and len(waiting) == 8):
            return None
        bytes.fromhex(local + remote)
        numbers = (struct.unpack("!H", bytes.fromhex(port))[0] for port in (local_port, remote_port))
        local_port, remote_port = numbers
        return state, local, local_port, remote, remote_port, struct.unpack("!I", bytes.fromhex(waiting))[0]
    except (IndexError, KeyError, ValueError, struct.error):
        return None


def address(digits):
    """An address as text. /proc has each four bytes of it as a number of this machine."""
    words = struct.pack(f"={len(digits) // 8}I", *(int(digits[i : i + 8], 16) for i in range(0, len(digits), 8)))
    return address_of(words)


def address_of(packed):
    """The text of four or sixteen bytes; that of an IPv4-mapped address is the IPv4 address."""
    found = ipaddress.ip_address(packed)
    return str(getattr(found, "ipv4_mapped", None) or found)


def endpoint(host, port):
    """An address and a port as people write them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
