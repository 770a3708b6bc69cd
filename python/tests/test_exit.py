"""The end of the interpreter while a daemon thread is in Python code that is run by one of our calls.

Up to CPython 3.13 the interpreter ends such a thread with pthread_exit() as soon as it wants the interpreter lock back.
Every frame of a call of ours that is still under it must survive that.
"""

import subprocess
import sys
import textwrap

import pytest
from helpers import PROGRAM_TIMEOUT

# The interpreter waits at the very end until the thread has been ended: it is gone or, where its stack can't be
# unwound, sleeps forever in pause(2), which some systems implement by ppoll(2). Each situation calls `stay`.
SCRIPT = """
import os, sys, threading, time

inside = threading.Event()
me = threading.main_thread().ident

def stay(*_):
    if threading.get_ident() != me:
        sys.at_the_end.ended = threading.get_native_id()
        inside.set()
        while True:
            time.sleep(0.0005)

def wait(ended, open=os.open, read=os.read, close=os.close, write=os.write, now=time.monotonic, pause=time.sleep):
    path, end = f"/proc/self/task/{ended}/syscall", now() + 10
    while now() < end:
        try:
            file = open(path, 0)
            asleep = read(file, 100).split()[0] in (b"34", b"73")
            close(file)
        except OSError:
            break
        if asleep:
            break
        pause(0.0005)
    else:
        write(1, b"the thread was not ended ")
    write(1, b"over")

class AtTheEnd:
    def __del__(self, wait=wait):
        wait(self.ended)

# The names of `sys` are dropped last, even while other references hold those of this script.
sys.at_the_end = AtTheEnd()

def run():
    try:
        situation()
    except BaseException as error:
        print("raised", repr(error), flush=True)
    inside.set()

SITUATION

threading.Thread(target=run, daemon=True).start()
inside.wait()
"""

SITUATIONS = {
    "audit hook": """
        import polysock
        sock = polysock.socket()
        sys.addaudithook(lambda event, _: stay() if event == "socket.connect" else None)
        def situation():
            sock.connect(("127.0.0.1", 9))
    """,
    "audit hook of a look-up": """
        import polysock
        sys.addaudithook(lambda event, _: stay() if event == "socket.getaddrinfo" else None)
        def situation():
            polysock.create_connection(("127.0.0.1", 9))
    """,
    "audit hook of a new socket": """
        import polysock
        sys.addaudithook(lambda event, _: stay() if event == "socket.__new__" else None)
        def situation():
            polysock.socket()
    """,
    "__index__": """
        import polysock
        class Port:
            __index__ = stay
        def situation():
            polysock.socket().bind(("127.0.0.1", Port()))
    """,
    "__index__ of an option": """
        import polysock
        class Number:
            __index__ = stay
        def situation():
            polysock.socket().setsockopt(polysock.SOL_SOCKET, polysock.SO_KEEPALIVE, Number())
    """,
    "ResourceWarning": """
        import polysock, warnings
        warnings.simplefilter("always")
        warnings.showwarning = stay
        def situation():
            polysock.socket()
    """,
    "idna codec": """
        import polysock
        class Finder:
            def find_spec(self, name, *_):
                if name == "encodings.idna":
                    stay()
        sys.meta_path.insert(0, Finder())
        def situation():
            polysock.getaddrinfo("b\\u00fccher.invalid", 9)
    """,
    "__next__": """
        import polysock
        one, other = polysock.socketpair()
        def pieces():
            yield b"first"
            stay()
        def situation():
            one.sendmsg(pieces())
    """,
    "__del__": """
        import polysock
        one, other = polysock.socketpair()
        class Piece(bytearray):
            __del__ = stay
        def situation():
            one.sendmsg(Piece(b"x") for _ in range(1))
    """,
    "__fspath__": """
        import polysock
        class Name:
            __fspath__ = stay
        def situation():
            polysock.if_nametoindex(Name())
    """,
    "net: __del__": """
        import polysock.net
        class Bytes(bytearray):
            __del__ = stay
        def situation():
            polysock.net.DatagramPacket(Bytes(9), 9)
    """,
    "net: __index__": """
        import polysock.net
        class Number:
            __index__ = stay
        def situation():
            polysock.net.ServerSocket(0).setSoTimeout(Number())
    """,
    "Server: handler": """
        import polysock
        def handler(connection, address):
            stay()
        server = polysock.Server(("127.0.0.1", 0), handler)
        server.start()
        server.stop = lambda timeout: None
        client = polysock.create_connection(server.address)
        def situation():
            inside.wait()
    """,
    "import": """
        import builtins
        usual = builtins.__import__
        def slow(name, *rest):
            if name == "os" and "importlib" in sys._getframe(1).f_globals["__name__"]:
                stay()
            return usual(name, *rest)
        builtins.__import__ = slow
        def situation():
            import polysock
    """,
}

if sys.version_info >= (3, 12):
    SITUATIONS["__buffer__"] = """
        import polysock
        one, other = polysock.socketpair()
        class Bytes:
            __buffer__ = stay
        def situation():
            one.sendall(Bytes())
    """
    SITUATIONS["__release_buffer__"] = """
        import polysock
        one, other = polysock.socketpair()
        class Bytes:
            def __buffer__(self, flags):
                return memoryview(b"x")
            __release_buffer__ = stay
        def situation():
            one.sendall(Bytes())
    """


@pytest.mark.parametrize("situation", SITUATIONS)
def test_interpreter_ends_beside_a_thread_in_python_code_that_we_called(situation):
    script = SCRIPT.replace("SITUATION", textwrap.dedent(SITUATIONS[situation]))
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("over", "", 0)
