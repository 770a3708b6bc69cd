"""Whether a row has become slower, and how sure that is.

Each side runs in several processes, one pair after the other: where the memory of a process happens to lie changes
what a call costs by more than a careless change does, and it stays the same for as long as the process lives. Within a
pair the sides take turns, and the pair's change is the median of the ratios of neighbouring samples. A row is slower
when nearly all pairs say so: all but one, each by more than the margin. If chance alone decided, that would happen once
in a hundred rows for ten pairs; and a row is judged only if a first look, at other pairs, has made it suspect.
"""

import statistics
from dataclasses import dataclass

#: Less than this is no change: code that is the same, but lies elsewhere in memory, differs by as much.
MARGIN = 0.02

#: Fewer pairs than this are too few to call a row slower or faster.
ENOUGH = 8

#: Instructions repeat exactly but for a few that depend on where things lie.
INSTRUCTIONS_MARGIN, FEW_INSTRUCTIONS = 0.01, 16

SAME, SLOWER, FASTER, UNCLEAR = "same", "slower", "faster", "unclear"


@dataclass
class Verdict:
    word: str
    #: Of the medians; 0.03 is 3 % slower.
    change: float
    #: How far the pairs are from each other: half the distance from the second smallest to the second largest.
    noise: float

    def __str__(self):
        if self.word in (SLOWER, FASTER):
            return f"{self.word} by {abs(self.change):.1%} (noise {self.noise:.1%})"
        return f"{self.word} (noise {self.noise:.1%})"


def pair_change(base, now):
    """Of one pair: from samples taken in turns."""
    return statistics.median(ours / others for others, ours in zip(base, now, strict=True)) - 1


def judge(changes):
    """The verdict on a row, from what each of its pairs says."""
    ordered = sorted(changes)
    second, last_but_one = (ordered[1], ordered[-2]) if len(ordered) > 1 else (ordered[0], ordered[0])
    change, noise = statistics.median(ordered), (last_but_one - second) / 2
    if second > MARGIN and len(ordered) >= ENOUGH:
        word = SLOWER
    elif last_but_one < -MARGIN and len(ordered) >= ENOUGH:
        word = FASTER
    else:
        word = UNCLEAR if abs(change) > MARGIN else SAME
    return Verdict(word, change, noise)


def is_suspect(changes):
    """Whether a row should be looked at again."""
    return abs(statistics.median(changes)) > MARGIN


def judge_instructions(base, now):
    change = now / base - 1
    if abs(change) <= INSTRUCTIONS_MARGIN or abs(now - base) < FEW_INSTRUCTIONS:
        return Verdict(SAME, change, 0.0)
    return Verdict(SLOWER if change > 0 else FASTER, change, 0.0)
