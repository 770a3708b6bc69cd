"""How connections end, and whom that wakes (rows 1, 2, 7, 9, 10, 11, 12, 13)."""

import os

from java.twin import Pair, act, show, text, waiting

from polysock.net import DatagramPacket, DatagramSocket, ServerSocket


def run():
    reading = Pair()
    stream = reading.client.getInputStream()
    waiting("wake.read", lambda: stream.read(), lambda: reading.client.close())
    show("wake.readAgain", lambda: stream.read())
    reading.close()
    writing = Pair()
    sink = writing.client.getOutputStream()

    def write_for_ever():
        while True:
            sink.write(bytes(1 << 20))

    waiting("wake.write", write_for_ever, lambda: writing.client.close())
    writing.close()
    listener = ServerSocket(0)
    waiting("wake.accept", lambda: listener.accept(), lambda: listener.close())
    datagrams = DatagramSocket()

    def receive():
        datagrams.receive(DatagramPacket(bytearray(1), 1))
        return "received"

    waiting("wake.receive", receive, lambda: datagrams.close())

    unread = Pair()
    unread.server.getOutputStream().write(b"never read")
    unread.client.getOutputStream().write(b"last words")
    unread.client.getInputStream().read()
    unread.client.close()
    show("finFirst.words", lambda: unread.server.getInputStream().readNBytes(10).decode())
    show("finFirst.end", lambda: unread.server.getInputStream().read())
    unread.close()

    ended = Pair()
    stream = ended.client.getInputStream()
    ended.server.close()
    show("end.read", lambda: stream.read())
    show("end.array", lambda: stream.read(bytearray(5)))
    show("end.nothing", lambda: stream.read(bytearray(0)))
    show("end.available", lambda: stream.available())
    ended.client.close()
    show("end.afterClose", lambda: stream.read())
    show("end.nothingAfterClose", lambda: stream.read(bytearray(0)))
    show("end.availableAfterClose", lambda: stream.available())

    closed = Pair()
    opened = closed.client.getInputStream()
    out = closed.client.getOutputStream()
    closed.client.close()
    show("closed.read", lambda: opened.read())
    show("closed.available", lambda: opened.available())
    act("closed.write", lambda: out.write(1))
    act("closed.writeNothing", lambda: out.write(b""))
    closed.close()

    reset = Pair()
    broken = reset.client.getInputStream()
    reset.server.setSoLinger(True, 0)
    reset.server.close()
    show("reset.read", lambda: broken.read())
    show("reset.again", lambda: broken.read())
    show("reset.available", lambda: broken.available())
    act("reset.write", lambda: reset.client.getOutputStream().write(1))
    act("reset.shutdownOutput", lambda: reset.client.shutdownOutput())
    act("reset.shutdownAgain", lambda: reset.client.shutdownOutput())
    reset.client.close()
    show("reset.afterClose", lambda: broken.read())

    halves = Pair()
    half = halves.client.getInputStream()
    sending = halves.client.getOutputStream()
    halves.server.getOutputStream().write(b"dropped")
    while half.available() < 7:
        os.sched_yield()
    halves.client.shutdownInput()
    show("input.flag", lambda: f"{text(halves.client.isInputShutdown())} {text(halves.client.isOutputShutdown())}")
    show("input.available", lambda: half.available())
    show("input.read", lambda: half.read())
    act("input.again", lambda: halves.client.shutdownInput())
    show("input.stream", lambda: halves.client.getInputStream())
    act("input.peerWrites", lambda: halves.server.getOutputStream().write(1))
    halves.client.getOutputStream().write(b"still sent")
    halves.client.shutdownOutput()
    show("output.flag", lambda: halves.client.isOutputShutdown())
    act("output.write", lambda: sending.write(1))
    act("output.again", lambda: halves.client.shutdownOutput())
    show("output.stream", lambda: halves.client.getOutputStream())
    show("output.peer", lambda: halves.server.getInputStream().readAllBytes().decode())
    show("output.peerAgain", lambda: halves.server.getInputStream().read())
    halves.close()
    show(
        "halves.after",
        lambda: f"{text(halves.client.isInputShutdown())} {text(halves.client.isOutputShutdown())} {half.read()}",
    )

    streams = Pair()
    streams.client.getInputStream().close()
    show("streams.input", lambda: streams.client.isClosed())
    streams.server.getOutputStream().close()
    show("streams.output", lambda: streams.server.isClosed())

    woken = Pair()
    ends = woken.client.getInputStream()
    waiting("wake.shutdownInput", lambda: ends.read(), lambda: woken.client.shutdownInput())
    woken.close()
