"""A client whose first SYN is dropped, and which is connected by the second one, a second later."""

import socket
import threading
import time

SYN_SENT = 2  # tcpi_state


def serve():
    while second.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != SYN_SENT:
        time.sleep(0.001)
    for _ in range(2):
        listener.accept()[0].close()


with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
    address = listener.getsockname()
    first, second = socket.create_connection(address), socket.socket()
    serving = threading.Thread(target=serve)
    serving.start()
    second.settimeout(10)
    second.connect(address)  # the first SYN finds the queue full
    serving.join()
    first.close()
    second.close()
