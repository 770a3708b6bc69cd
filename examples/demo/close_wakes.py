"""A thread waits in recv while another closes the socket:  close_wakes.py MODULE

Prints how many milliseconds after the close the thread woke up, or `asleep` when it still slept two seconds later.
"""

import contextlib
import importlib
import sys
import threading
import time
from pathlib import Path

socket = importlib.import_module(sys.argv[1])
TIMEOUT = 2.0


def wait_until_asleep(thread_id: int) -> None:
    """Returns once the thread sleeps in the kernel for longer than a moment: twice in a row in the same call."""
    calls = Path(f"/proc/self/task/{thread_id}/syscall")
    last = None
    while last is None or last == "running" or calls.read_text() != last:
        last = calls.read_text().strip() and calls.read_text()
        time.sleep(0.01)


with socket.create_server(("127.0.0.1", 0)) as listener:
    waiting = socket.create_connection(listener.getsockname())
    peer, _ = listener.accept()

woken = threading.Event()
thread_ids: list[int] = []


def wait_for_data() -> None:
    thread_ids.append(threading.get_native_id())
    with contextlib.suppress(OSError):
        waiting.recv(1)
    woken.set()


thread = threading.Thread(target=wait_for_data)
thread.start()
while not thread_ids:
    time.sleep(0.001)
wait_until_asleep(thread_ids[0])

closed_at = time.monotonic()
waiting.close()
if woken.wait(TIMEOUT):
    print(f"{(time.monotonic() - closed_at) * 1000:.1f}")
else:
    print("asleep")
peer.close()  # ends the stream, so that this program can end
thread.join(5)
