//! What a handle keeps for the calls that send and receive messages.

use crate::framing::read_ahead::ReadAhead;
use crate::framing::Unfinished;
use std::ops::{Deref, DerefMut};

#[derive(Default)]
pub(super) struct Messages {
    pub(super) incoming: Incoming,
    /// The message that a call has sent only a part of.
    pub(super) unfinished: Option<Unfinished>,
}

/// The bytes that were received ahead.
#[derive(Default)]
pub(super) struct Incoming {
    /// Empty while a call has taken them out.
    pub(super) bytes: BytesAhead,
    pub(super) holder: Holder,
    /// The subscribers know that there is something to receive.
    pub(super) announced: bool,
}

/// A pointer to bytes that were received ahead, because they change hands with every call. Without it, there are none.
#[derive(Default)]
pub(super) struct BytesAhead(Option<Box<ReadAhead>>);

impl Deref for BytesAhead {
    type Target = ReadAhead;

    #[inline]
    fn deref(&self) -> &ReadAhead {
        static NONE: ReadAhead = ReadAhead::new();
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for BytesAhead {
    #[inline]
    fn deref_mut(&mut self) -> &mut ReadAhead {
        self.0.get_or_insert_default()
    }
}

/// Which thread is using the bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Holder {
    #[default]
    Handle,
    /// A call has taken them out; this is how many it had when it last looked.
    Call { length: usize },
    /// A thread of the process that forked this one.
    Parent,
}

impl Messages {
    /// What a forked child has: a copy of the bytes, unless a thread that does not exist in the child has them. It shares
    /// the stream, and any unfinished message on it.
    pub(super) fn in_child(mut self: Box<Self>) -> Box<Self> {
        match self.incoming.holder {
            Holder::Call { length: 0 } => self.incoming.holder = Holder::Handle,
            Holder::Call { .. } => self.incoming.holder = Holder::Parent,
            Holder::Handle | Holder::Parent => {}
        }
        self
    }
}

impl Incoming {
    pub(super) fn length(&self) -> usize {
        match self.holder {
            Holder::Call { length } => length,
            Holder::Handle | Holder::Parent => self.bytes.len(),
        }
    }

    pub(super) fn is_readable(&self) -> bool {
        self.holder == Holder::Handle && self.bytes.is_readable()
    }
}
