"""scapy: packets and raw sockets on the loopback interface."""

import logging
import socket
import threading
import unittest

import check

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.all import ICMP, IP, AsyncSniffer, L3RawSocket, Raw, StreamSocket, conf, send, sr1  # noqa: E402


def run():
    conf.verb = 0
    try:
        with L3RawSocket(iface="lo") as raw:
            check.ours(raw.ins)
            check.ours(raw.outs)
    except PermissionError:
        raise unittest.SkipTest("needs CAP_NET_RAW") from None
    conf.L3socket = L3RawSocket
    echo()
    sniff()
    one, two = socket.socketpair()
    with one, two:
        two.send(b"stream")
        assert StreamSocket(check.ours(one), Raw).recv().load == b"stream"


def echo():
    # A packet socket loses packets beside much traffic of others.
    answer = sr1(IP(dst="127.0.0.1") / ICMP(id=4711, seq=1) / b"payload", timeout=4, retry=4, iface="lo")
    assert answer[ICMP].type == 0
    assert answer[Raw].load == b"payload"


def sniff():
    ready = threading.Event()
    sniffer = AsyncSniffer(
        iface="lo",
        count=1,
        lfilter=lambda packet: ICMP in packet and packet[ICMP].id == 4712,
        started_callback=ready.set,
    )
    sniffer.start()
    assert ready.wait(20)
    for _ in range(20):
        send(IP(dst="127.0.0.1") / ICMP(id=4712) / b"seen")
        sniffer.join(1)
        if not sniffer.running:
            break
    assert sniffer.results[0][Raw].load == b"seen"
