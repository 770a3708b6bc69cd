"""Reads the headers of packets: IPv4 and IPv6 with TCP, UDP, or an ICMP error about one of these.

Whatever a packet contains, the result is a `Packet` or None. Formats: RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 7323 and
2018 (its options), 768 (UDP), 792 and 4443 (ICMP).
"""

import socket
import struct
from dataclasses import dataclass

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
FRAGMENT = 44
# Extension headers that only precede others: hop-by-hop options, routing, destination options.
EXTENSIONS = frozenset({0, 43, 60})

IPV4 = struct.Struct(">BxHxxHxBxx4s4s")
IPV6 = struct.Struct(">BxxxHBx16s16s")
TCP_HEADER = struct.Struct(">HHIIHH")
PORTS = struct.Struct(">HH")

FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
# The order in which people say them.
SPOKEN = ("SYN", "FIN", "RST", "ACK", "PSH", "URG", "ECE", "CWR")

# What an ICMP error says, by its type and code.
ERRORS_V4 = {
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): "fragmentation needed",
    (11, 0): "time to live exceeded",
    (11, 1): "reassembly time exceeded",
}
ERRORS_V6 = {
    (1, 0): "no route",
    (1, 1): "administratively prohibited",
    (1, 3): "address unreachable",
    (1, 4): "port unreachable",
    (2, 0): "packet too big",
    (3, 0): "hop limit exceeded",
    (3, 1): "reassembly time exceeded",
}
ERROR_TYPES = {ICMP: frozenset({3, 11, 12}), ICMPV6: frozenset({1, 2, 3, 4})}


@dataclass(slots=True)
class Packet:
    """Whose packet it is. `source` and `target` are (address, port), the address as the bytes of the packet.

    Those of an ICMP error are the ones of the packet that it is about, and `error` says what it says.
    """

    protocol: int
    source: tuple[bytes, int]
    target: tuple[bytes, int]
    # Of a TCP segment.
    flags: int = 0
    seq: int = 0
    ack: int = 0
    window: int = 0
    options: bytes = b""
    # How much the segment or datagram carries.
    carried: int = 0
    error: str = ""
    reporter: bytes = b""


def parse(packet, length):
    """What a packet is that begins with its IP header and was `length` bytes long, of which `packet` are the first."""
    try:
        header = _ip(packet, length)
        if header is None:
            return None
        protocol, source, target, at, end = header
        if protocol == TCP:
            return _tcp(packet, at, end, source, target)
        if protocol == UDP:
            source_port, target_port, size = struct.unpack_from(">HHH", packet, at)
            return Packet(UDP, (source, source_port), (target, target_port), carried=max(size - 8, 0))
        return _icmp(packet, protocol, at, source)
    except struct.error:
        return None  # cut


def _ip(packet, length):
    """(protocol, source, target, where its header begins, where the packet ends); None if it has no ports."""
    first = packet[0] if packet else 0
    if first >> 4 == 4:
        _, total, fragment, protocol, source, target = IPV4.unpack_from(packet)
        # The offset of a fragment; those after the first have no ports.
        if fragment & 0x1FFF or protocol not in (TCP, UDP, ICMP) or first & 15 < 5:
            return None
        # 0 where a network card or the kernel cuts it later.
        return protocol, source, target, (first & 15) * 4, total or length
    if first >> 4 != 6:
        return None
    _, payload, protocol, source, target = IPV6.unpack_from(packet)
    at = IPV6.size
    while protocol in EXTENSIONS or protocol == FRAGMENT:
        next_protocol, size, fragment = struct.unpack_from(">BBH", packet, at)
        if protocol == FRAGMENT:
            if fragment >> 3:
                return None
            size = 0
        protocol, at = next_protocol, at + (size + 1) * 8
    if protocol not in (TCP, UDP, ICMPV6):
        return None
    return protocol, source, target, at, IPV6.size + payload if payload else length


def _tcp(packet, at, end, source, target):
    source_port, target_port, seq, ack, offset_and_flags, window = TCP_HEADER.unpack_from(packet, at)
    header = (offset_and_flags >> 12) * 4
    if header < 20:
        return None
    return Packet(
        TCP,
        (source, source_port),
        (target, target_port),
        flags=offset_and_flags & 0xFF,
        seq=seq,
        ack=ack,
        window=window,
        options=bytes(packet[at + 20 : at + header]),
        carried=max(end - at - header, 0),
    )


def _icmp(packet, protocol, at, reporter):
    kind, code = struct.unpack_from(">BB", packet, at)
    if kind not in ERROR_TYPES[protocol]:
        return None
    inner = packet[at + 8 :]
    header = _ip(inner, len(inner))
    if header is None or header[0] not in (TCP, UDP):
        return None
    of, source, target, inner_at, _ = header
    source_port, target_port = PORTS.unpack_from(inner, inner_at)
    names = ERRORS_V4 if protocol == ICMP else ERRORS_V6
    error = names.get((kind, code), f"ICMP type {kind} code {code}")
    return Packet(of, (source, source_port), (target, target_port), error=error, reporter=reporter)


def flag_names(flags):
    """`SYN|ACK`"""
    have = {name for bit, name in enumerate(FLAGS) if flags >> bit & 1}
    return "|".join(name for name in SPOKEN if name in have)


def options(text):
    """The options of a segment that matter: `mss` and `window_scale` of a SYN, `sack`, the ranges already received."""
    found, at = {}, 0
    while at < len(text):
        kind = text[at]
        if kind == 0:
            break
        if kind == 1:
            at += 1
            continue
        size = text[at + 1] if at + 1 < len(text) else 0
        if size < 2 or at + size > len(text):
            break  # malformed: what follows can't be found
        value = text[at + 2 : at + size]
        if kind == 2 and len(value) == 2:
            found["mss"] = int.from_bytes(value, "big")
        elif kind == 3 and len(value) == 1:
            found["window_scale"] = min(value[0], 14)  # more means 14 (RFC 7323 §2.3)
        elif kind == 5 and value and len(value) % 8 == 0:
            numbers = struct.unpack(f">{len(value) // 4}I", value)
            found["sack"] = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        at += size
    return found


def address_text(end):
    """An (address, port) as traces write it."""
    address, port = end
    return f"{host_text(address)}:{port}" if len(address) == 4 else f"[{host_text(address)}]:{port}"


def host_text(address):
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def address_from(text):
    """The (address, port) that a trace has written; None for one that no packet has, such as that of a Unix socket."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or len(port) > 5:
        return None
    host = host.removeprefix("[").removesuffix("]").partition("%")[0]
    host = host.removeprefix("::ffff:") if "." in host else host
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host), int(port)
    except (OSError, ValueError):
        return None
