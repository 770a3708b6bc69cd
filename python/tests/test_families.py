"""Address families, also those that this kernel lacks: CPython's tuples against the structs of the kernel's headers.

The bytes are taken on their way to the kernel (sockaddr_shim.c). Where the interpreter knows a family, what the
standard module makes of the same object decides too, down to the text of each refusal.
"""

import ast
import itertools
import os
import socket as standard
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import COMPILER, needs_compiler

HERE = Path(__file__).parent
NETLINK, PACKET, CAN, TIPC, BLUETOOTH, ALG, VSOCK, QIPCRTR = 16, 17, 29, 30, 31, 38, 40, 42
RAW, BCM, ISOTP, J1939 = 1, 2, 6, 7
L2CAP, HCI, SCO, RFCOMM = 0, 1, 2, 3
LOOPBACK = standard.if_nametoindex("lo")

pytestmark = needs_compiler


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    shim = tmp_path_factory.mktemp("shim") / "shim.so"
    subprocess.run([*COMPILER, "-shared", "-fPIC", "-o", shim, HERE / "sockaddr_shim.c"], check=True)

    def run(module, cases):
        done = subprocess.run(
            [sys.executable, str(HERE / "sockaddr_probe.py"), module],
            input=ascii(cases),
            env=os.environ | {"LD_PRELOAD": str(shim)},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return ast.literal_eval(done.stdout)

    return run


def can(*fields):
    return struct.pack("=HxxI16s", CAN, LOOPBACK, struct.pack(*fields))


def alg(kind, name, features=0, mask=0):
    return struct.pack("=H14sII64s", ALG, kind, features, mask, name)


# The last byte of a Bluetooth address comes first.
HOST, HOST_BYTES = "01:23:45:67:89:AB", bytes.fromhex("ab8967452301")
HARDWARE = b"\1\2\3\4\5\6"

# (family, protocol, address, the struct in the kernel's header, the address that is read from it if it differs)
LAYOUTS = [
    # linux/netlink.h: family, pad, pid, groups
    (NETLINK, 0, (0x01020304, 0x05060708), struct.pack("=HHII", NETLINK, 0, 0x01020304, 0x05060708)),
    (NETLINK, 0, (0xFFFFFFFF, 0), struct.pack("=HHII", NETLINK, 0, 0xFFFFFFFF, 0)),
    # linux/if_packet.h: family, protocol (most significant byte first), ifindex, hatype, pkttype, halen, addr[8]
    (
        PACKET,
        0,
        ("lo", 0x0800, 4, 772, HARDWARE),
        struct.pack("=H2sIHBB8s", PACKET, b"\x08\0", LOOPBACK, 772, 4, 6, HARDWARE),
    ),
    (
        PACKET,
        0,
        ("lo", 0xFFFE),
        struct.pack("=H2sIHBB8s", PACKET, b"\xff\xfe", LOOPBACK, 0, 0, 0, b""),
        ("lo", 0xFFFE, 0, 0, b""),
    ),
    # linux/can.h: family, ifindex, then tp {rx_id, tx_id} or j1939 {name, pgn, addr}
    (CAN, RAW, ("lo",), can("=")),
    (CAN, BCM, ("lo",), can("=")),
    (CAN, RAW, ("",), struct.pack("=HxxI16x", CAN, 0)),
    (CAN, ISOTP, ("lo", 0x12345678, 0x80000123), can("=II", 0x12345678, 0x80000123)),
    (CAN, J1939, ("lo", 0x0102030405060708, 0x3FFFF, 0xFE), can("=QIB", 0x0102030405060708, 0x3FFFF, 0xFE)),
    (CAN, J1939, ("lo", 2**64 - 1, 2**32 - 1, 255), can("=QIB", 2**64 - 1, 2**32 - 1, 255)),
    # linux/tipc.h: family, addrtype, scope, then a range {type, lower, upper}, a name {type, instance, domain}
    # or an identity {reference, node}
    (TIPC, 0, (1, 18888, 0, 17, 3), struct.pack("=HBbIII", TIPC, 1, 3, 18888, 0, 17)),
    (TIPC, 0, (2, 18888, 17, 17, 2), struct.pack("=HBbIII", TIPC, 2, 2, 18888, 17, 0)),
    (TIPC, 0, (3, 0x1001001, 77, 0, 1), struct.pack("=HBbIII", TIPC, 3, 1, 77, 0x1001001, 0)),
    (TIPC, 0, (1, 1, 2, 3), struct.pack("=HBbIII", TIPC, 1, 2, 1, 2, 3), (1, 1, 2, 3, 2)),
    # linux/if_alg.h: family, type[14], feat, mask, name[64]
    (ALG, 0, ("skcipher", "cbc(aes)", 0x11, 0x22), alg(b"skcipher", b"cbc(aes)", 0x11, 0x22)),
    (ALG, 0, ("t" * 13, "n" * 63, 0xFFFF, 0xFFFF), alg(b"t" * 13, b"n" * 63, 0xFFFF, 0xFFFF)),
    (ALG, 0, ("hash", "sha256"), alg(b"hash", b"sha256"), ("hash", "sha256", 0, 0)),
    # linux/vm_sockets.h: family, reserved, port, cid, flags, zero
    (VSOCK, 0, (2, 1234), struct.pack("=HHII4x", VSOCK, 0, 1234, 2)),
    (VSOCK, 0, (0xFFFFFFFF, 0xFFFFFFFE), struct.pack("=HHII4x", VSOCK, 0, 0xFFFFFFFE, 0xFFFFFFFF)),
    # linux/qrtr.h: family, node, port
    (QIPCRTR, 0, (0x01020304, 0xFFFFFFFE), struct.pack("=HxxII", QIPCRTR, 0x01020304, 0xFFFFFFFE)),
    # bluetooth/l2cap.h: family, psm, bdaddr[6], cid, bdaddr_type
    (BLUETOOTH, L2CAP, (HOST, 0x1001), struct.pack("=HH6sHBx", BLUETOOTH, 0x1001, HOST_BYTES, 0, 0)),
    # bluetooth/rfcomm.h: family, bdaddr[6], channel
    (BLUETOOTH, RFCOMM, (HOST, 30), struct.pack("=H6sBx", BLUETOOTH, HOST_BYTES, 30)),
    # bluetooth/hci.h: family, device, channel
    (BLUETOOTH, HCI, (3,), struct.pack("=HHH", BLUETOOTH, 3, 0), 3),
    # bluetooth/sco.h: family, bdaddr[6]
    (BLUETOOTH, SCO, HOST.encode(), struct.pack("=H6s", BLUETOOTH, HOST_BYTES), HOST),
]
if sys.version_info >= (3, 14):
    LAYOUTS += [
        (BLUETOOTH, L2CAP, (HOST, 0, 4), struct.pack("=HH6sHBx", BLUETOOTH, 0, HOST_BYTES, 4, 0)),
        (BLUETOOTH, L2CAP, (HOST, 0x80, 4, 2), struct.pack("=HH6sHBx", BLUETOOTH, 0x80, HOST_BYTES, 4, 2)),
        (BLUETOOTH, HCI, 3, struct.pack("=HHH", BLUETOOTH, 3, 0)),
        (BLUETOOTH, HCI, (3, 1), struct.pack("=HHH", BLUETOOTH, 3, 1)),
        (BLUETOOTH, SCO, HOST, struct.pack("=H6s", BLUETOOTH, HOST_BYTES)),
    ]

# What replaces each item of an address in turn.
ITEMS = [
    *(None, True, 1.5, -1, 2**15, 2**16, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, -(2**31) - 1, -(2**63) - 1),
    *("", "x", "a\0b", "\udcff", "no_such_link", "x" * 14, "x" * 16, "x" * 64, "x" * 300),
    *(b"lo", b"", b"12345678", b"123456789", bytearray(b"lo"), (), [1]),
    *("1:2:3:4:5:6", "01:23:45:67:89", "01:23:45:67:89:AB:CD", "01:23:45:67:89:GG", "+1:2:3:4:5:6", " 1:2:3:4:5:6"),
    *("100:2:3:4:5:6", "1:2:3:4:5:6 ", "0x1:2:3:4:5:6", "-1:2:3:4:5:6", b"1:2:3:4:5:6", "1::3:4:5:6", "1:2:3:4:5:6\0"),
]
WHOLES = [
    None,
    5,
    1.5,
    "lo",
    b"lo",
    bytearray(b"lo"),
    [],
    ["lo", 1],
    {},
    (),
    (1,),
    (1, 2),
    (1, 2, 3),
    ("lo", 1, 2, 3, 4, 5),
]
CALLS = ["bind", "connect", "connect_ex", "sendto", "sendmsg"]


def refusals():
    """Wrong addresses, and some that are valid but unusual."""
    seen = set()
    for family, proto, address, *_ in LAYOUTS:
        for at, item in itertools.product(range(len(address)) if isinstance(address, tuple) else (), ITEMS):
            yield "bind", family, proto, (*address[:at], item, *address[at + 1 :])
        if (family, proto) in seen:
            continue
        seen.add((family, proto))
        for call, whole in itertools.product(CALLS, WHOLES):
            if (call, whole) != ("sendmsg", None):
                yield call, family, proto, whole
        if family == PACKET:
            for call in CALLS:
                yield call, family, proto, ("lo", 65536)
    yield "bind", CAN, 77, ("lo",)
    yield "bind", BLUETOOTH, 77, (HOST, 1)
    yield from (("bind", BLUETOOTH, SCO, item) for item in ITEMS)
    yield "connect", 15, 0, (1, 2)


# The families of the standard module; Bluetooth only if it was built with the headers.
KNOWN = {
    getattr(standard, name)
    for name in ("AF_NETLINK", "AF_PACKET", "AF_CAN", "AF_TIPC", "AF_BLUETOOTH", "AF_ALG", "AF_VSOCK", "AF_QIPCRTR")
    if hasattr(standard, name)
} | {15}


def test_every_layout(outcomes):
    cases = [("encode", "bind", family, proto, address) for family, proto, address, *_ in LAYOUTS]
    cases += [("decode", family, proto, raw) for family, proto, _, raw, *_ in LAYOUTS]
    expected = [("bytes", raw) for _, _, _, raw, *_ in LAYOUTS]
    expected += [("object", (*other, address)[0]) for _, _, address, _, *other in LAYOUTS]
    assert list(zip(cases, outcomes("polysock", cases), strict=True)) == list(zip(cases, expected, strict=True))


def fields(case, outcome):
    """The outcome without the padding in and behind the fields, where the standard module leaves garbage."""
    kind, *rest = outcome
    if kind == "error" and sys.version_info >= (3, 16):
        return kind, *rest[:2]  # what later ones say is not known here
    if kind != "bytes" or case[0] != "encode":
        return outcome
    _, _, family, proto, _ = case
    (raw,) = rest
    end = len(raw)
    if family == CAN:
        end = {ISOTP: 16, J1939: 21}.get(proto, 8)
    elif family == BLUETOOTH:
        end = {RFCOMM: 9, HCI: 4}.get(proto, end)
    elif family == PACKET:
        end = 12 + raw[11]
    gap = slice(2, 4) if family in (NETLINK, CAN, QIPCRTR) else slice(2, 2)
    return kind, len(raw), raw[: gap.start], raw[gap.stop : end]


def same(outcomes, cases):
    """The cases in which the modules differ."""
    theirs, ours = outcomes("socket", cases), outcomes("polysock", cases)
    return [(case, a, b) for case, a, b in zip(cases, theirs, ours, strict=True) if fields(case, a) != fields(case, b)]


def is_cut(case, theirs, ours):
    """Whether the standard module kept the low bits of a number that is too large for its field, which ours refuses."""
    numbers = [item for item in case[4] if isinstance(item, int)] if isinstance(case[4], tuple) else []
    took_another = theirs[0] == "bytes" or theirs[-1] == "Invalid address type"
    # Any error in a Bluetooth address is a wrong format there.
    refused = ours[:2] == ("error", "OverflowError") or (case[2], ours[-1]) == (BLUETOOTH, f"{case[1]}(): wrong format")
    return took_another and refused and any(n < -128 or n > 255 for n in numbers)


def test_every_refusal_is_the_standard_modules(outcomes):
    cases = [("encode", *case) for case in refusals() if case[1] in KNOWN]
    assert len(cases) > 3000
    differ = [(case, theirs, ours) for case, theirs, ours in same(outcomes, cases) if not is_cut(case, theirs, ours)]
    # The standard module does not check for a tuple with ISO-TP and J1939.
    bugs = [(case, ours) for case, theirs, ours in differ if theirs[:2] == ("error", "SystemError")]
    unexpected = [(case, theirs, ours) for case, theirs, ours in differ if theirs[:2] != ("error", "SystemError")]
    assert not unexpected, unexpected[:10]
    for (_, call, family, proto, address), ours in bugs:
        assert family == CAN
        assert proto in (ISOTP, J1939)
        assert not isinstance(address, tuple)
        text = f"{call}(): AF_CAN address must be tuple, not {type(address).__name__}"
        assert ours == ("error", "TypeError", None, text)


def test_addresses_from_the_kernel_look_like_the_standard_modules(outcomes):
    cases = []
    for family, proto, _, raw, *_ in LAYOUTS:
        if family in KNOWN:
            cases += [("decode", family, proto, raw[:length]) for length in (2, len(raw) - 1)]
            fills = (0, 1, 8) if family == PACKET else (0, 1, 0x41, 0xFF)
            cases += [("decode", family, proto, raw[:2] + bytes([fill]) * (len(raw) - 2)) for fill in fills]
    assert len(cases) > 80
    assert same(outcomes, cases) == []


def test_malformed_control_messages_are_warned_of(outcomes):
    def message(length, data):
        return struct.pack("=Qii", length, 1, 77) + data.ljust(8, b"\0")

    good = message(20, b"1234")
    cases = [
        ("control", raw)
        for raw in (
            *(b"", good, good + good),  # none, one, two
            *(good[:-4], good[:-5], good + good[:-7], good + good[:19]),  # cut behind, and within, the data
            *(message(15, b""), message(0, b""), good + message(3, b""), message(2**40, b"1234")),  # no such lengths
        )
    ]
    assert same(outcomes, cases) == []
    shown = [found for _, (found, *_) in outcomes("polysock", cases)]
    assert [len(found) for found in shown] == [0, 1, 2, 1, 1, 2, 2, 0, 0, 1, 1]
    warned = [bool(warnings) for _, (*_, warnings) in outcomes("polysock", cases)]
    assert warned == [False] * 4 + [True] * 7


def test_addresses_that_are_shown_differently(outcomes):
    cases = [
        # A hardware address longer than its field: the standard module shows the bytes behind it.
        ("decode", PACKET, 0, struct.pack("=H", PACKET) + b"\xff" * 18),
        # A family without a tuple, of which the standard module shows nothing.
        ("decode", 15, 0, struct.pack("=H6s", 15, b"abcdef")),
    ]
    assert outcomes("polysock", cases) == [
        ("object", ("", 65535, 255, 65535, b"\xff" * 8)),
        ("object", (15, b"abcdef")),
    ]


def test_numbers_that_do_not_fit_are_refused(outcomes):
    """Otherwise they would become another port, channel or interface."""
    fields = [
        (NETLINK, 0, (1, 2), {0: 32, 1: 32}),
        (PACKET, 0, ("lo", 0x800, 4, 772), {1: 16, 2: 8, 3: 16}),
        (CAN, ISOTP, ("lo", 1, 2), {1: 32, 2: 32}),
        (CAN, J1939, ("lo", 1, 2, 3), {1: 64, 2: 32, 3: 8}),
        (TIPC, 0, (1, 2, 3, 4, 1), {1: 32, 2: 32, 3: 32, 4: 8}),
        (ALG, 0, ("hash", "sha256", 1, 2), {2: 16, 3: 16}),
        (VSOCK, 0, (1, 2), {0: 32, 1: 32}),
        (QIPCRTR, 0, (1, 2), {0: 32, 1: 32}),
        (BLUETOOTH, L2CAP, (HOST, 1), {1: 16}),
        (BLUETOOTH, RFCOMM, (HOST, 1), {1: 8}),
        (BLUETOOTH, HCI, (1,), {0: 16}),
    ]
    for family, proto, address, places in fields:
        for at, bits in places.items():
            wrong = [2**bits, 2**bits + 1, 2**64 + 1, -(2 ** (bits - 1)) - 1]
            cases = [("encode", "bind", family, proto, (*address[:at], n, *address[at + 1 :])) for n in wrong]
            kinds = [outcome[:2] for outcome in outcomes("polysock", cases)]
            expected = "OSError" if family == BLUETOOTH else "OverflowError"
            assert kinds == [("error", expected)] * len(wrong), (family, address, at)
