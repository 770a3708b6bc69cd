//! The calls every Unix has.

mod address;
mod batch;
mod batch_message;
pub mod descriptor;
mod message;
mod option;
pub mod readiness;
mod result;
mod transfer;

pub use address::{bind, connect, disconnect, dissolve, from_socket2, local_address, peer_address};
pub use batch::{recv_batch, send_batch, ToSend, MOST_MESSAGES};
pub use batch_message::BatchMessage;
pub use descriptor::{close, is_nonblocking, is_still, out_of_the_way};
pub use message::{narrow, recvmsg, sendmsg, take_ancillary};
pub use option::{available, get_int, get_option, resets_on_close, set_option, set_option_null, sock};
pub use readiness::{milliseconds, ready, Readiness};
pub use result::{check, check_count, is_interrupted};
pub use transfer::{recv, recvfrom, send, sendto, Blocking};
