"""A parent accepts connections, a child serves them: descriptors over a Unix socket:  server.py [PORT [CLIENTS]]"""

import os
import sys

import polysock as socket


def work(channel: socket.socket) -> None:
    """The child: takes one descriptor after another from the channel, until the parent closes its end."""
    while True:
        data, descriptors, _flags, _address = socket.recv_fds(channel, 1, 1)
        if not data:
            return
        with socket.socket(fileno=descriptors[0]) as s:  # the socket owns it now and closes it
            s.settimeout(5)
            print("worker: greets a client", flush=True)  # two processes take turns writing to it
            try:
                s.sendall(b"hello from the worker")
            except OSError as error:
                print(error, flush=True)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

listener = socket.create_server(("127.0.0.1", port))
listener.settimeout(60)
print("listening on {}:{}".format(*listener.getsockname()), flush=True)

channel, worker_end = socket.socketpair()
worker = os.fork()
if worker == 0:
    listener.close()  # the child has copies of everything; it keeps its end of the channel
    channel.close()
    work(worker_end)
    os._exit(0)

worker_end.close()
for _ in range(clients):
    s, _address = listener.accept()
    with s:  # the worker has a copy; while we also had one, the client would not see the end
        print("parent: passes a client on", flush=True)
        socket.send_fds(channel, [b"x"], [s.fileno()])  # descriptors are sent with data, at least one byte
listener.close()
channel.close()  # the worker's receive ends
_pid, status = os.waitpid(worker, 0)
print("parent: the worker has ended")
sys.exit(0 if status == 0 else 1)
