//! Flags that not every Unix has.

/// No such bit here, and a socket that is accepted would inherit the mode.
pub const MAKE_NONBLOCKING: libc::c_int = 0;

/// No such flag here; received descriptors are made close-on-exec after they came.
pub const CLOEXEC_RIGHTS: libc::c_int = 0;
