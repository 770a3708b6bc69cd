"""What the kernel has counted: /proc/net/netstat, snmp, snmp6, sockstat, and the number of open files."""

from .system import number


def counters(system):
    """The counters of this network namespace by name: `TcpExt.ListenOverflows`, `Udp.RcvbufErrors`, `Udp6.…`."""
    found = {}
    for name in ("proc/net/netstat", "proc/net/snmp"):
        names = None
        for line in (system.text(name) or "").splitlines():
            group, _, rest = line.partition(":")
            words = rest.split()
            if names is None or names[0] != group:
                names = group, words
                continue
            for key, word in zip(names[1], words, strict=False):
                if (value := number(word)) is not None:
                    found[f"{group}.{key}"] = value
            names = None
    for line in (system.text("proc/net/snmp6", optional=True) or "").splitlines():
        key, _, word = line.partition(" ")
        if key.startswith("Udp6") and (value := number(word.strip())) is not None:
            found["Udp6." + key.removeprefix("Udp6").strip()] = value
    return found


def in_use(system):
    """What sockets use now, by name: `TCP.tw`, `TCP.orphan`, `TCP.mem` (pages), `UDP.mem`, `sockets.used` …"""
    found = {}
    for line in (system.text("proc/net/sockstat") or "").splitlines():
        group, _, rest = line.partition(":")
        words = rest.split()
        for key, word in zip(words[::2], words[1::2], strict=False):
            if (value := number(word)) is not None:
                found[f"{group}.{key}"] = value
    return found


def open_files(system):
    """How many files are open on the machine, and the most that may be, or None."""
    found = system.numbers("proc/sys/fs/file-nr")
    return (found[0], found[2]) if found and len(found) == 3 else None
