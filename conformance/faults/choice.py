"""Which faults of a scenario are played."""

import collections
import random

from .table import faults

# The options that decide this.
OPTIONS = ("only", "call", "spared", "error", "most", "sample", "once", "seed", "partner")


def wanted(seen, scenario, name, role, separate, options, sample):
    found = [
        fault
        for call, count in seen.items()
        if call not in ("allocation", "pthread_create") or separate  # in one program with the library they are the driver's too
        if call not in options.spared
        if options.call is None or call in options.call
        for at in range(min(count, options.most))
        for fault in faults(call, at)
        if options.error is None or fault.error in options.error
    ]
    chance = random.Random(f"{options.seed} {name} {role} {scenario}")
    if options.once:
        ways = collections.defaultdict(list)
        for fault in found:
            ways[fault.call, fault.at].append(fault)
        found = [chance.choice(faults_of_call) for faults_of_call in ways.values()]
    if sample and len(found) > sample:
        return chance.sample(found, sample)
    return found
