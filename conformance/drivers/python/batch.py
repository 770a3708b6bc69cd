"""Batches of datagrams: what only polysock has."""

import zlib

from answers import name_of_errno
from values import on_off, payload, read_address, show_address


def read_item(text):
    """`PAYLOAD`, `PAYLOAD~NAME` or `PAYLOAD~HOST~PORT`."""
    data, *address = text.split("~")
    return (payload(data), read_address(address)) if address else payload(data)


def send_batch(s, items, times):
    refused, items = [], [read_item(text) for text in items.split(",")] * times
    try:
        sent = s.send_batch(items)
    except OSError as exc:
        if not getattr(exc, "done", 0):
            raise
        sent, refused = exc.done, exc.failures
    named = ",".join(f"{index}:{name_of_errno(reason, 'send_batch')}" for index, reason in refused)
    return f"n={sent} refused={named or '-'}"


def recv_batch(s, most, size, with_flags, truncated):
    """With the flags through the buffers of the caller, which tell more."""
    if not with_flags:
        return show([(data, address, False) for data, address in s.recv_batch(most, size)])
    buffers, found = [bytearray(size) for _ in range(most)], []
    for buffer, (count, address, flags, segment) in zip(buffers, s.recv_batch_into(buffers), strict=False):
        for start in range(0, max(count, 1), segment or max(count, 1)):
            data = bytes(buffer[start : min(start + (segment or count), count)])
            found.append((data, address, flags & truncated))
    return show(found)


def show(found):
    def joined(items):
        return ",".join(items) or "-"

    def sender(address):
        return "~".join(word.partition("=")[2] for word in show_address(address).split())

    lengths = joined(str(len(data)) for data, _, _ in found)
    pieces = joined(f"#{zlib.adler32(data):08x}" if len(data) > 64 else data.hex() or "-" for data, _, _ in found)
    senders = joined(sender(address) for _, address, _ in found)
    cut = joined(on_off(cut) for _, _, cut in found)
    return f"n={len(found)} len={lengths} data={pieces} from={senders} trunc={cut}"
