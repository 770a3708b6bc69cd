//! The panic wall: no panic of ours unwinds into C.

use crate::code::POLYSOCK_EPANIC;
use crate::detail;
use crate::error::{Description, Failure};
use crate::handle::{borrow, polysock_t};
use crate::pointer::Out;
use libc::{c_int, ssize_t};
use polysock::Socket;
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs a function that returns 0 or a code.
pub(crate) fn code(function: &'static str, call: impl FnOnce() -> Result<(), Failure>) -> c_int {
    wall(function, call).map_or_else(|code| code, |()| 0)
}

/// Runs a function that returns a number of 0 or more, or a code.
pub(crate) fn number<N: TryInto<c_int>>(
    function: &'static str,
    call: impl FnOnce() -> Result<N, Failure>,
) -> c_int {
    // A count that an int can't hold is none that a program of today reaches.
    wall(function, call).map_or_else(|code| code, |number| number.try_into().unwrap_or(c_int::MAX))
}

/// Runs a function that returns a count of bytes or a code.
pub(crate) fn count(function: &'static str, call: impl FnOnce() -> Result<usize, Failure>) -> ssize_t {
    match wall(function, call) {
        // Counts come from lengths that `buffer` checked.
        Ok(count) => ssize_t::try_from(count).unwrap_or(ssize_t::MAX),
        // int and ssize_t: every code fits.
        Err(code) => ssize_t::try_from(code).unwrap_or(ssize_t::MIN),
    }
}

/// Runs a function that reads something of a socket into `out`, a parameter of this name, and returns 0 or a code.
pub(crate) fn value<T>(
    function: &'static str,
    s: *const polysock_t,
    (out, name): (*mut T, &'static str),
    read: impl FnOnce(&Socket) -> polysock::Result<T>,
) -> c_int {
    code(function, || {
        let (socket, out) = (borrow(s)?, Out::new(out, name)?);
        out.set(read(&socket)?);
        Ok(())
    })
}

/// Runs a function, and records its failure for polysock_last_detail().
pub(crate) fn wall<T>(function: &'static str, call: impl FnOnce() -> Result<T, Failure>) -> Result<T, c_int> {
    // What core shares between calls is atomics and locks that are released while unwinding.
    let failure = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(failure)) => failure,
        Err(payload) => Failure {
            code: POLYSOCK_EPANIC,
            description: Description::Panic(report(payload)),
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
