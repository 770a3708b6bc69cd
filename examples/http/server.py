"""HTTP/1.0 by hand, the server:  server.py [PORT [CLIENTS]]

A request is a line, headers and an empty line. The answer has the same form, then the content.
"""

import sys

import polysock as socket

HEAD_LIMIT, DRAIN_LIMIT = 8192, 1 << 20
PAGES = {
    "/": ("text/html", '<h1>It works</h1>\n<a href="/hello.txt">hello</a>\n'),
    "/hello.txt": ("text/plain", "Hello, world!\n"),
}


def recv_head(s: socket.socket) -> bytes:
    """Receives up to the empty line that ends a request; less if the client stops or the request is too long."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_LIMIT:
        part = s.recv(1024)
        if not part:
            break
        head += part
    return head


def respond(head: bytes) -> tuple[str, str, str, bool]:
    """Status, type, content, and whether only the head was requested."""
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if b"\r\n\r\n" not in head or len(words) != 3 or words[1][:1] != "/" or not words[2].startswith("HTTP/1."):
        return "400 Bad Request", "text/plain", "that is no request\n", False
    method, path, _version = words
    if method not in ("GET", "HEAD"):
        return "501 Not Implemented", "text/plain", "only GET and HEAD\n", False
    if path not in PAGES:
        return "404 Not Found", "text/plain", "there is no such page\n", method == "HEAD"
    return "200 OK", *PAGES[path], method == "HEAD"


def serve(s: socket.socket) -> str:
    """Answers one request. A close with unread bytes would reset the connection, and the answer might get lost: so it
    ends its own stream and reads what is left."""
    status, kind, content, head_only = respond(recv_head(s))
    head = f"HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    s.sendall((head if head_only else head + content).encode("latin-1"))
    s.shutdown(socket.SHUT_WR)
    drained = 0
    while drained < DRAIN_LIMIT and (rest := s.recv(4096)):
        drained += len(rest)
    return status


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with socket.create_server(("127.0.0.1", port)) as listener:
    listener.settimeout(60)
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    for i in range(1, clients + 1):
        connection, _address = listener.accept()
        with connection:
            connection.settimeout(5)
            try:
                print(f"client {i}: {serve(connection)}", flush=True)
            except OSError as error:
                print(f"client {i}: {error}", flush=True)
