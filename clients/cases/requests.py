"""requests over HTTP and HTTPS: kept connections, chunks, uploads, time limits, an unknown authority."""

import tempfile

import check
import requests
import servers


def run():
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority:
        authority.write(servers.certificates().pem)
        authority.flush()
        for secure in False, True:
            with servers.web(secure) as server, requests.Session() as session:
                session.verify = authority.name
                session.trust_env = False
                work(session, server.url, check.tls if secure else check.ours)
                if secure:
                    refuses_strangers(server.url)


def work(session, url, is_right):
    kept = set()
    for _ in range(5):
        with session.get(url + "/name", timeout=20, stream=True) as answer:
            kept.add(is_right(answer.raw._connection.sock))
            assert answer.text == "/name"
    assert len(kept) == 1
    assert session.get(url + "/big", timeout=20).content == check.BIG
    assert session.get(url + "/chunks", timeout=20).text == "onetwothree"
    assert session.post(url, data=check.BIG, timeout=20).content == check.BIG
    try:
        session.get(url + "/never", timeout=(20, 0.2))
    except requests.exceptions.ReadTimeout:
        pass
    else:
        raise AssertionError


def refuses_strangers(url):
    try:
        requests.get(url, timeout=20)
    except requests.exceptions.SSLError:
        pass
    else:
        raise AssertionError
