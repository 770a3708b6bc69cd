"""An order that depends on what caused what, and not on which program was faster."""

from collections import deque

from ..calls import RECEIVES

# Errors that do not come from another program.
OWN_ERRORS = frozenset({"EAGAIN", "EINPROGRESS", "TimedOut"})


def causal_order(events, causes):
    """The events in an order in which each follows its causes, what the same thread did before, and what was done with
    the same socket before. Of those that may be next, it is first what the last one has caused, then what the same
    thread did next. An event whose cause is not known stays behind all that came before it."""
    by_number = {event.number: event for event in events}
    before, effects, threads, last_on = {}, {}, {}, {}
    for event in events:
        threads.setdefault(event.lane, deque()).append(event)
        known = {by_number[number] for number in causes.get(event.number, ()) if number in by_number}
        before[event] = {cause for cause in known if cause.number < event.number}
        for cause in before[event]:
            effects.setdefault(cause, []).append(event)
        if event.end in last_on:
            before[event].add(last_on[event.end])
        if event.end is not None:
            last_on[event.end] = event

    unknown = {event for event in events if needs_cause(event) and event.number not in causes}
    done, ordered, lane, waiting = set(), [], None, deque(events)

    def is_ready(event):
        return before[event] <= done and (event not in unknown or waiting[0] is event)

    for _ in events:
        while waiting[0] in done:
            waiting.popleft()
        heads = [thread[0] for thread in threads.values() if thread]
        ready = [event for event in heads if is_ready(event)] or [waiting[0]]
        caused = [event for event in ready if ordered and event in effects.get(ordered[-1], ())]
        same_thread = [event for event in ready if event.lane is lane]
        event = min(caused or same_thread or ready, key=lambda event: event.number)
        threads[event.lane].remove(event)
        lane = event.lane
        done.add(event)
        ordered.append(event)
    return ordered


def needs_cause(event):
    """Whether it happened because of what another program did."""
    if event.is_waiting:
        return False
    error = event.record.get("error")
    return event.call in RECEIVES | {"accept"} if error is None else error not in OWN_ERRORS
