"""pyftpdlib with ftplib: files both ways, passive and active, a resumed transfer."""

import ftplib
import io
import logging
import tempfile
import threading

import check
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import FTPServer, ThreadedFTPServer

seen = []


class Data(DTPHandler):
    def __init__(self, sock, handler):
        seen.append(check.ours(sock))
        super().__init__(sock, handler)


class Handler(FTPHandler):
    dtp_handler = Data

    def on_connect(self):
        seen.append(check.ours(self.socket))


def run():
    logging.disable(logging.WARNING)
    for kind in FTPServer, ThreadedFTPServer:
        with tempfile.TemporaryDirectory() as place:
            Handler.authorizer = DummyAuthorizer()
            Handler.authorizer.add_user("tester", "open sesame", place, "elradfmwMT")
            server = kind(("127.0.0.1", 0), Handler)
            check.ours(server.socket)
            port = server.socket.getsockname()[1]
            stopped = threading.Event()

            def serve(server=server, stopped=stopped):
                while not stopped.is_set():
                    server.serve_forever(timeout=0.05, blocking=False)
                server.close_all()

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                for passive in True, False:
                    seen.clear()
                    work(port, passive)
                    assert len(seen) >= 4, seen
            finally:
                stopped.set()
                thread.join()


def work(port, passive):
    with ftplib.FTP(timeout=20) as ftp:
        ftp.connect("127.0.0.1", port)
        check.ours(ftp.sock)
        ftp.login("tester", "open sesame")
        ftp.set_pasv(passive)
        ftp.storbinary("STOR file", io.BytesIO(check.BIG))
        got = []
        ftp.retrbinary("RETR file", got.append)
        assert b"".join(got) == check.BIG
        got.clear()
        ftp.retrbinary("RETR file", got.append, rest=1000000)
        assert b"".join(got) == check.BIG[1000000:]
        assert [name for name, _ in ftp.mlsd()] == ["file"]
        with ftp.transfercmd("RETR file") as data:
            check.ours(data)
            while data.recv(65536):
                pass
        ftp.voidresp()
        ftp.delete("file")
        assert ftp.nlst() == []
