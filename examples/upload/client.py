"""Uploads a file:  client.py HOST PORT FILE"""

import sys
import zlib
from pathlib import Path

from progress import Progress

import polysock as socket

PIECE = 1 << 18

host, port, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
size, checksum = path.stat().st_size, 1

with path.open("rb") as file, socket.create_connection((host, port), timeout=30) as s:
    # Small, so that what counts as sent has nearly arrived.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
    s.send_frames([path.name.encode(), b"%d" % size])
    progress = Progress(path.name, size)
    s.settimeout(0.25)
    while piece := file.read(PIECE):
        while True:
            try:
                s.send_frame(piece)
                break
            except TimeoutError:
                progress.timeout()  # the same call again sends the rest of the message
        progress.add(len(piece))
        checksum = zlib.adler32(piece, checksum)
    progress.end()

    s.settimeout(30)
    answer = (s.recv_frame() or b"nothing").decode()
    verdict = "it came as it was sent" if answer == f"{size} bytes, {checksum:08x}" else "damaged"
    print(f"the server has {answer}: {verdict}")
