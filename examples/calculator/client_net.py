"""Uses the calculator, and tests its limits, Java style:  client_net.py HOST PORT"""

import sys

from protocol_net import Messages

from polysock.net import InetSocketAddress, Socket, SocketTimeoutException

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
address = InetSocketAddress(sys.argv[1], int(sys.argv[2]))


def connected() -> tuple[Socket, Messages]:
    s = Socket()
    s.connect(address, 5_000)
    s.setSoTimeout(5_000)
    return s, Messages(s)


def ask(messages: Messages, request: str) -> None:
    messages.send(request)
    print(f"{request}: {messages.receive()}")


first, to_first = connected()
for request in REQUESTS:
    ask(to_first, request)

print("a second client")
second, to_second = connected()
ask(to_second, "add 20 22")

print("a third client: the server has two at once")
third, to_third = connected()  # the kernel accepts it
to_third.send("add 30 33")  # and keeps what we send, up to a limit
third.setSoTimeout(300)
try:
    to_third.receive()
except SocketTimeoutException:
    print("no answer")
first.close()
print("the first client leaves")
third.setSoTimeout(5_000)
print(f"add 30 33: {to_third.receive()}")

to_second.output.writeInt(1_000_000)  # "a million bytes follow"
to_second.output.flush()
print(f"a million bytes: {to_second.receive()}")
if to_second.receive() is None:
    print("the second client: the end of the stream")
second.close()

ask(to_third, "stop")
third.close()
