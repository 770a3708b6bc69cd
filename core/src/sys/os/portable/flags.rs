//! Flags that not every Unix has.

/// No such bit here, and an accepted socket would inherit the mode.
pub const MAKE_NONBLOCKING: libc::c_int = 0;

/// No such flag here; received descriptors are made close-on-exec after they have arrived.
pub const CLOEXEC_RIGHTS: libc::c_int = 0;
