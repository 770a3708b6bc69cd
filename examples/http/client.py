"""HTTP/1.0 by hand, the client:  client.py HOST PORT"""

import sys

import polysock as socket

host, port = sys.argv[1], int(sys.argv[2])


def ask(request: str) -> None:
    """Sends a request and prints the answer, which ends when the connection does."""
    with socket.create_connection((host, port), timeout=5) as s:
        s.sendall(f"{request}\r\nHost: {host}:{port}\r\n\r\n".encode())
        answer = b""
        while part := s.recv(4096):
            answer += part

    print(request)
    head, end, content = answer.partition(b"\r\n\r\n")
    if not end or not head.startswith(b"HTTP/1."):
        print("  no answer")
        return
    status, *headers = head.decode("latin-1").split("\r\n")
    print(f"  {status[9:]}")  # after "HTTP/1.0 "
    for header in headers:
        name, _colon, value = header.partition(":")
        if name.lower() == "content-length":
            print(f"  {int(value)} bytes promised, {len(content)} came")
    for line in content.decode("latin-1").splitlines():
        print(f"  | {line}")


ask("GET / HTTP/1.0")
ask("GET /hello.txt HTTP/1.0")
ask("HEAD /hello.txt HTTP/1.0")
ask("GET /nothing HTTP/1.0")
ask("POST /hello.txt HTTP/1.0")
ask("may I have the page, please?")
