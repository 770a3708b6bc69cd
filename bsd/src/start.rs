//! What happens when the layer is loaded, and when the program ends.

use crate::next;
use crate::result::{errno, set_errno};
use polysock::bare;

#[used]
#[link_section = ".init_array"]
static START: extern "C" fn() = start;

extern "C" fn start() {
    // A program begins with errno 0.
    let before = errno();
    begin();
    set_errno(before);
}

fn begin() {
    next::look_up_all();
    polysock::set_trace_language("c");
    if bare::begin_from_environment() {
        // SAFETY: it is a function for the life of the process (the library is linked `-z nodelete`). Registered after the
        // trace's own, it runs before that.
        unsafe { libc::atexit(end) };
    }
}

extern "C" fn end() {
    bare::note_closed();
}
