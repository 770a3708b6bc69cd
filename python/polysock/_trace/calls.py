"""The calls of records, by what they do."""

SENDS = frozenset({"send", "sendall", "sendto", "sendmsg", "sendfile", "send_frame", "send_segments", "send_batch"})
SENDS |= {"write", "writev", "sendmmsg"}  # those that only the BSD layer records
RECEIVES = frozenset({"recv", "recv_exact", "recvfrom", "recvmsg", "recv_frame", "recv_batch"})
RECEIVES |= {"read", "readv", "recvmmsg"}
# Receives into one buffer that return as soon as there is something.
RETURNS_WHAT_IS_THERE = frozenset({"recv", "read"})
# Sends that return how much the system took; the others send everything or fail.
MAY_TAKE_PART = frozenset({"send", "sendmsg", "write", "writev"})
# After one of these, its process does not have the socket any more.
CLOSES = frozenset({"close", "drop", "abort", "close_graceful"})
# What another program sees may have been caused by one of these before it ended.
CAUSES = SENDS | CLOSES | {"connect", "shutdown"}
