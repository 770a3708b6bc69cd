"""The words in which views describe an event."""

import re
import socket

from .calls import CLOSES, RECEIVES, SENDS
from .ends import port_of

# What a terminal or a page would act on, and characters that change the direction of writing.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# Bytes that stand for themselves between quotes.
_PLAIN = re.compile(r"[ !#-\[\]-~]*")
_LEVELS = {getattr(socket, name): name for name in ("SOL_SOCKET", "IPPROTO_IP", "IPPROTO_TCP", "IPPROTO_IPV6")}
# Constants that begin like options of a level but belong to another level, or are no options.
_OTHER_NAMES = ("SO_J1939_", "SO_VM_SOCKETS_", "IP_DEFAULT_")
_PREFIXES = {"SOL_SOCKET": "SO_", "IPPROTO_IP": "IP_", "IPPROTO_TCP": "TCP_", "IPPROTO_IPV6": "IPV6_"}


def harmless(text):
    """Text from a trace in which nothing has an effect on a terminal."""
    return _UNSAFE.sub(lambda match: f"\\x{ord(match[0]):02x}", str(text))


def payload(data, most):
    """The beginning of recorded bytes, quoted; bytes that are not ASCII text are escaped."""
    if _PLAIN.fullmatch(data, 0, most):
        return f'"{data[:most]}"' + ("…" if len(data) > most else "")
    pieces, length = [], 0
    for character in data:
        code = ord(character)
        piece = {10: "\\n", 13: "\\r", 9: "\\t", 34: '\\"', 92: "\\\\"}.get(code)
        if piece is None:
            piece = character if 32 <= code < 127 else f"\\x{code:02x}"
        if length + len(piece) > most:
            return '"' + "".join(pieces) + '"…'
        pieces.append(piece)
        length += len(piece)
    return '"' + "".join(pieces) + '"'


def time_text(nanoseconds):
    """A duration with the unit that suits it."""
    if nanoseconds < 1_000:
        return f"{nanoseconds} ns"
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1_000:.0f} µs"
    if nanoseconds < 1_000_000_000:
        return f"{nanoseconds / 1_000_000:.1f} ms"
    return f"{nanoseconds / 1_000_000_000:.2f} s"


def bytes_text(count):
    return f"{count:,} B"


