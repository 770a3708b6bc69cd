"""The figure of the README: a few rows, of where polysock is ahead, where it makes no difference, and where not."""

from dataclasses import dataclass

from . import facts, ratios, servers
from .svg import duration


@dataclass
class Pick:
    label: str
    #: Which row of which results; of its variants, the one that polysock is compared with, and its name here.
    results: str
    row: str
    other: str
    ours: str
    shown: str = ""


PYTHON = [
    Pick(
        "answer beside a computing thread",
        "python_socket",
        "ping-pong, process, beside computing",
        "socket",
        "polysock",
    ),
    Pick(
        "messages, batches",
        "messages",
        "Python, receive",
        "recv(64 KiB), cut by hand",
        "polysock: sock.recv_frames",
        "by hand",
    ),
    Pick(
        "messages, one by one",
        "messages",
        "Python, receive",
        "makefile + struct",
        "polysock: sock.recv_frame",
        "makefile",
    ),
    Pick(
        "datagrams sent, batches of 256",
        "datagrams",
        "Python, send",
        "socket: sendto",
        "polysock: send_batch",
        "socket",
    ),
    Pick("send + recv, with a timeout", "python_socket", "ready 64 B, timeout, tcp", "socket", "polysock"),
    Pick("send + recv", "python_socket", "ready 64 B, tcp", "socket", "polysock"),
    Pick("answer of another process", "python_socket", "ping-pong, process, two processors", "socket", "polysock"),
    Pick(
        "64 threads, 64 B each, two processors",
        "python_socket",
        "64 threads of 64 B, two processors",
        "socket",
        "polysock",
    ),
]
C = [
    Pick("datagrams sent, batches of 256", "datagrams", "C, send", "sendto", "polysock_send_batch"),
    Pick("messages, batches", "messages", "C, receive", "fread", "polysock_reader_frames"),
    Pick(
        "the same beside a loop by hand",
        "messages",
        "C, receive",
        "buffer, by hand",
        "polysock_reader_frames",
        "by hand",
    ),
    Pick("send + recv", "c_socket", "ready_64", "raw", "polysock"),
    Pick("ping-pong, 5 s timeout", "c_socket", "ping_pong_64_timeout", "raw", "polysock"),
]


#: Loads of servers: polysock's best beside the best of the others.
LOADS = {"echo-100": "server, 100 connections", "echo-1000": "server, 1,000 connections"}


def drawings(results):
    sections = []
    for heading, picks, languages in (("Python", PYTHON, ["Python"]), ("C", C, ["C", "Rust"])):
        rows = [row(results, pick) for pick in picks if is_measured(results, pick)]
        sections.append(ratios.Section(heading, rows + list(server_rows(results, languages))))
    names = dict.fromkeys([pick.results for pick in PYTHON + C] + ["servers"])
    below = facts.measured("make bench", *(results[name] for name in names if name in results))
    explained = [
        "64 bytes at a time, over the loopback interface, beside what a program would use otherwise.",
        "Logarithmic axis: each line goes from 1 to how many times as fast polysock is.",
    ]
    title = "How fast polysock is"
    return {"headline": ratios.draw(title, explained, sections, ("without it", "polysock"), below)}


def is_measured(results, pick):
    """Whether the row was part of the run: one for two processors may not have been."""
    return pick.results in results and pick.row in results[pick.results]["rows"]


def row(results, pick):
    variants = results[pick.results]["rows"][pick.row]
    other, ours = variants[pick.other], variants[pick.ours]
    (low, high), (our_low, our_high) = other["quartiles"], ours["quartiles"]
    overlap, shown = low <= our_high and our_low <= high, [duration(each["median"]) for each in (other, ours)]
    name = pick.shown or pick.other
    return ratios.Row(pick.label, other["median"], ours["median"], ours["quartiles"], overlap, *shown, name)


def server_rows(results, languages):
    for load, label in LOADS.items() if "servers" in results else ():
        ours, other = (servers.best(results["servers"], load, languages, which) for which in (True, False))
        if ours and other:
            (name, others), (_, of_ours) = other, ours
            (low, high), (our_low, our_high) = others["quartiles"], of_ours["quartiles"]
            shown = [servers.each_second(each["median"]) for each in (others, of_ours)]
            overlap, name = low <= our_high and our_low <= high, name.removesuffix(" Protocol").removesuffix(" by hand")
            yield ratios.Row(label, others["median"], of_ours["median"], of_ours["quartiles"], overlap, *shown, name)
