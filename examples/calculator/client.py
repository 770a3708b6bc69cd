"""Uses the calculator, and tests its limits:  client.py HOST PORT"""

import struct
import sys

from protocol import receive_message, send_message

import polysock as socket

REQUESTS = (
    "add 1 2",
    "subtract 5 8",
    "multiply 6 7",
    "divide 7 2",
    "divide -7 2",
    "divide 1 0",
    "add 9223372036854775807 1",
    "add one two",
    "cube 3 3",
)
address = (sys.argv[1], int(sys.argv[2]))


def ask(s: socket.socket, request: str) -> None:
    send_message(s, request)
    print(f"{request}: {receive_message(s)}")


first = socket.create_connection(address, timeout=5)
for request in REQUESTS:
    ask(first, request)

print("a second client")
second = socket.create_connection(address, timeout=5)
ask(second, "add 20 22")

print("a third client: the server has two at once")
third = socket.create_connection(address, timeout=5)  # the kernel accepts it
send_message(third, "add 30 33")  # and keeps what we send, up to a limit
third.settimeout(0.3)
try:
    receive_message(third)
except TimeoutError:
    print("no answer")
first.close()
print("the first client leaves")
third.settimeout(5)
print(f"add 30 33: {receive_message(third)}")

second.sendall(struct.pack("!I", 1_000_000))  # "a million bytes follow"
print(f"a million bytes: {receive_message(second)}")
if receive_message(second) is None:
    print("the second client: the end of the stream")
second.close()

ask(third, "stop")
third.close()
