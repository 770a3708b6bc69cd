//! The two directions of a socket.

/// The direction of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Receive,
    Send,
}

/// One value for each direction.
#[derive(Default)]
pub(super) struct PerDirection<T> {
    receive: T,
    send: T,
}

impl<T> PerDirection<T> {
    pub(super) fn new(make: impl Fn() -> T) -> Self {
        Self {
            receive: make(),
            send: make(),
        }
    }

    #[inline]
    pub(super) fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::Receive => &self.receive,
            Direction::Send => &self.send,
        }
    }

    pub(super) fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::Receive => &mut self.receive,
            Direction::Send => &mut self.send,
        }
    }
}
