//! Subscribers: they keep a handle's descriptor registered elsewhere, as a poller does, and are notified before it is
//! closed.

use std::os::fd::BorrowedFd;
use std::sync::Weak;

pub(crate) trait Subscriber: Send + Sync {
    /// The descriptor that was subscribed under `key` is about to be closed or given up.
    fn descriptor_goes(&self, key: u64, fd: BorrowedFd<'_>);

    /// A receive now finds bytes that were received ahead, or no longer does. Called under the handle's lock.
    fn readable_ahead(&self, key: u64, readable: bool);
}

/// A subscriber, and its key for the handle.
pub(crate) struct Subscription {
    pub(crate) subscriber: Weak<dyn Subscriber>,
    pub(crate) key: u64,
}
