"""urllib3: a pool from many threads, streaming, retries on a refused connection, HTTP and HTTPS."""

import concurrent.futures
import socket

import check
import servers
import urllib3


def run():
    for secure in False, True:
        with (
            servers.web(secure) as server,
            urllib3.PoolManager(maxsize=4, block=True, ssl_context=servers.certificates().client) as pool,
        ):
            work(pool, server.url, check.tls if secure else check.ours)
    refused()


def work(pool, url, is_right):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda n: pool.request("GET", f"{url}/{n}", timeout=20).data, range(200))
        assert list(answers) == [f"/{n}".encode() for n in range(200)]
    answer = pool.request("GET", url + "/big", preload_content=False, timeout=20)
    is_right(answer.connection.sock)
    assert b"".join(answer.stream(10000)) == check.BIG
    answer.release_conn()
    assert pool.request("POST", url, body=check.BIG, timeout=20).data == check.BIG


def refused():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # but does not listen
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        try:
            urllib3.PoolManager().request("GET", url, retries=urllib3.Retry(2, backoff_factor=0))
        except urllib3.exceptions.MaxRetryError as error:
            assert isinstance(error.reason, urllib3.exceptions.NewConnectionError)
        else:
            raise AssertionError
