//! Only one thread at a time accepts on a descriptor in blocking mode: it polls first, and no other thread may take the
//! connection in between.

use super::handle::Handle;

/// The turn to accept, until dropped.
pub(crate) struct AcceptTurn<'a>(&'a Handle);

impl Handle {
    /// Takes the turn to accept; `None` while another thread has it.
    pub(crate) fn take_accept_turn(&self) -> Option<AcceptTurn<'_>> {
        let mut shared = self.shared.lock();
        let free = !std::mem::replace(&mut shared.accepting, true);
        // A descriptor that another call has put into non-blocking mode stays in it: otherwise this call could sleep.
        shared.need_nonblocking += u32::from(free);
        // Made only if the turn is ours: dropping one gives the turn back, and takes the lock we hold.
        free.then(|| AcceptTurn(self))
    }

    /// Whether some thread has the turn to accept.
    pub(crate) fn is_accepting(&self) -> bool {
        self.shared.lock().accepting
    }
}

impl Drop for AcceptTurn<'_> {
    fn drop(&mut self) {
        let mut shared = self.0.shared.lock();
        shared.accepting = false;
        self.0.release_nonblocking(shared);
    }
}
