//! Options by number, for those without their own function.

use crate::buffer;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::Out;
use libc::{c_int, c_void};

/// Sets any option, by the system's numbers.
///
/// BSD: setsockopt(2). Python: socket.setsockopt. Java: Socket.setOption.
/// Fails with POLYSOCK_ENOPROTOOPT when there is no such option.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_setsockopt(
    s: *mut polysock_t,
    level: c_int,
    name: c_int,
    value: *const c_void,
    len: usize,
) -> c_int {
    guard::code("polysock_setsockopt", || {
        let (socket, value) = (borrow(s)?, buffer::bytes(value, len, "value", "len")?);
        Ok(socket.set_option(level, name, value)?)
    })
}

/// Gets any option, by the system's numbers. `*len` is the size of `value` before, and the size of the option after the
/// call.
///
/// BSD: getsockopt(2). Python: socket.getsockopt. Java: Socket.getOption.
/// Fails with POLYSOCK_ENOPROTOOPT when there is no such option.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_getsockopt(
    s: *const polysock_t,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    len: *mut usize,
) -> c_int {
    guard::code("polysock_getsockopt", || {
        let (socket, len) = (borrow(s)?, Out::new(len, "len")?);
        let room = buffer::option_buf(value, len.get())?;
        len.set(socket.option(level, name, room)?);
        Ok(())
    })
}
