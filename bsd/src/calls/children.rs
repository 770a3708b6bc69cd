//! posix_spawn(3), popen(3) and system(3): their children inherit sockets, and no fork handler sees them.

use crate::next;
use libc::{c_char, c_int, pid_t, posix_spawn_file_actions_t, posix_spawnattr_t, FILE};
use polysock::bare;

/// Makes a child, which may have the sockets that are open now.
fn sharing<T>(make: impl FnOnce() -> T) -> T {
    bare::note_sharing();
    let made = make();
    bare::note_sharing();
    made
}

pub(crate) unsafe fn posix_spawn(
    child: *mut pid_t,
    path: *const c_char,
    actions: *const posix_spawn_file_actions_t,
    attributes: *const posix_spawnattr_t,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    sharing(|| next::posix_spawn(child, path, actions, attributes, arguments, environment))
}

pub(crate) unsafe fn posix_spawnp(
    child: *mut pid_t,
    file: *const c_char,
    actions: *const posix_spawn_file_actions_t,
    attributes: *const posix_spawnattr_t,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    sharing(|| next::posix_spawnp(child, file, actions, attributes, arguments, environment))
}

pub(crate) unsafe fn popen(command: *const c_char, mode: *const c_char) -> *mut FILE {
    sharing(|| next::popen(command, mode))
}

/// The shell ends before the call does, but may have started a program that goes on (`program &`).
pub(crate) unsafe fn system(command: *const c_char) -> c_int {
    sharing(|| next::system(command))
}
