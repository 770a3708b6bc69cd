"""Servers under load over the layer below unchanged programs: as they are, over it, with its promises, and recorded.

    layer.py --layer FOLDER [--rounds N] [--only WORDS] [RESULT]

FOLDER has polysock-run and the library. With RESULT, the table is written to docs/judges.md, too.

The four servers of a kind run all the time; their loads take turns, each over what its server is over. A round's
results are compared with each other, because the machine's speed changes meanwhile.
"""

import argparse
import contextlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import SkipTest

sys.path.insert(1, str(Path(__file__).parent.parent / "clients"))

from awake import awake
from processes import POSTGRES, directory, new_cluster, on_a_free_port, program, started, unprivileged
from progress import Progress
from results import processor, save, summary, table

WAYS = ("libc", "layer", "safe", "recorded")
#: While calls are recorded the differences are large: fewer rounds show them, and files stay small.
RECORDED_EVERY = 6
SECONDS = 60

#: Where the table is shown, too.
PAGE = Path(__file__).parent.parent / "docs" / "judges.md"
PLACE = re.compile(r"(?<=<!-- throughput: made by make bench-layer -->\n).*?(?=<!-- end of throughput -->)", re.DOTALL)


class Load:
    """A server in a way, and what puts it under load. Server and load have one processor each."""

    def __init__(self, way, folder, runner):
        self.way, self.folder, self.runner = way, folder, runner
        self.stack = contextlib.ExitStack()

    def command(self, processor, *words):
        before = {
            "libc": [],
            "layer": [self.runner],
            "safe": [self.runner, "--safe"],
            "recorded": [self.runner, "--trace", self.folder / "trace"],
        }
        pinned = ["taskset", "-c", str(processor)] if os.cpu_count() > 1 and shutil.which("taskset") else []
        return [str(word) for word in (*pinned, *before[self.way], *words)]

    def serve(self, start):
        _, self.port = self.stack.enter_context(on_a_free_port(start))

    def output(self, *words, **options):
        """What a program on the processor of the load prints."""
        command = self.command(1, *words)
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS, **options).stdout

    def measure(self):
        """Puts the server under load once: what it has done each second, by name."""
        raise NotImplementedError


class Redis(Load):
    name = "redis-server, redis-benchmark"
    programs = ("redis-server", "redis-benchmark")

    def begin(self):
        server, self.client = map(program, self.programs)
        options = ["--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        self.serve(
            lambda port: started(
                self.command(0, server, "--port", port, *options), "Ready to accept", signal.SIGTERM, **unprivileged()
            )
        )
        self.requests = 1000

    def measure(self):
        options = ("-q", "-c", "20", "-n", self.requests, "-t", "get")
        printed = self.output(self.client, "-p", self.port, *options)
        done = float(re.findall(r"GET: ([\d.]+) requests per second, p50", printed)[-1])
        # redis-benchmark has no time limit: this many requests take about a second, as the other loads do.
        self.requests = max(1000, round(done))
        return done


class Nginx(Load):
    name = "nginx, wrk"
    programs = ("nginx", "wrk")

    CONFIGURATION = """
        daemon off;
        worker_processes 1;
        pid {folder}/pid;
        error_log stderr notice;
        events {{ worker_connections 256; }}
        http {{
            access_log off;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            keepalive_requests 1000000000;
            server {{ listen 127.0.0.1:{port}; location / {{ return 200 "{text}"; }} }}
        }}
    """

    def begin(self):
        server, self.client = program("nginx", "/usr/sbin"), program("wrk")
        configuration = self.folder / "conf"

        def start(port):
            configuration.write_text(self.CONFIGURATION.format(folder=self.folder, port=port, text="x" * 100))
            words = (server, "-p", self.folder, "-c", configuration, "-e", "stderr")
            return started(self.command(0, *words), "start worker process", signal.SIGTERM, **unprivileged())

        self.serve(start)

    def measure(self):
        printed = self.output(self.client, "-t", "1", "-c", "16", "-d", "1s", f"http://127.0.0.1:{self.port}/")
        if "Non-2xx" in printed or "Socket errors" in printed:
            raise ValueError(printed)
        return float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1])


class Postgres(Load):
    name = "PostgreSQL, pgbench"
    programs = ("postgres", "pgbench")

    def begin(self):
        server, self.client = (program(name, *POSTGRES) for name in self.programs)
        data, password = new_cluster(str(self.folder))
        options = ["-D", data, "-k", self.folder, "-h", "127.0.0.1", "-F", "-c", "autovacuum=off"]
        self.serve(
            lambda port: started(
                self.command(0, server, "-p", port, *options),
                "ready to accept connections",
                signal.SIGINT,
                cwd=self.folder,
                **unprivileged(),
            )
        )
        variables = {"PGUSER": "tester", "PGPASSWORD": password, "PGPORT": str(self.port), "PGDATABASE": "postgres"}
        self.environment = {**os.environ, **variables, "PGHOST": "127.0.0.1"}
        self.output(self.client, "-i", "-q", env=self.environment)

    def measure(self):
        options = ("-n", "-S", "-M", "prepared", "-c", "4", "-T", "1")
        printed = self.output(self.client, *options, env=self.environment)
        found = re.search(r"tps = ([\d.]+)", printed)
        if not found:
            raise ValueError(f"not a single transaction in a second\n{printed}")
        return float(found[1])


