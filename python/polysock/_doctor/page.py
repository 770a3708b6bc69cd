"""The examination as a page for a terminal."""

import textwrap

from .catalogue import SECTIONS
from .gone import GONE
from .judgements import WARNING
from .sockets import address, endpoint
from .system import printable

# Lines of the longest table.
MOST = 8
# A port or destination with fewer sockets in TIME_WAIT is not worth a line.
WORTH_SHOWING = 10
# Lines of text that are longer than this are hard to read.
WIDEST, NARROWEST = 100, 40
BOLD, DIM, YELLOW, CYAN = 1, 2, 33, 36


class Page:
    """Lines of text, in colour if the terminal has any."""

    def __init__(self, width, colour):
        self.width = max(NARROWEST, min(width, WIDEST))
        self.colour = colour
        self.lines = []

    def painted(self, text, *codes):
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[m" if self.colour else text

    def heading(self, text):
        self.lines += ["", self.painted(text, BOLD)]

    def paragraph(self, text, indent=2, *codes):
        margin = " " * indent
        wrapped = textwrap.wrap(
            text, self.width, initial_indent=margin, subsequent_indent=margin + "  " * (indent == 2)
        )
        self.lines += [self.painted(line, *codes) if codes else line for line in wrapped]

    def table(self, rows):
        """Rows of texts: the first column to the left, all others to the right."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for first, *rest in rows:
            cells = [first.ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
            self.lines.append("  " + "  ".join(cells).rstrip())


def page(found, made, width=80, colour=False, brief=False):
    """The page's text."""
    out = Page(width, colour)
    release = found.system.text("proc/sys/kernel/osrelease", optional=True)
    out.lines.append(out.painted(f"The network of this machine: Linux {printable(release or '(unknown)')}", BOLD))
    if not found.system.is_linux:
        out.lines[0] = out.painted(
            "This command reads Linux's /proc. On this system it knows only the limits below.", BOLD
        )
    _judgements(out, made)
    if found.sockets.states:
        _states(out, found)
    if found.sockets.time_wait:
        _time_wait(out, found)
    if found.listeners:
        _listeners(out, found)
    _in_use(out, found)
    if not brief:
        _counters(out, found)
        _settings(out, found)
    if found.system.is_linux:
        _unreadable(out, found)
    return "\n".join(out.lines) + "\n"


def _judgements(out, made):
    out.heading("What needs attention")
    if not made:
        out.paragraph("Nothing.")
    for judgement in made:
        colour = YELLOW if judgement.severity == WARNING else CYAN
        out.lines.append(f"  {out.painted(judgement.severity, BOLD, colour)}  {judgement.name}")
        out.paragraph(judgement.evidence, 4)
        out.paragraph("To do: " + judgement.advice, 4)


def _states(out, found):
    families = list(found.sockets.states)
    out.heading("TCP sockets by state")
    names = sorted({state for states in found.sockets.states.values() for state in states})
    if not names:
        out.paragraph("There are none.")
        return
    rows = [[name, *(f"{found.sockets.states[family][name]:,}" for family in families)] for name in names]
    out.table([["", *families], *rows])


def _time_wait(out, found):
    total, limit = found.sockets.total("TIME_WAIT"), found.settings.first("net.ipv4.tcp_max_tw_buckets")
    out.heading(f"TIME_WAIT: {total:,}" + (f" of {limit:,}" if limit is not None else ""))
    rows = [["local port", "sockets"]]
    most = found.sockets.time_wait.most_common(MOST)
    rows += [[str(port), f"{count:,}"] for port, count in most if count >= WORTH_SHOWING]
    if len(rows) > 1:
        out.table(rows)
    else:
        out.paragraph(f"No local port has more than {most[0][1]}.")
    ports = found.settings.ephemeral_ports()
    rows = [["ephemeral ports in use", "in TIME_WAIT", "all", "of"]]
    for (local, remote, port), count in found.sockets.destinations.most_common(MOST):
        waiting = found.sockets.destinations_in_time_wait[local, remote, port]
        if count >= WORTH_SHOWING:
            place = f"{address(local)} to {endpoint(address(remote), port)}"
            rows.append([place, f"{waiting:,}", f"{count:,}", f"{ports:,}" if ports else "?"])
    if len(rows) > 1:
        out.table(rows)


def _listeners(out, found):
    out.heading("Listening sockets: connections waiting to be accepted")
    rows = [["address", "waiting", "backlog"]]
    for one in found.listeners[:MOST]:
        limit = "?" if one.limit is None else f"{one.limit:,}"
        rows.append([endpoint(one.address, one.port), f"{one.waiting:,}", limit])
    out.table(rows)
    if len(found.listeners) > MOST:
        out.paragraph(f"and {len(found.listeners) - MOST:,} more")


def _in_use(out, found):
    out.heading("In use")
    numbers = found.settings
    limits = {
        "TCP.tw": numbers.first("net.ipv4.tcp_max_tw_buckets"),
        "TCP.orphan": numbers.first("net.ipv4.tcp_max_orphans"),
        "TCP.mem": numbers.at("net.ipv4.tcp_mem", 1),
    }
    names = {
        "TCP.orphan": "orphans (closed but not finished)",
        "TCP.mem": "TCP memory, pages",
        "UDP.mem": "UDP memory, pages",
        "sockets.used": "sockets of all kinds",
    }
    rows = [
        [what, f"{found.in_use[key]:,}", _limit(limits.get(key))] for key, what in names.items() if key in found.in_use
    ]
    if found.open_files:
        rows.append(["open files of the machine", f"{found.open_files[0]:,}", _limit(found.open_files[1])])
    for process in found.processes[:3]:
        rows.append([f"descriptors of {process.name} ({process.pid})", f"{process.open:,}", _limit(process.limit)])
    if rows:
        out.table(rows)
    if found.own_limits:
        soft, hard = ("unlimited" if limit is None else f"{limit:,}" for limit in found.own_limits)
        more = "the most a program may set" if soft == hard else f"which a program may raise to {hard}"
        out.paragraph(f"RLIMIT_NOFILE here: {soft}, {more}")


def _limit(limit):
    return "" if limit is None else f"of {limit:,}"


# Counters that are shown even if no judgement is based on them.
SHOWN = [
    ("TcpExt.ListenOverflows", "full accept queue"),
    ("TcpExt.ListenDrops", "connection requests dropped by listeners, for any reason"),
    ("TcpExt.SyncookiesSent", "SYN cookies sent"),
    ("TcpExt.SyncookiesRecv", "SYN cookies that came back"),
    ("TcpExt.SyncookiesFailed", "wrong SYN cookies"),
    ("TcpExt.TCPTimeWaitOverflow", "TIME_WAIT skipped: too many"),
    ("TcpExt.TCPAbortOnMemory", "orphans reset for lack of memory"),
    ("TcpExt.TCPAbortOnClose", "closed with unread data: the peer got a reset"),
    ("TcpExt.TCPAbortOnData", "closed with linger 0 or while data arrived: the peer got a reset"),
    ("TcpExt.TCPAbortOnTimeout", "given up: the peer no longer answered"),
    ("TcpExt.PruneCalled", "receive buffer full: the kernel compacted it"),
    ("TcpExt.RcvPruned", "receive buffer full: segments dropped"),
    ("Tcp.RetransSegs", "segments sent again"),
    ("Tcp.AttemptFails", "connection attempts that failed"),
    ("Tcp.EstabResets", "connections that ended with a reset"),
    ("Udp.RcvbufErrors", "UDP: receive buffer full"),
    ("Udp.SndbufErrors", "UDP: send buffer full"),
    ("Udp.NoPorts", "UDP: no socket at the port"),
    ("Udp6.RcvbufErrors", "UDP over IPv6: receive buffer full"),
    ("Udp6.SndbufErrors", "UDP over IPv6: send buffer full"),
]


def _counters(out, found):
    rows = []
    for key, what in SHOWN:
        if found.counters.get(key):
            growth = [f"+{found.growth.get(key, 0):,}"] if found.seconds else []
            rows.append([f"{key:26}  {what}", f"{found.counters[key]:,}", *growth])
    if rows:
        out.heading("Counted since the start of this network namespace (the machine or the container)")
        out.table(rows)


def _settings(out, found):
    for section, settings in SECTIONS.items():
        shown = [setting for setting in settings if setting.name in found.settings.text or not setting.optional]
        if not shown:
            continue
        out.heading(f"Settings: {section}")
        for setting in shown:
            _setting(out, found.settings, setting)
    out.heading("Settings that no longer exist or do nothing")
    for gone in GONE:
        out.paragraph(f"{gone.name} {gone.what} Instead: {gone.instead}")


def _setting(out, values, setting):
    value = values.text.get(setting.name, "not readable here")
    default = f"; default {setting.default}" if setting.default and value != setting.default else ""
    unit = f"({setting.unit}{default})"
    changed = setting.default is not None and setting.name in values.text and value != setting.default
    shown = out.painted(value, BOLD, CYAN) if changed else out.painted(value, BOLD)
    out.lines.append(f"  {setting.name} = {shown}  {out.painted(unit, DIM)}")
    consequence = values.consequence(setting.name)
    out.paragraph(setting.meaning + (f" Here: {consequence[0].lower()}{consequence[1:]}" if consequence else ""), 4)
    out.paragraph("When to change it: " + setting.when, 4)
    if setting.myth:
        out.paragraph("Often misunderstood: " + setting.myth, 4)


def _unreadable(out, found):
    if found.sockets.not_understood:
        out.paragraph(f"Lines of /proc/net/tcp that were not understood: {found.sockets.not_understood:,}")
    if found.system.unreadable:
        out.heading("Not readable here")
        for name, reason in found.system.unreadable.items():
            out.paragraph(f"{printable(name, 200)}: {printable(reason)}")
