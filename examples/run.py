#!/usr/bin/env python3
"""Plays the tutorials: every server with every client, every single program, in every language; checks what they print.

    run.py [--only WORD] [--repeat N]

A tutorial is a folder here with a `test.toml`:

    server = '''…'''        what the server prints  } of a tutorial of two programs,
    client = '''…'''        what the client prints  } server.* and client.*
    output = '''…'''        what the program prints, of a tutorial of one, which is called like the folder
    input = '''…'''         given to the client's or the program's standard input; nothing unless said
    client_arguments = []   given to the client after HOST PORT, or to the program
    server_arguments = []   given to the server after PORT CLIENTS
    connections = 4         how many CLIENTS the server counts when the client has run once; 1 unless said
    garbage = "ends"        the server ends with a message when it is fed garbage; unless said it lives on
    no_garbage = "why"      it can't be fed garbage
    transport = "udp"       TCP unless said
    missing = {java = "…"}  why it can't be written in a language (c, python, java, rust; C++ is as you like), or why a
                            file is not there: {"server_net.py" = "…"}

Texts are compared to the letter but for {port} (the server's), {number}, and {any} (what is left of the line).
Programs run in their folder. They must end by themselves with exit code 0, print nothing to standard error and leave no
process behind.

Garbage: a server of TCP is called with four CLIENTS more and given, all at once, a client that says nothing, one that
sends noise, one that sends a line without end and one that resets the connection, and then the real one, which must be
served as ever. One whose garbage "ends" it must say why and exit by itself. A server of UDP is sent datagrams from a
socket that is gone when it answers.
"""

import argparse
import asyncio
import collections
import contextlib
import dataclasses
import os
import random
import re
import signal
import socket
import struct
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

LIMIT = 30  # seconds that a play may take, on a busy machine
AT_ONCE = 2 * (os.cpu_count() or 1)
GARBAGE_AT_ONCE = 48  # these mostly wait
NOISE = random.Random(5).randbytes(65536)
ENDLESS = b"A" * (1 << 20)


class Fault(Exception):
    """What is wrong with a tutorial, in words."""


# ---------------------------------------------------------------- tutorials and languages


@dataclasses.dataclass(frozen=True)
class Language:
    name: str
    file: str
    required: bool
    command: str

    def words(self, folder: Path, role: str) -> list[str]:
        """The command of a program; the role is `server`, `client`, or empty for a program alone."""
        places = {
            "python": sys.executable,
            "root": ROOT,
            "folder": folder,
            "name": folder.name,
            "stem": role or folder.name.replace("-", "_"),
            "dash": f"-{role}" if role else "",
        }
        return [word.format(**places) for word in self.command.split()]


LANGUAGES = (
    Language("c", "{stem}.c", True, "{root}/build/examples/{name}/{stem}_c"),
    Language("cpp", "{stem}.cpp", False, "{root}/build/examples/{name}/{stem}_cpp"),
    Language("python", "{stem}.py", True, "{python} -W default {folder}/{stem}.py"),
    Language("java", "{stem}_net.py", True, "{python} -W default {folder}/{stem}_net.py"),
    Language("rust", "{stem}.rs", True, "{root}/target/debug/{name}{dash}"),
)
TEXTS = {"server", "client", "output", "input"}
KEYS = TEXTS | {
    "client_arguments",
    "server_arguments",
    "connections",
    "garbage",
    "no_garbage",
    "transport",
    "missing",
}


@dataclasses.dataclass(frozen=True)
class Tutorial:
    folder: Path
    test: dict

    @property
    def name(self) -> str:
        return self.folder.name

    def languages(self, role: str) -> list[Language]:
        """Those the program is written in. Raises `Fault` when one is missing without a reason."""
        stem = role or self.name.replace("-", "_")
        missing = self.test.get("missing", {})
        found = []
        for language in LANGUAGES:
            file = language.file.format(stem=stem)
            there = (self.folder / file).is_file()
            reason = missing.get(file, missing.get(language.name))
            if there and reason:
                raise Fault(f"{file} is there and said to be missing: {reason}")
            if not there and language.required and not reason:
                raise Fault(f"{file} is not there, and test.toml does not say why")
            if there:
                found.append(language)
        return found


