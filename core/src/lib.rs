#![doc = include_str!("../README.md")]
//!
//! # How this crate is laid out
//!
//! Each layer uses only those before it: the vocabulary ([`Error`], [`Family`], [`Flags`], [`Timeout`], [`Address`]),
//! the system, one handle with its operations ([`Socket`], [`Caller`]), and what programs would otherwise write by hand
//! ([`create_connection`], [`poll()`], [`Poller`], [`Server`], [`MessageServer`]). See ARCHITECTURE.md in the repository for the whole
//! picture.

mod adaptive_spin;
mod address;
mod ancillary;
mod buffer;
mod caller;
mod connection;
mod credentials;
mod datagram;
mod debug;
mod domain;
mod error;
mod flags;
mod framing;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod handle;
mod hint;
pub mod java_net;
mod lookup;
#[doc(hidden)]
pub mod memory;
mod message_server;
mod names;
mod op;
mod poll;
mod poller;
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub mod promises;
mod server;
mod socket;
mod sys;
mod table;
mod tcp_info;
mod tcp_state;
mod time;
mod trace;
mod wait;

pub use address::{Address, AddressError};
pub use ancillary::{Ancillary, Control, PacketInfo};
pub use buffer::{RecvBuf, SendBuf};
pub use caller::{CallHints, Caller, NativeCaller, Start, Stop};
pub use connection::{
    connect_any, create_connection, create_connection_with, create_server, create_server_with,
    ConnectOptions, DualStack, Race, RaceStep, ServerOptions,
};
pub use credentials::Credentials;
pub use datagram::{IncomingDatagram, OutgoingDatagram};
pub use domain::{Family, Protocol, Shutdown, SocketType};
#[doc(hidden)]
pub use error::Counted;
pub use error::{Error, Kind, Operation, Result};
pub use flags::Flags;
pub use framing::{ByteOrder, Frames, Framing, Header, PrefixWidth, Reader, ReaderCall};
#[doc(hidden)]
pub use handle::has_low_water;
pub use hint::hint;
pub use lookup::{eai, AddressInfo, Hints, HostEntry, HostError};
pub use message_server::{
    CloseReason, Connection, ConnectionData, MessageBatch, MessageEvent, MessageHandler, MessageServeOptions,
    MessageServer, MessageServerStats, MessageStep, MessageWorker, Reply, StartedMessageServer,
};
pub use names::{
    host_by_address, host_by_name, host_name, interface_index, interface_list, interface_name, interfaces,
    name_of, protocol_by_name, resolve, resolve_name, resolve_service, service_name, service_port,
    set_host_name, split_host_port, InterfaceInfo,
};
pub use poll::{poll, poll_with, Events, PollEntry, PollTarget};
pub use poller::{Event, Poller};
pub use server::{ServeOptions, Server, ServerStats, StartedServer, Step, Trouble, Worker};
pub use socket::{
    AdoptError, Call, CloseReport, CloseVerdict, Interface, Keepalive, LentFd, Received, SendQueue, Socket,
    DISCARD_LIMIT,
};
#[doc(hidden)]
pub use sys::arena::Arena;
#[doc(hidden)]
pub use sys::local::PerThread;
#[doc(hidden)]
pub use sys::reserve::check_left;
pub use sys::reserve::Reserve;
pub use sys::selector::Trigger;
pub use tcp_info::{CongestionState, TcpInfo};
pub use tcp_state::TcpState;
pub use time::{Deadline, Timeout};
#[doc(hidden)]
pub use trace::{
    bare, record_trace_name, set_trace_language, set_trace_names, set_trace_places, with_trace_place,
};
pub use trace::{is_tracing, start_trace, stop_trace, TraceData};
