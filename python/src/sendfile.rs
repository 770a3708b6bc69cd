//! sendfile.

use crate::convert::CInt;
use crate::raw::descriptor;
use crate::{error, gil};
use polysock_core::{Kind, Socket};
use pyo3::prelude::*;

/// Sends a part of an open file. As in CPython the time limit is one of each wait, not of the whole.
pub fn sendfile(
    py: Python<'_>,
    socket: &Socket,
    CInt(fileno): CInt,
    offset: u64,
    count: Option<u64>,
) -> PyResult<u64> {
    let mut done = 0_u64;
    let result = descriptor::borrowed(fileno, |file| loop {
        let left = count.map(|count| count - done);
        match gil::attempt(py, |host| socket.on(host).sendfile(file, offset + done, left)) {
            Ok(moved) => break Ok(done + wide(moved)),
            Err(failure) => {
                let moved = wide(failure.error.done());
                done += moved;
                let kind = failure.error.kind();
                if kind == Kind::EndOfStream {
                    break Ok(done); // the file ends sooner than the program said
                }
                if kind != Kind::TimedOut || moved == 0 {
                    break Err(failure);
                }
            }
        }
    });
    let failed = match result {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(failure)) => failure.into_exception(py),
        Err(_) => error::bad_descriptor(py),
    };
    error::note(py, &failed, "done", done);
    Err(failed)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
