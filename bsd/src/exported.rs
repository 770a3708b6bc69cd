//! The functions as programs see them.

use crate::calls;
use crate::next::{self, are_watched, each_function};
use libc::{c_int, c_long, c_uint, c_ulong, c_void, size_t, socklen_t, ssize_t};

macro_rules! export {
    ($($(#[$where:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(
            $(#[$where])*
            #[no_mangle]
            pub unsafe extern "C-unwind" fn $name($($argument: $type),*) -> $result {
                // Apart, so that a call that is only passed on saves no registers.
                #[cold]
                #[inline(never)]
                unsafe extern "C-unwind" fn watched($($argument: $type),*) -> $result {
                    calls::$name($($argument),*)
                }
                if are_watched() {
                    watched($($argument),*)
                } else {
                    next::$name($($argument),*)
                }
            }
        )*
    };
}

each_function!(export);
