"""`python -m polysock run`, `trace`, `wire`, `show` and `doctor`.

    python -m polysock run [--children] script.py [argument …]
    python -m polysock run [--children] -m module [argument …]
    python -m polysock trace [-o FOLDER] [--data none|all|BYTES] [--wire] [--children] script.py [argument …]
    python -m polysock wire [-o FOLDER] [command …]
    python -m polysock show FOLDER
    python -m polysock doctor [--json | --brief] [--seconds N]

`trace` does what `run` does and records what the sockets do; `show` shows it (_trace/command.py, docs/traces.md).
`wire`, and `trace --wire`, record the TCP segments of the traced connections (_wire/command.py).
`doctor` explains this machine's network settings and says what needs attention (_doctor/command.py).

`run` runs a program, unchanged, over this library's sockets. It does what `python script.py` and `python -m module` do,
after `polysock.patch()`. Python programs that it starts use the standard module, unless --children is given: then
PYTHONPATH leads them to a `sitecustomize` that patches first and then runs the one they would have had. This has no
effect where PYTHONPATH has none (`python -E`, `-I`, `-S`).
"""

import importlib.machinery
import io
import os
import pkgutil
import runpy
import sys
import types

import polysock

USAGE = """usage: python -m polysock run [--children] script.py [argument …]
       python -m polysock run [--children] -m module [argument …]
       python -m polysock doctor [--json | --brief] [--seconds N]
       python -m polysock trace [-o FOLDER] [--data none|all|BYTES] [--wire] [--children] script.py [argument …]
       python -m polysock trace [-o FOLDER] [--data none|all|BYTES] [--wire] [--children] -m module [argument …]
       python -m polysock wire [-o FOLDER] [command …]
       python -m polysock show FOLDER [--check] [--follow | --html FILE | --mermaid | --svg | --perfetto | --json] …
       python -m polysock --help | --version
"""
HELP = f"""{USAGE}
run      runs a Python program, unchanged, over polysock's sockets in place of the standard module's
trace    does the same as run, and records what the program's sockets do in FOLDER (polysock-trace)
wire     records the TCP segments of the connections traced in FOLDER, for programs in any language (wire --help)
show     shows what was recorded (show --help)
doctor   explains the kernel's network settings and says what needs attention (doctor --help)

  --children     also patch the Python programs that it starts
  -o FOLDER      the folder of the trace, created if necessary; several programs may use it
  --data BYTES   how many bytes of each transfer are recorded: a number (64), none or all
  --wire         also record the TCP segments of the connections (needs CAP_NET_RAW)
  -h, --help     print this and exit
  -V, --version  print polysock's version and exit
"""


def main():
    arguments = sys.argv[1:]
    if arguments[:1] in (["-V"], ["--version"]):
        _say(f"polysock {polysock.__version__}\n")
        return
    if arguments[:1] == ["doctor"]:
        from polysock._doctor.command import main as doctor

        sys.exit(doctor(arguments[1:]))
    if arguments[:1] == ["wire"]:
        from polysock._wire.command import main as wire

        sys.exit(wire(arguments[1:]))
    if arguments[:1] == ["show"]:
        from polysock._trace.command import main as show

        sys.exit(show(arguments[1:]))
    is_run, is_trace = (arguments[:1] == [command] for command in ("run", "trace"))
    if arguments[is_run or is_trace :][:1] in (["-h"], ["--help"]):
        _say(HELP)
        return
    if not is_run and not is_trace:
        _usage()
    del arguments[0]
    folder, data, wire, children = "polysock-trace", "64", False, False
    while arguments[:1]:
        if arguments[0] == "--children":
            children = True
        elif is_trace and arguments[0] == "--wire":
            wire = True
        elif is_trace and arguments[0] in ("-o", "--data") and arguments[1:]:
            if arguments.pop(0) == "-o":
                folder = arguments[0]
            else:
                data = arguments[0]
        else:
            break
        del arguments[0]
    as_module = "-m" in arguments[:1]
    if as_module or "--" in arguments[:1]:
        del arguments[0]
    if not arguments or arguments[0].startswith("-"):
        _usage()

    if children:
        patch_children()
    polysock.patch()
    if is_trace:
        start_trace(folder, data, wire)
    if as_module:
        run_module(arguments)
    else:
        run_script(arguments)


def _say(text):
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head`; the interpreter flushes once more when it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), sys.stdout.fileno())


def _usage():
    sys.stderr.write(USAGE)
    sys.exit(2)


def start_trace(folder, data, wire=False):
    """Records the calls of this process, and of those that it starts; and the segments of their connections."""
    try:
        polysock.trace(folder, data=data)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"python -m polysock trace: {error}\n")
        sys.exit(2)
    os.environ["POLYSOCK_TRACE"] = os.path.abspath(folder)
    os.environ["POLYSOCK_TRACE_DATA"] = data
    if wire:
        from polysock._wire.command import start

        start(folder, "python -m polysock trace")


def patch_children():
    """Makes Python programs that are started from now on call patch() first."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_children")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = folder + os.pathsep + before if before else folder


def run_module(arguments):
    """Does what `python -m` does; the current directory is already on the path."""
    _new_main()
    sys.argv[:] = arguments
    runpy._run_module_as_main(arguments[0])


def run_script(arguments):
    """Does what `python script.py` does, for files and for directories and archives with a __main__.py."""
    sys.argv[:] = arguments
    path = os.path.abspath(arguments[0])
    main = _new_main()
    if not sys.flags.safe_path:
        del sys.path[0]  # the current directory, because of our own -m
    if pkgutil.get_importer(arguments[0]) is not None:
        sys.path.insert(0, path)
        runpy._run_module_as_main("__main__", alter_argv=False)
        return
    if not sys.flags.safe_path:
        sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    try:
        with io.open_code(path) as file:
            text = file.read()
    except OSError as error:
        sys.stderr.write(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n")
        sys.exit(2)
    main.__file__ = path
    if "__cached__" in globals():  # up to CPython 3.14
        main.__cached__ = None
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    exec(compile(text, path, "exec", dont_inherit=True), vars(main))


def _new_main():
    """Makes a new __main__ that stays: threads that outlive the script look for its names there."""
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__builtins__ = __builtins__
    return main


if __name__ == "__main__":
    main()
