"""What needs attention: each judgement has a stable name, numbers as evidence, and one thing to do."""

import ipaddress
from dataclasses import dataclass

from .settings import duration
from .sockets import address, endpoint

WARNING, NOTE = "warning", "note"
# Shares of a limit from which on there is a note, and a warning.
HALF, NEARLY = 0.5, 0.9
# Connections that the peer has closed and the program has not, at one place, from which on it looks like a leak.
MANY_UNCLOSED = 100
# A range with fewer ports than this has been narrowed.
FEW_PORTS = 10_000
# The soft limit of a plain shell or service, which a server outgrows.
SMALL_LIMIT = 1024
# About how many places the same judgement is made at most.
MOST_PLACES = 5


@dataclass(frozen=True)
class Judgement:
    """Something that needs attention."""

    name: str
    severity: str
    evidence: str
    advice: str


def judgements(found):
    """The judgements about an examination, warnings first."""
    made = [judgement for judge in JUDGES for judgement in judge(found)]
    return sorted(made, key=lambda judgement: judgement.severity != WARNING)


def severity(share):
    """The severity of having used this share of a limit, or None."""
    return WARNING if share >= NEARLY else NOTE if share >= HALF else None


def _accept_queues(found):
    for listener in found.listeners:
        if not listener.is_full():
            continue
        largest = found.settings.first("net.core.somaxconn")
        if largest is not None and listener.limit >= largest:
            advice = "Accept faster; or raise net.core.somaxconn, pass a larger backlog to listen(), and restart."
        else:
            advice = "Accept faster, or pass a larger backlog to listen()."
        place = endpoint(listener.address, listener.port)
        evidence = (
            f"{place}: {listener.waiting:,} waiting to be accepted, with a backlog of {listener.limit:,}. Further "
            "connections are dropped."
        )
        yield Judgement("accept-queue-full", WARNING, evidence, advice)


# Name, counters that are added up, what they count, and what to do.
COUNTED = [
    (
        "accept-queue-overflow",
        ["TcpExt.ListenOverflows"],
        "Connection attempts that met a full accept queue",
        "Accept faster, or pass a larger backlog to listen() (net.core.somaxconn is its limit).",
    ),
    (
        "syn-queue-overflow",
        ["TcpExt.TCPReqQFullDoCookies", "TcpExt.TCPReqQFullDrop"],
        "Connection requests that met a full SYN queue",
        "If these clients are real and not a flood, pass a larger backlog to listen().",
    ),
    (
        "syncookies-failed",
        ["TcpExt.SyncookiesFailed"],
        "Acknowledgements without a valid SYN cookie, after a SYN queue was full",
        "Nothing if there are a few, which were late or repeated. Many mean a flood.",
    ),
    (
        "time-wait-overflow",
        ["TcpExt.TCPTimeWaitOverflow"],
        "Connections that skipped TIME_WAIT because there were too many",
        "Raise net.ipv4.tcp_max_tw_buckets, or keep connections open and reuse them.",
    ),
    (
        "tcp-memory-aborts",
        ["TcpExt.TCPAbortOnMemory"],
        "Closed connections that were reset because TCP had no memory or too many orphans",
        "Look at TCP memory and orphans below; raise net.ipv4.tcp_mem or tcp_max_orphans, or serve fewer connections.",
    ),
    (
        "tcp-memory-pressure",
        ["TcpExt.TCPMemoryPressures"],
        "Times that TCP used so much memory that the kernel economised",
        "Raise net.ipv4.tcp_mem, or have programs read what has arrived.",
    ),
    (
        "receive-queue-dropped",
        ["TcpExt.RcvPruned", "TcpExt.TCPRcvQDrop"],
        "TCP segments that were dropped because a receive buffer was full",
        "The receiving program reads too slowly; a larger net.ipv4.tcp_rmem (last number) helps against bursts.",
    ),
    (
        "udp-receive-overflow",
        ["Udp.RcvbufErrors", "Udp6.RcvbufErrors"],
        "UDP datagrams that were dropped because a receive buffer was full",
        "Receive faster (recv_batch), or set a larger SO_RCVBUF (net.core.rmem_max is its limit).",
    ),
    (
        "udp-send-overflow",
        ["Udp.SndbufErrors", "Udp6.SndbufErrors"],
        "UDP datagrams that were not sent because a send buffer was full",
        "Send more slowly, or set a larger SO_SNDBUF (net.core.wmem_max is its limit).",
    ),
]