KINDS = (Redis, Nginx, Postgres)


def measured(kind, rounds, layer, progress):
    """What each way did per second, round after round; None in the rounds that it left out."""
    with contextlib.ExitStack() as stack:
        loads = {}
        for way in WAYS:
            folder = Path(stack.enter_context(directory()))
            (folder / "trace").mkdir(mode=0o777)
            (folder / "trace").chmod(0o777)
            loads[way] = kind(way, folder, layer / "polysock-run")
            stack.enter_context(loads[way].stack)
            loads[way].begin()
            loads[way].measure()  # warms up
        values = {way: [] for way in WAYS}
        for number in range(rounds):
            # The order changes, so that none always comes first.
            for way in WAYS if number % 2 else reversed(WAYS):
                if way == "recorded" and number % RECORDED_EVERY:
                    values[way].append(None)
                    continue
                with progress.part(f"{kind.name}: {way}"):
                    values[way].append(loads[way].measure())
        return values


def summed_up(values):
    """For each way: what it did per second, and compared with the C library in the same round."""
    rows = {}
    for way, numbers in values.items():
        pairs = [(each, base) for each, base in zip(numbers, values["libc"], strict=True) if each is not None]
        rows[way] = summary([each for each, _ in pairs])
        rows[way]["beside libc"] = shares(summary([1000 * each / base for each, base in pairs]))
        rows[way]["rounds"] = len(pairs)
    return rows


def shares(of_thousand):
    return {
        "median": round(of_thousand["median"] / 1000, 4),
        "quartiles": [round(value / 1000, 4) for value in of_thousand["quartiles"]],
    }


def shown(rows):
    headings = ["", "", "each second", "quartiles", "beside libc", "quartiles", "rounds"]
    lines = []
    for name, ways in rows.items():
        for way, numbers in ways.items():
            (low, high), beside = numbers["quartiles"], numbers["beside libc"]
            line = [name, way, f"{numbers['median']:,.0f}", f"{low:,.0f} to {high:,.0f}"]
            if way == "libc":
                line += ["", ""]
            else:
                line += [percent(beside["median"]), " to ".join(map(percent, beside["quartiles"]))]
            lines.append([*line, str(numbers["rounds"])])
            name = ""
    return table(headings, lines, texts=2)


def percent(share):
    return f"{100 * share:.1f} %"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--layer", type=Path, required=True, help="the folder of polysock-run and the library")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--only", metavar="WORDS", default="", help="only servers with this in their names")
    parser.add_argument("result", nargs="?", type=Path)
    arguments = parser.parse_args()
    # So that the servers are ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    kinds = [kind for kind in KINDS if arguments.only in kind.name]
    recorded = len(range(0, arguments.rounds, RECORDED_EVERY))
    times = {way: recorded if way == "recorded" else arguments.rounds for way in WAYS}
    progress = Progress("layer", [f"{kind.name}: {way}" for kind in kinds for way in WAYS for _ in range(times[way])])
    rows, absent = {}, []
    with tempfile.TemporaryDirectory() as folder, awake():
        # Where every user may read it.
        os.chmod(folder, 0o755)
        for file in ("polysock-run", "libpolysock-bsd.so.0"):
            shutil.copy(arguments.layer / file, folder)
        for kind in kinds:
            try:
                rows[kind.name] = summed_up(measured(kind, arguments.rounds, Path(folder), progress))
            except SkipTest as reason:
                absent.append(kind.name)
                print(f"{kind.name}: {reason}", file=sys.stderr)
                for way in WAYS:
                    progress.without(f"{kind.name}: {way}")
    markdown = shown(rows) + below(arguments.rounds, absent)
    print(markdown, end="")
    if arguments.result:
        facts = {"unit": "1/s", "rounds": arguments.rounds, "absent": absent, "seconds": progress.seconds()}
        save(arguments.result, rows, markdown, **facts)
        PAGE.write_text(PLACE.sub(lambda _: "\n" + markdown, PAGE.read_text(), count=1))


def below(rounds, absent):
    text = f"\n{platform.system()} {platform.release()}, {os.cpu_count()} processors {processor()}, {rounds} rounds.\n"
    return text + (f"Not installed, and so not measured: {', '.join(absent)}.\n" if absent else "")


if __name__ == "__main__":
    main()
