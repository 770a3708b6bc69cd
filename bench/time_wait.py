"""Connections that have ended: the kernel remembers them for a minute (TIME_WAIT), but only so many.

Once it remembers that many, it forgets each further one at once, and such a connection takes the client a third less
time. So servers measured after that can't be compared with those measured before.
"""

import time
from pathlib import Path

MOST = Path("/proc/sys/net/ipv4/tcp_max_tw_buckets")
SOCKETS = Path("/proc/net/sockstat")
SECONDS = 60


def await_room(wanted, most=MOST, sockets=SOCKETS, sleep=time.sleep):
    """Waits until the kernel can remember `wanted` more, unless it never could; returns whether it can."""
    if not most.exists() or int(most.read_text()) < wanted:
        return False
    for _ in range(SECONDS + 10):
        if int(most.read_text()) - remembered(sockets) >= wanted:
            return True
        sleep(1)
    return False


def remembered(sockets):
    """How many it remembers."""
    tcp = next(line.split() for line in sockets.read_text().splitlines() if line.startswith("TCP:"))
    return int(tcp[tcp.index("tw") + 1])
