"""The plays of a tutorial: every server with every client, every single program, in every language.

Programs run in their folder. They must end by themselves with exit code 0, print nothing to standard error and leave no
process behind.

Garbage: a TCP server is told to expect four more clients and given, all at once, a client that says nothing, one that
sends noise, one that sends a line without end and one that resets the connection; then the real client, which must be
served as usual. A server whose garbage "ends" it must say why and exit by itself. A UDP server is sent datagrams from a
socket that is closed before it answers.
"""

import asyncio
import contextlib
import dataclasses
import functools
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from . import diagrams
from .bad_clients import BAD_CLIENTS, scatter
from .program import Program, running
from .tutorial import JAVA_ITSELF, Fault, Language, Tutorial

TIME_LIMIT = 30  # seconds that a play may take, on a busy machine
DIAGRAM_RUNS = 60  # on some machines one run in five is like the diagram


@dataclasses.dataclass(frozen=True)
class Play:
    title: str
    run: Callable[[], Awaitable[None]]
    mostly_waits: bool = False
    languages: tuple[str, ...] = ()  # of its programs; none when they are fed garbage

    async def fault(self) -> str | None:
        """Plays it: what is wrong, or None."""
        try:
            await self.run()
        except Fault as fault:
            return str(fault)
        return None


def plays_of(tutorial: Tutorial) -> list[Play]:
    drawn = [Play("diagram", lambda: check_diagram(tutorial))] if "diagram" in tutorial.test else []
    if "output" in tutorial.test:
        alone = [
            Play(one.name, lambda one=one: play_alone(tutorial, one), languages=(one.name,))
            for one in tutorial.languages("")
        ]
        return alone + drawn
    servers, clients = tutorial.languages("server"), tutorial.languages("client")
    plays = [pair(tutorial, server, client) for server in servers for client in clients] + drawn
    if "no_garbage" in tutorial.test:
        return plays
    for server in servers:
        if "garbage" in tutorial.test:
            run = functools.partial(feed_garbage_to_the_end, tutorial, server)
        else:
            run = functools.partial(feed_garbage, tutorial, server, clients[0])
        plays.append(Play(f"{server.name} server fed garbage", run, mostly_waits=True))
    return plays


def java_plays_of(tutorial: Tutorial) -> list[Play]:
    """The plays of the programs in Java: with each other, and with those in Java style."""
    if tutorial.is_written_in(JAVA_ITSELF, ""):
        return [Play("jdk", lambda: play_alone(tutorial, JAVA_ITSELF), languages=("jdk",))]
    if not tutorial.is_written_in(JAVA_ITSELF, "client"):
        return []
    java_style = [language for language in tutorial.languages("client") if language.name == "java"]
    if not tutorial.is_written_in(JAVA_ITSELF, "server"):
        return [pair(tutorial, find_language(tutorial, "server", "python"), JAVA_ITSELF)]
    pairs = [(JAVA_ITSELF, client) for client in (JAVA_ITSELF, *java_style)]
    return [pair(tutorial, *languages) for languages in (*pairs, *((client, JAVA_ITSELF) for client in java_style))]


def pair(tutorial: Tutorial, server: Language, client: Language) -> Play:
    title = f"{server.name} server, {client.name} client"
    return Play(title, lambda: play_pair(tutorial, server, client), languages=(server.name, client.name))


async def play_alone(tutorial: Tutorial, language: Language) -> None:
    async with watched() as programs:
        with client_arguments(tutorial) as arguments:
            command = [*language.command_of(tutorial.folder, ""), *arguments]
            async with running("program", command, tutorial, programs) as program:
                await program.end()
        program.check_quiet_end()
        program.check_printed(tutorial.test["output"], "0")


async def play_pair(tutorial: Tutorial, server: Language, client: Language) -> None:
    async with watched() as programs:
        async with serving(tutorial, server, 0, programs) as (server_program, port):
            client_program = await run_client(tutorial, client, port, programs)
            await server_program.end()
        client_program.check_quiet_end()
        server_program.check_quiet_end()
        client_program.check_printed(tutorial.test["client"], port)
        server_program.check_printed(tutorial.test["server"], port)


