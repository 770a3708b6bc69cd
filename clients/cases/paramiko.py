"""paramiko against its own server: a command, files over SFTP, a forwarded port."""

import io
import os
import socket
import tempfile
import threading

import check
import paramiko


class Policy(paramiko.ServerInterface):
    def check_auth_password(self, username, password):
        right = (username, password) == ("tester", "open sesame")
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, number):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=execute, args=(channel, command)).start()
        return True


def execute(channel, command):
    channel.sendall(b"ran " + command + b"\n")
    while data := channel.recv(65536):
        channel.sendall(data)
    channel.send_exit_status(3)
    channel.close()


class Files(paramiko.SFTPServerInterface):
    def __init__(self, server, place):
        self.place = place

    def open(self, path, flags, attributes):
        handle = paramiko.SFTPHandle(flags)
        mode = "r+b" if flags & 3 == 0 else "w+b"
        handle.readfile = handle.writefile = open(f"{self.place}/{path.strip('/')}", mode)  # noqa: SIM115
        return handle

    def stat(self, path):
        return paramiko.SFTPAttributes.from_stat(os.stat(f"{self.place}/{path.strip('/')}"))


def serve(listener, key, place, accepted):
    sock, _ = listener.accept()
    accepted.append(check.ours(sock))
    transport = paramiko.Transport(sock)
    transport.add_server_key(key)
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files, place)
    transport.start_server(server=Policy())
    transport.join(60)


def run():
    key = paramiko.RSAKey.generate(2048)
    accepted = []
    with tempfile.TemporaryDirectory() as place, socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener, key, place, accepted))
        server.start()
        port = listener.getsockname()[1]
        with paramiko.SSHClient() as client:
            client.get_host_keys().add(f"[127.0.0.1]:{port}", key.get_name(), key)
            client.connect(
                "127.0.0.1", port, "tester", "open sesame", look_for_keys=False, allow_agent=False, timeout=20
            )
            check.ours(client.get_transport().sock)
            command(client)
            files(client)
        server.join()
    assert len(accepted) == 1


def command(client):
    given, got, _ = client.exec_command("something", timeout=20)
    assert got.readline() == "ran something\n"
    writer = threading.Thread(target=lambda: (given.write(check.BIG), given.channel.shutdown_write()))
    writer.start()
    assert got.read() == check.BIG
    writer.join()
    assert got.channel.recv_exit_status() == 3


def files(client):
    with client.open_sftp() as sftp:
        assert sftp.putfo(io.BytesIO(check.BIG), "file").st_size == len(check.BIG)
        back = io.BytesIO()
        assert sftp.getfo("file", back) == len(check.BIG)
        assert back.getvalue() == check.BIG
