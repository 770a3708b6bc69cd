"""Like inetd: the connection becomes the standard input and output of another program, and is then closed here."""

import socket
import subprocess
import sys
import threading

ANSWERS = "import sys; text = sys.stdin.read(); sys.stdout.write(text.upper())"
ONLY_READS = "import sys; sys.stdin.read(); sys.stdin.close()"

started = threading.Event()


def serve(listener, program):
    connection, _ = listener.accept()
    child = subprocess.Popen([sys.executable, "-S", "-c", program], stdin=connection, stdout=connection)
    connection.close()
    started.set()
    child.wait()


with socket.create_server(("127.0.0.1", 0)) as listener:
    for program in (ANSWERS, ONLY_READS):
        server = threading.Thread(target=serve, args=(listener, program))
        server.start()
        with socket.create_connection(listener.getsockname()) as client:
            started.wait()
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            while client.recv(100):
                pass
        server.join()
        started.clear()
