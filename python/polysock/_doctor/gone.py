"""Settings that tutorials still name and that no longer exist or do nothing, and where this machine still has them."""

from dataclasses import dataclass

from .system import printable


@dataclass(frozen=True)
class Gone:
    """A setting, what became of it, and what to do instead."""

    name: str
    what: str
    instead: str


GONE = [
    Gone(
        "net.ipv4.tcp_tw_recycle",
        "was removed in Linux 4.12. It dropped connections of clients that share an address (NAT).",
        "Keep connections open and reuse them; let the client close first; for a client that makes very many "
        "connections, tcp_tw_reuse.",
    ),
    Gone(
        "net.ipv4.tcp_low_latency",
        "has had no effect since Linux 4.14.",
        "Set TCP_NODELAY on the socket, which is what most programs want.",
    ),
    Gone("net.ipv4.tcp_fack", "has had no effect since Linux 4.15.", "Nothing: loss detection (RACK) replaced it."),
    Gone(
        "net.ipv4.tcp_adv_win_scale",
        "has had no effect since Linux 6.6.",
        "Nothing: the kernel measures how much of a buffer is data.",
    ),
    Gone("net.ipv4.udp_wmem_min", "has no effect: the kernel does not account for UDP send memory.", "Set SO_SNDBUF."),
    Gone(
        "net.ipv4.ip_conntrack_max",
        "is now called net.netfilter.nf_conntrack_max.",
        "Set that one if the firewall tracks connections.",
    ),
]

# Where sysctl(8) and systemd-sysctl(8) read settings from.
FOLDERS = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d")


@dataclass(frozen=True)
class Use:
    """A line of a configuration file that sets a setting of this list to anything but 0."""

    setting: Gone
    file: str
    line: int


def uses(system):
    """The lines in this machine's configuration that have no effect."""
    by_name = {gone.name: gone for gone in GONE}
    files = ["etc/sysctl.conf"]
    for folder in FOLDERS:
        files += [f"{folder}/{name}" for name in system.names(folder, optional=True) if name.endswith(".conf")]
    found = []
    for file in files:
        for at, line in enumerate((system.text(file, optional=True) or "").splitlines(), 1):
            name, _, value = line.strip().lstrip("-").partition("=")
            gone = by_name.get(name.strip().replace("/", "."))
            if gone and value.strip() != "0":
                found.append(Use(gone, "/" + printable(file, 200), at))
    return found
