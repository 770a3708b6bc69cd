"""Four clients in a chat room:  client.py HOST PORT"""

import sys

import polysock as socket

address = (sys.argv[1], int(sys.argv[2]))


class Client:
    def __init__(self, name: str) -> None:
        self.name = name
        self.socket = socket.create_connection(address, timeout=5)
        self.hears()

    def says(self, text: str) -> None:
        print(f"{self.name} says: {text}")
        self.socket.sendall(text.encode() + b"\n")

    def hears(self) -> None:
        line = self.socket.recv_line("utf-8")
        print(f"{self.name} hears: {'(the end)' if line is None else line}")


ann = Client("Ann")
ann.says("Ann")
ann.hears()

bob = Client("Bob")
bob.says("Ann")
bob.hears()
bob.says("Bob")
bob.hears()
ann.hears()

eve = Client("Eve")
eve.says("Eve")
for client in (eve, ann, bob):
    client.hears()

ann.says("hello\nhow are you?")  # two messages in one segment
for client in (bob, bob, eve, eve):
    client.hears()

eve.says("bye")
for client in (eve, eve, ann, bob):
    client.hears()

print("Bob says a thousand letters")
bob.socket.sendall(b"o" * 1000 + b"\n")
bob.hears()
ann.hears()

nameless = Client("a fourth")
nameless.says("R2-D2")
nameless.hears()
nameless.hears()
for client in (ann, bob, eve, nameless):
    client.socket.close()
