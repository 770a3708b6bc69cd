//! Handles: how the pointers that C holds and their owners become each other.

use crate::error::Failure;
use crate::pointer::{Out, NULL};
use polysock::Socket;
use std::ops::Deref;
use std::sync::Arc;

/// What C holds a pointer to and any number of threads may use at once: the pointer is its owner's reference.
pub(crate) trait Handle {
    /// What functions call the parameter.
    const PARAMETER: &'static str;
}

/// A socket: a handle that any number of threads may use and any of them may close.
///
/// BSD: a descriptor. Python: socket.socket. Java: Socket and ServerSocket.
/// The caller that makes it owns it and frees it once with polysock_free().
/// @code
/// polysock_t *s;
/// if (polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0) == 0) {
///     ...
///     polysock_free(s);
/// }
/// @endcode
/// @ingroup polysock_sockets
// Written this way, cbindgen does not see it; it would make the type an alias of Socket.
#[cfg_attr(all(), repr(transparent))]
pub struct polysock_t(Socket);

impl Handle for polysock_t {
    const PARAMETER: &'static str = "s";
}

impl From<Socket> for polysock_t {
    fn from(socket: Socket) -> Self {
        Self(socket)
    }
}

impl Deref for polysock_t {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.0
    }
}

/// Gives the caller a new handle, which the caller then owns.
pub(crate) fn give<H: Handle>(out: &Out<*mut H>, handle: impl Into<H>) {
    out.set(Arc::into_raw(Arc::new(handle.into())).cast_mut());
}

/// The caller's handle, kept in memory for the length of this call even when another thread frees it meanwhile.
pub(crate) fn borrow<H: Handle>(pointer: *const H) -> Result<Arc<H>, Failure> {
    borrow_as(pointer, H::PARAMETER)
}

/// Like [`borrow`], for a parameter of another name.
pub(crate) fn borrow_as<H: Handle>(pointer: *const H, parameter: &'static str) -> Result<Arc<H>, Failure> {
    if pointer.is_null() {
        return Err(Failure::argument(parameter, NULL));
    }
    if !pointer.is_aligned() {
        return Err(Failure::argument(parameter, "is not a handle"));
    }
    // SAFETY: `pointer` came from `give`, and its owner has not freed it: the call began before.
    unsafe { Arc::increment_strong_count(pointer) };
    // SAFETY: the reference was counted on the line above.
    Ok(unsafe { Arc::from_raw(pointer) })
}

/// The caller's socket, unless it is closed.
pub(crate) fn borrow_open(s: *const polysock_t) -> Result<Arc<polysock_t>, Failure> {
    let socket = borrow(s)?;
    match socket.is_closed() {
        true => Err(Failure::closed()),
        false => Ok(socket),
    }
}

/// Takes the owner's reference back; none for NULL.
pub(crate) fn take<H: Handle>(pointer: *mut H) -> Option<Arc<H>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: `pointer` came from `give`, and its owner gives it up only once.
    Some(unsafe { Arc::from_raw(pointer) })
}

/// The caller's socket as one of core.
pub(crate) fn into_core(socket: Arc<polysock_t>) -> Arc<Socket> {
    // SAFETY: `polysock_t` is transparent, so both have one layout; the reference moves over.
    unsafe { Arc::from_raw(Arc::into_raw(socket).cast()) }
}

/// A socket of core as a handle, valid as long as core keeps the socket.
pub(crate) fn lend(socket: &Arc<Socket>) -> *mut polysock_t {
    // `polysock_t` is transparent: the pointer is one of `Arc::into_raw` for it, too.
    Arc::as_ptr(socket).cast::<polysock_t>().cast_mut()
}
