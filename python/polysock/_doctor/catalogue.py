"""The kernel settings that socket tutorials talk about: unit, default, meaning, and when to change them.

Sources: ip-sysctl, admin-guide/sysctl/net and fs in the kernel's documentation, tcp(7), socket(7), and the kernel
itself where these leave something open.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """A setting of the kernel. `default` is None where it depends on the memory of the machine or on its version."""

    name: str
    unit: str
    default: str | None
    meaning: str
    when: str
    # The truth about something that tutorials often get wrong.
    myth: str | None = None
    # Whether not every kernel has it.
    optional: bool = False


SECTIONS = {
    "Listening": [
        Setting(
            "net.core.somaxconn",
            "connections",
            "4096",
            "The most that listen(2) allows for its backlog: connections that are complete and wait for accept. A "
            "larger argument is silently reduced to this. It was 128 before Linux 5.4.",
            "If a queue is full although the program accepts as fast as it can. The program must then ask for more "
            "in listen(), too, and be restarted: the limit is applied when listen() is called.",
        ),
        Setting(
            "net.ipv4.tcp_max_syn_backlog",
            "connections",
            None,
            "How many handshakes one listener remembers while SYN cookies are off: new ones are dropped once three "
            "quarters of this are in use.",
            "Only together with tcp_syncookies = 0.",
            "It does not set the length of the SYN queue: since Linux 4.4 that is the listener's backlog, and with SYN "
            "cookies on this setting is not used.",
        ),
        Setting(
            "net.ipv4.tcp_syncookies",
            "0 off, 1 if the queue is full, 2 always",
            "1",
            "When the SYN queue is full, the server answers without remembering the client, and recognises it by the "
            "number that the client sends back.",
            "Leave it at 1. It is for floods; a server that is merely slow needs a larger backlog or faster accepts.",
        ),
        Setting(
            "net.ipv4.tcp_synack_retries",
            "retransmissions",
            "5",
            "How many times the answer to a connection request is repeated.",
            "Lower it if clients that disappear during the handshake should be forgotten sooner.",
        ),
        Setting(
            "net.ipv4.tcp_abort_on_overflow",
            "0 or 1",
            "0",
            "1: a client whose handshake completes while the accept queue is full gets a reset instead of being asked "
            "to try again.",
            "Leave it at 0, so that a short burst causes a delay, not an error.",
            "It does not make all clients fail fast: while the queue is full, requests are silently dropped with "
            "either value.",
        ),
        Setting(
            "net.ipv4.tcp_fastopen",
            "bits: 1 client, 2 server",
            "1",
            "TCP Fast Open: data in the first segment. Programs must ask for it, too.",
            "Add 2 for servers that set TCP_FASTOPEN.",
        ),
    ],
    "Connecting": [
        Setting(
            "net.ipv4.ip_local_port_range",
            "first and last port",
            "32768 60999",
            "The ephemeral ports: those that the kernel gives to sockets that connect without being bound to a port.",
            "Widen it when a client, proxy or load generator makes very many connections to one address and port.",
            "It does not limit the total number of connections: each destination address and port has the whole range, "
            "and a server's accepted connections use none.",
        ),
        Setting(
            "net.ipv4.ip_local_reserved_ports",
            "ports",
            "(empty)",
            "Ports in the ephemeral range that are not given out.",
            "For servers that listen on a port in that range: otherwise a connection may hold the port when they "
            "start.",
        ),
        Setting(
            "net.ipv4.tcp_syn_retries",
            "retransmissions",
            "6",
            "How many times a connection request is repeated with pauses that double (after those of "
            "tcp_syn_linear_timeouts).",
            "Rarely: it is better to give connect a time limit in the program, or to set TCP_SYNCNT on the socket.",
        ),
        Setting(
            "net.ipv4.tcp_syn_linear_timeouts",
            "retransmissions",
            "4",
            "How many times a connection request is repeated after a pause of a second, before the pauses double "
            "(since Linux 6.5).",
            "Hardly ever.",
            optional=True,
        ),
    ],
    "TIME_WAIT and closing": [
        Setting(
            "net.ipv4.tcp_tw_reuse",
            "0 off, 1 on, 2 loopback only",
            "2",
            "A connect may take the port of a connection in TIME_WAIT to the same destination, a second after it "
            "ended, if both sides use timestamps.",
            "Set it to 1 on machines that make very many connections to few destinations (proxies, load generators).",
            "It does nothing for a server whose accepted connections are in TIME_WAIT, and nothing without "
            "tcp_timestamps. It is not tcp_tw_recycle.",
        ),
        Setting(
            "net.ipv4.tcp_tw_reuse_delay",
            "ms",
            "1000",
            "How long tcp_tw_reuse leaves a port alone (since Linux 6.14).",
            "Hardly ever.",
            optional=True,
        ),
        Setting(
            "net.ipv4.tcp_max_tw_buckets",
            "sockets",
            None,
            "The most sockets in TIME_WAIT. Beyond it, connections skip that state, and late segments may reach a new "
            "connection with the same ports.",
            "Raise it when the count reaches it. A socket in TIME_WAIT costs some 250 bytes and no descriptor.",
            "Lowering it does not fix anything: it takes away the protection that TIME_WAIT gives.",
        ),
        Setting(
            "net.ipv4.tcp_fin_timeout",
            "s",
            "60",
            "How long a closed socket waits in FIN_WAIT2 for the peer's end of the stream.",
            "Lower it if very many sockets are in FIN_WAIT2.",
            "It does not shorten TIME_WAIT, which is 60 seconds in every kernel and can't be set.",
        ),
        Setting(
            "net.ipv4.tcp_max_orphans",
            "sockets",
            None,
            "The most orphans on the whole machine: closed sockets that still have data to send, or wait for the end "
            "of the peer's stream. Beyond it, connections are reset.",
            "Raise it if the kernel's log says `too many orphaned sockets`; each may hold 64 KiB.",
        ),
        Setting(
            "net.ipv4.tcp_orphan_retries",
            "retransmissions",
            "0",
            "How many times the data of a closed socket is repeated before the kernel gives up. 0 stands for 8.",
            "Lower it (not to 0) on servers whose clients disappear while answers are under way.",
        ),
    ],
    "Dead peers": [
        Setting(
            "net.ipv4.tcp_keepalive_time",
            "s",
            "7200",
            "How long a connection is idle before the peer is probed.",
            "If firewalls drop idle connections and programs can't be changed; otherwise it is better to set "
            "TCP_KEEPIDLE on the socket.",
            "It has no effect on sockets that have not set SO_KEEPALIVE, which is off by default.",
        ),
        Setting(
            "net.ipv4.tcp_keepalive_intvl",
            "s",
            "75",
            "The time between two probes that get no answer.",
            "Rarely: it is better to set TCP_KEEPINTVL on the socket.",
        ),
        Setting(
            "net.ipv4.tcp_keepalive_probes",
            "probes",
            "9",
            "How many unanswered probes end the connection.",
            "Rarely: it is better to set TCP_KEEPCNT on the socket.",
        ),
        Setting(
            "net.ipv4.tcp_retries2",
            "retransmissions",
            "15",
            "How long sent data is repeated before the connection fails, expressed as a number of retransmissions.",
            "Rarely: it is better to set TCP_USER_TIMEOUT on the socket. 8 is the least that RFC 1122 allows.",
            "It is not exactly the number of retransmissions, but the time that this many would take on a fast path.",
        ),
        Setting(
            "net.ipv4.tcp_rto_max_ms",
            "ms",
            "120000",
            "The longest time between two retransmissions (since Linux 6.15).",
            "Hardly ever; TCP_RTO_MAX_MS sets it for a socket.",
            optional=True,
        ),
    ],
    "Buffers and memory": [
        Setting(
            "net.ipv4.tcp_rmem",
            "bytes: least, initial, most",
            None,
            "A TCP socket's receive buffer. The kernel sizes it between these, as the connection needs.",
            "Raise the last one for fast connections over long distances, to twice the bytes a second times the round "
            "trip.",
            "SO_RCVBUF is not needed for that and turns the automatic sizing off.",
        ),
        Setting(
            "net.ipv4.tcp_wmem",
            "bytes: least, initial, most",
            None,
            "The same for the send buffer.",
            "As for tcp_rmem.",
        ),
        Setting(
            "net.core.rmem_max",
            "bytes",
            None,
            "The most that SO_RCVBUF may ask for. The kernel doubles the value, for its own overhead.",
            "Raise it for UDP receivers that set SO_RCVBUF and lose datagrams.",
            "It does not limit the automatic sizing of TCP sockets; the last number of tcp_rmem does.",
            optional=True,
        ),
        Setting(
            "net.core.wmem_max",
            "bytes",
            None,
            "The most that SO_SNDBUF may ask for.",
            "As for rmem_max.",
            optional=True,
        ),
        Setting(
            "net.core.rmem_default",
            "bytes",
            None,
            "The receive buffer of sockets, other than TCP's, that do not set SO_RCVBUF.",
            "Rarely: it is better to set SO_RCVBUF on the sockets that need it.",
            optional=True,
        ),
        Setting(
            "net.ipv4.tcp_moderate_rcvbuf",
            "0 or 1",
            "1",
            "Whether receive buffers are sized automatically.",
            "Leave it at 1.",
        ),
        Setting(
            "net.ipv4.tcp_mem",
            "pages: low, pressure, most",
            None,
            "The memory of all TCP sockets of the machine. From the second number on, the kernel economises; from the "
            "third on, it drops data.",
            "If TCP memory reaches the second number. The unit is pages (most often 4 KiB), not bytes.",
            optional=True,
        ),
        Setting(
            "net.core.netdev_max_backlog",
            "packets",
            "1000",
            "How many packets of one processor may wait between loopback, or a network card without NAPI, and the "
            "protocols.",
            "If the second column of /proc/net/softnet_stat grows.",
            "It has nothing to do with the backlog of listen(2).",
            optional=True,
        ),
    ],
    "The protocol": [
        Setting(
            "net.ipv4.tcp_timestamps",
            "0 off, 1 random offsets, 2 without",
            "1",
            "A timestamp in each segment, to measure the path, to tell old segments from new, and for tcp_tw_reuse.",
            "Leave it at 1.",
            "It need not be turned off to hide the uptime since Linux 4.10: the offsets are random.",
        ),
        Setting(
            "net.ipv4.tcp_window_scaling",
            "0 or 1",
            "1",
            "Allows windows larger than 64 KiB.",
            "Leave it at 1: otherwise a connection moves at most 64 KiB each round trip.",
        ),
        Setting(
            "net.ipv4.tcp_sack",
            "0 or 1",
            "1",
            "Data that arrived beyond a gap is acknowledged, so that only the gap is repeated.",
            "Leave it at 1.",
        ),
        Setting(
            "net.ipv4.tcp_slow_start_after_idle",
            "0 or 1",
            "1",
            "A connection that was idle starts slowly again.",
            "Set it to 0 for connections that carry bursts with pauses between them.",
        ),
        Setting(
            "net.ipv4.tcp_congestion_control",
            "name",
            None,
            "The algorithm that decides how fast new connections send; TCP_CONGESTION sets it for a socket.",
            "Set it to bbr for paths that lose packets without being congested.",
        ),
    ],
    "Descriptors": [
        Setting(
            "fs.file-max",
            "files",
            None,
            "The most open files on the whole machine. Beyond it, calls fail with ENFILE.",
            "Hardly ever: it grows with memory.",
            "It has nothing to do with `Too many open files` (EMFILE), which is RLIMIT_NOFILE of the process.",
        ),
        Setting(
            "fs.nr_open",
            "descriptors",
            "1048576",
            "The most that RLIMIT_NOFILE can be raised to, even by root.",
            "For a single process with more than a million connections.",
        ),
    ],
    "Firewall": [
        Setting(
            "net.netfilter.nf_conntrack_max",
            "connections",
            None,
            "The most connections that the firewall tracks. Packets of further ones are dropped.",
            "Raise it when nf_conntrack_count comes near it; connections in TIME_WAIT count, too.",
            optional=True,
        ),
        Setting(
            "net.netfilter.nf_conntrack_count",
            "connections",
            None,
            "How many connections the firewall tracks now.",
            "It can only be read.",
            optional=True,
        ),
    ],
}
SETTINGS = [setting for settings in SECTIONS.values() for setting in settings]
