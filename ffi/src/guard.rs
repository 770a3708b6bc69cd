//! The panic wall: no panic of ours unwinds into C.

use crate::code::POLYSOCK_EPANIC;
use crate::detail;
use crate::error::{Failure, Words};
use crate::handle::{handle, polysock_t};
use crate::pointer::Out;
use libc::{c_int, ssize_t};
use polysock::Socket;
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs a function that answers 0 or a code.
pub(crate) fn code(function: &'static str, call: impl FnOnce() -> Result<(), Failure>) -> c_int {
    wall(function, call).map_or_else(|code| code, |()| 0)
}

/// Runs a function that answers a number or a code.
pub(crate) fn number(function: &'static str, call: impl FnOnce() -> Result<c_int, Failure>) -> c_int {
    wall(function, call).unwrap_or_else(|code| code)
}

/// Runs a function that answers a count of bytes or a code.
pub(crate) fn count(function: &'static str, call: impl FnOnce() -> Result<usize, Failure>) -> ssize_t {
    match wall(function, call) {
        // Counts come from lengths that `pointer` checked.
        Ok(count) => ssize_t::try_from(count).unwrap_or(ssize_t::MAX),
        // int and ssize_t: every code fits.
        Err(code) => ssize_t::try_from(code).unwrap_or(ssize_t::MIN),
    }
}

/// Runs a function that puts what it finds out about a socket at `out`, a parameter of this name, and answers 0 or a code.
pub(crate) fn value<T>(
    function: &'static str,
    s: *const polysock_t,
    (out, name): (*mut T, &'static str),
    ask: impl FnOnce(&Socket) -> Result<T, Failure>,
) -> c_int {
    code(function, || {
        let (socket, out) = (handle(s)?, Out::new(out, name)?);
        out.set(ask(&socket)?);
        Ok(())
    })
}

/// Runs a function, and keeps words for its failure.
pub(crate) fn wall<T>(function: &'static str, call: impl FnOnce() -> Result<T, Failure>) -> Result<T, c_int> {
    // What core shares between calls is atomics and locks that are released while unwinding.
    let failure = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(failure)) => failure,
        Err(payload) => Failure {
            code: POLYSOCK_EPANIC,
            words: Words::Panic(report(payload)),
        },
    };
    let code = failure.code;
    detail::record(function, failure);
    Err(code)
}

fn report(payload: Box<dyn Any + Send>) -> String {
    let text = match payload.downcast::<String>() {
        Ok(text) => return *text,
        Err(payload) => payload.downcast::<&'static str>(),
    };
    match text {
        Ok(text) => (*text).to_owned(),
        Err(payload) => {
            // Its destructor may panic too.
            std::mem::forget(payload);
            "panic".to_owned()
        }
    }
}

/// Panics behind the wall.
#[cfg(feature = "panic-test")]
#[no_mangle]
#[allow(clippy::panic)]
pub extern "C" fn polysock_test_panic() -> c_int {
    code("polysock_test_panic", || panic!("on {}", "purpose"))
}
