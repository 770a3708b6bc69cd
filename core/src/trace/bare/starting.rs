//! What happens before the program begins.

use crate::trace::{header, switch, thread};

/// Begins to record if the environment asks for it, and returns whether it does. The file is made when there is something to
/// record.
pub fn begin_from_environment() -> bool {
    let begun = switch::begin_from_environment();
    if begun {
        header::prepare();
        thread::prepare();
    }
    begun
}
