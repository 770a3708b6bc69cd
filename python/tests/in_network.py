"""Runs a command in a new network namespace: `in_network.py COMMAND …`.

With `--lossy RULE SERVER`, in one of two, between which segments are lost: SERVER, a Python program, runs at
10.0.0.2, the command at 10.0.0.1. RULE says which segments with data from the client are lost, each once: `1` the first
one, `2` the second one.

With `--unprivileged`: in the present network, without the right to see packets (CAP_NET_RAW).

Exits with 77 where this is not permitted.
"""

import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

NOT_PERMITTED = 77
PR_CAPBSET_DROP, CAP_NET_RAW = 24, 13
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFDSTADDR = 0x8914, 0x8916, 0x8918
IFF_UP, IFF_RUNNING, IFF_POINTOPOINT = 0x1, 0x40, 0x10
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def become_root():
    """Root of a user namespace, where this process is not root."""
    if os.geteuid() != 0:
        user, group = os.geteuid(), os.getegid()
        unshare(CLONE_NEWUSER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)


def set_up(name, *addresses):
    """Turns an interface on, with an address and its peer's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for request, address in zip((SIOCSIFADDR, SIOCSIFDSTADDR), addresses, strict=False):
            value = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(sock, request, struct.pack("16s16s8x", name.encode(), value))
        flags = IFF_UP | IFF_RUNNING | (IFF_POINTOPOINT if addresses else 0)
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH22x", name.encode(), flags))


def new_network():
    unshare(CLONE_NEWNET)
    set_up("lo")


def new_side(address, peer):
    """A new network whose packets to `peer` come to the descriptor that is returned."""
    new_network()
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"path", IFF_TUN | IFF_NO_PI))
    set_up("path", address, peer)
    return device


class Path:
    """Carries packets between the two sides, and loses some."""

    def __init__(self, client, server, lose):
        self._sides = {client: server, server: client}
        self._client = client
        self._lose = lose
        self._data = []  # sequence numbers of segments with data, in the order of their first appearance

    def carry(self, is_over):
        while not is_over():
            ready, _, _ = select.select(list(self._sides), [], [], 0.02)
            for side in ready:
                packet = os.read(side, 65536)
                if not (side == self._client and self._is_lost(packet)):
                    os.write(self._sides[side], packet)

    def _is_lost(self, packet):
        if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
            return False
        at = (packet[0] & 15) * 4
        (seq,) = struct.unpack_from(">I", packet, at + 4)
        if len(packet) == at + (packet[at + 12] >> 4) * 4 or seq in self._data:
            return False
        self._data.append(seq)
        return len(self._data) == self._lose


def main():
    arguments = sys.argv[1:]
    if arguments[0] == "--unprivileged":
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_NET_RAW)  # fails for a process that does not have it
        os.execvp(arguments[1], arguments[1:])
    try:
        become_root()
        if arguments[0] != "--lossy":
            new_network()
            os.execvp(arguments[0], arguments)
        lose, program = int(arguments[1]), arguments[2]
        server_side = new_side(SERVER, CLIENT)
        server = subprocess.Popen([sys.executable, "-m", "polysock", "trace", "-o", "run", program])
        client_side = new_side(CLIENT, SERVER)
    except OSError:
        sys.exit(NOT_PERMITTED)
    client = subprocess.Popen(arguments[3:])
    Path(client_side, server_side, lose).carry(
        lambda: client.poll() is not None and server.poll() is not None and not recorders("run")
    )
    sys.exit(client.returncode or server.returncode)


def recorders(folder):
    """Whether a recorder is at work in a folder."""
    for name in os.listdir(folder):
        if name.startswith("wire-"):
            with open(os.path.join(folder, name), encoding="ascii") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    return True
    return False


if __name__ == "__main__":
    main()
