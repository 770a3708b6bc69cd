//! Operations: calls on a socket as values.
//!
//! An operation holds its arguments and its progress so far. It implements [`Attempt`]: what it needs to wait for, and
//! one attempt, which makes one system call, as a rule without waiting. [`run`] does everything else, for all of them:
//! it enters the handle, attempts, waits, handles signals, notices a close, and makes the result or the error.
//!
//! A new operation is a new file here with a value and its `impl Attempt`, and a method of [`Call`](crate::Call) that
//! makes the value and runs it. [`run`] is also the one place where a call begins, waits and ends: any other way to wait,
//! such as an event loop, belongs there. A trace sees each call there (`recording`).

mod accept;
mod attempt;
mod connect;
mod datagram;
mod kernel_attempt;
mod message;
mod readiness;
mod receiving;
mod recording;
mod recv;
mod recv_batch;
mod recv_exact;
mod recv_frame;
mod run;
mod segmentation;
mod send;
mod send_all;
mod send_batch;
mod send_segments;
mod sendfile;

pub(crate) use accept::Accept;
pub(crate) use attempt::Attempt;
pub(crate) use connect::Connect;
pub(crate) use datagram::{RecvFrom, SendTo};
pub(crate) use message::{RecvMessage, SendMessage};
pub(crate) use receiving::Receiving;
pub(crate) use recording::run;
pub(crate) use recv::{EmptyMessages, Recv};
pub(crate) use recv_batch::RecvBatch;
pub(crate) use recv_exact::RecvExact;
pub(crate) use recv_frame::{RecvFrame, MOST_CONTROL};
pub(crate) use send::Send;
pub(crate) use send_all::SendAll;
pub(crate) use send_batch::SendBatch;
pub(crate) use send_segments::SendSegments;
pub(crate) use sendfile::{Limits, SendFile};
