"""Database, web and login servers over the layer below unchanged programs: they do what they do without it."""

import contextlib
import hashlib
import os
import pwd
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

import pytest
from layered import comparison  # noqa: F401
from processes import POSTGRES, new_cluster, on_a_free_port, program, started, unprivileged

LARGE = bytes(range(256)) * 12_000
SECONDS = 30


def needs(name, package, *places):
    """The path of a program, or the test is skipped."""
    try:
        return program(name, *places, "/usr/sbin", "/sbin")
    except unittest.SkipTest:
        pytest.skip(f"needs {name} ({package})")


def digest(data):
    return len(data), hashlib.sha256(data).hexdigest()


def await_lines(server, text, begin, count):
    """Waits until the server has printed this many lines with the text since the line `begin`."""
    deadline = time.monotonic() + SECONDS
    while sum(text in line for line in server.output[begin:]) < count:
        assert time.monotonic() < deadline, server.output
        time.sleep(0.01)


def test_redis(comparison):  # noqa: F811
    server, client = needs("redis-server", "redis-server"), needs("redis-cli", "redis-tools")
    benchmark = needs("redis-benchmark", "redis-tools")

    def judge(way):
        unix = way.folder / "s"
        options = ["--bind", "127.0.0.1", "--unixsocket", unix, "--save", "", "--dir", way.folder, "--io-threads", "2"]

        def start(port):
            command = way.command(server, "--port", port, *options)
            return started(command, "Ready to accept connections", signal.SIGTERM, **unprivileged())

        found = {}
        with on_a_free_port(start) as (running, port):
            tcp, local = (client, "-p", port), (client, "-s", unix)
            found["set"] = way.output(*tcp, "set", "key", "value")
            found["get, Unix socket"] = way.output(*local, "get", "key")
            found["3 MB"] = way.output(*tcp, "-x", "set", "large", input=LARGE)
            found["3 MB back"] = digest(way.run(*local, "--raw", "get", "large").stdout)
            many = b"".join(b"incr counter%d\r\n" % (number % 7) for number in range(5000))
            found["5,000 commands at once"] = way.output(*tcp, "--pipe", input=many).splitlines()[-1]
            found["their result"] = way.output(*local, "get", "counter3")
            found["no such command"] = way.output(*tcp, "nonsense")
            load = ("-q", "-n", "2000", "-c", "20", "-t", "set,get")
            for title, more in (("benchmark", ()), ("pipelined", ("-P", "16")), ("threads", ("--threads", "2"))):
                printed = way.output(benchmark, "-p", port, *load, *more)
                found[title] = printed.count("requests per second")
            found["clients left"] = way.output(*local, "info", "clients").splitlines()[1]
            found["shutdown"] = way.output(*tcp, "shutdown", "nosave")
        found["end"] = running.process.returncode
        return found

    found, findings = comparison.of(judge)
    assert found["get, Unix socket"] == "value\n"
    assert found["3 MB back"] == digest(LARGE + b"\n")
    assert found["5,000 commands at once"] == "errors: 0, replies: 5000"
    assert found["their result"] == "714\n"
    assert found["benchmark"] == found["pipelined"] == found["threads"] == 2
    assert found["end"] == 0
    # The connection over which it was told to shut down.
    assert set(findings) == {"leaked"}


# The variables of the layer are named because a new program that nginx starts gets only those that are.
NGINX = """
env LD_PRELOAD;
env POLYSOCK_SAFE;
env POLYSOCK_TRACE;
daemon {daemon};
worker_processes 2;
pid {folder}/pid;
error_log stderr notice;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 8m;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/files;
        location /through/ {{ proxy_pass http://unix:{folder}/s:/; }}
        location = /worker {{ return 200 "$pid"; }}
    }}
    server {{
        listen unix:{folder}/s;
        root {folder}/files;
        location = /taken {{ return 200 "taken\n"; }}
    }}
}}
"""


