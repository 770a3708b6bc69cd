"""Options: how a name is read and written. `net` is the module under test."""

import struct

from values import Malformed, is_on, on_off, seconds

LEVELS = {"SO": "SOL_SOCKET", "TCP": "IPPROTO_TCP", "IPV6": "IPPROTO_IPV6"}
FLAGS = {"nodelay": "TCP_NODELAY", "keepalive": "SO_KEEPALIVE", "reuseaddr": "SO_REUSEADDR", "oobinline": "SO_OOBINLINE"}
SIZES = {"sndbuf": "SO_SNDBUF", "rcvbuf": "SO_RCVBUF"}
# Linux has them, the socket module has no names for them.
NUMBERS = {"SO_TIMESTAMPING": 37}


def raw(net, name):
    level = LEVELS.get(name.split("_")[0])
    number = NUMBERS.get(name) or getattr(net, name, None)
    if level is None or number is None:
        raise Malformed(f"no option {name}")
    return getattr(net, level), number


def get_raw(net, s, name):
    if name == "SO_LINGER":
        onoff, secs = struct.unpack("ii", s.getsockopt(*raw(net, name), 8))
        return f"{onoff}:{secs}"
    return s.getsockopt(*raw(net, name))


def set_raw(net, s, name, value):
    if name == "SO_LINGER":
        onoff, _, secs = value.partition(":")
        s.setsockopt(*raw(net, name), struct.pack("ii", int(onoff), int(secs)))
    else:
        s.setsockopt(*raw(net, name), int(value))


def set_linger(net, s, value):
    secs = None if value == "off" else int(value)
    if hasattr(s, "set_linger"):
        s.set_linger(secs)
    else:
        set_raw(net, s, "SO_LINGER", "0:0" if secs is None else f"1:{secs}")


def set_option(net, s, name, value):
    if name in FLAGS:
        set_raw(net, s, FLAGS[name], is_on(value))
    elif name in SIZES:
        set_raw(net, s, SIZES[name], value)
    elif name == "linger":
        set_linger(net, s, value)
    elif name == "udp_gro":
        s.set_udp_gro(is_on(value))
    elif name == "timeout":
        s.settimeout(seconds(value))
    elif name == "blocking":
        s.setblocking(is_on(value))
    else:
        raise Malformed(f"no option {name}")


def get_option(net, s, name):
    if name in FLAGS:
        return on_off(get_raw(net, s, FLAGS[name]))
    if name in SIZES:
        return get_raw(net, s, SIZES[name])
    if name == "linger":
        onoff, _, secs = get_raw(net, s, "SO_LINGER").partition(":")
        return secs if int(onoff) else "off"
    if name == "udp_gro":
        return on_off(s.udp_gro())
    if name == "timeout":
        value = s.gettimeout()
        return "never" if value is None else round(value * 1000)
    raise Malformed(f"no option {name}")
