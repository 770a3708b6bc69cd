//! Records of calls that a program makes by itself, on bare descriptors: for the layer below its calls (`libpolysock-bsd`).
//!
//! The program's calls reach the system as they are. A record is begun before a call ([`begin`], [`begin_close`]) and ended
//! after it ([`end`]), both undisturbed (`sys/undisturbed`); in between the thread is the program's. What is kept
//! there is a [`Call`], a few numbers: the call may never return, because a signal handler leaves it by longjmp(3) or because
//! the thread is cancelled.
//!
//! Sockets are found by their descriptors (`sockets`), and told apart by their numbers in the kernel.

mod call;
mod closing;
mod fields;
mod observing;
mod restriction;
mod sending;
mod sockets;
mod starting;
mod waiting;

pub use call::{begin, begin_without_socket, end, wait, Call, Outcome};
pub use closing::{begin_close, begin_replacement, cancel, note_closed, note_range_closed};
pub use fields::Fields;
pub use observing::{aside, is_observed};
pub use restriction::end_before_restriction;
pub use sending::note_left;
pub use sockets::{is_socket, note_change, note_sent};
pub use starting::begin_from_environment;
pub use waiting::Waits;

pub use crate::sys::exit::at_exit;
pub use crate::sys::fork::note_sharing;
pub use crate::sys::undisturbed::{errno, set_errno};
