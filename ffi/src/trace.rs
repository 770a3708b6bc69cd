//! Recording what sockets do.

use crate::guard;
use crate::text;
use libc::{c_char, c_int};
use polysock::TraceData;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Records every call of this process from now on, as a line of JSON each, in a new file in `folder`, which is created if
/// necessary. `python -m polysock show FOLDER` shows it.
///
/// BSD: none. Python: polysock.trace. Java: none.
/// The first `data_bytes` bytes of what each call sends or receives are recorded: usually 64, 0 for none, a negative number for
/// all. The environment variable POLYSOCK_TRACE (a folder) does the same for a whole program, and
/// POLYSOCK_TRACE_DATA (none, all or a number) sets how many bytes. A forked child continues in a new file.
/// A full disk ends the recording, not the program. Fails with POLYSOCK_EBUSY when calls are being recorded already, and
/// with the system's errors for files, such as POLYSOCK_EACCES.
/// @ingroup polysock_library
#[no_mangle]
pub unsafe extern "C" fn polysock_trace_start(folder: *const c_char, data_bytes: i64) -> c_int {
    guard::code("polysock_trace_start", || {
        let folder = text::text(folder, "folder")?;
        let data = usize::try_from(data_bytes).map_or(TraceData::All, TraceData::First);
        polysock::start_trace(OsStr::from_bytes(folder.to_bytes()), data)?;
        Ok(())
    })
}

/// Stops recording. Does nothing if nothing is being recorded.
///
/// BSD: none. Python: the end of `with polysock.trace(...)`. Java: none.
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_trace_stop() -> c_int {
    guard::code("polysock_trace_stop", || {
        polysock::stop_trace();
        Ok(())
    })
}

/// Runs when the library is loaded: traces name the language that calls it.
#[used]
#[cfg_attr(target_os = "macos", link_section = "__DATA,__mod_init_func")]
#[cfg_attr(not(target_os = "macos"), link_section = ".init_array")]
static INTRODUCE: extern "C" fn() = introduce;

extern "C" fn introduce() {
    polysock::set_trace_language("c");
}
