//! The numbers of options that not every Unix has: none but one.

use super::super::OptionNumber;

pub const TIMESTAMPS: OptionNumber = Some((libc::SOL_SOCKET, libc::SO_TIMESTAMP));

pub const INCOMING_NAPI_ID: OptionNumber = None;
pub const KEEPALIVE_IDLE: OptionNumber = None;
pub const KEEPALIVE_INTERVAL: OptionNumber = None;
pub const KEEPALIVE_COUNT: OptionNumber = None;
pub const DONT_FRAGMENT: OptionNumber = None;
pub const DONT_FRAGMENT_V6: OptionNumber = None;
pub const PEER_CREDENTIALS: OptionNumber = None;
pub const PEER_PROCESS: OptionNumber = None;
pub const PASS_CREDENTIALS: OptionNumber = None;
pub const BIND_TO_DEVICE: OptionNumber = None;
pub const BIND_TO_INDEX: OptionNumber = None;
pub const BIND_TO_INDEX_V6: OptionNumber = None;
pub const MARK: OptionNumber = None;
pub const PRIORITY: OptionNumber = None;
pub const INCOMING_CPU: OptionNumber = None;
pub const CORK: OptionNumber = None;
pub const QUICKACK: OptionNumber = None;
pub const DEFER_ACCEPT: OptionNumber = None;
pub const FASTOPEN: OptionNumber = None;
pub const FASTOPEN_CONNECT: OptionNumber = None;
pub const USER_TIMEOUT: OptionNumber = None;
pub const CONGESTION: OptionNumber = None;
pub const NOTSENT_LOWAT: OptionNumber = None;
pub const UDP_SEGMENT: OptionNumber = None;
pub const UDP_GRO: OptionNumber = None;
pub const IP_PACKET_INFO: OptionNumber = None;
pub const IP_TRANSPARENT: OptionNumber = None;
pub const IPV6_TRANSPARENT: OptionNumber = None;
pub const IP_FREEBIND: OptionNumber = None;
pub const IPV6_FREEBIND: OptionNumber = None;
pub const IP_MULTICAST_ALL: OptionNumber = None;
pub const IPV6_MULTICAST_ALL: OptionNumber = None;
pub const JOIN_SOURCE_GROUP: OptionNumber = None;
pub const LEAVE_SOURCE_GROUP: OptionNumber = None;
