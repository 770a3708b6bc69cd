#!/usr/bin/env python3
"""Tests of the runner itself: what is wrong with a tutorial must be seen."""

import asyncio
import contextlib
import functools
import re
import tempfile
import textwrap
import unittest
from pathlib import Path
from unittest import mock

import run

TEST = """
server = '''
listening on 127.0.0.1:{port}
got 5 bytes
'''
client = '''
said hello to port {port}
'''
no_garbage = "a test of the runner"
[missing]
c = "a test of the runner"
java = "a test of the runner"
rust = "a test of the runner"
"""

SERVER = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(20)
        try:
            print("got", len(connection.recv(100)), "bytes")
        except OSError as error:
            sys.exit(str(error))
"""

CLIENT = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as s:
    s.sendall(b"hello")
print("said hello to port", sys.argv[2])
"""


@contextlib.asynccontextmanager
async def time_is_up_once(file):
    """In place of run.time_to_play."""
    async with asyncio.timeout(run.LIMIT) as time:

        async def look():
            while not file.exists():
                await asyncio.sleep(0.01)
            time.reschedule(0)

        looking = asyncio.create_task(look())
        try:
            yield
        finally:
            looking.cancel()


ALONE = TEST[TEST.index("[missing]") :]


class Runner(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = Path(directory.name) / "one-two"
        self.folder.mkdir()
        self.write("README.md", "")
        self.write("test.toml", TEST)
        self.write("server.py", SERVER)
        self.write("client.py", CLIENT)

    def write(self, name, text):
        (self.folder / name).write_text(textwrap.dedent(text))

    def replace(self, name, old, new):
        text = (self.folder / name).read_text()
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def play(self):
        """What is wrong, by play."""
        results = asyncio.run(run.play_all([self.folder], 1))
        return dict(results["one-two"])

    def pair(self):
        return self.play()["python server, python client"]

    def garbage(self):
        self.replace("test.toml", 'no_garbage = "a test of the runner"', 'garbage = "ends"')
        self.replace("server.py", "settimeout(20)", "settimeout(0.2)")
        return self.play()["python server fed garbage"]

    def time_is_up_once_here(self):
        """Meanwhile the time of a play ends when one of its programs makes the file `here`."""
        return mock.patch("run.time_to_play", functools.partial(time_is_up_once, self.folder / "here"))

    def folder_fault(self):
        return self.play()["the folder"]

    def alone(self, program, output):
        self.write("one_two.py", program)
        self.write("test.toml", f"output = '''\n{output}\n'''\ninput = '''abc\n'''\n" + ALONE)
        results = self.play()
        return results["the folder" if "the folder" in results else "python"]

    def test_what_is_right_passes(self):
        self.assertEqual(self.play(), {"python server, python client": None})
        self.assertIsNone(self.garbage())

    def test_a_program_alone_is_given_its_input(self):
        self.assertIsNone(self.alone("print('n', 17); print(input()[::-1], '+')", "n {number}\ncba{any}"))
        self.assertIn(
            "line 2\n  dbc\nwhere was expected\n  cba", self.alone("print('n', 1); print('dbc')", "n {number}\ncba")
        )

    def test_wrong_output(self):
        self.replace("client.py", "said", "sad")
        self.assertIn("the client printed in line 1\n  sad hello", self.pair())
        self.replace("client.py", "sad", "said")
        self.replace("server.py", '"bytes"', '"bits"')
        self.assertIn("the server printed in line 2\n  got 5 bits\nwhere was expected\n  got 5 bytes", self.pair())

    def test_output_too_much_and_too_little(self):
        self.replace("client.py", "print(", "print('first'); print(")
        self.assertIn("the client printed in line 1\n  first\nwhere", self.pair())
        self.replace("client.py", "print('first'); print(", "len(")
        self.replace("client.py", ", sys.argv[2])", " + sys.argv[2])")
        self.assertIn("(nothing)\nwhere was expected", self.pair())

    def test_another_port(self):
        self.replace("client.py", 'port", sys.argv[2]', 'port", 1')
        self.assertIn("the client printed in line 1\n  said hello to port 1\n", self.pair())

    def test_a_first_line_that_is_not_the_port(self):
        self.replace("server.py", "listening on", "i listen on")
        self.assertIn("the server's first line is not", self.pair())

    def test_a_hang(self):
        # Its input has ended: so the runner knows that it has started.
        here = "print('here', flush=True); sys.stdin.read(); open('here', 'w')"
        self.replace("client.py", "s.sendall", f"{here}; import time; time.sleep(99); s.sendall")
        self.replace("server.py", "settimeout(20)", "settimeout(99)")
        with self.time_is_up_once_here():
            fault = self.pair()
        self.assertIn("the server and the client did not end within 30 s", fault)
        self.assertIn("here", fault)

    def test_a_crash(self):
        self.replace("client.py", "print(", "import os; os.abort()\nprint(")
        self.assertIn("the client ended with signal SIGABRT", self.pair())

    def test_an_exit_code(self):
        self.replace("client.py", "print(", "import atexit, os; atexit.register(os._exit, 3)\nprint(")
        self.assertIn("the client ended with exit code 3", self.pair())

    def test_words_on_standard_error(self):
        self.replace("client.py", "print(", "sys.stderr.write('odd')\nprint(")
        self.assertIn("the client wrote to standard error", self.pair())

    def test_a_process_left_behind(self):
        quiet = "import subprocess\nsubprocess.Popen(['sleep', '99'], stdout=-3, stderr=-3)\n"
        self.replace("client.py", "print(", quiet + "import warnings; warnings.simplefilter('ignore')\nprint(")
        self.assertIn("the client left a process behind", self.pair())

    def test_a_program_that_is_not_built(self):
        self.write("server.c", "")
        self.replace("test.toml", 'c = "a test of the runner"\n', "")
        self.assertIn("client.c is not there", self.folder_fault())
        self.write("client.c", "")
        self.assertIn("is it built", self.play()["c server, python client"])

    def test_a_missing_language(self):
        self.replace("test.toml", 'rust = "a test of the runner"\n', "")
        self.assertIn("server.rs is not there, and test.toml does not say why", self.folder_fault())

    def test_a_language_said_to_be_missing(self):
        self.write("server.rs", "")
        self.assertIn("server.rs is there and said to be missing", self.folder_fault())

    def test_one_file_said_to_be_missing(self):
        self.replace("test.toml", 'java = "', '"server_net.py" = "')
        self.assertIn("client_net.py is not there", self.folder_fault())
        self.write("client_net.py", CLIENT)
        self.assertIsNone(self.play()["python server, java client"])

    def test_a_malformed_test(self):
        self.replace("test.toml", "no_garbage", "no_gabage")
        self.assertIn("unknown no_gabage", self.folder_fault())
        self.write("test.toml", "client = ''\n" + ALONE)
        self.assertIn("needs `output`", self.folder_fault())
        self.write("test.toml", "client =")
        self.assertIn("Invalid value", self.folder_fault())
        self.write("test.toml", TEST + "cobol = 'no'")
        self.assertIn("no such language or file: cobol", self.folder_fault())

    def test_garbage_kills_the_server(self):
        self.replace("server.py", "except OSError", "except ValueError")
        self.assertIn("died of an error that it did not handle", self.garbage())

    def test_garbage_hangs_the_server(self):
        self.replace("server.py", "connection.set", "open('here', 'w'); connection.recv(1); connection.set")
        with self.time_is_up_once_here():
            self.assertIn("did not end within 30 s", self.garbage())

    def test_garbage_ends_the_server_without_a_word(self):
        self.replace("server.py", "sys.exit(str(error))", "sys.exit(1)")
        self.assertIn("ended without a word after a client that is silent", self.garbage())

    def test_garbage_ends_a_server_that_should_live(self):
        self.replace("server.py", "settimeout(20)", "settimeout(0.2)")
        self.replace("test.toml", 'no_garbage = "a test of the runner"', "")
        ended = "the (server takes no connection|(server|client) ended with exit code 1)"
        self.assertRegex(self.play()["python server fed garbage"], ended)

    def test_the_report_tells_and_fails(self):
        with mock.patch("builtins.print") as printed:
            self.assertEqual(
                run.report({"a": [("x", None)], "b": [("y", "is odd"), ("z", "is odd\n--- the client")]}, 1), 1
            )
            self.assertEqual(run.report({"a": [("x", None)]}, 1), 0)
            self.assertEqual(run.report({}, 1), 1)
        text = str(printed.mock_calls).replace("\\n", "\n")
        self.assertIn("FAILED b: y\n  is odd", text)
        self.assertIn("and 1 times z", text)


class TheTutorials(unittest.TestCase):
    def test_each_is_in_the_table_and_tells_its_files(self):
        table = re.findall(r"^\| \[(.+)\]\(\1\) \|", (run.HERE / "README.md").read_text(), re.M)
        folders = [path.parent for path in run.HERE.glob("*/test.toml")]
        self.assertCountEqual(table, [folder.name for folder in folders])
        for folder in folders:
            told = set(re.findall(r"\]\(([^)/]+)\)", (folder / "README.md").read_text()))
            programs = (".c", ".h", ".cpp", ".hpp", ".py", ".rs")
            there = {path.name for path in folder.iterdir() if path.suffix in programs}
            self.assertEqual({name for name in told if "." in name}, there, folder.name)


if __name__ == "__main__":
    unittest.main()
