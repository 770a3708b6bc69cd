//! What Linux has: accept4, epoll, ppoll with nanoseconds, futexes, sendfile, and several messages in one call.
//!
//! A system call filter (seccomp) may forbid the newer ones, and an old kernel lacks them: then the portable way
//! ([`portable`]) is used. A call without a fallback ends in an error that names it.

mod accept;
mod batch;
mod changes;
pub mod epoll;
mod flags;
mod missing;
mod poll;
mod sendfile;
mod socket;
mod thread;
mod transfer;

pub use accept::accept;
pub use batch::{cuts_segments, recvmmsg, sendmmsg};
pub use changes::Changes;
pub use flags::{CLOEXEC_RIGHTS, MAKE_NONBLOCKING};
pub use missing::is_missing;
pub use poll::poll;
pub use sendfile::sendfile;
pub use socket::{family, set_nonblocking};
pub use thread::{sleep_at, wake_at};
pub use transfer::{recv, recvfrom, recvmsg, send, sendmsg, sendto};
