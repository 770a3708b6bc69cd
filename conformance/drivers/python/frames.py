"""Messages of a stream."""

from base import ABSENT, CallTimeout
from values import Malformed, payload, received


class Frames:
    """The commands for messages. A driver has module(), the module under test, and handle()."""

    def do_send_frame(self, name, data, timeout=ABSENT, **framing):
        s, data, framing = self.handle(name), payload(data), framing_of(self.module(), **framing)
        with CallTimeout(s, timeout):
            s.send_frame(data, framing)

    def do_send_frames(self, name, messages, timeout=ABSENT, **framing):
        s, framing = self.handle(name), framing_of(self.module(), **framing)
        messages = [payload(data) for data in messages.split(",")]
        with CallTimeout(s, timeout):
            s.send_frames(messages, framing)

    def do_recv_frame(self, name, timeout=ABSENT, **framing):
        s, framing = self.handle(name), framing_of(self.module(), **framing)
        with CallTimeout(s, timeout):
            message = s.recv_frame(framing)
        return "end=on" if message is None else received(message)

    def do_recv_frame_into(self, name, size, timeout=ABSENT, **framing):
        s, framing, room = self.handle(name), framing_of(self.module(), **framing), bytearray(int(size))
        with CallTimeout(s, timeout):
            count = s.recv_frame_into(room, framing)
        return "end=on" if count is None else received(bytes(room[:count]))

    def do_recv_frames(self, name, most, timeout=ABSENT, **framing):
        s, framing = self.handle(name), framing_of(self.module(), **framing)
        with CallTimeout(s, timeout):
            messages = s.recv_frames(int(most), framing)
        shown = ",".join(message.hex() or "-" for message in messages)
        return f"count={len(messages)}" + (f" data={shown}" if messages else "")

    def do_pending(self, name):
        return f"n={self.handle(name).pending()}"

    def do_take_buffered(self, name):
        return received(self.handle(name).take_buffered())


def framing_of(module, framing="u32be", limit=None):
    """The framing that `framing=` and `limit=` describe."""
    make = module.Framing
    limits = {} if limit is None else {"limit": int(limit)}
    word, _, argument = framing.partition(":")
    if word in ("varint", "lines"):
        return getattr(make, word)(**limits)
    if word == "delim":
        return make.delimiter(bytes.fromhex(argument), **limits)
    if word == "fixed":
        return make.fixed(int(argument), **limits)
    width, order = word.removesuffix("be").removesuffix("le"), "little" if word.endswith("le") else "big"
    if width not in ("u8", "u16", "u32", "u64"):
        raise Malformed(f"no framing {word}")
    return make.length_prefix(int(width[1:]), order, **limits)