def _counters(found):
    """What grew while this command watched is a warning; what happened before is a note."""
    for name, keys, what, advice in COUNTED:
        total, growth = (sum(counts.get(key, 0) for key in keys) for counts in (found.counters, found.growth))
        if growth > 0:
            evidence = f"{what}: {growth:,} in the last {duration(found.seconds)}, {total:,} since the start."
            yield Judgement(name, WARNING, evidence, advice)
        elif total > 0:
            more = (
                f"none in the last {duration(found.seconds)}" if found.seconds else "--seconds 10 shows if it continues"
            )
            yield Judgement(name, NOTE, f"{what}: {total:,} since the start ({more}).", advice)


def _ephemeral_ports(found):
    ports = found.settings.ephemeral_ports()
    for destination, count in found.sockets.destinations.most_common() if ports else ():
        if not severity(count / ports):
            break
        source, host, port = (address(destination[0]), address(destination[1]), destination[2])
        waiting = found.sockets.destinations_in_time_wait[destination]
        reused = _is_time_wait_reused(found.settings, source, host)
        taken = count - waiting if reused else count
        if not (grade := severity(taken / ports)):
            continue
        evidence = (
            f"{taken:,} of {ports:,} ephemeral ports of {source} are taken by connections to {endpoint(host, port)}, "
            f"{0 if reused else waiting:,} of them in TIME_WAIT. Without a free one connect fails with EADDRNOTAVAIL."
        )
        if not reused and waiting * 2 > count:
            advice = "Keep connections open and reuse them; or set net.ipv4.tcp_tw_reuse to 1 (needs tcp_timestamps)."
        else:
            advice = "Share connections; or widen net.ipv4.ip_local_port_range, or connect from or to more addresses."
        yield Judgement("ephemeral-ports", grade, evidence, advice)


def _is_time_wait_reused(settings, *addresses):
    """Whether connect takes ports in TIME_WAIT again (tcp_twsk_unique() in Linux)."""
    if settings.first("net.ipv4.tcp_timestamps") == 0:
        return False
    reuse = settings.first("net.ipv4.tcp_tw_reuse")
    return reuse == 1 or (reuse == 2 and any(ipaddress.ip_address(one).is_loopback for one in addresses))


def _few_ports(found):
    ports = found.settings.ephemeral_ports()
    if ports is not None and ports < FEW_PORTS:
        evidence = f"There are {ports:,} ephemeral ports: at most that many connections to one address and port."
        advice = "Widen net.ipv4.ip_local_port_range (the default is 32768 60999)."
        yield Judgement("few-ephemeral-ports", NOTE, evidence, advice)


def _time_wait(found):
    count = found.in_use.get("TCP.tw", found.sockets.total("TIME_WAIT"))
    yield from _share(
        "time-wait-limit",
        count,
        found.settings.first("net.ipv4.tcp_max_tw_buckets"),
        "sockets in TIME_WAIT (net.ipv4.tcp_max_tw_buckets)",
        "Raise net.ipv4.tcp_max_tw_buckets, and keep connections open and reuse them.",
    )


def _orphans(found):
    yield from _share(
        "orphans",
        found.in_use.get("TCP.orphan"),
        found.settings.first("net.ipv4.tcp_max_orphans"),
        "closed sockets that still have data to send or wait for the peer (net.ipv4.tcp_max_orphans)",
        "Sockets in FIN_WAIT1 and LAST_ACK have silent peers: lower net.ipv4.tcp_orphan_retries, or raise the limit.",
    )


def _tcp_memory(found):
    yield from _share(
        "tcp-memory",
        found.in_use.get("TCP.mem"),
        found.settings.at("net.ipv4.tcp_mem", 1),
        "pages of TCP memory in use before the kernel economises (net.ipv4.tcp_mem)",
        "`ss -tm` shows the long queues: programs do not read what has arrived, or send more than the path takes.",
    )


def _file_table(found):
    if found.open_files:
        yield from _share(
            "file-table",
            *found.open_files,
            "files of the whole machine are open (fs.file-max)",
            "Find the process that leaks descriptors, or raise fs.file-max.",
        )


def _conntrack(found):
    yield from _share(
        "conntrack-table",
        found.settings.first("net.netfilter.nf_conntrack_count"),
        found.settings.first("net.netfilter.nf_conntrack_max"),
        "connections are tracked by the firewall (net.netfilter.nf_conntrack_max)",
        "Raise net.netfilter.nf_conntrack_max, or do not track these connections.",
    )


def _share(name, count, limit, what, advice):
    if count is not None and limit is not None and limit > 0 and (grade := severity(count / limit)):
        yield Judgement(name, grade, f"{count:,} of {limit:,} {what}.", advice)


