//! posix_spawn(3) and popen(3): their children inherit sockets, and no fork handler sees them.

use crate::next::{self, pass_on};
use libc::{c_char, c_int, pid_t, posix_spawn_file_actions_t, posix_spawnattr_t, FILE};
use polysock::bare;

/// Makes a child, which may have the sockets that are open now.
fn sharing<T>(make: impl FnOnce() -> T) -> T {
    bare::note_sharing();
    let made = make();
    bare::note_sharing();
    made
}

#[no_mangle]
pub unsafe extern "C-unwind" fn posix_spawn(
    child: *mut pid_t,
    path: *const c_char,
    actions: *const posix_spawn_file_actions_t,
    attributes: *const posix_spawnattr_t,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    pass_on!(posix_spawn(
        child,
        path,
        actions,
        attributes,
        arguments,
        environment
    ));
    sharing(|| next::posix_spawn(child, path, actions, attributes, arguments, environment))
}

#[no_mangle]
pub unsafe extern "C-unwind" fn posix_spawnp(
    child: *mut pid_t,
    file: *const c_char,
    actions: *const posix_spawn_file_actions_t,
    attributes: *const posix_spawnattr_t,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    pass_on!(posix_spawnp(
        child,
        file,
        actions,
        attributes,
        arguments,
        environment
    ));
    sharing(|| next::posix_spawnp(child, file, actions, attributes, arguments, environment))
}

#[no_mangle]
pub unsafe extern "C-unwind" fn popen(command: *const c_char, mode: *const c_char) -> *mut FILE {
    pass_on!(popen(command, mode));
    sharing(|| next::popen(command, mode))
}
