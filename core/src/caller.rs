//! What a language above tells the core: how to sleep, and what to do when a signal arrived.

/// The language an operation runs for.
///
/// C and Rust sleep as they are and go on after a signal ([`NativeCaller`]). Python detaches from the interpreter while
/// it sleeps, and runs its signal handlers when one arrived.
pub trait Caller {
    /// Runs `f`, which may sleep.
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T;

    /// A signal arrived (EINTR). No count and no lock is held meanwhile, so a handler may use or close the same
    /// socket; only `send_all` keeps its turn, which the same thread may take again.
    ///
    /// # Errors
    /// [`Stop`] ends the operation with [`Kind::Interrupted`](crate::Kind::Interrupted).
    fn interrupted(&mut self) -> Result<(), Stop>;

    /// Something moved for a while without waiting, so that a signal may have arrived that interrupted nothing. As
    /// [`interrupted`](Self::interrupted) otherwise.
    ///
    /// # Errors
    /// As [`interrupted`](Self::interrupted).
    fn moved(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    /// How an operation starts.
    fn start(&mut self, hint: CallHints) -> Start;

    /// A direct try found nothing: whether to try once more, directly, before waiting. Asked until it says no, so it
    /// is to say so soon.
    fn try_again(&mut self) -> bool {
        false
    }
}

/// Ends an interrupted operation.
#[derive(Clone, Copy, Debug)]
pub struct Stop;

/// What is known when an operation starts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallHints {
    /// How many bytes it may move.
    pub bytes: usize,
    /// Whether no other call is inside the handle; beside one, even a call that does not wait may have to wait
    /// for the kernel's lock on the socket.
    pub alone: bool,
    /// Whether the last call in this direction had to wait.
    pub expects_wait: bool,
    /// Whether waiting costs no system call of its own: the kernel itself may wait.
    pub kernel_waits: bool,
}

/// How an operation starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Try at once, outside [`Caller::block`].
    Direct,
    /// Try inside [`Caller::block`].
    Blocking,
    /// Go to wait at once, inside [`Caller::block`].
    Waiting,
}

/// The caller of C and Rust.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeCaller;

impl Caller for NativeCaller {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn interrupted(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    fn start(&mut self, hint: CallHints) -> Start {
        if hint.expects_wait || hint.kernel_waits {
            Start::Waiting
        } else {
            Start::Direct
        }
    }
}

impl<C: Caller> Caller for &mut C {
    #[inline]
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        (**self).block(f)
    }

    fn interrupted(&mut self) -> Result<(), Stop> {
        (**self).interrupted()
    }

    fn moved(&mut self) -> Result<(), Stop> {
        (**self).moved()
    }

    #[inline]
    fn start(&mut self, hint: CallHints) -> Start {
        (**self).start(hint)
    }

    fn try_again(&mut self) -> bool {
        (**self).try_again()
    }
}
