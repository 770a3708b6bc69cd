//! The C library of polysock: it translates between C and the crate `polysock`, and adds no behaviour.
//!
//! Each function checks its arguments ([`handle`], [`pointer`], [`buffer`], [`text`]), runs behind the panic wall ([`guard`])
//! and makes one call of core. A failure becomes a code in [`error`] and a text in [`detail`]. The doc comments of exported
//! items are the text of `include/polysock/polysock.h` and are written for its reader.
#![allow(unsafe_code)]
// The names of exported types are C's.
#![allow(non_camel_case_types)]
// What a caller from C must uphold is documented once, at the top of the header.
#![allow(clippy::missing_safety_doc)]

/// Small requests are served when the system has no memory left.
#[global_allocator]
static ALLOCATOR: polysock::Reserve = polysock::Reserve;

mod code;
mod library;

mod buffer;
mod detail;
mod done;
mod error;
mod growing;
mod guard;
mod handle;
mod pointer;
mod text;
mod time;

mod address;
mod resolve;

mod socket;

mod close;
mod delivery;

mod accept;
mod connect;
mod connection;
mod listen;

mod recv;
mod send;
mod sendfile;
mod vectored;

mod buffered;
mod framing;
mod reader;
mod recv_frame;
mod send_frame;

mod batch;
mod control;
mod datagram;
mod message;

mod poll;
mod poller;

mod message_server;
mod server;

mod net;

mod info;
mod options;
mod tcp_info;

mod trace;
