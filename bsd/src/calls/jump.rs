//! longjmp(3), by which a signal handler may leave a call in the middle.

use crate::next;
use libc::{c_int, c_void};
use polysock::bare;

macro_rules! jumps {
    ($($(#[$where:meta])* $name:ident)*) => {
        $(
            $(#[$where])*
            pub(crate) unsafe fn $name(place: *mut c_void, value: c_int) {
                bare::note_left();
                next::$name(place, value);
            }
        )*
    };
}

jumps! {
    longjmp
    _longjmp
    siglongjmp
    #[cfg(target_env = "gnu")]
    __longjmp_chk
}
