"""pyroute2: netlink over asyncio, and a socket that another process made in a network namespace."""

import socket

import check
import pyroute2
from pyroute2 import netns


def run():
    with pyroute2.IPRoute() as routes:
        (index,) = routes.link_lookup(ifname="lo")
        assert index == socket.if_nametoindex("lo")
        addresses = [message.get_attr("IFA_ADDRESS") for message in routes.get_addr(index=index, family=socket.AF_INET)]
        assert "127.0.0.1" in addresses
        try:
            routes.link("get", index=2**31 - 1)
        except pyroute2.NetlinkError as error:
            assert error.code == 19  # ENODEV
        else:
            raise AssertionError
    try:
        elsewhere = netns.create_socket("/proc/self/ns/net", socket.AF_INET, socket.SOCK_DGRAM)
    except PermissionError:
        return  # it takes CAP_SYS_ADMIN, which root need not have
    with elsewhere as sock:
        check.ours(sock)
        sock.bind(("127.0.0.1", 0))
        sock.sendto(b"x", sock.getsockname())
        assert sock.recv(5) == b"x"