async def check_diagram(tutorial: Tutorial) -> None:
    """One of many runs is like the committed diagram: in the others, programs are faster or slower than usual."""
    for _ in range(DIAGRAM_RUNS):
        text, picture = await drawn_run(tutorial, is_whole=diagrams.varies(tutorial))
        if diagrams.is_like(tutorial, text, picture):
            return
    where = f"its README.md and {diagrams.PICTURE}"
    raise Fault(f"no run matches the diagram in {where} (make diagrams); the last was\n{text}")


async def drawn_run(tutorial: Tutorial, is_whole: bool = False) -> tuple[str, str]:
    """Plays it with the languages of its diagram, traced: the diagram for Mermaid, and as a picture."""
    with tempfile.TemporaryDirectory() as folder:
        traced = dataclasses.replace(tutorial, environment={"POLYSOCK_TRACE": folder})
        roles = ("",) if "output" in tutorial.test else ("server", "client")
        languages = [
            find_language(tutorial, role, name)
            for role, name in zip(roles, tutorial.test["diagram"]["languages"], strict=True)
        ]
        await (play_alone if roles == ("",) else play_pair)(traced, *languages)
        return diagrams.draw(tutorial, folder, is_whole)


def find_language(tutorial: Tutorial, role: str, name: str) -> Language:
    for language in tutorial.languages(role):
        if language.name == name:
            return language
    raise Fault(f"test.toml: diagram.languages: there is no {role or 'program'} in {name}")


async def feed_garbage(tutorial: Tutorial, server: Language, client: Language) -> None:
    is_tcp = "transport" not in tutorial.test
    async with watched() as programs:
        async with serving(tutorial, server, len(BAD_CLIENTS) * is_tcp, programs) as (server_program, port):
            await asyncio.gather(*(bad(port) for bad in BAD_CLIENTS)) if is_tcp else scatter(port)
            client_program = await run_client(tutorial, client, port, programs)
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
                raise Fault(f"the server ended without a message after a client that is {bad.__name__}")


def time_limit() -> asyncio.Timeout:
    return asyncio.timeout(TIME_LIMIT)


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[list[Program]]:
    """Ends a play after its time limit; a fault shows what its programs printed."""
    programs: list[Program] = []
    try:
        async with time_limit():
            yield programs
    except TimeoutError:
        hung = [program.name for program in programs if program.process.returncode == -signal.SIGKILL]
        fault = f"the {' and the '.join(hung)} did not end within {TIME_LIMIT} s"
        raise Fault(fault + printed_by(programs)) from None
    except Fault as fault:
        raise Fault(f"{fault}{printed_by(programs)}") from None


def printed_by(programs: list[Program]) -> str:
    return "".join(program.show() for program in programs)


@contextlib.asynccontextmanager
async def serving(
    tutorial: Tutorial, server: Language, bad_clients: int, programs: list[Program]
) -> AsyncIterator[tuple[Program, str]]:
    clients = str(bad_clients + tutorial.test.get("connections", 1))
    command = [*server.command_of(tutorial.folder, "server"), "0", clients, *tutorial.test.get("server_arguments", [])]
    async with running("server", command, tutorial, programs) as program:
        yield program, await program.port()


async def run_client(tutorial: Tutorial, client: Language, port: str, programs: list[Program]) -> Program:
    with client_arguments(tutorial) as arguments:
        command = [*client.command_of(tutorial.folder, "client"), "127.0.0.1", port, *arguments]
        async with running("client", command, tutorial, programs) as program:
            await program.end()
    return program


@contextlib.contextmanager
def client_arguments(tutorial: Tutorial) -> Iterator[list[str]]:
    """Those in test.toml; `{file}` becomes the path of a file that is made for them."""
    arguments, size = tutorial.test.get("client_arguments", []), tutorial.test.get("file_bytes")
    if size is None:
        yield arguments
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sample.bin"
        file.write_bytes((bytes(range(251)) * (size // 251 + 1))[:size])
        yield [argument.replace("{file}", str(file)) for argument in arguments]
