"""The packets that pass this machine's network interfaces: an AF_PACKET socket with a ring in memory (packet(7)).

The kernel writes the first bytes of each packet and its time into the ring, which this process reads without a system
call for each. Needs CAP_NET_RAW.
"""

import array
import mmap
import socket
import struct
import time

from .headers import ICMP, ICMPV6, TCP, UDP

ETH_P_ALL = 3
ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD
SO_ATTACH_FILTER = 26
SOL_PACKET = 263
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 5, 6, 10
TPACKET_V2 = 1
TP_STATUS_USER = 1
PACKET_OUTGOING = 4

# A frame holds the kernel's header and the headers of a packet: 60 bytes of IP and 60 of TCP, or a whole ICMP error.
FRAME = 256
SNAP = 176
BLOCK = 64 << 10
BLOCKS = 256  # 16 MiB, which is more than 65,000 packets
FRAMES = BLOCK * BLOCKS // FRAME

# Status, length, how much of it is there, where the link and the network header begin, seconds, nanoseconds.
HEADER = struct.Struct("=IIIHHII")
# The interface and the kind of packet, in the sockaddr_ll behind the header.
ADDRESS = struct.Struct("=IHB")
ADDRESS_AT = 32 + 4
UNUSED = bytes(4)

# Instructions of a packet filter (bpf(4), Linux's filter.txt): code, jump if true, if not, value.
LOAD_WORD, LOAD_BYTE, EQUAL, RETURN = 0x20, 0x30, 0x15, 0x06
ANCILLARY = 0xFFFFF000
AD_PROTOCOL, AD_KIND, AD_INTERFACE = ANCILLARY, ANCILLARY + 4, ANCILLARY + 8


def packet_filter(loopback):
    """Lets TCP, UDP and ICMP through; on the loopback interface, where each packet is seen twice, only once."""
    drop = 19
    program = [
        (LOAD_WORD, 0, 0, AD_PROTOCOL),
        (EQUAL, 0, 5, ETH_P_IP),
        (LOAD_BYTE, 0, 0, 9),
        (EQUAL, 10, 0, TCP),
        (EQUAL, 9, 0, UDP),
        (EQUAL, 8, 0, ICMP),
        (RETURN, 0, 0, 0),
        (EQUAL, 0, drop - 8, ETH_P_IPV6),
        (LOAD_BYTE, 0, 0, 6),
        (EQUAL, 4, 0, TCP),
        (EQUAL, 3, 0, UDP),
        (EQUAL, 2, 0, ICMPV6),
        # Extension headers; what they precede is seen later.
        (EQUAL, 1, 0, 0),
        (EQUAL, 0, drop - 14, 44),
        (LOAD_WORD, 0, 0, AD_INTERFACE),
        (EQUAL, 0, 2, loopback),
        (LOAD_WORD, 0, 0, AD_KIND),
        (EQUAL, 0, drop - 18, PACKET_OUTGOING),
        (RETURN, 0, 0, SNAP),
        (RETURN, 0, 0, 0),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


class Ring:
    """The ring of a packet socket for all interfaces of this network namespace."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        try:
            self._loopback = _loopback()
            self._attach(packet_filter(self._loopback))
            self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
            self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("=IIII", BLOCK, BLOCKS, FRAME, FRAMES))
            self._frames = mmap.mmap(self._socket.fileno(), BLOCK * BLOCKS)
        except BaseException:
            self._socket.close()
            raise
        self._next = 0
        self.dropped = 0
        self._dropped_now()  # what came before there was a ring

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._frames.close()
        self._socket.close()

    def _attach(self, program):
        # Not ctypes, whose library keeps a descriptor open in the program that is recorded.
        instructions = array.array("B", program)
        place, length = instructions.buffer_info()
        description = struct.pack("HP", length // 8, place)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, description)

    def packets(self):
        """The packets that have come: (wall-clock time, interface's number, whether it is sent, whether it stays on
        this machine, its first bytes, its length)."""
        frames = self._frames
        while True:
            at = self._next * FRAME
            status, length, snap, _, begin, seconds, nanoseconds = HEADER.unpack_from(frames, at)
            if not status & TP_STATUS_USER:
                return
            interface, _, kind = ADDRESS.unpack_from(frames, at + ADDRESS_AT)
            packet = frames[at + begin : at + begin + snap]
            frames[at : at + 4] = UNUSED
            self._next = (self._next + 1) % FRAMES
            is_loopback = interface == self._loopback
            moment = seconds * 1_000_000_000 + nanoseconds
            yield moment, interface, kind == PACKET_OUTGOING, is_loopback, packet, length

    def newly_dropped(self):
        """How many packets the kernel had no room for since the last call."""
        dropped = self._dropped_now()
        self.dropped += dropped
        return dropped

    def _dropped_now(self):
        return struct.unpack("=II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]


def _loopback():
    """The number of the loopback interface; 0, which none has, if there is no such interface."""
    try:
        return socket.if_nametoindex("lo")
    except OSError:
        return 0


class Clock:
    """Turns the wall-clock times of packets into the times of the records, those of the monotonic clock."""

    def __init__(self):
        self._drained = time.monotonic_ns()

    def begin_round(self):
        """Called before packets are taken. They have come since the round before, even if the wall clock jumped."""
        self._after, self._drained = self._drained, time.monotonic_ns()
        readings = []
        for _ in range(3):
            before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
            readings.append((after - before, wall - (before + after) // 2))
        _, self._offset = min(readings)

    def monotonic(self, wall):
        """The monotonic time of a packet of this round."""
        return min(max(wall - self._offset, self._after), time.monotonic_ns())
