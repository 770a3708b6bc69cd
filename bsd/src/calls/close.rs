//! close(2) and what else closes descriptors.

use super::flush::flush;
use super::streams::leaving;
use crate::next;
use crate::result::{done, errno, set_errno};
use libc::c_int;
#[cfg(target_env = "gnu")]
use libc::c_uint;
use polysock::{bare, promises};

pub(crate) unsafe fn close(fd: c_int) -> c_int {
    let call = bare::begin_close(fd);
    let result = promises::close(fd, || next::close(fd));
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

pub(crate) unsafe fn fclose(file: *mut libc::FILE) -> c_int {
    let before = errno();
    // fclose(3) itself needs an open stream. One without a descriptor has the number -1.
    let fd = if file.is_null() { -1 } else { libc::fileno(file) };
    set_errno(before);
    let ours = leaving(file);
    let flushed = match &ours {
        Some(ours) => ours.flush(file),
        None => promises::flush_stream(fd, || flush(file)),
    };
    let failure = errno();
    let call = bare::begin_close(fd);
    let mut result = promises::close_stream(fd, flushed == 0, || next::fclose(file));
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    if let Some(ours) = ours {
        ours.end();
    }
    if result == 0 && flushed != 0 {
        set_errno(failure);
        result = flushed;
    }
    result
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int {
    let result = if flags == 0 {
        promises::close_range(first, last, || next::close_range(first, last, flags))
    } else {
        next::close_range(first, last, flags)
    };
    bare::note_range_closed("close_range", first..=last);
    result
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn closefrom(first: c_int) {
    let lowest = c_uint::try_from(first).unwrap_or(0);
    promises::close_range(lowest, c_uint::MAX, || next::closefrom(first));
    bare::note_range_closed("closefrom", lowest..=c_uint::MAX);
}
