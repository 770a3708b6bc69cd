//! What the calling language decides: how to sleep, and what to do when a signal has arrived. And the loop "sleep, handle
//! signals, go on", written once.

use crate::error::Kind;
use crate::time::Deadline;

/// The language that an operation runs for.
///
/// C and Rust simply sleep, and go on after a signal ([`NativeCaller`]). Python detaches from the interpreter while
/// it sleeps, and runs its signal handlers when a signal has arrived.
pub trait Caller {
    /// Runs `f`, which may sleep.
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T;

    /// A signal arrived (EINTR), or may have arrived while bytes moved without a wait that it could interrupt: runs the
    /// handlers of the language. The call is not counted in and holds no lock meanwhile, so a handler may use or close
    /// the same socket; only `send_all` and `sendfile` keep their turn, which the same thread may take again.
    ///
    /// # Errors
    /// [`Stop`] ends the operation with [`Kind::Interrupted`](crate::Kind::Interrupted).
    fn check_signals(&mut self) -> Result<(), Stop>;

    /// Decides how an operation starts.
    fn start(&mut self, hint: CallHints) -> Start;

    /// Whether to try once more, directly, before waiting, after a direct try found nothing. Asked again until it
    /// returns false.
    fn try_again(&mut self) -> bool {
        false
    }

    /// Called when the operation that called [`start`](Self::start) has ended, successfully or not, with the number of
    /// bytes it moved. A peek moves none.
    fn end(&mut self, moved: usize) {
        let _ = moved;
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
    /// Whether no other call is inside the handle. If there is one, even a non-blocking call may have to wait for the
    /// kernel's lock on the socket.
    pub alone: bool,
    /// Whether the last call in this direction had to wait.
    pub expects_wait: bool,
    /// Whether waiting costs no additional system call, because the kernel itself may wait.
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

/// The caller for C and Rust.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeCaller;

impl Caller for NativeCaller {
    #[allow(clippy::inline_always)] // it does nothing else
    #[inline(always)]
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
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

    fn check_signals(&mut self) -> Result<(), Stop> {
        (**self).check_signals()
    }

    #[allow(clippy::inline_always)] // every operation begins with it
    #[inline(always)]
    fn start(&mut self, hint: CallHints) -> Start {
        (**self).start(hint)
    }

    fn try_again(&mut self) -> bool {
        (**self).try_again()
    }

    #[inline]
    fn end(&mut self, moved: usize) {
        (**self).end(moved);
    }
}

/// The outcome of work that may sleep.
pub(crate) enum Interruptible<T> {
    Done(T),
    /// A signal arrived, or may have arrived; the same work continues where it stopped.
    Interrupted,
}

/// Does work that may sleep, continuing after signals, until it is done or the caller stops it.
pub(crate) fn block_until_done<C: Caller, T: Send>(
    caller: &mut C,
    mut work: impl FnMut() -> Result<Interruptible<T>, Kind> + Send,
) -> Result<T, Kind> {
    loop {
        match caller.block(&mut work)? {
            Interruptible::Done(value) => return Ok(value),
            Interruptible::Interrupted => check_signals(caller)?,
        }
    }
}

/// Lets the caller handle signals; a [`Stop`] becomes an error.
pub(crate) fn check_signals<C: Caller>(caller: &mut C) -> Result<(), Kind> {
    caller.check_signals().map_err(|Stop| Kind::Interrupted)
}

/// Looks once without sleeping if the caller wants to start that way, then waits until `look` finds something or its
/// deadline has passed.
pub(crate) fn look_then_block<C: Caller, T: Send>(
    caller: &mut C,
    deadline: Deadline,
    look: impl FnMut(Deadline) -> Result<Interruptible<Option<T>>, Kind> + Send,
) -> Result<Option<T>, Kind> {
    // A call that polls expects to wait.
    let hints = CallHints {
        bytes: 0,
        alone: true,
        expects_wait: deadline != Deadline::NonBlocking,
        kernel_waits: false,
    };
    let started = caller.start(hints);
    let found = look_first(caller, started, deadline, look);
    caller.end(0);
    found
}

fn look_first<C: Caller, T: Send>(
    caller: &mut C,
    started: Start,
    deadline: Deadline,
    mut look: impl FnMut(Deadline) -> Result<Interruptible<Option<T>>, Kind> + Send,
) -> Result<Option<T>, Kind> {
    if started == Start::Direct {
        match look(Deadline::NonBlocking)? {
            Interruptible::Done(None) if deadline != Deadline::NonBlocking => {}
            Interruptible::Done(found) => return Ok(found),
            Interruptible::Interrupted => check_signals(caller)?,
        }
    }
    block_until_done(caller, || look(deadline))
}
