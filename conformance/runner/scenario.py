"""Scenario files: reading them, refusing malformed ones, and comparing an answer with what a step expects."""

import pathlib
import re
import zlib
from dataclasses import dataclass, field

from .wire import read_segments

ROLES = ("server", "client")
CAPABILITIES = {
    "abort", "close_java", "recv_exact", "state", "done", "whole_sendall", "linger_range", "get_timeout",
    "negative_backlog", "backlog_range", "datagram", "unix", "dup", "cork", "batch", "create_connection", "frames",
    "delivery", "create_server", "mapped", "address_text", "next_length", "serve", "message_server",
    "close_fails", "ipv6", "wire",
}  # fmt: skip
# What BSD sockets have and a driver may lack: feature, and the steps that use it (matched against the command's words).
FEATURES = {
    "listen": re.compile(r"listen "),
    "backlog_zero": re.compile(r"server \S+ \S+ (0|-)"),
    "descriptor": re.compile(r"(fileno|detach|from_fd|open_fd|close_fd|exhaust|release)\b"),
    "nonblocking": re.compile(r"fill |set \S+ blocking |set \S+ timeout 0\b|.* timeout=0\b"),
    "send_timeout": re.compile(r"(send|sendall|sendto|send_batch|send_segments|send_frames?) .* timeout="),
    "peek": re.compile(r".* peek\b"),
    "truncation": re.compile(r".* trunc\b"),
    "urgent_recv": re.compile(r"recv .* oob\b"),
    "raw_options": re.compile(r"[gs]etsockopt "),
    "parallel_calls": re.compile(r"(?!)"),  # the steps don't show it; scenarios name it
}
FIELDS = ("shows", "source", "needs")
PROVIDED = ("dir", "unique", "hex", "soon")  # variables that the runner gives a value

