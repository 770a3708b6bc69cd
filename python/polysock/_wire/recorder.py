"""The recorder: writes the segments of the traced connections of a folder."""

import fcntl
import heapq
import itertools
import json
import os
import select
import socket
import time

import polysock
from polysock._trace.reader import VERSION

from .flows import Flows
from .headers import TCP, address_text, flag_names, host_text, options, parse
from .learning import Learner
from .processes import Process
from .ring import Clock, Ring

# Milliseconds between two looks at packets and files, and while there is nothing.
ROUND = 20
IDLE = 200
# Nanoseconds for which a packet waits for others that were before it.
SORTED_WITHIN = 100_000_000
# For how long connections may end after the programs.
LINGER = 1_000_000_000
# How long nothing must have come at the end.
QUIET = 50_000_000
PROTOCOLS = {TCP: "tcp"}


class Recorder:
    """Writes a file of kind "wire" in the folder. Opening it may raise OSError: EPERM without CAP_NET_RAW."""

    def __init__(self, folder):
        self._ring = Ring()
        try:
            become_owner_of(folder)
            self._clock = Clock()
            self._network = network_of("self")
            name = f"wire-{time.time_ns() // 1_000_000}-{os.getpid()}.jsonl"
            self._file = open(  # noqa: SIM115  (closed by close())
                os.path.join(folder, name),
                "x",
                encoding="ascii",
                opener=lambda path, flags: os.open(path, flags, 0o600),
            )
            # Held while it records: `show` sees by it whether more will come.
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._ring.close()
            raise
        self._interfaces = {}
        self._order = itertools.count()
        self._sorting = []
        self._count = 0
        self._flows = Flows(self._record)
        self._learner = Learner(folder, self._flows, boot_id())
        self._processes = {}
        self._last_packet = 0

    def close(self):
        self._learner.close()
        for process in self._processes.values():
            process.close()
        self._ring.close()
        self._file.close()

    @property
    def segments(self):
        """How many were recorded."""
        return self._count

    @property
    def dropped(self):
        return self._ring.dropped

    def watch(self, pid):
        """Has `run` go on until this process has ended."""
        try:
            self._processes[pid] = Process(pid)
        except OSError:
            return  # it has ended

    def run(self, is_stopped=lambda: False, until_programs_end=False):
        """Records until it is stopped; or until the processes that it watches, and those that have begun to write in
        the folder meanwhile, have ended."""
        self._write_header()
        self._look(watch=False)
        while not is_stopped():
            busy = self._round(watch=until_programs_end)
            if until_programs_end and not self._programs_run():
                break
            self._sleep(ROUND if busy else IDLE, also_packets=not busy)
        self._finish(is_stopped)

    def _write_header(self):
        self._write(
            polysock_trace=VERSION,
            kind="wire",
            time=time.monotonic_ns(),
            wall_time=time.time_ns(),
            pid=os.getpid(),
            program="polysock wire",
            version=polysock.__version__,
            machine=boot_id(),
            network=self._network,
        )
        self._file.flush()

    def _sleep(self, milliseconds, also_packets):
        poll = select.poll()
        if also_packets:
            poll.register(self._ring, select.POLLIN)
        for process in self._processes.values():
            process.register(poll)
        poll.poll(milliseconds)

    def _programs_run(self):
        """Whether any of the watched processes has not ended."""
        for pid, process in list(self._processes.items()):
            if process.has_ended():
                self._processes.pop(pid).close()
        return bool(self._processes)

    def _look(self, watch):
        for header in self._learner.look():
            pid = header["pid"]
            network = header.get("network") or network_of(pid)
            if network and network != self._network:
                self._write(time=time.monotonic_ns(), event="elsewhere", pid=pid)
            if watch and pid != os.getpid() and pid not in self._processes:
                self.watch(pid)

    def _round(self, watch=False):
        """Takes the packets that have come; returns whether there were any."""
        self._clock.begin_round()
        packets = list(self._ring.packets())
        # After the packets were taken: what a program sends on a connection comes after the record of the connect.
        self._look(watch)
        for wall, interface, is_sent, is_loopback, packet, length in packets:
            found = parse(packet, length)
            if found is not None:
                way = "loop" if is_loopback else ("out" if is_sent else "in")
                self._flows.see(self._clock.monotonic(wall), found, interface, way)
        now = time.monotonic_ns()
        if packets:
            self._last_packet = now
        self._flows.round_ended(now)
        self._write_until(now - SORTED_WITHIN)
        if dropped := self._ring.newly_dropped():
            self._write(time=now, event="dropped", packets=dropped)
        self._file.flush()
        return bool(packets)

    def _finish(self, is_stopped):
        """Waits for the segments that end the connections."""
        end = time.monotonic_ns() + LINGER
        while True:
            self._round()
            now = time.monotonic_ns()
            quiet = now - self._last_packet > QUIET
            if now > end or (quiet and (is_stopped() or self._flows.are_over())):
                break
            self._sleep(ROUND, also_packets=False)
        self._write_until(now)
        self._write(time=now, event="ended", segments=self._count, dropped=self._ring.dropped)
        self._file.flush()

    def _record(self, moment, packet, interface, way):
        """Called with each packet that belongs to the trace."""
        heapq.heappush(self._sorting, (moment, next(self._order), packet, interface, way))

    def _write_until(self, moment):
        while self._sorting and self._sorting[0][0] <= moment:
            at, _, packet, interface, way = heapq.heappop(self._sorting)
            self._write(**record_of(at, packet, self._interface(interface), way))
            self._count += 1

    def _interface(self, number):
        if number not in self._interfaces:
            try:
                self._interfaces[number] = socket.if_indextoname(number)
            except OSError:
                return str(number)
        return self._interfaces[number]

    def _write(self, **record):
        self._file.write(json.dumps(record, separators=(",", ":")) + "\n")


def record_of(moment, packet, interface, way):
    """The record of a segment, datagram or ICMP error."""
    record = {"time": moment, "event": "datagram", "interface": interface, "way": way}
    record["from"], record["to"] = address_text(packet.source), address_text(packet.target)
    if packet.error:
        protocol = PROTOCOLS.get(packet.protocol, "udp")
        return record | {
            "event": "icmp",
            "protocol": protocol,
            "error": packet.error,
            "reporter": host_text(packet.reporter),
        }
    if packet.protocol != TCP:
        return record | {"bytes": packet.carried}
    record |= {"event": "segment", "flags": flag_names(packet.flags), "seq": packet.seq}
    if packet.flags & 0x10:
        record["ack"] = packet.ack
    return record | {"window": packet.window, "bytes": packet.carried} | options(packet.options)


def become_owner_of(folder):
    """Gives up root's rights if the folder belongs to another user: that user should be able to read the file, and what
    the other files of the folder say should not be read with more rights."""
    about = os.stat(folder)
    if os.geteuid() == 0 and about.st_uid != 0:
        os.setgroups([])
        os.setgid(about.st_gid)
        os.setuid(about.st_uid)


def boot_id():
    """What stands for this machine, as in the headers of traces."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def network_of(process):
    """What stands for the network namespace of a process; empty if that can't be seen."""
    try:
        return os.readlink(f"/proc/{process}/ns/net")
    except OSError:
        return ""
