"""asyncssh and its own server: a command, sftp, what is forwarded over TCP, Unix sockets and SOCKS."""

import asyncio
import os
import socket
import tempfile

import asyncssh
import check
import socks


class Server(asyncssh.SSHServer):
    def connection_made(self, connection):
        check.ours(connection.get_extra_info("socket"))

    def begin_auth(self, username):
        return False

    def connection_requested(self, *_):
        return True

    def server_requested(self, *_):
        return True


async def upper(process):
    async for line in process.stdin:
        process.stdout.write(line.upper())
    process.exit(3)


async def backwards(reader, writer):
    writer.write((await reader.read())[::-1])
    writer.close()


def run():
    asyncio.run(asyncio.wait_for(main(), 60))


async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    options = {"server_host_keys": [key], "process_factory": upper, "sftp_factory": True}
    async with await asyncssh.create_server(Server, "127.0.0.1", 0, **options) as server:
        trusted = ([key.convert_to_public()], [], [])
        # Nothing from the user's own files.
        options = {"known_hosts": trusted, "username": "me", "config": None, "client_keys": None, "agent_path": None}
        async with asyncssh.connect("127.0.0.1", server.get_port(), **options) as client:
            check.ours(client.get_extra_info("socket"))
            await commands(client)
            await forwarded(client)
        made = socket.create_connection(("127.0.0.1", server.get_port()), 20)
        made.setblocking(False)
        async with asyncssh.connect(sock=check.ours(made), **(options | {"known_hosts": None})) as client:
            await commands(client)


async def commands(client):
    done = await client.run("any", input="line\n" * 5000)
    assert (done.exit_status, done.stdout) == (3, "LINE\n" * 5000)
    with tempfile.TemporaryDirectory() as place:
        there, here = os.path.join(place, "there"), os.path.join(place, "here")
        async with client.start_sftp_client() as sftp:
            async with sftp.open(there, "wb") as file:
                await file.write(check.BIG)
            await sftp.get(there, here)
        with open(here, "rb") as file:
            assert file.read() == check.BIG


async def forwarded(client):
    async with await asyncio.start_server(backwards, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for forward in client.forward_local_port, client.forward_remote_port:
            async with await forward("127.0.0.1", 0, "127.0.0.1", port) as listener:
                assert await ask(asyncio.open_connection("127.0.0.1", listener.get_port())) == b"olleh"
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "s")
            async with await client.forward_local_path_to_port(path, "127.0.0.1", port):
                assert await ask(asyncio.open_unix_connection(path)) == b"olleh"
        async with await client.forward_socks("127.0.0.1", 0) as proxy:
            assert await asyncio.to_thread(through, proxy.get_port(), port) == b"olleh"


async def ask(connection):
    reader, writer = await connection
    check.ours(writer.get_extra_info("socket"))
    writer.write(b"hello")
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def through(proxy, port):
    with socks.create_connection(("127.0.0.1", port), 20, None, socks.SOCKS5, "127.0.0.1", proxy) as sock:
        sock.sendall(b"hello")
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as file:
            return file.read()