def load(folder: Path) -> Tutorial:
    try:
        test = tomllib.loads((folder / "test.toml").read_text())
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"test.toml: {error}") from error
    if unknown := test.keys() - KEYS:
        raise Fault(f"test.toml: unknown {', '.join(sorted(unknown))}")
    if not ("output" in test) ^ ("server" in test and "client" in test):
        raise Fault("test.toml: needs `output`, or `server` and `client`")
    if test.get("garbage", "ends") != "ends":
        raise Fault(f"test.toml: garbage = {test['garbage']!r}")
    if test.get("transport", "udp") != "udp":
        raise Fault(f"test.toml: transport = {test['transport']!r}")
    names = {language.name for language in LANGUAGES}
    stems = ["server", "client", folder.name.replace("-", "_")]
    files = {language.file.format(stem=stem) for language in LANGUAGES for stem in stems}
    if unknown := test.get("missing", {}).keys() - names - files:
        raise Fault(f"test.toml: no such language or file: {', '.join(sorted(unknown))}")
    if not (folder / "README.md").is_file():
        raise Fault("README.md is not there")
    return Tutorial(folder, test)


# ---------------------------------------------------------------- programs


@dataclasses.dataclass
class Program:
    """A running program, in a process group of its own."""

    who: str
    process: asyncio.subprocess.Process
    out: bytearray = dataclasses.field(default_factory=bytearray)
    err: bytearray = dataclasses.field(default_factory=bytearray)

    async def port(self) -> str:
        """Waits for the first line of a server."""
        self.out += await self.process.stdout.readline()
        announced = re.fullmatch(rb"listening on 127\.0\.0\.1:(\d+)\n", self.out)
        if not announced:
            raise Fault(f"the {self.who}'s first line is not `listening on 127.0.0.1:PORT`")
        return announced[1].decode()

    async def collect(self) -> None:
        await asyncio.gather(fill(self.out, self.process.stdout), fill(self.err, self.process.stderr))

    async def end(self) -> None:
        """Waits until it has ended by itself, and leaves nothing behind."""
        await self.collect()
        await self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, 0)
            raise Fault(f"the {self.who} left a process behind")

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def check_quiet_end(self) -> None:
        self.check_sane((0,))
        if self.err:
            raise Fault(f"the {self.who} wrote to standard error")

    def check_sane(self, codes: tuple[int, ...]) -> None:
        """Errors may be told, but by the program."""
        if self.process.returncode not in codes:
            raise Fault(f"the {self.who} ended with {ending(self.process.returncode)}")
        if re.search(rb"Traceback|panicked", self.err):
            raise Fault(f"the {self.who} died of an error that it did not handle")

    def check_printed(self, expected: str, port: str) -> None:
        expected, printed = expected.removeprefix("\n"), self.out.decode(errors="backslashreplace")
        if pattern(expected, port).fullmatch(printed):
            return
        wanted, got = expected.splitlines(), printed.splitlines()
        for i in range(max(len(wanted), len(got))):
            want, have = (lines[i] if i < len(lines) else "(nothing)" for lines in (wanted, got))
            if not pattern(want, port).fullmatch(have):
                raise Fault(f"the {self.who} printed in line {i + 1}\n  {have}\nwhere was expected\n  {want}")
        raise Fault(f"the {self.who} ended its last line otherwise than expected")

    def show(self) -> str:
        parts = [("printed", self.out), ("wrote to standard error", self.err)]
        return "".join(
            f"\n--- the {self.who} {did}:\n{text.decode(errors='backslashreplace')[-4000:].rstrip()}"
            for did, text in parts
            if text
        )


async def fill(buffer: bytearray, stream: asyncio.StreamReader) -> None:
    while chunk := await stream.read(65536):
        buffer += chunk


def ending(code: int | None) -> str:
    return f"exit code {code}" if code is None or code >= 0 else f"signal {signal.Signals(-code).name}"


def pattern(expected: str, port: str) -> re.Pattern[str]:
    text = re.escape(expected)
    for name, meaning in (("port", port), ("number", r"\d+"), ("any", "[^\n]*")):
        text = text.replace(re.escape(f"{{{name}}}"), meaning)
    return re.compile(text)


