"""What a module makes of addresses of any family: the bytes for the kernel, and the objects from its bytes.

    LD_PRELOAD=shim.so python sockaddr_probe.py polysock|socket <cases >outcomes

The cases are a Python list: ("encode", call, family, proto, address), ("decode", family, proto, bytes) or
("control", bytes). So are the outcomes, in their order: ("bytes", bytes), ("object", object) or ("error", class name,
errno, text).
"""

import ctypes
import importlib
import os
import sys
import warnings

CALLS = {
    "bind": lambda sock, address: sock.bind(address),
    "connect": lambda sock, address: sock.connect(address),
    "connect_ex": lambda sock, address: sock.connect_ex(address),
    "sendto": lambda sock, address: sock.sendto(b"x", address),
    "sendmsg": lambda sock, address: sock.sendmsg([b"x"], [], 0, address),
}


def main(name):
    warnings.simplefilter("ignore")
    module = importlib.import_module(name)
    shim = ctypes.CDLL(None)
    # Any socket will do: the kernel is not called.
    carrier = module.socket(module.AF_INET, module.SOCK_DGRAM)

    def encode(call, family, proto, address):
        with module.socket(family, module.SOCK_DGRAM, proto, fileno=os.dup(carrier.fileno())) as sock:
            CALLS[call](sock, address)
        room = ctypes.create_string_buffer(256)
        length = shim.shim_take(room)
        return "bytes", room.raw[:length]

    def decode(family, proto, raw):
        with module.socket(family, module.SOCK_DGRAM, proto, fileno=os.dup(carrier.fileno())) as sock:
            shim.shim_prepare(raw, len(raw))
            return "object", sock.getsockname()

    def control(raw):
        shim.shim_prepare(raw, len(raw))
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            _, found, flags, address = carrier.recvmsg(1, 256)
        return "object", (found, flags, address, [(each.category.__name__, str(each.message)) for each in seen])

    outcomes = []
    kinds = {"encode": encode, "decode": decode, "control": control}
    for kind, *arguments in eval(sys.stdin.read()):
        try:
            outcomes.append(kinds[kind](*arguments))
        except Exception as error:
            outcomes.append(("error", type(error).__name__, getattr(error, "errno", None), str(error)))
    carrier.close()
    print(ascii(outcomes))


if __name__ == "__main__":
    main(sys.argv[1])
