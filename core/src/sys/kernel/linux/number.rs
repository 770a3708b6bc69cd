//! The numbers of options that not every Unix has.

use super::super::OptionNumber;
use libc::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP, SOL_SOCKET};

pub const BIND_TO_DEVICE: OptionNumber = Some((SOL_SOCKET, libc::SO_BINDTODEVICE));
/// Linux binds by name instead.
pub const BIND_TO_INDEX: OptionNumber = None;
pub const BIND_TO_INDEX_V6: OptionNumber = None;
pub const MARK: OptionNumber = Some((SOL_SOCKET, libc::SO_MARK));
pub const PRIORITY: OptionNumber = Some((SOL_SOCKET, libc::SO_PRIORITY));
pub const INCOMING_CPU: OptionNumber = Some((SOL_SOCKET, libc::SO_INCOMING_CPU));
pub const TIMESTAMPS: OptionNumber = Some((SOL_SOCKET, libc::SO_TIMESTAMPNS));
pub const PEER_CREDENTIALS: OptionNumber = Some((SOL_SOCKET, libc::SO_PEERCRED));
/// `PEER_CREDENTIALS` has it already.
pub const PEER_PROCESS: OptionNumber = None;
pub const PASS_CREDENTIALS: OptionNumber = Some((SOL_SOCKET, libc::SO_PASSCRED));

pub const CORK: OptionNumber = Some((IPPROTO_TCP, libc::TCP_CORK));
pub const QUICKACK: OptionNumber = Some((IPPROTO_TCP, libc::TCP_QUICKACK));
pub const DEFER_ACCEPT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_DEFER_ACCEPT));
pub const FASTOPEN: OptionNumber = Some((IPPROTO_TCP, libc::TCP_FASTOPEN));
pub const FASTOPEN_CONNECT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT));
pub const USER_TIMEOUT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_USER_TIMEOUT));
pub const CONGESTION: OptionNumber = Some((IPPROTO_TCP, libc::TCP_CONGESTION));
pub const NOTSENT_LOWAT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT));

/// How large the datagrams are into which one send is split; as a control message, for that send alone.
pub const UDP_SEGMENT: OptionNumber = Some((IPPROTO_UDP, libc::UDP_SEGMENT));
pub const UDP_GRO: OptionNumber = Some((IPPROTO_UDP, libc::UDP_GRO));

pub const IP_PACKET_INFO: OptionNumber = Some((IPPROTO_IP, libc::IP_PKTINFO));
pub const IP_TRANSPARENT: OptionNumber = Some((IPPROTO_IP, libc::IP_TRANSPARENT));
pub const IPV6_TRANSPARENT: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_TRANSPARENT));
pub const IP_FREEBIND: OptionNumber = Some((IPPROTO_IP, libc::IP_FREEBIND));
pub const IPV6_FREEBIND: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_FREEBIND));
pub const INCOMING_NAPI_ID: OptionNumber = Some((SOL_SOCKET, libc::SO_INCOMING_NAPI_ID));
pub const KEEPALIVE_IDLE: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPIDLE));
pub const KEEPALIVE_INTERVAL: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPINTVL));
pub const KEEPALIVE_COUNT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPCNT));
pub const IP_MULTICAST_ALL: OptionNumber = Some((IPPROTO_IP, libc::IP_MULTICAST_ALL));
pub const IPV6_MULTICAST_ALL: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_MULTICAST_ALL));
pub const DONT_FRAGMENT: OptionNumber = Some((IPPROTO_IP, libc::IP_MTU_DISCOVER));
pub const DONT_FRAGMENT_V6: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER));
/// The same at the level of IPv6.
pub const JOIN_SOURCE_GROUP: OptionNumber = Some((IPPROTO_IP, libc::MCAST_JOIN_SOURCE_GROUP));
/// The same at the level of IPv6.
pub const LEAVE_SOURCE_GROUP: OptionNumber = Some((IPPROTO_IP, libc::MCAST_LEAVE_SOURCE_GROUP));
