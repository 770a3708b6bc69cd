"""flask with its development server: forms, JSON, streamed answers, over HTTP and HTTPS."""

import http.client
import json
import logging

import check
import flask
import servers
from werkzeug.serving import make_server


def application(is_right):
    app = flask.Flask("app")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    @app.post("/sum")
    def total():
        is_right(flask.request.environ["werkzeug.socket"])
        return {"sum": sum(flask.request.get_json())}

    @app.get("/stream")
    def stream():
        return flask.Response(f"{n}\n" * 100 for n in range(100))

    return app


def run():
    for secure in False, True:
        is_right = check.tls if secure else check.ours
        context = servers.certificates().server if secure else None
        server = make_server("127.0.0.1", 0, application(is_right), threaded=True, ssl_context=context)
        with servers.serving(server):
            if secure:
                client = http.client.HTTPSConnection(
                    "localhost", server.port, timeout=20, context=servers.certificates().client
                )
            else:
                client = http.client.HTTPConnection("localhost", server.port, timeout=20)
            client.request("POST", "/sum", json.dumps(list(range(10000))), {"Content-Type": "application/json"})
            is_right(client.sock)
            assert json.load(client.getresponse()) == {"sum": 49995000}
            client.close()
            client.request("GET", "/stream")
            assert client.getresponse().read() == "".join(f"{n}\n" * 100 for n in range(100)).encode()
            client.request("GET", "/nowhere")
            answer = client.getresponse()
            assert answer.status == 404
            answer.read()
            client.close()
