"""What a fault may lead to."""

from runner.scenario import parse_answer

# How a play with a fault ends: nothing was to be seen of it; a step was refused as it should be; the call was not made this
# time (threads take turns as they like); exceptions.txt has it; none of these; it was not made, as another was the same.
ABSORBED, REFUSED, NOT_REACHED, EXEMPT, VIOLATION, SAME = "absorbed", "refused", "not reached", "exempt", "violation", "same"

# What an errno is called where it is not its own name.
OTHER_NAMES = {
    "EAGAIN": {"AGAIN", "TIMEDOUT", "INPROGRESS"},
    "ETIMEDOUT": {"TIMEDOUT", "CONNTIMEDOUT"},
    "ENOPROTOOPT": {"NOPROTOOPT", "UNSUPPORTED", "OPNOTSUPP"},
    "EOPNOTSUPP": {"UNSUPPORTED", "OPNOTSUPP"},
}
# The calls that an error of a command may name, where it is not the command itself.
NAMES = {
    "server": {"socket", "setsockopt", "bind", "listen", "getsockname", "create_server"},
    "create_server": {"create_server", "socket", "setsockopt", "bind", "listen", "getsockname"},
    "peer_ip": {"getpeername"},
    "same_peer": {"getpeername"},
    "next_length": {"recv", "recvfrom", "recvmsg"},
    "collect": {"recv"},
    "fill": {"send"},
    "sendto": {"sendto", "sendmsg"},
    "recvfrom": {"recvfrom", "recvmsg"},
    "close_java": {"close"},
    "set": {"setsockopt", "getsockopt"},
    "get": {"getsockopt", "setsockopt"},
    "state": {"state", "getsockopt"},
    "abort": {"abort", "close"},
    "recv_frame_into": {"recv_frame"},
    "recv_frames": {"recv_frames", "recv_frame"},
    "send_frames": {"send_frames", "send_frame"},
}


# What a receive during close_graceful reports of a broken connection, which is a verdict then.
BROKEN = {"ECONNRESET", "ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH"}

# The calls that go on after a failure, and report how much they did.
BATCHES = {"send_batch", "recv_batch", "send_segments"}


class Violated(Exception):
    """What no fault may lead to."""


def acceptable(command, answer, fault, polled=False):
    """Whether a command may be answered so when the fault happens in it."""
    head, keys = parse_answer(answer)
    if fault.error == "one byte":
        return moved(head, keys)
    if command in BATCHES and head == "ok" and (fault.error != "EINTR" or command == "recv_batch"):
        return moved(head, keys) and refused_for(keys.get("refused", "-"), fault)
    if command == "close_graceful" and head == "ok" and fault.call == "recv":
        return fault.error in BROKEN and keys.get("verdict") in ("reset", "timed_out")
    if fault.error == "EAGAIN" and (command == "fill" or polled):
        return True  # what does not wait takes it for an answer
    if fault.error == "EINTR" or not head.startswith("error "):
        return False
    if command == "state" and keys.get("call") == "state":
        return True  # C says no more than that there is none
    return head.split()[1] in names_of(fault) and ("call" not in keys or names_the_call(keys["call"].removeprefix("net_"), command))


def is_late_consequence(command, answer, fault, hit_command, hit_polled):
    """Whether a fault that an earlier step took well may show here."""
    if fault.error == "one byte":  # data sent in parts arrive in parts
        return command.split()[0] in ("recv", "recvfrom", "join") and moved(*parse_answer(answer))
    if hit_polled and acceptable(command.split()[0], answer, fault):
        return True  # the poll went on, and how a connection died is reported again
    return fault.error == "EAGAIN" and (hit_polled or hit_command.startswith("fill "))  # nothing is full yet


def was_expected(expected, fault):
    """Whether a step expects this very error without a fault."""
    return any(one.head == f"error {name}" for one in expected for name in names_of(fault))


def names_of(fault):
    return OTHER_NAMES.get(fault.error, {fault.error[1:]})


def moved(head, keys):
    return head == "ok" and keys.get("n", "0").isdigit() and int(keys.get("n", 0)) >= 1


def refused_for(refused, fault):
    """Whether a batch names a datagram that was refused with the fault's errno, if it names any."""
    return refused == "-" or not names_of(fault).isdisjoint(item.partition(":")[2] for item in refused.split(","))


def names_the_call(call, command):
    if command in ("server", "set", "get") and call.startswith(("set_", "get_")):
        return True  # the library's own function of an option
    return call in NAMES.get(command, {command})
