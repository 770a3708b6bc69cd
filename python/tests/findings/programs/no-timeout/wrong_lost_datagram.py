"""A UDP client whose request is answered only after a long time."""

import socket
import threading
import time


def serve(server):
    data, client = server.recvfrom(100)
    time.sleep(5.2)
    server.sendto(data, client)


with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
    server.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(server,))
    thread.start()
    client.sendto(b"ping", server.getsockname())
    client.recvfrom(100)
    thread.join()
