"""Learns from the files of a trace which connections its programs have, and which processes write there."""

import os
import re

from polysock._trace.calls import CLOSES
from polysock._trace.reader import NotATrace, TraceFile

from .headers import TCP, UDP, address_from

# Records without any of these say nothing about an address.
ABOUT_ADDRESSES = re.compile(rb'"(?:event|local|peer|to)":')
WILDCARDS = frozenset({bytes(4), bytes(16)})
# Nanoseconds: the SYN of a connect leaves within the call, but times are taken on both sides of it.
SLACK = 1_000_000


class Attempt:
    """A connect whose local address is not known: it has not ended, or has failed."""

    def __init__(self, target, begin, end):
        self.target, self.begin, self.end = target, begin, end

    def fits(self, target, moment):
        return target == self.target and self.begin <= moment and (self.end is None or moment <= self.end)


class Learner:
    """Reads what the files of a folder say while they grow. `flows` is informed of what belongs to the trace."""

    def __init__(self, folder, flows, machine):
        self._folder = folder
        self._flows = flows
        self._machine = machine
        self._files = {}
        self._types = {}

    def look(self):
        """Reads what has been written since; returns the headers of the files that are new."""
        new = []
        for name in self._names():
            try:
                file = self._files[name] = TraceFile(os.path.join(self._folder, name))
            except (NotATrace, OSError):
                continue  # its header may not be written yet
            if file.is_wire or file.header.get("machine") != self._machine:
                file.close()
                self._files[name] = None
            else:
                new.append(file.header)
        for file in self._files.values():
            if file is not None:
                for record in file.records(ABOUT_ADDRESSES):
                    self._learn(file, record)
        return new

    def _names(self):
        try:
            names = os.listdir(self._folder)
        except OSError:
            return []
        return [name for name in names if name.endswith(".jsonl") and name not in self._files]

    def close(self):
        for file in self._files.values():
            if file is not None:
                file.close()

    def _learn(self, file, record):
        key = (file, record.get("socket"))
        if record.get("event") == "socket":
            kind = {"SOCK_STREAM": TCP, "SOCK_DGRAM": UDP}.get(record.get("type"))
            if kind and record.get("family", "").startswith("AF_INET"):
                self._types[key] = kind
        protocol = self._types.get(key)
        if protocol is None:
            return
        call = record.get("call")
        if call in CLOSES:
            del self._types[key]
        local = address_from(record.get("local", ""))
        peer = address_from(record.get("peer", ""))
        to = address_from(record.get("to", "")) if call == "connect" else None
        if protocol == UDP:
            if local is not None and local[1]:
                self._flows.add_port(UDP, local)
            return
        if local is not None and local[0] not in WILDCARDS and (peer or to):
            self._flows.add_connection(local, peer or to)
            if call == "connect":
                self._flows.end_attempt(record["time"] - SLACK)
        elif to is not None:
            end = None if record.get("begun") else record["time"] + record.get("duration", 0) + SLACK
            self._flows.add_attempt(Attempt(to, record["time"] - SLACK, end))
        if call == "listen" and local is not None:
            self._flows.add_port(TCP, local)
