"""Playing scenarios while calls of one driver fail."""

import fnmatch
import shlex
import time
from dataclasses import dataclass

from runner.play import Pair, StepFailed
from runner.process import DriverFailed

from .control import Control
from .judge import ABSORBED, EXEMPT, NOT_REACHED, REFUSED, VIOLATION, Violated, acceptable, is_late_consequence, was_expected
from .transfers import Transfer

POLL_LIMIT = 3  # seconds for `poll`
JOIN = 5000  # milliseconds
SERVERS = ("serve ", "serve_messages ")  # commands that start threads of the library
TICK = 0.05  # seconds
REFUSALS = 20  # in a row, of a step that is repeated while its call fails for good: it will get no other answer


class Exceptions:
    """exceptions.txt: what is not mended, with its reason."""

    def __init__(self, text):
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        self.entries = [line.split(None, 4) for line in lines]

    def reason(self, driver, scenario, fault):
        for *patterns, reason in self.entries:
            found = zip((driver, fault.call, fault.error.replace(" ", "-"), scenario), patterns, strict=True)
            if all(any(fnmatch.fnmatchcase(value, one) for one in pattern.split(",")) for value, pattern in found):
                return reason
        return None


@dataclass
class Played:
    scenario: str
    fault: object
    outcome: str
    message: str = ""
    hits: int = 0
    ended_at: int | None = None  # the place of the step that was refused


