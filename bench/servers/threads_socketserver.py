"""socketserver.ThreadingTCPServer: a thread for each connection."""

import socketserver

import serving


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(serving.RECEIVE):
            self.request.sendall(data)


class Frames(socketserver.StreamRequestHandler):
    def handle(self):
        while prefix := self.rfile.read(serving.LENGTH.size):
            (length,) = serving.LENGTH.unpack(prefix)
            self.wfile.write(serving.framed(self.rfile.read(length)))


class Http(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline():
            while self.rfile.readline() != b"\r\n":
                pass
            self.wfile.write(serving.REPLY)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = serving.BACKLOG
    daemon_threads = True


with Server((serving.HOST, 0), serving.of_mode(echo=Echo, frames=Frames, http=Http)) as server:
    serving.listens_on(server.server_address[1])
    server.serve_forever()
