"""A running program of a tutorial: what it prints, how it ends."""

import asyncio
import contextlib
import dataclasses
import os
import re
import signal
from collections.abc import AsyncIterator

import process_group

from .tutorial import Fault, Tutorial


@dataclasses.dataclass
class Program:
    """A running program, in its own process group."""

    name: str
    process: asyncio.subprocess.Process
    out: bytearray = dataclasses.field(default_factory=bytearray)
    err: bytearray = dataclasses.field(default_factory=bytearray)

    async def port(self) -> str:
        """Waits for the first line of a server."""
        self.out += await self.process.stdout.readline()
        announced = re.fullmatch(rb"listening on 127\.0\.0\.1:(\d+)\n", self.out)
        if not announced:
            raise Fault(f"the {self.name}'s first line is not `listening on 127.0.0.1:PORT`")
        return announced[1].decode()

    async def collect(self) -> None:
        await asyncio.gather(fill(self.out, self.process.stdout), fill(self.err, self.process.stderr))

    async def end(self) -> None:
        """Waits until it has ended by itself, and leaves nothing behind."""
        await self.collect()
        await self.process.wait()
        if process_group.has_processes(self.process.pid):
            raise Fault(f"the {self.name} left a process behind")

    def kill(self) -> None:
        process_group.kill(self.process.pid)

    def check_quiet_end(self) -> None:
        self.check_sane((0,))
        if self.err:
            raise Fault(f"the {self.name} wrote to standard error")

    def check_sane(self, codes: tuple[int, ...]) -> None:
        """It may report errors, but has to do so itself."""
        if self.process.returncode not in codes:
            raise Fault(f"the {self.name} ended with {ending(self.process.returncode)}")
        if re.search(rb"Traceback|panicked", self.err):
            raise Fault(f"the {self.name} died of an error that it did not handle")

    def check_printed(self, expected: str, port: str) -> None:
        expected, printed = expected.removeprefix("\n"), self.out.decode(errors="backslashreplace")
        if pattern(expected, port).fullmatch(printed):
            return
        wanted, got = expected.splitlines(), printed.splitlines()
        for i in range(max(len(wanted), len(got))):
            want, have = (lines[i] if i < len(lines) else "(nothing)" for lines in (wanted, got))
            if not pattern(want, port).fullmatch(have):
                raise Fault(f"the {self.name} printed in line {i + 1}\n  {have}\nwhere this was expected:\n  {want}")
        raise Fault(f"the {self.name} printed a last line that ends otherwise than expected")

    def show(self) -> str:
        parts = [("printed", self.out), ("wrote to standard error", self.err)]
        return "".join(
            f"\n--- the {self.name} {did}:\n{text.decode(errors='backslashreplace')[-4000:].rstrip()}"
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
async def running(name: str, command: list[str], tutorial: Tutorial, programs: list[Program]) -> AsyncIterator[Program]:
    """Starts a program, adds it to those of the play, and ends it in any case."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=tutorial.folder,
            env=os.environ | tutorial.environment,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
    except OSError as error:
        raise Fault(f"the {name} does not start (is it built, is it in Cargo.toml?): {error}") from error
    program = Program(name, process)
    programs.append(program)
    try:
        if name != "server":
            process.stdin.write(tutorial.test.get("input", "").encode())
        process.stdin.close()
        yield program
    except BaseException:  # also the time limit, which comes as a cancellation
        for each in programs:  # at once: the end of one may end another
            each.kill()
        await program.collect()  # to show it
        raise
    finally:
        program.kill()
        await process.wait()