@contextlib.asynccontextmanager
async def running(who: str, words: list[str], tutorial: Tutorial, programs: list[Program]) -> AsyncIterator[Program]:
    """Starts a program, adds it to those of the play, and ends it in any case."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=tutorial.folder, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as error:
        raise Fault(f"the {who} does not start (is it built, is it in Cargo.toml?): {error}") from error
    program = Program(who, process)
    programs.append(program)
    try:
        if who != "server":
            process.stdin.write(tutorial.test.get("input", "").encode())
        process.stdin.close()
        yield program
    except BaseException:  # also the end of time, which comes as a cancellation
        for each in programs:  # at once: the end of one may end another
            each.kill()
        await program.collect()  # to show it
        raise
    finally:
        program.kill()
        await process.wait()


def time_to_play() -> asyncio.Timeout:
    return asyncio.timeout(LIMIT)


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[list[Program]]:
    """Gives a play the time it may take; a fault shows what its programs printed."""
    programs: list[Program] = []
    try:
        async with time_to_play():
            yield programs
    except TimeoutError:
        hung = [program.who for program in programs if program.process.returncode == -signal.SIGKILL]
        raise Fault(f"the {' and the '.join(hung)} did not end within {LIMIT} s" + shown(programs)) from None
    except Fault as fault:
        raise Fault(f"{fault}" + shown(programs)) from None


def shown(programs: list[Program]) -> str:
    return "".join(program.show() for program in programs)


# ---------------------------------------------------------------- plays


async def play_alone(tutorial: Tutorial, language: Language) -> None:
    words = [*language.words(tutorial.folder, ""), *tutorial.test.get("client_arguments", [])]
    async with watched() as programs:
        async with running("program", words, tutorial, programs) as program:
            await program.end()
        program.check_quiet_end()
        program.check_printed(tutorial.test["output"], "0")


async def play_pair(tutorial: Tutorial, server: Language, client: Language) -> None:
    async with watched() as programs:
        async with serving(tutorial, server, 0, programs) as (server_program, port):
            client_program = await ask(tutorial, client, port, programs)
            await server_program.end()
        client_program.check_quiet_end()
        server_program.check_quiet_end()
        client_program.check_printed(tutorial.test["client"], port)
        server_program.check_printed(tutorial.test["server"], port)


async def feed_garbage(tutorial: Tutorial, server: Language, client: Language) -> None:
    is_tcp = "transport" not in tutorial.test
    async with watched() as programs:
        async with serving(tutorial, server, len(BAD_CLIENTS) * is_tcp, programs) as (server_program, port):
            await asyncio.gather(*(bad(port) for bad in BAD_CLIENTS)) if is_tcp else scatter(port)
            client_program = await ask(tutorial, client, port, programs)
            await server_program.end()
        server_program.check_sane((0,))
        client_program.check_quiet_end()
        client_program.check_printed(tutorial.test["client"], port)


async def feed_garbage_to_the_end(tutorial: Tutorial, server: Language) -> None:
    for bad in BAD_CLIENTS:
        async with watched() as programs:
            async with serving(tutorial, server, 0, programs) as (program, port):
                await bad(port)
                await program.end()
            program.check_sane((0, 1))
            if program.out.count(b"\n") < 2 and not program.err:
                raise Fault(f"the server ended without a word after a client that is {bad.__name__}")


@contextlib.asynccontextmanager
async def serving(
    tutorial: Tutorial, server: Language, bad_clients: int, programs: list[Program]
) -> AsyncIterator[tuple[Program, str]]:
    clients = str(bad_clients + tutorial.test.get("connections", 1))
    words = [*server.words(tutorial.folder, "server"), "0", clients, *tutorial.test.get("server_arguments", [])]
    async with running("server", words, tutorial, programs) as program:
        yield program, await program.port()


async def ask(tutorial: Tutorial, client: Language, port: str, programs: list[Program]) -> Program:
    words = [*client.words(tutorial.folder, "client"), "127.0.0.1", port, *tutorial.test.get("client_arguments", [])]
    async with running("client", words, tutorial, programs) as program:
        await program.end()
    return program


# ---------------------------------------------------------------- bad clients


async def silent(port: str) -> None:
    """Connects, and waits to be thrown out."""
    await send(port, b"", and_end=False)


async def noisy(port: str) -> None:
    await send(port, NOISE)


async def endless(port: str) -> None:
    await send(port, ENDLESS)


async def resetting(port: str) -> None:
    async with connection(port) as (_reader, writer):
        no_linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)


BAD_CLIENTS = (silent, noisy, endless, resetting)


async def send(port: str, data: bytes, and_end: bool = True) -> None:
    """Sends, reads what comes, and returns when the server has ended the connection."""
    async with connection(port) as (reader, writer):

        async def write() -> None:
            with contextlib.suppress(OSError):
                writer.write(data)
                await writer.drain()
                if and_end:
                    writer.write_eof()

        async def read() -> None:
            with contextlib.suppress(OSError):
                while await reader.read(65536):
                    pass

        await asyncio.gather(write(), read())


def scatter(port: str) -> None:
    """Sends datagrams and is gone before they are answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for data in (b"", NOISE[:65507], *(NOISE[i : i + 40] for i in range(0, 800, 40))):
            s.sendto(data, ("127.0.0.1", int(port)))


