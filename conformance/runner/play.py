"""Playing scenarios with one pair of drivers."""

import os
import shutil
import socket
import tempfile
import time
import traceback
from dataclasses import dataclass

from .network import Network, NoNamespace, NoNetwork
from .process import Driver, DriverFailed
from .scenario import matches, parse_answer, substitute
from .wire import Capture, WireFailed

KNOWN_FAILURE_POLL_LIMIT = 2  # seconds for `poll` in a scenario that is known to fail
LONGEST_DIRECTORY = 40  # characters: a longer name leaves no room for the paths of Unix sockets in it
SOON, SOON_ENOUGH_TO_FAIL = 5000, 600  # milliseconds: `$soon`, and in a scenario that is known to fail
PASSED, FAILED, SKIPPED, KNOWN = "passed", "failed", "skipped", "known"


@dataclass
class Result:
    scenario: object
    pair: tuple
    outcome: str
    reason: str = ""
    seconds: float = 0.0
    log: tuple = ()
    wants: str = ""  # what the machine lacks, of a scenario skipped for that


class StepFailed(Exception):
    """An answer that was not expected."""

    def __init__(self, message, step=None, answer=""):
        super().__init__(message)
        self.step, self.answer = step, answer


class Pair:
    """Two long-lived driver processes, started afresh after a failure, in a network of their own where that is allowed."""

    def __init__(self, server, client, known, limit=15, verbose=False, wire=True):
        """`server` and `client` are (name, command)."""
        self.specs = {"server": server, "client": client}
        self.name = (server[0], client[0])
        self.known, self.limit, self.verbose = known, limit, verbose
        self.drivers, self.lines, self.wire = {}, [], wire

    def play_all(self, scenarios, played=lambda result: None):
        """The results; each is given to `played` at once."""
        self.network, self.no_wire = open_network(self.wire)
        try:
            with self.network:
                self.machine = environment() | ({"wire"} if not self.no_wire else set())
            results = []
            for scenario in scenarios:
                results.append(self.play(scenario))
                played(results[-1])
            return results
        finally:
            self.close()
            self.network.close()

    def play(self, scenario):
        self.lines, self.wants = [], ""
        began = time.monotonic()
        entry = self.known.find(scenario.name, *self.name)
        self.poll_limit = min(self.limit, KNOWN_FAILURE_POLL_LIMIT) if entry else self.limit
        self.soon = SOON_ENOUGH_TO_FAIL if entry else SOON
        outcome, reason = self.attempt(scenario)
        if entry and outcome == FAILED:
            outcome, reason = KNOWN, entry.reason
        elif entry and outcome == PASSED:
            outcome, reason = FAILED, f"passes, but {entry.place} says it fails: {entry.reason}"
        return Result(scenario, self.name, outcome, reason, time.monotonic() - began, tuple(self.lines), self.wants)

    def attempt(self, scenario):
        try:
            self.start()
            have = self.drivers["server"].capabilities & self.drivers["client"].capabilities
            missing = scenario.needs - have - self.machine
            if "wire" in missing:
                self.wants = "" if not self.wire else "root, for a network namespace and a capture"
                return SKIPPED, f"no wire checks: {self.no_wire}"
            if missing:
                self.wants = "IPv6" if missing == {"ipv6"} else ""
                return SKIPPED, "needs " + " ".join(sorted(missing))
            lacking = {f for role, driver in self.drivers.items() for f in scenario.uses[role] & driver.lacks}
            if lacking:
                return SKIPPED, "a driver lacks " + " ".join(sorted(lacking))
            self.steps(scenario)
            for driver in self.drivers.values():
                driver.expect_ok("reset")
            for driver in self.drivers.values():
                driver.check_descriptors()
            return PASSED, ""
        except (StepFailed, DriverFailed) as exc:
            self.close()
            return FAILED, str(exc)
        except Exception:  # a fault of ours fails one scenario, and what all others showed is still reported
            self.close()
            return FAILED, "the runner itself fails:\n" + traceback.format_exc().rstrip()

    def start(self):
        for role, (name, command) in self.specs.items():
            if role not in self.drivers:
                log = (lambda line, role=role: self.lines.append(f"{role} {line}")) if self.verbose else None
                with self.network:
                    self.drivers[role] = Driver(f"{name} as {role}", command, self.limit, log)

    def close(self):
        for driver in self.drivers.values():
            driver.kill()
        self.drivers = {}

    def steps(self, scenario):
        digits = os.urandom(8).hex()  # process numbers repeat where a network is shared
        variables, threads = {"unique": f"polysock-{digits}", "hex": digits, "soon": str(self.soon)}, {}
        # Only where it is used: on a busy disk it takes longer than all the rest.
        directory = new_directory() if any("$dir" in step.text for step in scenario.steps) else None
        if directory:
            variables["dir"] = directory
        capture = self.capture() if "wire" in scenario.needs else None
        try:
            for step in scenario.steps:
                try:
                    self.step(step, variables, threads, capture)
                except DriverFailed as exc:
                    raise DriverFailed(f"{step.place}: {step.text}\n{exc}") from exc
        finally:
            if directory:
                shutil.rmtree(directory)
            if capture:
                capture.close()

    def capture(self):
        with self.network:
            return Capture(self.limit, self.lines.append if self.verbose else None)

    def step(self, step, variables, threads, capture):
        if step.kind == "wire":
            self.check_wire(step, variables, capture)
            return
        driver = self.drivers[step.role]
        if step.kind == "blocked":
            driver.wait_blocked(threads[step.role, step.command])
            return
        command = substitute(step.command, variables)
        deadline = time.monotonic() + self.poll_limit
        answer = self.ask(driver, command)
        while not matches(step, answer, variables):
            if step.kind == "play" or time.monotonic() > deadline or answer.startswith(("unsupported", "error PROTOCOL")):
                wanted = step.text.partition("->")[2].strip() or "ok"
                raise StepFailed(f"{step.place}: {step.text}\nexpected {wanted}\ngot      {answer}", step, answer)
            time.sleep(0.001)
            answer = self.ask(driver, command)
        words = command.split()
        if words[0] == "start":
            tid = parse_answer(answer)[1].get("tid", "")
            if not tid.isdigit():
                raise StepFailed(f"{step.place}: {step.text}\nexpected ok tid=NUMBER\ngot      {answer}")
            threads[step.role, words[1]] = tid

    @staticmethod
    def check_wire(step, variables, capture):
        port = int(substitute(step.command, variables)) if step.command else None
        try:
            capture.expect(step.expected, port)
        except WireFailed as exc:
            raise StepFailed(f"{step.place}: {step.text}\nexpected {step.text.partition(':')[2].strip()}\ngot      {exc}") from exc

    @staticmethod
    def ask(driver, command):
        """Asks, and refuses an answer that claims more time than has passed: it would hide an early timeout."""
        began = time.monotonic_ns()
        answer = driver.ask(command)
        passed, claimed = (time.monotonic_ns() - began) // 1_000_000, parse_answer(answer)[1].get("ms", "")
        if not command.startswith("join ") and claimed.isdigit() and int(claimed) > passed:
            raise DriverFailed(f"{driver.name} says {claimed} ms, but only {passed} ms passed: {command} was answered {answer!r}")
        return answer


def new_directory():
    return tempfile.mkdtemp(prefix="polysock-", dir=None if len(tempfile.gettempdir()) < LONGEST_DIRECTORY else "/tmp")


def open_network(wanted):
    """A network for a pair, and why wire checks are not possible in it ("": they are)."""
    if not wanted:
        return NoNamespace(), "switched off with --no-wire"
    try:
        network = Network()
    except NoNetwork as exc:
        return NoNamespace(), f"this needs Linux and root ({exc})"
    try:
        with network:
            Capture(limit=1).close()
    except OSError as exc:
        return network, f"this needs Linux and root (no capture: {exc.strerror})"
    return network, ""


def environment():
    """Capabilities of the machine, not of a driver."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
            s.bind(("::1", 0))
    except OSError:
        return set()
    return {"ipv6"}
