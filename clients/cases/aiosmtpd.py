"""aiosmtpd with smtplib: mail over a plain connection, after STARTTLS, and over a Unix socket."""

import os
import smtplib
import tempfile
from email.message import EmailMessage

import check
import processes
import servers
from aiosmtpd.controller import Controller, UnixSocketController
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP


class Box:
    def __init__(self):
        self.mail = []

    async def handle_DATA(self, server, session, envelope):
        check.ours(server.transport.get_extra_info("socket"))
        self.mail.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 taken"


class WithTls(Controller):
    def factory(self):
        return SMTP(self.handler, tls_context=servers.certificates().server, enable_SMTPUTF8=True)


def message(text):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@localhost", "b@localhost", "ü"
    mail.set_content(text)
    return mail


def started(box):
    for _ in range(processes.TRIES):
        controller = WithTls(box, hostname="127.0.0.1", port=processes.free_port(), ready_timeout=20)
        try:
            controller.start()
        except OSError:
            continue
        return controller
    raise AssertionError


def run():
    box = Box()
    controller = started(box)
    port = controller.port
    try:
        with smtplib.SMTP("localhost", port, timeout=20) as client:
            check.ours(client.sock)
            for _ in range(5):
                client.send_message(message("hello\n.\n..dots\n" * 10000))
            client.starttls(context=servers.certificates().client)
            check.tls(client.sock)
            client.send_message(message("secret"))
    finally:
        controller.stop()
    assert len(box.mail) == 6
    assert box.mail[0][2].count(b"\n..dots") + box.mail[0][2].count(b"\r\n..dots") >= 10000
    assert box.mail[0][:2] == ("a@localhost", ["b@localhost"])
    assert b"secret" in box.mail[5][2]
    unix()


class Local(UnixSocketController):
    def factory(self):
        return LMTP(self.handler)


def unix():
    box = Box()
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "s")
        controller = Local(box, path)
        controller.start()
        try:
            with smtplib.LMTP(path) as client:
                check.ours(client.sock)
                client.send_message(message("local"))
        finally:
            controller.stop()
    assert b"local" in box.mail[0][2]
