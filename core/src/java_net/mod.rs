//! Java-style sockets: what `java.net` promises and BSD sockets do not.
//!
//! [`Socket`], [`ServerSocket`] and [`DatagramSocket`] remember what they *were* ([`is_bound`](Socket::is_bound) stays true
//! after close) and their addresses, reach IPv4 and IPv6 through one IPv6 socket if the system has IPv6, and send FIN
//! before they close. The functions [`read()`], [`write()`], [`end_input`], [`end_output`] and [`set_linger`] do the same for
//! a plain [`crate::Socket`], for C.
//!
//! A [`Refusal`] stands for an exception of Java's; its text belongs to the bindings.

mod address;
mod datagram;
mod lazy_socket;
mod options;
mod refusal;
mod server;
mod socket;
mod stream;

pub use address::{is_reachable, look_up, names_a_host};
pub use datagram::DatagramSocket;
pub use options::{
    dont_fragment, incoming_napi_id, keepalive_number, recv_buffer, send_buffer, set_dont_fragment,
    set_keepalive_number, set_linger, set_multicast_interface, set_multicast_loop, set_multicast_ttl,
    set_recv_buffer, set_send_buffer, set_traffic_class, traffic_class, KeepaliveNumber, BACKLOG,
    LONGEST_LINGER,
};
pub use refusal::{Refusal, Result};
pub use server::{listen, ServerSocket};
pub use socket::{Socket, To};
pub use stream::{close, end_input, end_output, read, time_limit, write};
