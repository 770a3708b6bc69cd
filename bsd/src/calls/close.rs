//! close(2) and what else closes descriptors.

use crate::next::{self, pass_on};
use crate::result::done;
use libc::{c_int, c_uint};
use polysock::bare;

#[no_mangle]
pub unsafe extern "C-unwind" fn close(fd: c_int) -> c_int {
    pass_on!(close(fd));
    let call = bare::begin_close(fd);
    let result = next::close(fd);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn fclose(file: *mut libc::FILE) -> c_int {
    pass_on!(fclose(file));
    let call = if bare::is_observed() && !file.is_null() {
        // SAFETY: fclose(3) itself needs an open stream. One without a descriptor has the number -1.
        bare::begin_close(unsafe { libc::fileno(file) })
    } else {
        None
    };
    let result = next::fclose(file);
    if let Some(call) = call {
        bare::end(call, done(result), |_| {});
    }
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int {
    pass_on!(close_range(first, last, flags));
    let result = next::close_range(first, last, flags);
    bare::note_range_closed("close_range", first..=last);
    result
}

#[no_mangle]
pub unsafe extern "C-unwind" fn closefrom(first: c_int) {
    pass_on!(closefrom(first));
    next::closefrom(first);
    bare::note_range_closed("closefrom", c_uint::try_from(first).unwrap_or(0)..=c_uint::MAX);
}
