//! Recording what sockets do: one line of JSON for each call, in a file for each process.
//!
//! While nothing is recorded a call on a handle pays nothing: the word that it looks at anyway says so ([`switch`],
//! [`entry`](crate::sys::entry)). A record is made in memory of the calling
//! thread, outside every lock and after the call has given everything back ([`call`], [`thread`], [`line`]), and is then
//! copied into a window of the file ([`sink`]). The seams, where calls report to this module, are few:
//!
//! | seam | what passes it |
//! |---|---|
//! | [`op::run`](crate::op) | every operation on a handle |
//! | `Socket::immediate` | calls that do not wait: options, addresses, listen, shutdown |
//! | `caller::look_then_block` | the waits of poll and pollers |
//! | [`wait`](crate::wait), the registry of pollers | every sleep, which becomes the time waited, and the record of a call that still waits |
//! | the handle's close, detach and drop; making a socket; look-ups; a server's steps | themselves |

#[doc(hidden)]
pub mod bare;
mod call;
mod details;
mod header;
mod line;
mod made;
mod places;
mod settings;
mod sink;
mod socket;
mod switch;
mod thread;

pub(crate) use call::{begin, end, On};
pub(crate) use details::{add_in_use, add_payload, Moved};
pub use header::set_trace_language;
pub(crate) use line::Line;
pub(crate) use made::{close_begins, close_ended, event, made, recorded, Since};
pub use settings::TraceData;
pub(crate) use socket::Traced;
pub(crate) use switch::{is_on, is_recording, may_be_on};
pub use switch::{is_tracing, start_trace, stop_trace};
pub(crate) use thread::Sleep;
pub use thread::{record_trace_name, set_trace_names, set_trace_places, with_trace_place};
