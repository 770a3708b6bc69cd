"""Reads the events that a diagram shows, and what caused each of them."""

from dataclasses import dataclass, field, replace

from ..links import Links
from ..words import is_quiet

# Kept in memory at once.
MOST_EVENTS = 2000


@dataclass
class Story:
    """Events in the order of the trace. `causes` has, by the number of an event, the numbers of those that it follows
    from: of the sends whose bytes it received, the connect that it accepted, the close that it saw. `accepted` are the
    sockets that an accept returned. `after` has, by the number of a segment, that of its connection's
    segment before."""

    events: list = field(default_factory=list)
    causes: dict = field(default_factory=dict)
    accepted: set = field(default_factory=set)
    after: dict = field(default_factory=dict)
    left_out: int = 0


def collect(trace, everything=False, options=False, most=MOST_EVENTS):
    trace.survey()
    story, links, shown, earlier = Story(), Links(), {}, {}
    same, received, segments = {}, {}, {}
    for event in trace.events(sockets=True):
        record = event.record
        if event.segment is not None:
            if len(shown) >= most:
                story.left_out += 1
                continue
            shown[event.number] = event
            connection = frozenset((event.segment.source, event.segment.target))
            if connection in segments:
                story.after[event.number] = [segments[connection]]
            segments[connection] = event.number
            continue
        if "call" not in record and record.get("event") not in ("step", "lost", "ended"):
            links.returned(event)
            if record.get("how") == "accept" and event.end is not None:
                story.accepted.add(event.end)
            continue
        causes = [arrow.source.number for arrow in event.arrows]
        received[event.end] = max([received.get(event.end, -1), *causes])
        # What was sent after a close was sent by another process with the same socket: that close ended nothing.
        causes += [number for kind, number in links.of(event) if kind != "woken" and number > received[event.end]]
        before = earlier.get(event.lane)
        is_wanted = everything or (options and is_option(event))
        if not is_wanted and (is_quiet(event) or is_machinery(event, before)):
            continue
        earlier[event.lane] = event
        if not everything and is_same_connect(event, before):
            # Shown where it began: the connection may have been accepted before the second call.
            same[event.number] = before.number
            event = replace(event, number=before.number, moment=before.moment)
        if len(shown) >= most and event.number not in shown:
            story.left_out += 1
            continue
        shown[event.number] = event
        if causes:
            story.causes[event.number] = causes
    for connect, accept in links.accepted:
        story.causes.setdefault(accept, []).append(same.get(connect, connect))
    story.events = list(shown.values())
    return story


def is_option(event):
    """Whether it sets an option that the record names."""
    return event.call == "setsockopt" and event.record.get("option") is not None and "value" in event.record


def is_machinery(event, before):
    """The steps of a server or a poller, and what they find to be nothing."""
    record = event.record
    if event.call == "poller" or record.get("event") == "step":
        return "error" not in record
    if event.call == "getaddrinfo":
        return "error" not in record and is_numeric(record.get("host", ""))
    is_second_accept = event.call == "accept" and before is not None and before.call == "accept"
    return is_second_accept and record.get("error") == "EAGAIN"


def is_numeric(host):
    return bool(host) and not host.strip("0123456789.:")


def is_same_connect(event, before):
    """Whether this connect only goes on with the one before."""
    return (
        event.call == "connect"
        and before is not None
        and before.call == "connect"
        and before.end is event.end
        and before.record.get("error") == "EINPROGRESS"
    )
