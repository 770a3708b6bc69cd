"""How connections end: linger zero seen as a reset, and a half close with the TCP states along the way."""

import time

import polysock as socket


def pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=5)
        server, _peer = listener.accept()
        server.settimeout(5)
        return client, server


def settled(s: socket.socket, state: str) -> str:
    """The state once it is `state`, or whatever it is after a second: acknowledgements take a moment."""
    end = time.monotonic() + 1
    while s.state() != state and time.monotonic() < end:
        time.sleep(0.001)
    return s.state()


client, server = pair()
client.set_linger(0)
client.close()
try:
    server.recv(1)
    print("reset: no")
except ConnectionResetError:
    print("reset: yes")
server.close()

client, server = pair()
print("states: client", client.state(), "server", server.state())
client.sendall(b"question")
client.shutdown(socket.SHUT_WR)
states = settled(client, "FIN_WAIT2"), settled(server, "CLOSE_WAIT")
print("states: client", states[0], "server", states[1])
question = server.recv(100)
server.sendall(b"answer after the half close")
server.close()
answer = client.recv_exact(27)
print("states: client", settled(client, "CLOSED"), "server", "(closed)")
print("answer:", answer.decode(), "to", question.decode())
client.close()