def test_nginx(comparison):  # noqa: F811
    nginx, wrk, curl = needs("nginx", "nginx-light"), needs("wrk", "wrk"), needs("curl", "curl")

    def judge(way):
        files = way.folder / "files"
        files.mkdir()
        (files / "large").write_bytes(LARGE)
        (files / "small").write_text("small\n")
        configuration = way.folder / "conf"

        def start(port, daemon="off"):
            configuration.write_text(NGINX.format(folder=way.folder, port=port, daemon=daemon))
            words = (nginx, "-p", way.folder, "-c", configuration, "-e", "stderr")
            return started(way.command(*words), "start worker process", signal.SIGQUIT, **unprivileged())

        found = {}

        def get(*words):
            ended = way.run(curl, "--silent", "--max-time", "30", *words)
            return ended.returncode, digest(ended.stdout)

        with on_a_free_port(start) as (server, port):
            url = f"http://127.0.0.1:{port}"
            found["file"] = get(f"{url}/large")
            found["part of it"] = get("--range", "1000000-2000000", f"{url}/large")
            found["head"] = get("--head", "--fail", "--output", "/dev/null", f"{url}/large")
            found["no such file"] = get("--fail", f"{url}/nothing")
            found["three on a connection"] = get("--write-out", "%{num_connects}", *[f"{url}/small"] * 3)
            found["through a Unix socket"] = get(f"{url}/through/large")
            (way.folder / "sent").write_bytes(LARGE)
            found["3 MB posted"] = get("--data-binary", f"@{way.folder}/sent", f"{url}/through/taken")
            printed = way.output(wrk, "-t", "1", "-c", "20", "-d", "1s", f"{url}/small")
            found["wrk"] = ("Non-2xx" in printed, "Socket errors" in printed, "Requests/sec" in printed)
            found["new workers after SIGHUP"] = reload(server)
            found["file again"] = get(f"{url}/large")
        found["end"] = server.process.returncode
        daemon = on_a_free_port(lambda port: start(port, daemon="on"))
        with daemon as (server, port), upgraded(server, way.folder) as workers:
            url = f"http://127.0.0.1:{port}"
            found["a worker of the new program"] = int(way.output(curl, "--silent", f"{url}/worker")) in workers
            found["its file"] = get(f"{url}/large")
            found["its Unix socket"] = get(f"{url}/through/large")
        return found

    found, findings = comparison.of(judge)
    assert found["file"] == found["through a Unix socket"] == found["file again"] == (0, digest(LARGE))
    assert found["its file"] == found["its Unix socket"] == (0, digest(LARGE))
    assert found["a worker of the new program"]
    assert found["part of it"] == (0, digest(LARGE[1000000:2000001]))
    assert found["no such file"][0] == 22
    assert found["three on a connection"] == (0, digest(b"small\n1small\n0small\n0"))
    assert found["3 MB posted"] == (0, digest(b"taken\n"))
    assert found["wrk"] == (False, False, True)
    assert found["end"] == 0
    # wrk ends without having closed its connections.
    assert set(findings) == {"leaked"}


def reload(server):
    """Has nginx start other workers, on the same sockets; returns how many there are when the old ones have gone."""
    count = len(server.output)
    server.process.send_signal(signal.SIGHUP)
    await_lines(server, "start worker process ", count, 2)
    await_lines(server, "exited with code 0", count, 2)
    return len(workers_since(server, count))


def workers_since(server, begin):
    """The process numbers of the workers that nginx has said to have started since the line `begin`."""
    found = (re.search(r"start worker process (\d+)", line) for line in server.output[begin:])
    return [int(worker[1]) for worker in found if worker]


