"""Tools that put something else in a socket's place for a while: mocket, httpretty, pytest-socket, vcrpy."""

import contextlib
import os
import socket
import tempfile
import urllib.request

import check
import httpretty
import mocket
import mocket.mocks.mockhttp
import pytest_socket
import requests
import servers
import vcr


def run():
    real = socket.socket
    for job in by_mocket, by_httpretty, forbidden, recorded:
        job()
        assert socket.socket is real, job
        for sock in socket.socketpair():
            check.ours(sock).close()


def by_mocket():
    with mocket.Mocketizer():
        mocket.mocks.mockhttp.Entry.single_register("GET", "http://nowhere.invalid/", body="from mocket")
        assert requests.get("http://nowhere.invalid/", timeout=20).text == "from mocket"
        mocket.Mocket.register(mocket.MocketEntry(("nowhere.invalid", 7), [b"one", b"two"]))
        with socket.create_connection(("nowhere.invalid", 7)) as sock:
            sock.sendall(b"hello")
            assert sock.recv(10) == b"one"


def by_httpretty():
    with httpretty.enabled(allow_net_connect=False):
        httpretty.register_uri(httpretty.GET, "http://nowhere.invalid/a", body="pretty")
        assert urllib.request.urlopen("http://nowhere.invalid/a", timeout=20).read() == b"pretty"
        assert httpretty.last_request().path == "/a"
        refused(lambda: requests.get("http://elsewhere.invalid/", timeout=20), httpretty.errors.UnmockedError)


def forbidden():
    with contextlib.ExitStack() as stack:
        stack.callback(pytest_socket._remove_restrictions)
        pytest_socket.disable_socket(allow_unix_socket=True)
        for sock in socket.socketpair():
            sock.close()
        refused(lambda: socket.socket(), pytest_socket.SocketBlockedError)
        pytest_socket.enable_socket()
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
            pytest_socket.socket_allow_hosts(["127.0.0.1"])
            socket.create_connection(address, 20).close()
            pytest_socket.socket_allow_hosts(["192.0.2.1"])
            refused(lambda: socket.create_connection(address, 20), pytest_socket.SocketConnectBlockedError)


def refused(call, error):
    try:
        call()
    except error:
        return
    raise AssertionError


def recorded():
    with tempfile.TemporaryDirectory() as place:
        cassette = os.path.join(place, "cassette.yaml")
        with servers.web() as web, vcr.use_cassette(cassette):
            url = f"{web.url}/once"
            assert requests.get(url, timeout=20).text == "/once"
        with vcr.use_cassette(cassette) as played:  # nothing listens any more
            assert requests.get(url, timeout=20).text == "/once"
            assert played.play_count == 1
