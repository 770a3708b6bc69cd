"""Everything that is looked at, at one moment."""

import time

from . import counters, descriptors, gone
from .settings import Settings
from .sock_diag import Listener, listeners
from .sockets import Sockets, address


class Examination:
    """What one look at a system has found. With `seconds`, also what the counters gained in that time."""

    def __init__(self, system, seconds=0, ask_kernel=listeners, sleep=time.sleep):
        self.system = system
        self.seconds = seconds
        before = counters.counters(system) if seconds else {}
        if seconds:
            sleep(seconds)
        self.counters = counters.counters(system)
        self.growth = {name: value - before[name] for name, value in self.counters.items() if name in before}
        self.settings = Settings(system)
        self.sockets = Sockets(system, self.settings.port_range())
        self.listeners = self._listeners(ask_kernel)
        self.in_use = counters.in_use(system)
        self.open_files = counters.open_files(system)
        self.own_limits = descriptors.own_limits(system)
        self.processes = descriptors.processes(system)
        self.gone = gone.uses(system)

    def _listeners(self, ask_kernel):
        """The listeners, the fullest first; without their limits where the kernel does not say."""
        found = None
        if self.system.live and self.system.is_linux:
            try:
                found = ask_kernel()
            except OSError as error:
                self.system.unreadable["sock_diag (limits of listeners)"] = error.strerror or str(error)
        if found is None:
            found = [Listener(address(host), port, waiting, None) for host, port, waiting in self.sockets.listeners]
        return sorted(found, key=lambda one: (-one.waiting / ((one.limit or 0) + 1), one.port, one.address))
