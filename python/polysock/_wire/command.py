"""`python -m polysock wire`, and the recorder that `python -m polysock trace --wire` starts."""

import argparse
import errno
import os
import signal
import subprocess
import sys

from polysock._trace.words import counted

from .recorder import Recorder

PROGRAM = "python -m polysock wire"
# Seconds within which a recorder has begun.
START_LIMIT = 30
BACKGROUND = "--background"


def main(arguments):
    """Records segments; returns the exit status."""
    if arguments[:1] == [BACKGROUND]:
        return background(arguments[1], int(arguments[2]))
    options = parse(arguments)
    try:
        make_folder(options.folder)
    except OSError as error:
        return fail(f"{options.folder}: {error.strerror}")
    if options.command:
        return run(options)
    return foreground(options.folder)


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Records the TCP segments of the connections that are traced in FOLDER. With COMMAND: runs it with "
        "POLYSOCK_TRACE=FOLDER, and records until it has ended; otherwise until Ctrl-C.",
    )
    parser.add_argument(
        "-o", dest="folder", default="polysock-trace", metavar="FOLDER", help="the folder of the trace (polysock-trace)"
    )
    parser.add_argument("--data", metavar="none|all|BYTES", help="how many bytes of each transfer COMMAND records (64)")
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="COMMAND", help="a program that uses polysock, and its arguments"
    )
    options = parser.parse_args(arguments)
    if options.command[:1] == ["--"]:
        del options.command[0]
    if options.data is not None and not options.command:
        parser.error("--data needs a COMMAND")
    if options.data is None:
        options.data = "64"
    if options.data not in ("none", "all") and not options.data.isdecimal():
        parser.error("--data must be none, all, or a number of bytes")
    return options


def foreground(folder):
    """Records until it is interrupted."""
    try:
        recorder = Recorder(folder)
    except OSError as error:
        return fail(advice(error, folder))
    stopped = stopped_by(signal.SIGINT, signal.SIGTERM)
    print(f"{PROGRAM}: recording the segments of the connections traced in {folder}; Ctrl-C ends it", file=sys.stderr)
    try:
        recorder.run(lambda: bool(stopped))
    except OSError as error:
        return fail(f"{folder}: {error.strerror}")
    finally:
        recorder.close()
    dropped = f"; the kernel dropped {counted(recorder.dropped, 'packet')} more" if recorder.dropped else ""
    print(f"{PROGRAM}: recorded {counted(recorder.segments, 'packet')}{dropped}", file=sys.stderr)
    return 0


def run(options):
    """Runs the command in place of this process, with a recorder beside it."""
    start(options.folder, PROGRAM)
    os.environ["POLYSOCK_TRACE"] = os.path.abspath(options.folder)
    os.environ["POLYSOCK_TRACE_DATA"] = options.data
    try:
        os.execvp(options.command[0], options.command)
    except OSError as error:
        fail(f"{options.command[0]}: {error.strerror}")
        return 127 if error.errno == errno.ENOENT else 126


def start(folder, program):
    """Starts a recorder that runs until this process, and those traced in the folder meanwhile, have ended. If that is
    not possible, prints why; the program runs anyway."""
    command = [sys.executable, "-m", "polysock", "wire", BACKGROUND, os.path.abspath(folder), str(os.getpid())]
    # The recorder is no part of the trace.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYSOCK_TRACE")}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=START_LIMIT,
            check=False,
        )
        trouble = done.stderr if done.returncode else ""
    except (OSError, subprocess.SubprocessError) as error:
        trouble = str(error)
    if trouble:
        print(f"{program}: segments are not recorded: {trouble.strip()}", file=sys.stderr)


def background(folder, pid):
    """Opens what is needed, then records in a process that belongs to no terminal and is no child of the program."""
    try:
        recorder = Recorder(folder)
    except OSError as error:
        print(advice(error, folder), file=sys.stderr)
        return 1
    recorder.watch(pid)
    if os.fork() != 0:
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    os.chdir("/")
    stopped = stopped_by(signal.SIGTERM, signal.SIGINT)
    try:
        recorder.run(lambda: bool(stopped), until_programs_end=True)
    except OSError:
        return 1  # such as a full disk: the file has no end, which `show` says
    finally:
        recorder.close()
    return 0


def stopped_by(*signals):
    """A list that is no longer empty when one of the signals has come."""
    stopped = []
    for number in signals:
        signal.signal(number, lambda signum, _: stopped.append(signum))
    return stopped


def make_folder(folder):
    """Makes the folder if necessary; under sudo, it belongs to the user who called sudo."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        return
    user, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if os.geteuid() == 0 and user.isdecimal() and group.isdecimal():
        os.chown(folder, int(user), int(group), follow_symlinks=False)


def advice(error, folder):
    """Why packets can't be recorded, and what to do."""
    if error.errno not in (errno.EPERM, errno.EACCES) or error.filename is not None:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    return f"""recording packets needs CAP_NET_RAW. Either
  - run this as root, or
  - run `sudo {sys.executable} -m polysock wire -o {folder}` beside the programs, or
  - run everything in a separate network namespace: `unshare -Urn`, then `ip link set lo up`"""


def fail(text):
    print(f"{PROGRAM}: {text}", file=sys.stderr)
    return 1