@contextlib.asynccontextmanager
async def connection(port: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    except OSError as error:
        raise Fault(f"the server takes no connection: {error}") from error
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


# ---------------------------------------------------------------- all of them


@dataclasses.dataclass(frozen=True)
class Play:
    title: str
    run: Callable[[], Awaitable[None]]
    waits: bool = False  # most of the time


def plays_of(tutorial: Tutorial) -> list[Play]:
    if "output" in tutorial.test:
        return [Play(one.name, lambda one=one: play_alone(tutorial, one)) for one in tutorial.languages("")]
    servers, clients = tutorial.languages("server"), tutorial.languages("client")
    plays = [
        Play(f"{server.name} server, {client.name} client", lambda s=server, c=client: play_pair(tutorial, s, c))
        for server in servers
        for client in clients
    ]
    if "no_garbage" in tutorial.test:
        return plays
    if "garbage" in tutorial.test:
        feed = feed_garbage_to_the_end
    else:

        def feed(tutorial: Tutorial, server: Language) -> Awaitable[None]:
            return feed_garbage(tutorial, server, clients[0])

    return plays + [
        Play(f"{server.name} server fed garbage", lambda s=server: feed(tutorial, s), waits=True) for server in servers
    ]


async def play_all(folders: list[Path], repeat: int) -> dict[str, list[tuple[str, str | None]]]:
    """For each tutorial its plays, each with what is wrong with it or None."""
    gates = {False: asyncio.Semaphore(AT_ONCE), True: asyncio.Semaphore(GARBAGE_AT_ONCE)}

    async def one(play: Play) -> tuple[str, str | None]:
        async with gates[play.waits]:
            try:
                await play.run()
            except Fault as fault:
                return play.title, str(fault)
        return play.title, None

    async def all_of(folder: Path) -> list[tuple[str, str | None]]:
        try:
            plays = plays_of(load(folder)) * repeat
        except Fault as fault:
            return [("the folder", str(fault))]
        return await asyncio.gather(*(one(play) for play in plays))

    entries = await asyncio.gather(*(all_of(folder) for folder in folders))
    return {folder.name: entry for folder, entry in zip(folders, entries, strict=True)}


def report(results: dict[str, list[tuple[str, str | None]]], seconds: float) -> int:
    for name, entries in results.items():
        alike: dict[str, list[tuple[str, str]]] = {}  # by their reason, without what was printed
        for title, fault in entries:
            if fault is not None:
                alike.setdefault(fault.partition("\n---")[0], []).append((title, fault))
        for (title, fault), *others in alike.values():
            print(f"FAILED {name}: {title}\n  " + fault.rstrip().replace("\n", "\n  "))
            titles = collections.Counter(other for other, _ in others)
            print("".join(f"  and {count} times {other}\n" for other, count in titles.items()))
    faults = {name: [fault is not None for _, fault in entries] for name, entries in results.items()}
    for name, failed in faults.items():
        print(f"{name:20} {len(failed):4} plays  {f'{sum(failed)} FAILED' if any(failed) else 'ok'}")
    total, failed = sum(map(len, faults.values())), sum(map(sum, faults.values()))
    print(f"{total - failed} passed, {failed} failed in {seconds:.1f} s")
    return 1 if failed or not total else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="WORD", help="the tutorials with this in their name")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="play everything so often")
    options = parser.parse_args()
    folders = sorted(path.parent for path in HERE.glob("*/test.toml") if options.only in path.parent.name)
    started = time.monotonic()
    results = asyncio.run(play_all(folders, options.repeat))
    return report(results, time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main())
