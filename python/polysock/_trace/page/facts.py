"""What the scripts of the page read of each event, lane, socket and connection."""

from ..words import describe, is_quiet

# Of longer payloads, only the beginning is in the page.
MOST_PAYLOAD = 4096
MOST_PARTS = 200
MOST_LINKED = 2000
# Beyond this, JavaScript does not have every integer.
LARGEST_INTEGER = 1 << 53
# The number of the lane of all peers that are not traced.
OUTSIDE = -1
NO_PROBLEM = frozenset({"EAGAIN", "EINPROGRESS", "EALREADY", "EINTR"})


def event_facts(event, on, links):
    """An event; `on` is the number of its socket in the table of sockets, or None. All times are in nanoseconds since
    the beginning of the trace. What is false or empty is left out."""
    facts = {
        "number": event.number,
        "at": event.moment,
        "begin": event.began,
        "end": event.ended,
        "lane": lane_number(event.lane),
        "text": describe(event, 40),
        "record": shortened(event.record),
        "on": on,
        "arrows": [[arrow.source.number, arrow.first, arrow.after] for arrow in event.arrows[:MOST_LINKED]],
        "links": links,
        "lost": [lost.number for lost in event.lost[:MOST_LINKED]],
        "waits": event.is_waiting,
        "outside": event.is_outside,
        "quiet": is_quiet(event),
        "problem": is_problem(event),
        "segment": segment_facts(event) if event.segment is not None else None,
    }
    return {name: fact for name, fact in facts.items() if fact is not None and fact is not False and fact != []}


def segment_facts(event):
    """Between which lanes a segment went, and its addresses."""
    segment, here = event.segment, lane_number(event.lane)
    return {
        "from": OUTSIDE if segment.is_incoming else here,
        "to": OUTSIDE if segment.to_lane is None else lane_number(segment.to_lane),
        "source": segment.source,
        "target": segment.target,
        "notes": segment.notes,
        "seq": segment.seq,
        "ack": segment.ack,
        "window": segment.window,
    }


def is_problem(event):
    """Whether something went wrong here that a reader should look at."""
    record, segment = event.record, event.segment
    if segment is not None:
        return segment.is_problem
    if event.lost or event.call == "drop" or record.get("event") in ("lost", "ended"):
        return True
    if event.call == "close" and record.get("unread") and record.get("state") not in (None, "LISTEN"):
        return True
    return "error" in record and record["error"] not in NO_PROBLEM


def shortened(value, depth=0):
    """A record, or a part of one, with long texts and lists cut, and integers that JavaScript has."""
    if isinstance(value, str):
        return value if len(value) <= MOST_PAYLOAD else value[:MOST_PAYLOAD] + "…"
    if isinstance(value, dict) and depth < 5:
        return {str(name)[:100]: shortened(part, depth + 1) for name, part in list(value.items())[:MOST_PARTS]}
    if isinstance(value, list) and depth < 5:
        return [shortened(part, depth + 1) for part in value[:MOST_PARTS]]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if -LARGEST_INTEGER < value < LARGEST_INTEGER else str(value)
    return value if value is None or isinstance(value, bool) else "…"


def lane_number(lane):
    return lane.number if lane.pid else OUTSIDE


def lane_facts(lane):
    process = f"{lane.process} {lane.pid}"
    thread = lane.label.removeprefix(process).strip()
    return {
        "number": lane.number,
        "process": process,
        "thread": "main thread" if thread == f"thread {lane.pid}" else thread,
        "language": lane.language,
    }


def finding_facts(finding):
    return {
        "page": finding.page,
        "name": finding.name,
        "severity": finding.severity,
        "text": finding.text,
        "advice": finding.advice,
        "events": [event.number for event in finding.events[:MOST_LINKED]],
    }


class Sockets:
    """The table of the sockets that the page mentions, and of their connections."""

    def __init__(self):
        self._numbers = {}
        self._made = {}

    def note(self, event):
        """A socket became known."""
        self._made[event.end] = {"at": event.moment, "state": event.record.get("state", "")}

    def number_of(self, end):
        return self._numbers.setdefault(end, len(self._numbers)) if end is not None else None

    def facts(self):
        """The sockets in the order of their numbers, and the names of the connections, as they are at the end."""
        connections, names, sockets = {}, [], []
        for end in self._numbers:
            sides = frozenset(side for side in (end.half, end.half.other) if side is not None)
            if sides not in connections:
                connections[sides] = len(names)
                names.append(connection_name(end))
            sockets.append(
                {
                    "fd": end.fd,
                    "family": end.family,
                    "type": end.type,
                    "local": end.local,
                    "peer": end.peer,
                    "connection": connections[sides],
                    "made": self._made.get(end),
                }
            )
        return sockets, names


def connection_name(end):
    if end.is_listener:
        return f"listener {end.local}"
    if end.is_stream and (end.local or end.peer):
        if end.family == "AF_UNIX":
            return f"Unix socket {end.peer or end.local}"
        return f"{end.local or '?'} ⇄ {end.peer or '?'}"
    if end.is_stream and end.half.other is not None:
        return f"socket pair {end.number}"
    if end.local:
        return f"datagrams {end.local}" + (f" ⇄ {end.peer}" if end.peer else "")
    return f"socket {end.number}" if end.fd is None else f"socket {end.number}, descriptor {end.fd}"
