"""How many ended connections the kernel remembers: each for a minute (TIME_WAIT), up to a maximum.

Beyond the maximum it forgets each one at once, and such a connection takes the client a third less time. So servers
measured with and without room for their connections can't be compared.
"""

import time
from pathlib import Path

MOST = Path("/proc/sys/net/ipv4/tcp_max_tw_buckets")
SOCKETS = Path("/proc/net/sockstat")
SECONDS = 60


def await_room(wanted, most=MOST, sockets=SOCKETS, sleep=time.sleep):
    """Waits until the kernel can remember `wanted` more, unless it never could.

    A RuntimeError if it takes longer than a connection is remembered.
    """
    if not most.exists() or int(most.read_text()) < wanted:
        return
    for _ in range(SECONDS + 10):
        if int(most.read_text()) - remembered(sockets) >= wanted:
            return
        sleep(1)
    raise RuntimeError(f"the kernel has no room to remember {wanted} ended connections: other programs end too many")


def remembered(sockets):
    """How many it remembers."""
    tcp = next(line.split() for line in sockets.read_text().splitlines() if line.startswith("TCP:"))
    return int(tcp[tcp.index("tw") + 1])