def _descriptors(found):
    for process in found.processes[:MOST_PLACES]:
        if not (grade := severity(process.open / process.limit)):
            break
        evidence = (
            f"{process.open:,} of {process.limit:,} descriptors of {process.name} (process {process.pid}) are open."
        )
        advice = "If it leaks none, raise its limit: `ulimit -n`, LimitNOFILE= of a service, or setrlimit(2)."
        yield Judgement("descriptors", grade, evidence, advice)


def _small_limit(found):
    if not found.own_limits:
        return
    soft, hard = found.own_limits
    if soft is not None and soft <= SMALL_LIMIT and (hard is None or hard > soft):
        most = "unlimited" if hard is None else f"{hard:,}"
        evidence = (
            f"Programs started from here may open {soft:,} descriptors, and may raise that to {most} (RLIMIT_NOFILE)."
        )
        yield Judgement("descriptor-limit", NOTE, evidence, "Servers: `ulimit -n`, or setrlimit(2) in the program.")


def _unclosed(found):
    ports = {port for _, port, _ in found.sockets.listeners}
    accepted = [place for place in found.sockets.close_wait_here.most_common() if place[0][1] in ports]
    made = found.sockets.close_wait_there.most_common()
    for places, role in ((accepted, "accepted by"), (made, "made to")):
        for (host, port), count in places[:MOST_PLACES]:
            if count < MANY_UNCLOSED:
                break
            place = endpoint(address(host), port)
            evidence = f"{count:,} connections {role} {place} were closed by the peer but not here (CLOSE_WAIT)."
            advice = "The program must close a connection when a receive returns the end of the stream."
            yield Judgement("unclosed-connections", WARNING, evidence, advice)


def _values(found):
    """Values that are hardly ever intended."""
    first = found.settings.first
    timestamps = first("net.ipv4.tcp_timestamps")
    timeout = first("net.ipv4.tcp_fin_timeout")
    checks = [
        (
            first("net.ipv4.tcp_syncookies") == 0,
            "syncookies-off",
            WARNING,
            "net.ipv4.tcp_syncookies is 0: a SYN flood shuts real clients out.",
            "Set it to 1.",
        ),
        (
            (first("net.ipv4.tcp_abort_on_overflow") or 0) > 0,
            "abort-on-overflow",
            NOTE,
            f"net.ipv4.tcp_abort_on_overflow is {first('net.ipv4.tcp_abort_on_overflow')}: a burst resets clients.",
            "Set it to 0, and pass a larger backlog to listen().",
        ),
        (
            timestamps == 0 and first("net.ipv4.tcp_tw_reuse") == 1,
            "reuse-without-timestamps",
            WARNING,
            "net.ipv4.tcp_tw_reuse is 1, but net.ipv4.tcp_timestamps is 0: no port is reused.",
            "Set net.ipv4.tcp_timestamps to 1.",
        ),
        (
            timestamps == 0 and first("net.ipv4.tcp_tw_reuse") != 1,
            "timestamps-off",
            NOTE,
            "net.ipv4.tcp_timestamps is 0: worse measurements, and no protection against old segments.",
            "Set it to 1.",
        ),
        (
            first("net.ipv4.tcp_window_scaling") == 0,
            "window-scaling-off",
            WARNING,
            "net.ipv4.tcp_window_scaling is 0: a connection moves at most 64 KiB each round trip.",
            "Set it to 1.",
        ),
        (
            first("net.ipv4.tcp_moderate_rcvbuf") == 0,
            "fixed-receive-buffers",
            NOTE,
            "net.ipv4.tcp_moderate_rcvbuf is 0: receive buffers keep their initial size (net.ipv4.tcp_rmem).",
            "Set it to 1.",
        ),
        (
            timeout is not None and timeout != 60,
            "fin-timeout",
            NOTE,
            f"net.ipv4.tcp_fin_timeout is {timeout}: it limits FIN_WAIT2. TIME_WAIT still takes 60 seconds.",
            "Set it back to 60 if it was meant for TIME_WAIT.",
        ),
    ]
    for holds, *judgement in checks:
        if holds:
            yield Judgement(*judgement)


def _gone(found):
    for use in found.gone:
        evidence = f"{use.file}, line {use.line}: {use.setting.name} {use.setting.what}"
        yield Judgement("setting-without-effect", NOTE, evidence, f"Delete the line. {use.setting.instead}")


JUDGES = [
    _accept_queues,
    _ephemeral_ports,
    _unclosed,
    _descriptors,
    _file_table,
    _time_wait,
    _orphans,
    _tcp_memory,
    _conntrack,
    _counters,
    _values,
    _few_ports,
    _small_limit,
    _gone,
]
