"""Receives files:  server.py [PORT [CLIENTS [FOLDER]]]

Without a folder, they are only counted.
"""

import os
import sys
import time
import zlib
from typing import BinaryIO

import polysock as socket


def receive(s: socket.socket, client: int, file: BinaryIO) -> None:
    messages = s.frames()
    name, size = next(messages).decode("ascii", "backslashreplace"), int(next(messages))
    received, checksum, paused = 0, 1, False
    while received < size:
        piece = next(messages)
        file.write(piece)
        received += len(piece)
        checksum = zlib.adler32(piece, checksum)
        if not paused and received > size // 4:
            time.sleep(2)  # as when the disk is busy: the client's send times out, and goes on later
            paused = True
    result = f"{received} bytes, {checksum:08x}"
    print(f"client {client}: {name}, {result}")
    s.send_frame(result.encode())


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1
folder = sys.argv[3] if len(sys.argv) > 3 else None

with socket.create_server(("127.0.0.1", port)) as listener:
    # Small, so that the pause is soon felt at the other end.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    listener.settimeout(60)
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    for i in range(1, clients + 1):
        connection, _address = listener.accept()
        # A name of our own: the client's could be that of any file.
        path = os.path.join(folder, f"upload-{i}") if folder else os.devnull
        with connection, open(path, "wb") as file:
            connection.settimeout(5)
            try:
                receive(connection, i, file)
            except StopIteration:
                print(f"client {i}: left")
            except (OSError, EOFError, ValueError) as error:
                print(f"client {i}: {error}")