class FaultPair(Pair):
    """A pair of drivers, one of which the shim is in."""

    def __init__(self, server, client, role, known, exceptions, limit, shim, object_name, verbose=False):
        super().__init__(server, client, known, limit, verbose, wire=True)
        self.role, self.control, self.exceptions, self.object_name = role, Control(), exceptions, object_name
        name, command = self.specs[role]
        variables = {"LD_PRELOAD": shim, "POLYSOCK_FAULTS": self.control.path, "POLYSOCK_FAULTS_IN": object_name}
        assignments = " ".join(shlex.quote(f"{key}={value}") for key, value in variables.items())
        self.specs[role] = (name, f"env {assignments} {command}")
        self.poll_limit, self.soon = POLL_LIMIT, JOIN

    def calls(self, scenario):
        """How often the driver makes which call in this scenario; None where the pair does not play it."""
        self.lines = []
        self.control.begin()
        try:
            if isinstance(scenario, Transfer):
                self.start()
                if not scenario.can_be_played_by(self.drivers[self.role]):
                    return None
                scenario.play_in(self)
                self.settle()
            elif self.known.find(scenario.name, *self.name) or not self.can_play(scenario):
                return None
            else:
                self.whole(scenario)
        except (StepFailed, DriverFailed, Violated) as exc:
            self.close()
            raise Violated(f"fails without a fault: {exc}") from exc
        if not self.control.attached:
            raise Violated(f"no call of {self.object_name or 'the program itself'} was seen")
        return self.control.seen()

    def can_play(self, scenario):
        self.start()
        if any(step.role == self.role and step.command.startswith(SERVERS) for step in scenario.steps):
            return False  # which answer belongs to a fault in a thread of the library's own? tour.c has the servers
        missing = scenario.needs - {"wire", "ipv6"} - (self.drivers["server"].capabilities & self.drivers["client"].capabilities)
        return not missing and not any(scenario.uses[role] & driver.lacks for role, driver in self.drivers.items())

    def play_with(self, scenario, fault):
        """Plays until the first step that the fault changes, and judges it."""
        self.lines, self.refused_step = [], None
        self.control.begin(fault)
        try:
            self.start()
            outcome = scenario.play_in(self, fault) if isinstance(scenario, Transfer) else self.judged(scenario, fault)
            self.settle()
            return Played(scenario.path, fault, outcome, "", self.control.hits, self.place_of(self.refused_step, scenario))
        except (Violated, DriverFailed) as exc:
            self.close()
            exempt = self.exceptions.reason(self.specs[self.role][0], scenario.path, fault)
            return Played(scenario.path, fault, EXEMPT if exempt else VIOLATION, exempt or str(exc), self.control.hits)

    @staticmethod
    def place_of(wanted, scenario):
        return next((place for place, step in enumerate(scenario.steps) if step is wanted), None) if wanted else None

    def judged(self, scenario, fault):
        self.threads, self.joined, self.hit_step, self.fault = {}, set(), None, fault
        try:
            self.steps(scenario)
        except StepFailed as exc:
            if not self.control.hits:
                raise Violated(f"fails, and the fault did not happen: {exc}") from exc
            if exc.step is not None:
                self.judge(exc, fault)
            self.refused_step = exc.step
            return REFUSED
        finally:
            self.control.arm(False)
        return ABSORBED if self.control.hits else NOT_REACHED

    def whole(self, scenario):
        self.threads, self.joined, self.hit_step, self.fault = {}, set(), None, None
        try:
            self.steps(scenario)
        finally:
            self.control.arm(False)
        self.settle()

    def settle(self):
        """Nothing hangs and nothing is left open."""
        for driver in self.drivers.values():
            driver.expect_ok("reset")
        for driver in self.drivers.values():
            driver.check_descriptors()

    def capture(self):
        return None  # what goes out is not looked at here

    def step(self, step, variables, threads, capture):
        if step.kind == "wire":
            return
        self.threads, before = threads, self.control.hits
        self.current, self.refusals = step, 0
        self.control.arm(True)
        try:
            self.check_thread(step)
            super().step(step, variables, threads, capture)
        except DriverFailed as exc:
            # The thread ended early, or waits elsewhere: what it answers says whether that is right.
            if step.kind != "blocked" or not self.control.hits or "hangs" in str(exc) or "died" in str(exc):
                raise
            raise StepFailed(str(exc), step) from exc
        finally:
            if self.control.hits > before:
                self.hit_step = step

    def check_thread(self, step):
        """Goes no further once the fault has ended a call in a thread: the next steps may wait for what it was to do."""
        answer = self.thread_refused()
        if answer:
            raise StepFailed(f"{step.place}: before it, a thread had ended", step, answer)

    def hit_thread(self):
        """What the thread that had the fault was started as, and its number."""
        hit = str(self.control.thread)
        ours = [(label, tid) for (role, label), tid in self.threads.items() if role == self.role]
        found = next((one for one in ours if one[1] == hit), None)
        if found is None and self.control.hits > 1:  # the first call that failed was not a thread's; it may have been harmless
            found = next((one for one in ours if self.has_ended(one[1])), None)
        return found

    def thread_refused(self):
        """The answer of the thread that had the fault, once it has ended with an error that the fault may lead to."""
        found = self.hit_thread() if self.control.hits else None
        if found is None or found[0] in self.joined or not self.has_ended(found[1]):
            return ""
        self.joined.add(found[0])
        answer = self.drivers[self.role].ask(f"join {found[0]} limit={JOIN}")
        return answer if acceptable(self.started(found[0]).split()[0], answer, self.fault) else ""

    def has_ended(self, tid):
        try:
            for _ in range(10):
                if self.drivers[self.role].thread_file(tid, "stat").rpartition(")")[2].split()[0] == "S":
                    return False
                time.sleep(0.001)
        except OSError:
            return True
        return False

    def judge(self, failed, fault):
        """Whether the answer that was not expected is one that this fault may lead to."""
        step, answer, thread = failed.step, failed.answer, self.hit_thread()
        command = step.command
        if self.hit_step is step and acceptable(command.split()[0], answer, fault, step.kind == "poll"):
            return
        if thread is not None:
            label = thread[0]
            # The answer of the thread itself, whichever step it was that noticed.
            if step.kind != "play" or step.role != self.role or command.split()[:2] != ["join", label]:
                answer = self.drivers[self.role].ask(f"join {label} limit={JOIN}")
            command = self.started(label)
        elif self.hit_step is not step:
            hit = self.hit_step
            if hit and was_expected(hit.expected, fault):
                return  # the system has not taken note of what the shim reported, and goes on from there
            if hit and is_late_consequence(command, answer, fault, hit.command, hit.kind == "poll"):
                return
            raise Violated(f"{failed}\n{hit.place}: {hit.text}\nhad the fault and did not say so" if hit else str(failed))
        if not acceptable(command.split()[0], answer, fault, step.kind == "poll"):
            raise Violated(f"{failed}\nafter the fault {command.split()[0]!r} was answered {answer!r}")

    def started(self, label):
        return next(text for text in self.commands if text.split()[1] == label).split(None, 2)[2]

    def ask(self, driver, command):
        faulty = self.drivers[self.role]
        if driver is not faulty:
            return self.ask_other(driver, command)
        if command.startswith("start "):
            self.commands.append(command)
        answer = Pair.ask(driver, command)
        if self.is_refused_for_good(command, answer):
            raise StepFailed(f"{self.current.place}: {self.current.text}\ngot {answer} again and again", self.current, answer)
        return answer

    def is_refused_for_good(self, command, answer):
        if not (self.fault and self.fault.lasting and self.control.hits and self.current.kind == "poll" and answer.startswith("error ")):
            return False
        self.refusals = self.refusals + 1 if acceptable(command.split()[0], answer, self.fault, polled=True) else 0
        return self.refusals == REFUSALS

    def ask_other(self, driver, command):
        """Asks the other end, which may wait for a thread that the fault has ended: it gets the end of everything then."""
        driver.send(command)
        refused = ""
        while not driver.has_answered(TICK) and not refused:
            refused = self.thread_refused()
        if refused:
            self.drivers[self.role].expect_ok("reset")
        answer = driver.answer(command)
        if refused:
            raise StepFailed(f"{command}: meanwhile a thread had ended", None, refused)
        return answer

    def steps(self, scenario):
        self.commands = []
        super().steps(scenario)
