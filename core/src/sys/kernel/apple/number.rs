//! The numbers of options that not every Unix has (sys/socket.h, netinet/in.h, netinet/tcp.h).

use super::super::OptionNumber;
use libc::{c_int, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET};

/// netinet/tcp.h; the C library's bindings lack it.
const TCP_NOTSENT_LOWAT: c_int = 0x201;

pub const TIMESTAMPS: OptionNumber = Some((SOL_SOCKET, libc::SO_TIMESTAMP));
pub const PEER_CREDENTIALS: OptionNumber = Some((libc::SOL_LOCAL, libc::LOCAL_PEERCRED));
pub const PEER_PROCESS: OptionNumber = Some((libc::SOL_LOCAL, libc::LOCAL_PEERPID));
/// By index, not by name.
pub const BIND_TO_INDEX: OptionNumber = Some((IPPROTO_IP, libc::IP_BOUND_IF));
pub const BIND_TO_INDEX_V6: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_BOUND_IF));
pub const FASTOPEN: OptionNumber = Some((IPPROTO_TCP, libc::TCP_FASTOPEN));
pub const NOTSENT_LOWAT: OptionNumber = Some((IPPROTO_TCP, TCP_NOTSENT_LOWAT));
pub const IP_PACKET_INFO: OptionNumber = Some((IPPROTO_IP, libc::IP_PKTINFO));
pub const KEEPALIVE_IDLE: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPALIVE));
pub const KEEPALIVE_INTERVAL: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPINTVL));
pub const KEEPALIVE_COUNT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPCNT));
pub const DONT_FRAGMENT: OptionNumber = Some((IPPROTO_IP, libc::IP_DONTFRAG));
pub const DONT_FRAGMENT_V6: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_DONTFRAG));
/// The same at the level of IPv6.
pub const JOIN_SOURCE_GROUP: OptionNumber = Some((IPPROTO_IP, libc::MCAST_JOIN_SOURCE_GROUP));
/// The same at the level of IPv6.
pub const LEAVE_SOURCE_GROUP: OptionNumber = Some((IPPROTO_IP, libc::MCAST_LEAVE_SOURCE_GROUP));

pub const BIND_TO_DEVICE: OptionNumber = None;
pub const PASS_CREDENTIALS: OptionNumber = None;
pub const INCOMING_NAPI_ID: OptionNumber = None;
pub const MARK: OptionNumber = None;
pub const PRIORITY: OptionNumber = None;
pub const INCOMING_CPU: OptionNumber = None;
pub const CORK: OptionNumber = None;
pub const QUICKACK: OptionNumber = None;
pub const DEFER_ACCEPT: OptionNumber = None;
pub const FASTOPEN_CONNECT: OptionNumber = None;
pub const USER_TIMEOUT: OptionNumber = None;
pub const CONGESTION: OptionNumber = None;
pub const UDP_SEGMENT: OptionNumber = None;
pub const UDP_GRO: OptionNumber = None;
pub const IP_TRANSPARENT: OptionNumber = None;
pub const IPV6_TRANSPARENT: OptionNumber = None;
pub const IP_FREEBIND: OptionNumber = None;
pub const IPV6_FREEBIND: OptionNumber = None;
pub const IP_MULTICAST_ALL: OptionNumber = None;
pub const IPV6_MULTICAST_ALL: OptionNumber = None;
