"""Hosts, services, interfaces, numbers."""

import pytest
from helpers import needs_localhost

import polysock as socket


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("127.0.0.1", b"\x7f\0\0\1"),
        ("127.1", b"\x7f\0\0\1"),
        ("0x7f.1", b"\x7f\0\0\1"),
        ("010.1", b"\x08\0\0\1"),
        ("1.2.258", b"\1\2\1\2"),
        ("4294967295", b"\xff\xff\xff\xff"),
        ("1.2.3.4 anything", b"\1\2\3\4"),
    ],
)
def test_old_forms_of_addresses(text, packed):
    assert socket.inet_aton(text) == packed


@pytest.mark.parametrize(
    "text", ["", " 1.2.3.4", "1.2.3.4.", "1.2.3.4.5", "4294967296", "1.2.65536", "09", "0x", "+1", "-1", "1.2.3.4x"]
)
def test_what_is_no_address(text):
    with pytest.raises(OSError, match="illegal IP address string passed to inet_aton"):
        socket.inet_aton(text)


def test_packed_addresses():
    for family, text in ((socket.AF_INET, "1.2.3.4"), (socket.AF_INET6, "fe80::1"), (socket.AF_INET6, "::1.2.3.4")):
        assert socket.inet_ntop(family, socket.inet_pton(family, text)) == text
    with pytest.raises(ValueError, match="unknown address family 99"):
        socket.inet_ntop(99, b"")


def test_byte_order():
    assert socket.ntohs(socket.htons(258)) == 258
    assert socket.ntohl(socket.htonl(0x01020304)) == 0x01020304
    for call, wrong in ((socket.htons, -1), (socket.htons, 65536), (socket.htonl, -1), (socket.htonl, 1 << 32)):
        with pytest.raises((OverflowError, ValueError)):  # as the interpreter has it
            call(wrong)


@needs_localhost
def test_localhost():
    assert socket.gethostbyname("localhost") == "127.0.0.1"
    assert "127.0.0.1" in socket.gethostbyname_ex("localhost")[2]
    assert socket.gethostbyaddr("127.0.0.1")[2] == ["127.0.0.1"]


def test_hosts():
    assert socket.gethostbyname("") == "0.0.0.0"
    assert socket.getnameinfo(("::1", 80, 0, 0), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV) == ("::1", "80")
    with pytest.raises(UnicodeError):
        socket.gethostbyname("a" * 64)


def test_interfaces():
    for index, name in socket.if_nameindex():
        assert socket.if_nametoindex(name) == index
        assert socket.if_indextoname(index) == name
    with pytest.raises(OSError, match=r"no interface with this name|No such device"):
        socket.if_nametoindex("no such")


def test_other_families_where_the_kernel_has_them():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.bind((0, 1))
        assert sock.getsockname()[1] == 1
        with pytest.raises(TypeError, match="AF_NETLINK address must be a pair"):
            sock.bind((1,))
    try:
        packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    except OSError:
        return  # not allowed here
    with packet:
        packet.bind(("lo", 0))
        assert packet.getsockname() == ("lo", 0, 0, 772, bytes(6))
