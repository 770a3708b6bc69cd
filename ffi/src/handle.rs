//! Handles: how the pointers that C holds and their owners become each other.

use crate::error::Failure;
use crate::pointer::{Out, NULL};
use polysock::Socket;
use std::ops::Deref;
use std::sync::Arc;

/// A socket: one handle that any number of threads may use and any of them may close.
///
/// BSD: a descriptor. Python: socket.socket. Java: Socket and ServerSocket.
/// Who made it owns it and gives it up once with polysock_free().
/// @code
/// polysock_t *s;
/// if (polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0) == 0) {
///     ...
///     polysock_free(s);
/// }
/// @endcode
/// @ingroup polysock_sockets
// So written cbindgen does not see it, which would make an alias of it.
#[cfg_attr(all(), repr(transparent))]
pub struct polysock_t(Socket);

impl Deref for polysock_t {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.0
    }
}

/// Hands a socket to the caller, who owns it from now on.
pub(crate) fn give(out: &Out<*mut polysock_t>, socket: Socket) {
    out.set(Arc::into_raw(Arc::new(polysock_t(socket))).cast_mut());
}

/// The caller's socket as core has it.
pub(crate) fn into_core(socket: Arc<polysock_t>) -> Arc<Socket> {
    // SAFETY: `polysock_t` is transparent, so both have one layout; the reference moves over.
    unsafe { Arc::from_raw(Arc::into_raw(socket).cast()) }
}

/// A socket of core's as a handle, for as long as somebody else keeps it.
pub(crate) fn lend(socket: &Arc<Socket>) -> *mut polysock_t {
    // `polysock_t` is transparent: the pointer is one of `Arc::into_raw` for it, too.
    Arc::as_ptr(socket).cast::<polysock_t>().cast_mut()
}

/// Takes the owner's reference back.
pub(crate) fn take(s: *mut polysock_t) -> Option<Arc<polysock_t>> {
    if s.is_null() {
        return None;
    }
    // SAFETY: `s` came from `give`, and its owner gives it up only once.
    Some(unsafe { Arc::from_raw(s) })
}

/// The caller's handle, kept in memory for the length of this call even when another thread frees it meanwhile.
pub(crate) fn handle(s: *const polysock_t) -> Result<Arc<polysock_t>, Failure> {
    if s.is_null() {
        return Err(Failure::argument("s", NULL));
    }
    if !s.is_aligned() {
        return Err(Failure::argument("s", "is not a handle"));
    }
    // SAFETY: `s` came from `Arc::into_raw`, and its owner has not freed it: the call began before.
    unsafe { Arc::increment_strong_count(s) };
    // SAFETY: the reference was counted on the line above.
    Ok(unsafe { Arc::from_raw(s) })
}