# command: (arguments, options, position of the handle it uses, position of the handle it makes).
# "2 or 3": an address is one word (Unix) or two; the type of a socket may be left out.
COMMANDS = {
    "socket": ("2 or 3", "", None, 0),
    "socketpair": (3, "", None, (0, 1)),
    "dup": (2, "", 0, 1),
    "bind": ("2 or 3", "", 0, None),
    "listen": (2, "", 0, None),
    "server": (3, "", None, 0),
    "accept": (2, "timeout", 0, 1),
    "connect": ("2 or 3", "timeout", 0, None),
    "create_connection": (2, "timeout", None, 0),
    "create_server": (2, "", None, 0),
    "serve": (1, "places idle handler", None, 0),
    "serving": (1, "", 0, None),
    "stop": (1, "timeout", 0, None),
    "serve_messages": (1, "framing limit places workers unsent idle handler raw greeting open close", None, 0),
    "serving_messages": (1, "", 0, None),
    "push": (2, "timeout", 0, None),
    "hang_up": (2, "", 0, None),
    "resume": (1, "", 0, None),
    "close_listener": (1, "", 0, None),
    "await_stop": (1, "", 0, None),
    "stop_messages": (1, "timeout", 0, None),
    "shutdown": (2, "", 0, None),
    "close": (1, "", 0, None),
    "close_java": (1, "", 0, None),
    "abort": (1, "", 0, None),
    "close_graceful": (1, "timeout discard", 0, None),
    "wait_acked": (1, "timeout", 0, None),
    "send_queue": (1, "", 0, None),
    "peer_closed": (1, "", 0, None),
    "is_closed": (1, "", 0, None),
    "fileno": (1, "", 0, None),
    "detach": (1, "", 0, None),
    "from_fd": (2, "", None, 0),
    "open_fd": (0, "", None, None),
    "close_fd": (1, "", None, None),
    "exhaust": (0, "", None, None),
    "release": (0, "", None, None),
    "send": (2, "timeout oob", 0, None),
    "sendall": (2, "timeout", 0, None),
    "recv": (2, "timeout peek oob", 0, None),
    "sendto": ("3 or 4", "timeout", 0, None),
    "recvfrom": (2, "timeout peek trunc", 0, None),
    "next_length": (2, "timeout", 0, None),
    "send_batch": (2, "timeout times", 0, None),
    "recv_batch": (3, "timeout trunc", 0, None),
    "send_segments": ("3 or 4 or 5", "timeout", 0, None),
    "recv_exact": (2, "timeout", 0, None),
    "collect": (2, "", 0, None),
    "fill": (1, "", 0, None),
    "send_frame": (2, "framing limit timeout", 0, None),
    "send_frames": (2, "framing limit timeout", 0, None),
    "recv_frame": (1, "framing limit timeout", 0, None),
    "recv_frame_into": (2, "framing limit timeout", 0, None),
    "recv_frames": (2, "framing limit timeout", 0, None),
    "pending": (1, "", 0, None),
    "take_buffered": (1, "", 0, None),
    "getsockname": (1, "", 0, None),
    "getpeername": (1, "", 0, None),
    "peer_ip": (1, "", 0, None),
    "same_peer": (3, "", 0, None),
    "address_text": ("1 or 2", "", None, None),
    "read_address": (1, "", None, None),
    "state": (1, "", 0, None),
    "set": (3, "", 0, None),
    "get": (2, "", 0, None),
    "setsockopt": (3, "", 0, None),
    "getsockopt": (2, "", 0, None),
    "join": (1, "limit", None, None),
}
MESSAGE_SERVER = (
    "serve_messages", "serving_messages", "push", "hang_up", "resume", "close_listener", "await_stop", "stop_messages",
)  # fmt: skip
# Where a scenario needs a capability: command, position of an argument (None: the command itself), values, capability.
REQUIRED = (
    ("create_connection", None, (), "create_connection"),
    ("peer_ip", None, (), "mapped"),
    ("same_peer", None, (), "mapped"),
    ("read_address", None, (), "address_text"),
    ("serving", None, (), "serve"),
    ("stop", None, (), "serve"),
    *((command, None, (), "message_server") for command in MESSAGE_SERVER),
    ("sendto", None, (), "datagram"),
    ("recvfrom", None, (), "datagram"),
    ("close_graceful", None, (), "delivery"),
    ("wait_acked", None, (), "delivery"),
    ("send_queue", None, (), "delivery"),
    ("peer_closed", None, (), "delivery"),
    ("send_batch", None, (), "batch"),
    ("recv_batch", None, (), "batch"),
    ("send_segments", None, (), "batch"),
    ("set", 1, ("udp_gro",), "batch"),
    ("get", 1, ("udp_gro",), "batch"),
    ("send_frame", None, (), "frames"),
    ("send_frames", None, (), "frames"),
    ("recv_frame", None, (), "frames"),
    ("recv_frame_into", None, (), "frames"),
    ("recv_frames", None, (), "frames"),
    ("pending", None, (), "frames"),
    ("take_buffered", None, (), "frames"),
    ("socketpair", None, (), "unix"),
    ("socket", 1, ("unix",), "unix"),
    ("socket", 2, ("dgram",), "datagram"),
    ("socketpair", 2, ("dgram",), "datagram"),
    ("get", 1, ("timeout",), "get_timeout"),
    ("setsockopt", 1, ("TCP_CORK",), "cork"),
    ("getsockopt", 1, ("TCP_CORK",), "cork"),
)
TOKEN = re.compile(r"(?:'[^']*'|[^\s'])+")
TEXT = re.compile(r"'([^']*)'")
VARIABLE = re.compile(r"\$([a-z_][a-z_0-9]*)")
CONDITION = re.compile(r"([a-z_]+)(<=|>=|!=|=|<|>)(.+)")
HEAD = re.compile(r"(ok|error [A-Z]+)$")
PERIOD = 64256
PATTERN = bytes((i + i // 251) % 256 for i in range(PERIOD))


class Malformed(Exception):
    """A scenario file that cannot be understood; the text begins with FILE:LINE."""


@dataclass
class Expected:
    """One alternative: the first words and the conditions on keys."""

    head: str
    conditions: list


@dataclass
class Step:
    kind: str  # "play", "poll", "blocked" or "wire"
    role: str  # for "wire" none
    command: str  # for "blocked" the label, for "wire" the port or nothing
    expected: list  # for "wire" the alternatives
    text: str
    place: str


@dataclass
class Scenario:
    name: str
    area: str
    place: str
    shows: str = ""
    source: str = ""
    needs: set = field(default_factory=set)
    steps: list = field(default_factory=list)
    uses: dict = field(default_factory=lambda: {role: set() for role in ROLES})  # features, by role

    @property
    def path(self):
        return f"{self.area}/{self.name}"


# --- reading


def load(directory):
    """All scenarios of a directory, in the order of the files' names."""
    directory = pathlib.Path(directory)
    given, scenarios, names = {}, [], {}
    for block in blocks(directory / "given.txt", ("define",)):
        given[block.name] = block.steps
    for path in sorted(directory.glob("*.txt")):
        if path.name != "given.txt":
            scenarios += blocks(path, ("scenario",), given)
    for scenario in scenarios:
        if scenario.name in names:
            raise Malformed(f"{scenario.place}: the name {scenario.name} is taken by {names[scenario.name]}")
        names[scenario.name] = scenario.place
        scenario.needs |= {"wire"} & {step.kind for step in scenario.steps}
        check(scenario)
    return scenarios


def blocks(path, starts, given=None):
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line, place = line.strip(), f"{path.name}:{number}"
        if not line or line.startswith("#"):
            continue
        key, colon, rest = line.partition(":")
        rest = rest.strip()
        if not colon or not rest:
            raise Malformed(f"{place}: expected 'word: text', got {line!r}")
        if key in starts:
            if not re.fullmatch(r"[a-z0-9-]+", rest):
                raise Malformed(f"{place}: a name has lower-case letters, digits and '-': {rest!r}")
            found.append(Scenario(rest, path.stem, place))
        elif not found:
            raise Malformed(f"{place}: a file begins with '{starts[0]}: NAME'")
        elif key in FIELDS and starts == ("scenario",):
            read_field(found[-1], key, rest, place)
        elif key == "given" and given is not None:
            if rest not in given:
                raise Malformed(f"{place}: nothing called {rest!r} in given.txt")
            found[-1].steps += given[rest]
        else:
            found[-1].steps.append(read_step(key, rest, line, place))
    return found


def read_field(scenario, key, rest, place):
    if getattr(scenario, key):
        raise Malformed(f"{place}: a second '{key}:'")
    if scenario.steps:
        raise Malformed(f"{place}: '{key}:' after the first step")
    if key == "needs":
        unknown = set(rest.split()) - CAPABILITIES - set(FEATURES)
        if unknown:
            raise Malformed(f"{place}: no capability called {' '.join(sorted(unknown))}")
        scenario.needs = set(rest.split()) & CAPABILITIES
        for uses in scenario.uses.values():
            uses |= set(rest.split()) & set(FEATURES)
    else:
        setattr(scenario, key, rest)


def read_step(key, rest, line, place):
    words = key.split()
    if words[:1] == ["wire"]:
        return read_wire(words[1:], rest, line, place)
    role = words[-1] if words else ""
    if role not in ROLES or len(words) > 2 or (len(words) == 2 and words[0] not in ("poll", "blocked")):
        raise Malformed(f"{place}: neither a field nor a step: {key!r}")
    kind = words[0] if len(words) == 2 else "play"
    command, arrow, expectation = rest.partition("->")
    if kind == "blocked" and (arrow or len(command.split()) != 1):
        raise Malformed(f"{place}: 'blocked ROLE: LABEL' takes one label and nothing else")
    if command.count("'") % 2 or (arrow and expectation.count("'") % 2):
        raise Malformed(f"{place}: a quote is not closed")
    alternatives = [read_expected(text, place) for text in (expectation.split("|") if arrow else ["ok"])]
    return Step(kind, role, command.strip(), alternatives, line, place)


def read_wire(ports, rest, line, place):
    if len(ports) > 1 or not all(VARIABLE.fullmatch(port) for port in ports):
        raise Malformed(f"{place}: expected 'wire: SEGMENTS' or 'wire $port: SEGMENTS'")
    try:
        return Step("wire", "", "".join(ports), read_segments(rest), line, place)
    except ValueError as exc:
        raise Malformed(f"{place}: {exc}") from exc


def read_expected(text, place):
    head, conditions = [], []
    for token in TOKEN.findall(text):
        match = CONDITION.fullmatch(token)
        if match:
            conditions.append(match.groups())
        elif conditions:
            raise Malformed(f"{place}: {token!r} after a condition")
        else:
            head.append(token)
    if not HEAD.match(" ".join(head)):
        raise Malformed(f"{place}: expected 'ok …' or 'error NAME …', got {text.strip()!r}")
    return Expected(" ".join(head), conditions)


# --- refusing what could never work


def check(scenario):
    for key in ("shows", "source"):
        if not getattr(scenario, key):
            raise Malformed(f"{scenario.place}: {scenario.name} has no '{key}:'")
    if not scenario.steps:
        raise Malformed(f"{scenario.place}: {scenario.name} has no steps")
    known = set(PROVIDED)
    handles, labels = {r: set() for r in ROLES}, {r: set() for r in ROLES}
    for step in scenario.steps:
        for name in VARIABLE.findall(step.command):  # of a wire step: the port
            if name not in known:
                raise Malformed(f"{step.place}: ${name} has no value yet")
        if step.kind == "wire":
            continue
        if step.kind == "blocked":
            if step.command not in labels[step.role]:
                raise Malformed(f"{step.place}: nothing was started as {step.command!r} in the {step.role}")
            continue
        words = TOKEN.findall(step.command)
        if words[0] == "start":
            if len(words) < 3:
                raise Malformed(f"{step.place}: start LABEL COMMAND…")
            labels[step.role].add(words[1])
            words = words[2:]
        check_command(scenario, step, words, handles[step.role], labels[step.role])
        scenario.uses[step.role] |= {name for name, used in FEATURES.items() if used.match(" ".join(words) + " ")}
        for expected in step.expected:
            known |= check_conditions(expected, known, step)


def check_command(scenario, step, words, handles, labels):
    command = words[0]
    if command not in COMMANDS:
        raise Malformed(f"{step.place}: no command called {command!r}")
    count, options, used, made = COMMANDS[command]
    arguments = []
    for word in words[1:]:
        if word.partition("=")[0] in options.split():
            continue
        if "=" in word or word in ("peek", "oob", "trunc"):
            raise Malformed(f"{step.place}: {command} has no option {word!r}")
        arguments.append(word)
    if str(len(arguments)) not in str(count).split():
        raise Malformed(f"{step.place}: {command} takes {count} arguments, not {len(arguments)}")
    for capability in required(command, arguments) - scenario.needs:
        raise Malformed(f"{step.place}: {' '.join(words)} without 'needs: {capability}'")
    if any(key == "trunc" for e in step.expected for key, _, _ in e.conditions) and "trunc" not in words:
        raise Malformed(f"{step.place}: trunc= is promised only where the word trunc asks for it")
    if command == "join" and arguments[0] not in labels:
        raise Malformed(f"{step.place}: nothing was started as {arguments[0]!r} in the {step.role}")
    if used is not None and arguments[used] not in handles:
        raise Malformed(f"{step.place}: no handle {arguments[used]!r} in the {step.role}")
    for position in made if isinstance(made, tuple) else (made,) if made is not None else ():
        if arguments[position] in handles:
            raise Malformed(f"{step.place}: the handle {arguments[position]!r} exists already in the {step.role}")
        handles.add(arguments[position])


def required(command, arguments):
    """The capabilities without which a scenario must not use this command."""
    needed = {command} & CAPABILITIES
    for name, position, values, capability in REQUIRED:
        if name == command and (position is None or set(arguments[position : position + 1]) & set(values)):
            needed.add(capability)
    if command in ("bind", "connect", "sendto") and len(arguments) == int(COMMANDS[command][0][0]):
        needed.add("unix")  # an address of one word
    return needed


def check_conditions(expected, known, step):
    made = set()
    for _, operator, value in expected.conditions:
        names = VARIABLE.findall(value)
        if operator == "=" and VARIABLE.fullmatch(value):
            made.add(names[0])
        elif set(names) - known - made:
            raise Malformed(f"{step.place}: ${(set(names) - known - made).pop()} has no value yet")
    return made


# --- playing


def substitute(text, variables):
    """Fills in variables and turns quoted text into hex digits."""
    text = VARIABLE.sub(lambda m: variables[m[1]], text)
    return TEXT.sub(lambda m: m[1].encode().hex() or "-", text)


def pattern_hash(text):
    count, _, offset = text.partition("@")
    count, start = int(count), int(offset or 0) % PERIOD
    return f"{zlib.adler32((PATTERN * ((start + count) // PERIOD + 1))[start : start + count]):08x}"


def parse_answer(line):
    """The first words ("ok", "error NAME") and the keys of an answer."""
    words = line.split()
    head = [w for w in words[:2] if "=" not in w][: 2 if words[:1] == ["error"] else 1]
    keys = dict(w.split("=", 1) for w in words if "=" in w)
    if "hash" not in keys and "data" in keys:
        try:
            keys["hash"] = f"{zlib.adler32(bytes.fromhex(keys['data'].strip('-'))):08x}"
        except ValueError:
            pass
    return " ".join(head), keys


def matches(step, line, variables):
    """Whether the answer is one of those expected; takes the values of new variables if it is."""
    head, keys = parse_answer(line)
    if not keys.get("ms", "").isdigit():
        return False
    for expected in step.expected:
        if expected.head == head:
            taken = dict(variables)
            if all(holds(keys, condition, taken) for condition in expected.conditions):
                variables.update(taken)
                return True
    return False


def holds(keys, condition, variables):
    key, operator, wanted = condition
    if key not in keys:
        return False
    got = keys[key]
    if operator == "=" and VARIABLE.fullmatch(wanted) and wanted[1:] not in variables:
        variables[wanted[1:]] = got
        return True
    wanted = substitute(wanted, variables)
    if key == "hash" and wanted.startswith("pattern:"):
        wanted = pattern_hash(wanted[8:])
    if operator in ("=", "!="):
        return (got == wanted) == (operator == "=")
    try:
        got, wanted = int(got), int(wanted)
    except ValueError:
        return False
    return {"<": got < wanted, "<=": got <= wanted, ">": got > wanted, ">=": got >= wanted}[operator]
