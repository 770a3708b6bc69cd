"""HTTP/1.0 by hand, Java-style client:  client_net.py HOST PORT"""

import sys

from polysock.net import BufferedReader, InputStreamReader, Socket

host, port = sys.argv[1], int(sys.argv[2])


def ask(request: str) -> None:
    """Sends a request and prints the answer, which ends when the connection does."""
    print(request)
    with Socket(host, port) as s:
        s.setSoTimeout(5_000)
        s.getOutputStream().write(f"{request}\r\nHost: {host}:{port}\r\n\r\n".encode())
        reader = BufferedReader(InputStreamReader(s.getInputStream(), "ISO-8859-1"))  # one character per byte
        status = reader.readLine()
        if status is None or not status.startswith("HTTP/1."):
            print("  no answer")
            return
        print(f"  {status[9:]}")  # after "HTTP/1.0 "
        promised = None
        while header := reader.readLine():
            name, _colon, value = header.partition(":")
            if name.lower() == "content-length":
                promised = int(value)
        characters: list[str] = [""] * 4096
        content = ""
        while (n := reader.read(characters)) != -1:
            content += "".join(characters[:n])
    if promised is not None:
        print(f"  {promised} bytes promised, {len(content)} came")
    for line in content.splitlines():
        print(f"  | {line}")


ask("GET / HTTP/1.0")
ask("GET /hello.txt HTTP/1.0")
ask("HEAD /hello.txt HTTP/1.0")
ask("GET /nothing HTTP/1.0")
ask("POST /hello.txt HTTP/1.0")
ask("may I have the page, please?")
