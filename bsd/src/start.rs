//! What happens when the layer is loaded, and when the program ends.

use crate::loaded;
use crate::next;
use crate::result::{errno, set_errno};
use polysock::{bare, promises};

/// The name under which programs are linked with the layer (build.rs).
const LIBRARY: &[u8] = b"libpolysock-bsd.so.0";

#[used]
#[link_section = ".init_array"]
static START: extern "C" fn() = start;

extern "C" fn start() {
    // A program begins with errno 0.
    let before = errno();
    begin();
    set_errno(before);
}

fn begin() {
    next::look_up_all();
    polysock::set_trace_language("c");
    if !is_first() {
        return;
    }
    let (recorded, kept) = (bare::begin_from_environment(), promises::begin(LIBRARY));
    if recorded || kept {
        next::watch();
    }
    if recorded {
        // Registered after the trace's own, it runs before that.
        bare::at_exit(end);
    }
}

/// From which polysock-run reads the version of the layer without loading it.
const VERSION: &str = concat!("polysock layer ", env!("CARGO_PKG_VERSION"), "\0");

/// The name by which several copies of the layer in one process find the first.
#[allow(non_upper_case_globals)]
#[no_mangle]
pub static polysock_layer: [u8; VERSION.len()] = match VERSION.as_bytes().first_chunk() {
    Some(text) => *text,
    None => [0; VERSION.len()],
};

/// Whether this is the copy of the layer that the program's calls reach first. Another one would record them again.
fn is_first() -> bool {
    loaded::has_first(c"polysock_layer")
}

extern "C" fn end() {
    bare::note_closed();
}
