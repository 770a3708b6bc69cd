"""HTTP/1.0 by hand, Java-style server:  server_net.py [PORT [CLIENTS]]

A request is a line, headers and an empty line. The answer has the same form, then the content.
"""

import sys

from polysock.net import (
    BufferedReader,
    InetAddress,
    InputStreamReader,
    IOException,
    ServerSocket,
    Socket,
    SocketException,
    SocketTimeoutException,
)

HEAD_LIMIT, DRAIN_LIMIT = 8192, 1 << 20
PAGES = {
    "/": ("text/html", '<h1>It works</h1>\n<a href="/hello.txt">hello</a>\n'),
    "/hello.txt": ("text/plain", "Hello, world!\n"),
}


def read_head(reader: BufferedReader) -> list[str]:
    """Reads lines up to the empty one that ends a request; none if the client stops or they are too long."""
    lines = []
    size = 0
    while line := reader.readLine():
        lines.append(line)
        size += len(line)
        if size > HEAD_LIMIT:
            return []
    return lines if line == "" else []  # None is the end of the stream


def respond(head: list[str]) -> tuple[str, str, str, bool]:
    """Status, type, content, and whether only the head was requested."""
    words = head[0].split(" ") if head else []
    if len(words) != 3 or not words[1].startswith("/") or not words[2].startswith("HTTP/1."):
        return "400 Bad Request", "text/plain", "that is no request\n", False
    method, path, _version = words
    if method not in ("GET", "HEAD"):
        return "501 Not Implemented", "text/plain", "only GET and HEAD\n", False
    if path not in PAGES:
        return "404 Not Found", "text/plain", "there is no such page\n", method == "HEAD"
    return "200 OK", *PAGES[path], method == "HEAD"


def serve(client: Socket) -> str:
    """Answers one request. A close with unread bytes would reset the connection, and the answer might get lost: so it
    ends its own stream and reads what is left."""
    reader = BufferedReader(InputStreamReader(client.getInputStream(), "ISO-8859-1"), longestLine=HEAD_LIMIT)
    try:
        head = read_head(reader)
    except (SocketException, SocketTimeoutException):
        raise
    except IOException:  # a line that is too long
        head = []
    status, kind, content, head_only = respond(head)
    text = f"HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    client.getOutputStream().write((text if head_only else text + content).encode("latin-1"))
    client.shutdownOutput()
    buffer = bytearray(4096)
    drained = 0
    while drained < DRAIN_LIMIT and (n := client.getInputStream().read(buffer)) != -1:
        drained += n
    return status


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with ServerSocket(port, 16, InetAddress.getLoopbackAddress()) as listener:
    listener.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
    for i in range(1, clients + 1):
        with listener.accept() as client:
            client.setSoTimeout(5_000)
            try:
                print(f"client {i}: {serve(client)}", flush=True)
            except IOException as exception:
                print(f"client {i}: {exception}", flush=True)
