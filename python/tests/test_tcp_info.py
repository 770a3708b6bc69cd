"""tcp_info() agrees with TCP_INFO."""

import struct

import pytest

import polysock as socket
from polysock import _native

NAMES = [name for name in dir(_native.TcpInfo) if not name.startswith("_")]


def connected(listener):
    client = socket.create_connection(listener.getsockname(), timeout=5)
    listener.settimeout(5)
    return client, listener.accept()[0]


def test_it_agrees_with_the_option():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connected(listener)
        with client, server:
            client.sendall(b"x" * 1000)
            assert len(server.recv_exact(1000)) == 1000
            info = server.tcp_info()
            raw = server.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            (snd_mss,) = struct.unpack_from("I", raw, 16)
            (rtt_us,) = struct.unpack_from("I", raw, 68)
            (snd_cwnd,) = struct.unpack_from("I", raw, 80)
            (bytes_received,) = struct.unpack_from("Q", raw, 128)
    assert info.state == "ESTABLISHED"
    assert (info.snd_mss, info.snd_cwnd, info.bytes_received) == (snd_mss, snd_cwnd, bytes_received)
    assert info.bytes_received == 1000
    assert info.rtt == pytest.approx(rtt_us / 1e6)
    assert info.snd_ssthresh is None  # nothing was lost
    assert info.timestamps is True or info.timestamps is False


def test_repr_names_every_field():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        text = repr(listener.tcp_info())
    assert text.startswith("TcpInfo(state='LISTEN', ")
    assert sorted(part.split("=")[0] for part in text[len("TcpInfo(") : -1].split(", ")) == NAMES


def test_only_read():
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(AttributeError):
        listener.tcp_info().state = "CLOSED"


def test_what_has_none():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(OSError):
        udp.tcp_info()
    closed = socket.socket()
    closed.close()
    with pytest.raises(OSError):
        closed.tcp_info()