def counted(count, thing, things=""):
    """`1 byte`, `2 bytes`."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def were(count):
    return "was" if count == 1 else "were"


def describe(event, most_payload=24):
    """What happened, in a line: `recv(4096) 5 B "hello"`."""
    record = event.record
    if event.segment is not None:
        return _describe_segment(event)
    if "event" in record:
        return _describe_other(record)
    call = record["call"]
    words = [harmless(call) + _arguments(event)]
    if event.is_waiting:
        words.append("waits")
    elif "error" in record:
        words.append(_error(record))
    words += _moved(event, most_payload)
    if record.get("state") and (event.end is None or call in ("connect", "shutdown") or "error" in record):
        words.append(harmless(record["state"]))
    if call in CLOSES:
        words += _closing(record)
    if record.get("signals"):
        words.append(f"interrupted by {counted(record['signals'], 'signal')}")
    if record.get("waited", 0) >= 1_000_000 and not event.is_waiting:
        words.append(f"waited {time_text(record['waited'])}")
    return " ".join(word for word in words if word)


def _arguments(event):
    record, call = event.record, event.call
    if call in RECEIVES and "asked" in record:
        inside = f"{record['asked']:,}"
    elif call in ("connect", "bind", "sendto") and record.get("to"):
        inside = harmless(record["to"])
    elif call == "listen":
        inside = str(record.get("backlog", ""))
    elif call == "shutdown":
        inside = harmless(record.get("how", ""))
    elif call in ("setsockopt", "getsockopt"):
        inside = option_text(record)
    elif call == "socket":
        inside = harmless(f"{record.get('family', '')}, {record.get('type', '')}")
    elif call == "getaddrinfo":
        inside = harmless(f"{record.get('host', '')}")
    elif call == "poller":
        inside = harmless(record.get("step", ""))
    else:
        inside = ""
    if record.get("flags"):
        inside += f", {harmless(record['flags'])}" if inside else harmless(record["flags"])
    return f"({inside})" if inside else ""


def option_text(record):
    level, option = record.get("level"), record.get("option")
    if isinstance(option, int):
        level_name = _LEVELS.get(level, str(level))
        prefix = _PREFIXES.get(level_name, "\0")
        names = [
            name
            for name in dir(socket)
            if name.startswith(prefix) and getattr(socket, name) == option and not name.startswith(_OTHER_NAMES)
        ]
        option = names[0] if names else f"{level_name}, {option}"
    value = record.get("value")
    return harmless(option if value is None else f"{option}, {value_text(value)}")


def value_text(value):
    """The value of an option, which core writes in the language that it is written in."""
    return re.sub(r"Some\(([^()]*)\)", r"\1", str(value)).replace("None", "off")


def _error(record):
    text = harmless(record["error"])
    if record.get("sigpipe") == "kills":
        text += ", SIGPIPE kills the program"
    if record.get("timeout", None) not in (None, 0) and text == "TimedOut":
        text += f" after {time_text(record['timeout'])}"
    return text


def _moved(event, most_payload):
    record, call = event.record, event.call
    words = []
    if "bytes" in record:
        count, asked = record["bytes"], record.get("asked")
        is_short = call in SENDS and asked is not None and count < asked
        words.append(f"{count:,} of {asked:,} B" if is_short else bytes_text(count))
        if count == 0 and event.is_end_of_stream:
            words = [] if "error" in record else ["end of stream"]
    if isinstance(record.get("found"), int):
        found = record["found"]
        waits = call in ("poll", "poller", "select", "epoll_wait")
        words.append(f"{found} found" if waits else f"{bytes_text(found)} peeked")
    if "MSG_TRUNC" in record.get("flags_set", ""):
        words.append("truncated")
    if record.get("data"):
        words.append(payload(record["data"], most_payload))
    if event.end is not None and event.end.is_stream and call in RECEIVES and event.arrows:
        words += _composed(event)
    elif not event.arrows and call == "recvfrom" and record.get("from"):
        words.append(f"from {harmless(record['from'])}")
    if event.lost:
        words.append(f"{counted(len(event.lost), 'datagram')} lost before it")
    return words


def _composed(event):
    """How what was received is composed of what was sent."""
    arrows = event.arrows
    if len(arrows) > 1:
        sizes = " + ".join(f"{arrow.bytes:,}" for arrow in arrows[:4]) + (" + …" if len(arrows) > 4 else "")
        return [f"= {len(arrows)} sends ({sizes})"]
    arrow = arrows[0]
    whole = arrow.source.record.get("bytes", 0)
    return [f"of {whole:,} sent"] if arrow.bytes < whole else []


def _closing(record):
    words = []
    if record.get("woken"):
        words.append(f"wakes {counted(record['woken'], 'waiting call')}")
    if record.get("unread") and record.get("state") not in (None, "LISTEN"):
        words.append(f"{bytes_text(record['unread'])} unread: resets")
    if record["call"] == "drop":
        words.append("(never closed)")
    if isinstance(record.get("by"), str):
        words.append(f"by {harmless(record['by'])}")
    if record.get("unseen"):
        words.append("(at some earlier time)")
    return words


_STEPS = {
    "handle": "the handler begins",
    "returned": "the handler has returned",
    "take_over": "another worker takes over, because a callback takes too long",
    "handler_timeout": "a handler has exceeded its time limit: its connection is closed",
    "trouble": "accepting failed",
}


def _step(record):
    """A step of a server: `server: on_message 5 B took 12 µs`."""
    step = str(record.get("step", ""))
    words = ["server:", _STEPS.get(step) or harmless(step)]
    if step in ("handle", "on_open"):
        words.append(harmless(record.get("peer", "")))
    if "bytes" in record:
        words.append(bytes_text(record["bytes"]))
    if record.get("reason"):
        words.append(f"({harmless(record['reason'])})")
    if "error" in record:
        words.append(_error(record))
    if "duration" in record:
        words.append(("after " if step == "returned" else "took ") + time_text(record["duration"]))
    return " ".join(word for word in words if word)


def _describe_segment(event):
    """`5 B seq 1 ACK 1 window 65,536`; what is special about it comes first."""
    segment = event.segment
    words = [f"{note}:" for note in segment.notes]
    if segment.kind == "icmp":
        words += [f"ICMP {harmless(segment.error)} for {harmless(segment.target)}"]
    elif segment.kind == "datagram":
        words += ["datagram", bytes_text(segment.bytes)]
    else:
        words += [flag for flag in ("SYN", "FIN", "RST") if flag in segment.flags]
        words += [bytes_text(segment.bytes)] if segment.bytes else []
        words += [f"seq {segment.seq:,}"] if words else []
        words += [f"ACK {segment.ack:,}"] if segment.ack is not None else []
        words += [f"window {segment.window:,}"] if "RST" not in segment.flags else []
    if segment.is_incoming:
        words.append(f"← {harmless(segment.source)}")
    elif segment.to_lane is None:
        words.append(f"→ {harmless(segment.target)}")
    elif segment.to_lane is event.lane and segment.kind != "icmp":
        words.append(f"({port_of(harmless(segment.source))} → {port_of(harmless(segment.target))})")
    return " ".join(words)


def _describe_other(record):
    if record["event"] == "step":
        return _step(record)
    if record["event"] == "lost":
        return f"records that could not be written: {record.get('records', '?')}"
    if record["event"] == "ended":
        return f"the trace ends: {harmless(record.get('error', ''))}"
    return harmless(record["event"])


# Calls that only prepare or look; views leave them out unless asked for all.
QUIET = frozenset(
    {
        "setsockopt",
        "getsockopt",
        "getsockname",
        "getpeername",
        "fileno",
        "state",
        "available",
        "hostname",
        "if_nameindex",
    }
)


def is_quiet(event):
    """Whether an event is left out where space is scarce: preparation that succeeded, and look-ups."""
    record = event.record
    if event.call in QUIET or (event.call == "poller" and record.get("step") != "wait"):
        return "error" not in record
    return record.get("event") == "step" and record.get("step") in ("recruit", "end")
