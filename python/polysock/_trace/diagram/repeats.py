"""Shortens a diagram: what is repeated is shown once, and notes that follow each other are one."""

from dataclasses import dataclass, replace

# From how many repetitions on they are shown as one.
REPETITIONS = 4
LONGEST_LOOP = 9
LINES_OF_A_NOTE = 6
LONG = 24


@dataclass
class Loop:
    """Steps that were repeated; their numbers and payloads are those of the first time."""

    times: int
    steps: list


def shortened(steps):
    """`Step`s and `Loop`s: what is repeated exactly is shown once, and in a long diagram also what does the same with
    other bytes."""
    items = looped(steps, [step.key for step in steps])
    return items if len(items) <= LONG else looped(steps, [step.shape for step in steps])


def looped(steps, shapes):
    items, at = [], 0
    while at < len(steps):
        length, times = loop_at(shapes, at)
        if length == 1:
            items.append(replace(steps[at], times=times))
        elif length:
            items.append(Loop(times, joined(steps[at : at + length])))
        else:
            length, times = 1, 1
            items.append(steps[at])
        at += length * times
    return joined(items)


def loop_at(shapes, at):
    """(how many steps from here on are repeated, how often), or (0, 0)."""
    best = (0, 0)
    for length in range(1, LONGEST_LOOP + 1):
        times = 1
        while shapes[at + times * length : at + (times + 1) * length] == shapes[at : at + length]:
            times += 1
        if times >= REPETITIONS and length * times > best[0] * best[1]:
            best = (length, times)
    return best


def joined(items):
    """With notes beside the same column that follow each other in one."""
    result = []
    for item in items:
        last = result[-1] if result else None
        if are_notes_of_one_column(last, item) and len(last.lines) + 1 <= LINES_OF_A_NOTE:
            result[-1] = replace(last, lines=last.lines + lines_of(item), is_error=last.is_error or item.is_error)
        elif isinstance(item, Loop):
            result.append(item)
        else:
            result.append(replace(item, lines=lines_of(item), times=1))
    return result


def are_notes_of_one_column(last, item):
    are_steps = last is not None and not isinstance(last, Loop) and not isinstance(item, Loop)
    return are_steps and last.target is None and item.target is None and last.column is item.column


def lines_of(step):
    return [*step.lines[:-1], step.lines[-1] + f" ({step.times} times)"] if step.times > 1 else step.lines
