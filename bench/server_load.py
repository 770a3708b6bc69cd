"""What servers are loaded with, and one measurement of it."""

import json
import os
import subprocess
from dataclasses import asdict, dataclass

from server_programs import Running, pinned_to
from time_wait import await_room


@dataclass
class Load:
    """A column of the tables."""

    title: str
    mode: str = "echo"
    connections: int = 100
    busy: int | None = None  #: how many of the connections have a request under way; None: all
    size: int = 64  #: bytes of a request and of its reply
    rounds: float = 1  #: how many rounds it has, as a multiple of the run's
    times: float = 1  #: it is measured for this many times the usual time
    short: bool = False  #: measured in a short run, too

    def facts(self):
        return asdict(self) | {"busy": self.busy or self.connections}


LOADS = {
    "echo-1": Load("echo 64 B, 1 connection", connections=1, short=True),
    "echo-10": Load("echo 64 B, 10", connections=10),
    "echo-100": Load("echo 64 B, 100", short=True),
    # In half a second even the fastest servers answer each connection only 75 to 100 times. One pause of the machine
    # delays a request on every connection, about a hundredth of all, and would decide the p99. There are more rounds
    # because for seconds most of a thousand threads wait for the interpreter lock, or hardly any does.
    "echo-1000": Load("echo 64 B, 1,000", connections=1000, rounds=2, times=4, short=True),
    "idle-1000": Load("echo 64 B, 1,000, of which 900 idle", connections=1000, busy=100),
    "idle-10000": Load("echo 64 B, 10,000, of which 9,900 idle", connections=10_000, busy=100, rounds=0.4),
    "echo-4k": Load("echo 4 KiB, 100", size=4096),
    "frames": Load("messages after their length, 64 B, 100", mode="frames"),
    "http": Load("HTTP/1.1 keep-alive, 100", mode="http"),
    # So short that in a minute, which is less than a round, no more connections end than the kernel remembers.
    "connect": Load("connections, 10 at a time", mode="connect", connections=10, times=0.4),
}


#: Others disturb a measurement if they had more than this share of the server's or of the client's processor: waiting
#: times then show their turns.
DISTURBED = 0.05
#: With so many requests under way there is always work for one of the two ends, so the busier one should have nearly
#: all of its processor. If it has less than this share, something took it that this machine does not see: its host.
MANY, BUSY = 100, 0.93
#: How often a load is measured at most until a measurement was not disturbed.
ATTEMPTS = 3
#: More connections than any server accepts in a second.
CONNECTIONS = 40_000


@dataclass
class Settings:
    client: str  #: the program that loads
    seconds: float
    warm_up: float
    server_on: int  #: a processor
    client_on: int


def processors():
    """One for the client and one for the server, the same if there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def measure_undisturbed(program, load, settings):
    """The measurement that others disturbed least, of as many as it takes."""
    found = []
    for _ in range(ATTEMPTS):
        found.append(measure(program, load, settings))
        if found[-1]["others"] <= DISTURBED and lacking(found[-1], load) <= 1 - BUSY:
            break
    return min(found, key=lambda each: max(each["others"], lacking(each, load)))


def lacking(found, load):
    """The share of its processor that the busier end did not have, though there was work for it."""
    if load.mode == "connect" or (load.busy or load.connections) < MANY:
        return 0
    return max(0, 1 - max(found["server_cpu"], found["client_cpu"]))


def measure(program, load, settings):
    """What the client reports of a server that was started for this; a RuntimeError when the server failed."""
    mode = "echo" if load.mode == "connect" else load.mode
    if load.mode == "connect":
        await_room(round(CONNECTIONS * (settings.seconds + settings.warm_up) * load.times))
    with Running(program, mode, load.connections, settings.server_on) as server:
        return measure_running(server, load, settings)


def measure_running(server, load, settings):
    """The same of a server that runs already."""
    options = {
        "port": server.port,
        "pid": server.pid,
        "server-on": settings.server_on,
        "mode": load.mode,
        "connections": load.connections,
        "busy": load.busy or load.connections,
        "size": load.size,
        "seconds": settings.seconds * load.times,
        "warm-up": settings.warm_up * load.times,
    }
    command = [settings.client]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    limit = 60 + settings.seconds
    client = subprocess.run(
        command, capture_output=True, text=True, timeout=limit, preexec_fn=pinned_to(settings.client_on)
    )
    if client.returncode:
        raise RuntimeError(client.stderr.strip())
    found = json.loads(client.stdout)
    failure = what_failed(found, load)
    if failure:
        raise RuntimeError(f"{failure}; {server.last_words()}")
    return found


def what_failed(found, load):
    """What is wrong with a result, or None."""
    if found["wrong"]:
        return f"{found['wrong']} wrong replies"
    if load.mode != "connect" and found["served"] < load.connections:
        return f"served {found['served']} of {load.connections} connections"
    if found["errors"] or not found["requests"]:
        return f"{found['errors']} connections broke, {found['requests']} requests were answered"
    return None
