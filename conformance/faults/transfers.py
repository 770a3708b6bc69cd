"""Transfers while calls fail: every byte arrives once, and what an error says is done is done."""

from runner.scenario import parse_answer, pattern_hash

from .judge import ABSORBED, NOT_REACHED, REFUSED, Violated, acceptable

JOIN = 10_000  # milliseconds

COUNT = 300_000  # bytes: more than the socket buffers hold
PIECE = 100_000


class Transfer:
    """Looks like a scenario to the runner; what it does is written here, since the counts of both ends are compared."""

    area = "transfer"

    def __init__(self, name, sends, command):
        self.name, self.sends, self.command = name, sends, command
        self.path = f"transfer/{name}"

    def play_in(self, pair, fault=None):
        """Plays with a FaultPair, and returns how it ended."""
        faulty = pair.drivers[pair.role]
        other = pair.drivers["client" if pair.role == "server" else "server"]
        try:
            answer = self.play(faulty, other, fault, pair.control.arm)
        finally:
            pair.control.arm(False)
        if not pair.control.hits:
            return NOT_REACHED
        return ABSORBED if answer.startswith("ok") else REFUSED

    def can_be_played_by(self, driver):
        return (not self.command.startswith("recv_exact") or "recv_exact" in driver.capabilities) and (
            not self.sends or "timeout=" not in self.command or "send_timeout" not in driver.lacks
        )

    def play(self, faulty, other, fault, arm):
        """`faulty` makes the call that may fail, `other` is at the other end."""
        port = field(faulty.expect_ok("server l inet 1"), "port")
        other.expect_ok("socket c inet")
        other.expect_ok(f"connect c 127.0.0.1 {port}")
        faulty.expect_ok("accept l s timeout=10000")
        return (self.send if self.sends else self.receive)(faulty, other, fault, arm)

    def send(self, faulty, other, fault, arm):
        other.expect_ok("start t collect c all")
        answer = self.call(faulty, arm)
        done = self.done(answer, fault)
        faulty.expect_ok("close s")
        arrived = keys(other.expect_ok(f"join t limit={JOIN}"))
        count = int(arrived["n"])
        if arrived["hash"] != pattern_hash(str(count)):
            raise Violated(f"other bytes arrived than were sent: {answer!r}, {arrived}")
        if done is not None and count != done:
            raise Violated(f"{count} bytes arrived, and the sender was given {done} as done: {answer!r}")
        return answer

    def receive(self, faulty, other, fault, arm):
        other.expect_ok(f"start t sendall c pattern:{COUNT}")
        answer = self.call(faulty, arm)
        done = self.done(answer, fault)
        if done is None:
            return answer
        if answer.startswith("ok") and keys(answer)["hash"] != pattern_hash(str(done)):
            raise Violated(f"other bytes arrived than were sent: {answer!r}")
        later = faulty.ask(f"collect s {COUNT - done}")
        if parse_answer(later)[0] == parse_answer(answer)[0]:
            return answer  # a connection that is dead stays so
        rest = keys(later)
        if int(rest.get("n", -1)) != COUNT - done or rest["hash"] != pattern_hash(f"{COUNT - done}@{done}"):
            raise Violated(f"after {answer!r} the rest is {rest}, not from {done} on")
        other.expect_ok(f"join t limit={JOIN}")
        return answer

    def call(self, faulty, arm):
        arm(True)
        answer = faulty.ask(self.command)
        arm(False)
        return answer

    def done(self, answer, fault):
        """How many bytes the answer says moved; None where it does not say."""
        words = self.command.split()
        if answer.startswith("ok"):
            done = int(keys(answer)["n"])
            whole = int(words[2].removeprefix("pattern:")) if words[2] != "all" else COUNT
            if done != whole and words[0] not in ("send", "recv"):
                raise Violated(f"{self.command} was answered {answer!r}")
            return done
        if fault is None or not acceptable(words[0], answer, fault):
            raise Violated(f"{self.command} was answered {answer!r}")
        done = keys(answer).get("done")
        return int(done) if done is not None else None


TRANSFERS = [
    Transfer("sendall", True, f"sendall s pattern:{COUNT}"),
    Transfer("sendall-timed", True, f"sendall s pattern:{COUNT} timeout=10000"),
    Transfer("send", True, f"send s pattern:{COUNT}"),
    Transfer("send-timed", True, f"send s pattern:{COUNT} timeout=10000"),
    Transfer("recv-exact", False, f"recv_exact s {PIECE}"),
    Transfer("recv-exact-timed", False, f"recv_exact s {PIECE} timeout=10000"),
    Transfer("recv", False, f"recv s {PIECE}"),
    Transfer("recv-timed", False, f"recv s {PIECE} timeout=10000"),
    Transfer("collect", False, f"collect s {PIECE}"),
]


def keys(answer):
    return parse_answer(answer)[1]


def field(answer, key):
    return keys(answer)[key]
