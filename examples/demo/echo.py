"""Echo over TCP in Python:  echo.py server CONNECTIONS  |  echo.py client PORT ROUNDS"""

import sys

import polysock as socket

PIECE = 65536
TIMEOUT = 10


def serve(connections: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        for _ in range(connections):
            s, _peer = listener.accept()
            with s:
                s.settimeout(TIMEOUT)
                while data := s.recv(PIECE):
                    s.sendall(data)


def talk(port: int, rounds: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as s:
        for number in range(rounds):
            piece = bytes([97 + number % 26]) * PIECE
            s.sendall(piece)
            if s.recv_exact(PIECE) != piece:
                sys.exit(2)


match sys.argv[1:]:
    case ["server", connections]:
        serve(int(connections))
    case ["client", port, rounds]:
        talk(int(port), int(rounds))
    case _:
        sys.exit(64)