@contextlib.contextmanager
def upgraded(server, folder):
    """Has nginx, as a daemon, start its program anew, with its sockets in a variable, and ends the old one.

    Yields the workers of the new one, which is ended afterwards.
    """
    await_lines(server, "start worker process ", 0, 2)
    server.process.wait(SECONDS)  # as long as the daemon's parent exists, the daemon ignores SIGUSR2
    count = len(server.output)
    try:
        old = send_to_master(folder / "pid", signal.SIGUSR2)
        await_lines(server, "start worker process ", count, 2)
        os.kill(old, signal.SIGQUIT)
        await_lines(server, f" {old}#{old}: exit\n", count, 1)
        yield workers_since(server, count)
        new = send_to_master(folder / "pid", signal.SIGQUIT)
        await_lines(server, f" {new}#{new}: exit\n", count, 1)
    finally:
        for file in ("pid", "pid.oldbin"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                send_to_master(folder / file, signal.SIGTERM)


def send_to_master(file, number):
    """Sends a signal to the process whose number is in the file; returns that."""
    process = int(file.read_text())
    os.kill(process, number)
    return process


def test_postgresql(comparison):  # noqa: F811
    server, psql = needs("postgres", "postgresql", *POSTGRES), needs("psql", "postgresql-client", *POSTGRES)
    pgbench = needs("pgbench", "postgresql-client", *POSTGRES)
    template = comparison.way("template").folder
    data, password = new_cluster(template)

    def judge(way):
        subprocess.run(["cp", "-a", data, way.folder / "d"], check=True)

        def start(port):
            command = way.command(server, "-D", way.folder / "d", "-p", port, "-k", way.folder, "-h", "127.0.0.1", "-F")
            return started(command, "ready to accept connections", signal.SIGINT, cwd=way.folder, **unprivileged())

        found = {}
        with on_a_free_port(start) as (running, port):
            variables = {"PGUSER": "tester", "PGPASSWORD": password, "PGPORT": str(port), "PGDATABASE": "postgres"}
            tcp = {**os.environ, **variables, "PGHOST": "127.0.0.1"}
            local = {**tcp, "PGHOST": str(way.folder)}

            def ask(words, env=local):
                ended = way.run(psql, "-X", "-A", "-t", "-c", words, env=env)
                return ended.returncode, ended.stdout.decode(), re.sub(r"port \d+", "port", ended.stderr.decode())

            found["password over TCP"] = ask("select inet_server_addr()", tcp)
            found["wrong password"] = ask("select 1", {**tcp, "PGPASSWORD": "guess"})
            found["Unix socket"] = ask("select inet_server_addr() is null")
            copy = "copy (select generate_series(1, 300000)) to stdout"
            found["2 MB copied"] = digest(way.run(psql, "-X", "-c", copy, env=local).stdout)
            found["error"] = ask("select 1/0")
            found["time limit"] = ask("set statement_timeout = 100; select pg_sleep(60)")
            found["notification"] = re.sub(r"PID \d+", "PID", ask("listen here; notify here, 'text'")[1])
            way.output(pgbench, "-i", "-q", env=tcp)
            for title, env in (("TCP", tcp), ("Unix socket", local)):
                for protocol in ("simple", "prepared"):
                    load = ("-n", "-c", "4", "-j", "2", "-t", "50", "-M", protocol)
                    counts = re.findall(r"(processed|failed transactions): (.*)", way.output(pgbench, *load, env=env))
                    found[f"pgbench, {protocol}, {title}"] = counts
            found["history"] = ask("select count(*) from pgbench_history")
            found["changes"] = ask(
                "select sum(delta) = (select sum(abalance) from pgbench_accounts) from pgbench_history"
            )
        found["end"] = running.process.returncode
        return found

    found, findings = comparison.of(judge)
    assert found["password over TCP"] == (0, "127.0.0.1\n", "")
    assert found["wrong password"][0] == 2
    assert found["Unix socket"] == (0, "t\n", "")
    assert found["history"] == (0, "800\n", "")
    assert found["changes"] == (0, "t\n", "")
    assert found["end"] == 0
    # Its answer to a client that has gone, after a wrong password.
    assert set(findings) <= {"write-after-end"}


# HOME: the startup files of the user's shell, which may print something, are not read.
SSHD = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
SetEnv HOME={folder}
"""

SSH = """
Host there
    HostName 127.0.0.1
    Port {port}
    User {user}
    IdentityFile {folder}/user
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    StrictHostKeyChecking yes
    BatchMode yes
    ConnectTimeout 20
    ControlPath {folder}/c
"""


@pytest.fixture
def privilege_separation():
    """The empty folder that sshd insists on when root starts it, and that its package makes when it starts it."""
    place = Path("/run/sshd")
    if os.geteuid() or place.exists():
        yield
        return
    place.mkdir(mode=0o755)
    yield
    place.rmdir()


@pytest.mark.usefixtures("privilege_separation")
def test_openssh(comparison):  # noqa: F811
    server, keygen = needs("sshd", "openssh-server"), needs("ssh-keygen", "openssh-client")
    ssh, scp, sftp = (needs(name, "openssh-client") for name in ("ssh", "scp", "sftp"))

    def judge(way):
        for name in ("host", "user"):
            command = [keygen, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", way.folder / name]
            subprocess.run(command, check=True, timeout=SECONDS)

        def start(port):
            (way.folder / "sshd").write_text(SSHD.format(folder=way.folder, port=port))
            command = way.command(server, "-D", "-e", "-f", way.folder / "sshd")
            return started(command, "Server listening", signal.SIGTERM)

        found = {}
        with on_a_free_port(start) as (running, port):
            configuration = way.folder / "ssh"
            user = pwd.getpwuid(os.geteuid()).pw_name
            configuration.write_text(SSH.format(folder=way.folder, port=port, user=user))
            public = (way.folder / "host.pub").read_text()
            (way.folder / "known").write_text(f"[127.0.0.1]:{port} {public}")
            sent, back = way.folder / "sent", way.folder / "back"
            sent.write_bytes(LARGE)

            def login(*words, **options):
                ended = way.run(ssh, "-F", configuration, *words, **options)
                return ended.returncode, digest(ended.stdout), ended.stderr.decode()

            found["exit status"] = login("there", "echo out; echo err >&2; exit 7")
            found["3 MB there and back"] = login("-C", "there", "cat", input=LARGE)
            found["no such key"] = login("-o", "PubkeyAuthentication=no", "there", "true")[0]
            found["scp there"] = way.run(scp, "-q", "-F", configuration, sent, f"there:{back}").returncode
            found["what came"] = digest(back.read_bytes())
            found["scp back"] = way.run(scp, "-q", "-O", "-F", configuration, f"there:{sent}", back).returncode
            listing = way.run(sftp, "-q", "-b", "-", "-F", configuration, "there", input=f"ls {sent}\n".encode())
            found["sftp"] = (listing.returncode, listing.stdout.decode().count("sent"))
            # Over the channel of a connection: its greeting.
            found["forwarded"] = login("-W", f"127.0.0.1:{port}", "there")[0]
            # One connection for several programs, which pass descriptors to each other.
            found["master"] = login("-M", "-f", "-N", "there")[0]
            found["over the master"] = login("there", "cat", input=LARGE)
            found["the master ends"] = login("-O", "exit", "there")[0]
        found["end"] = running.process.returncode
        return found

    found, findings = comparison.of(judge)
    assert found["exit status"] == (7, digest(b"out\n"), "err\n")
    assert found["3 MB there and back"] == found["over the master"] == (0, digest(LARGE), "")
    assert found["no such key"] == 255
    assert found["what came"] == digest(LARGE)
    assert found["scp there"] == found["scp back"] == found["master"] == found["the master ends"] == 0
    assert found["sftp"][0] == 0
    # The master's own connection.
    assert set(findings) <= {"leaked"}
