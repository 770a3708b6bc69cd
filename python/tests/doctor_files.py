"""The files of /proc by which the tests show a system to the doctor."""

import sys

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
# As the kernel sets them. Nothing here needs attention.
CALM = {
    "proc/sys/kernel/osrelease": "6.1.0\n",
    "proc/sys/net/core/somaxconn": "4096\n",
    "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "proc/sys/net/ipv4/ip_local_reserved_ports": "\n",
    "proc/sys/net/ipv4/tcp_tw_reuse": "2\n",
    "proc/sys/net/ipv4/tcp_max_tw_buckets": "1000\n",
    "proc/sys/net/ipv4/tcp_fin_timeout": "60\n",
    "proc/sys/net/ipv4/tcp_syncookies": "1\n",
    "proc/sys/net/ipv4/tcp_timestamps": "1\n",
    "proc/sys/net/ipv4/tcp_max_orphans": "100\n",
    "proc/sys/net/ipv4/tcp_mem": "100\t200\t300\n",
    "proc/sys/fs/file-nr": "100\t0\t100000\n",
    "proc/net/tcp": HEADING,
    "proc/net/sockstat": "sockets: used 7\nTCP: inuse 1 orphan 2 tw 3 alloc 1 mem 4\n",
    "proc/net/netstat": "TcpExt: ListenOverflows SyncookiesFailed\nTcpExt: 0 0\n",
    "proc/net/snmp": "Udp: InDatagrams RcvbufErrors\nUdp: 5 0\n",
    "proc/self/limits": "Limit  Soft  Hard  Units\nMax open files            4096        524288     files\n",
}


def make_system(folder, changes=()):
    """Makes the files of a system in a folder: the calm one, with changes. None leaves a file out."""
    for name, text in {**CALM, **dict(changes)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder)


def entry(state, local, remote, waiting=0):
    """A line of /proc/net/tcp; addresses as (hexadecimal digits, port)."""
    ends = " ".join(f"{host}:{port:04X}" for host, port in (local, remote))
    return f"   0: {ends} {state} 00000000:{waiting:08X} 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"


def digits(*numbers):
    """The digits by which /proc shows an IPv4 address."""
    return f"{int.from_bytes(bytes(numbers), sys.byteorder):08X}"


HERE, OURS, THERE = digits(127, 0, 0, 1), digits(192, 0, 2, 1), digits(192, 0, 2, 7)
ANY = digits(0, 0, 0, 0)
TIME_WAIT, CLOSE_WAIT, ESTABLISHED, LISTEN = "06", "08", "01", "0A"


def connections(state, ports, local=OURS, remote=(THERE, 80)):
    return HEADING + "".join(entry(state, (local, port), remote) for port in ports)
