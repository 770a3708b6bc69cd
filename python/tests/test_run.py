"""`python -m polysock run`: a program sees the same environment as without it."""

import os
import subprocess
import sys
import textwrap
import zipfile

import pytest
from helpers import PROGRAM_TIMEOUT

RUN = [sys.executable, "-m", "polysock", "run"]


def run(arguments, cwd, **environment):
    done = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def succeeds(arguments, cwd, **environment):
    status, output, errors = run(arguments, cwd, **environment)
    assert (status, errors) == (0, ""), errors
    return output


@pytest.fixture
def program(tmp_path):
    def write(text, name="program.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    return write


# Everything that a program sees of its environment, except what must differ.
LOOK = """
    "A docstring."
    import sys
    x: int = 1
    main = sys.modules["__main__"]
    print(vars(main) is globals(), __name__, __file__, sys.argv, __package__, __doc__, main.__annotations__)
    print(__spec__ and __spec__.name, __builtins__, sys.path)
    print(type(__loader__).__name__, getattr(__loader__, 'name', None))
    print(sorted(name for name in globals() if name != "__annotate__"))
    import socket
    print(socket.__name__, file=sys.stderr)
"""


def compared(ours, standard, cwd):
    status, output, errors = run(ours, cwd)
    assert (status, errors) == (0, "polysock\n"), errors
    expected = run(standard, cwd)
    assert expected == (0, output, "socket\n")


def test_a_script_sees_what_it_sees_without(program, tmp_path):
    program(LOOK)
    command = ["program.py", "a", "-b", "--children"]
    compared([*RUN, *command], [sys.executable, *command], tmp_path)


def test_a_script_elsewhere(program, tmp_path):
    script = program(LOOK, "place/program.py")
    compared([*RUN, script], [sys.executable, script], tmp_path)
    compared([*RUN, "place/program.py"], [sys.executable, "place/program.py"], tmp_path)


def test_a_script_with_a_safe_path(program, tmp_path):
    program(LOOK)
    safe = [sys.executable, "-P"]
    compared([*safe, *RUN[1:], "program.py"], [*safe, "program.py"], tmp_path)


def test_a_module_sees_what_it_sees_without(program, tmp_path):
    program(LOOK)
    compared([*RUN, "-m", "program", "-m", "b"], [sys.executable, "-m", "program", "-m", "b"], tmp_path)


def test_a_package_sees_what_it_sees_without(program, tmp_path):
    program("", "package/__init__.py")
    program(LOOK, "package/__main__.py")
    compared([*RUN, "-m", "package"], [sys.executable, "-m", "package"], tmp_path)


def test_a_directory_and_an_archive(program, tmp_path):
    script = program(LOOK, "place/__main__.py")
    compared([*RUN, "place"], [sys.executable, "place"], tmp_path)
    with zipfile.ZipFile(tmp_path / "archive.pyz", "w") as archive:
        archive.write(script, "__main__.py")
    compared([*RUN, "archive.pyz"], [sys.executable, "archive.pyz"], tmp_path)


def test_exit_status_and_exceptions(program, tmp_path):
    program("import sys; sys.exit(7)", "seven.py")
    assert run([*RUN, "seven.py"], tmp_path) == (7, "", "")
    program("def f():\n    raise KeyError('here')\nf()", "raises.py")
    status, _, errors = run([*RUN, "raises.py"], tmp_path)
    assert status == 1
    assert "raises.py" in errors
    assert "    raise KeyError('here')" in errors
    assert errors.endswith("KeyError: 'here'\n")
    program("from __future__ import annotations\nx: nowhere = 1", "future.py")
    succeeds([*RUN, "future.py"], tmp_path)


def test_what_cannot_run(tmp_path):
    assert run([*RUN, "nowhere.py"], tmp_path) == run([sys.executable, "nowhere.py"], tmp_path)
    status, _, errors = run([*RUN, "-m", "nowhere_at_all"], tmp_path)
    assert status == 1
    assert "No module named nowhere_at_all" in errors


@pytest.mark.parametrize("arguments", ["", "walk", "run", "run --children", "run -m", "run --what x"])
def test_usage(arguments, tmp_path):
    status, output, errors = run([*RUN[:3], *arguments.split()], tmp_path)
    assert (status, output) == (2, "")
    assert errors.startswith("usage:")


def test_threads_that_outlive_the_script_find_its_names(program, tmp_path):
    program("""
        import pickle, sys, threading

        class Thing:
            pass

        def later():
            threading.main_thread().join()
            assert type(pickle.loads(pickle.dumps(Thing()))) is Thing
            print("found")

        threading.Thread(target=later).start()
    """)
    assert succeeds([*RUN, "program.py"], tmp_path) == "found\n"


SPAWNS = """
    import multiprocessing, subprocess, sys, socket

    def child(queue):
        import socket
        queue.put(socket.__name__)

    if __name__ == "__main__":
        context = multiprocessing.get_context("spawn")
        queue = context.SimpleQueue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        print(socket.__name__, queue.get(), flush=True)
        process.join()
        subprocess.run([sys.executable, "-c", "import socket; print(socket.__name__)"], check=True)
"""


@pytest.mark.parametrize("how", [["program.py"], ["-m", "program"]])
def test_children_use_the_standard_module(program, tmp_path, how):
    program(SPAWNS)
    assert succeeds([*RUN, *how], tmp_path) == "polysock socket\nsocket\n"


@pytest.mark.parametrize("how", [["program.py"], ["-m", "program"]])
def test_children_use_ours_when_asked(program, tmp_path, how):
    program(SPAWNS)
    assert succeeds([*RUN, "--children", *how], tmp_path) == "polysock polysock\npolysock\n"


CHILD = """
    import subprocess, sys
    subprocess.run([sys.executable, *{options}, "-c", '''{code}'''], check=True)
"""


def test_children_keep_their_own_customisation(program, tmp_path):
    program("import socket; print('customised over', socket.__name__, flush=True)", "custom/sitecustomize.py")
    code = "import sys, sitecustomize as s; print(s.__file__, any(p.endswith('_children') for p in sys.path))"
    program(CHILD.format(options=[], code=code))
    place = tmp_path / "custom"
    output = succeeds([*RUN, "--children", "program.py"], tmp_path, PYTHONPATH=str(place))
    # The program itself starts with it too, before anything is patched.
    assert output.splitlines() == [
        "customised over socket",
        "customised over polysock",
        f"{place / 'sitecustomize.py'} False",
    ]


def test_a_customisation_that_fails_fails_as_without(program, tmp_path):
    program("import nowhere_at_all", "custom/sitecustomize.py")
    program(CHILD.format(options=[], code="print(1)"))
    environment = {"PYTHONPATH": str(tmp_path / "custom")}
    status, output, errors = run([*RUN, "--children", "program.py"], tmp_path, **environment)
    assert (status, output) == (0, "1\n")
    assert errors.count("No module named 'nowhere_at_all'") == 2
    assert errors.count("Error in sitecustomize") == 2


def test_children_without_the_package_use_the_standard_module(program, tmp_path):
    program("raise ImportError('not here')", "hidden/polysock.py")
    program("""
        import os, subprocess, sys
        os.environ["PYTHONPATH"] += os.pathsep + os.path.abspath("hidden")
        subprocess.run([sys.executable, "-c", "import socket; print(socket.__name__)"], check=True)
    """)
    assert succeeds([*RUN, "--children", "program.py"], tmp_path) == "socket\n"


def test_isolated_children_are_left_alone(program, tmp_path):
    program(CHILD.format(options=["-I"], code="import socket; print(socket.__name__)"))
    assert succeeds([*RUN, "--children", "program.py"], tmp_path) == "socket\n"
