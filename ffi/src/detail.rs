//! The words of the last failure of each thread. They are put together only when somebody asks.

use crate::error::{Failure, Words};
use libc::c_char;
use polysock_core::Operation;
use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::fmt::Write;

/// Gives words for the last failure in this thread, such as "connect 127.0.0.1:80: Connection refused".
///
/// BSD: none (err(3) prints). Python: str(exception). Java: Throwable.getMessage.
/// For people, never to be parsed. It names the operation, the address or argument where there is one, what it must be and
/// the time limit that passed. A text of the caller's is cut, and its control characters are shown as \\x1b. Ask right
/// after a failed call: a later success leaves it as it is. The text belongs to the library and is valid until the next
/// call that fails in this thread; "" when none has. Never NULL.
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_last_detail() -> *const c_char {
    let text = LAST.try_with(|last| {
        let mut last = last.try_borrow_mut().ok()?;
        let Last { failure, text } = &mut *last;
        if let (Some((function, words)), None) = (failure.as_ref(), text.as_ref()) {
            *text = Some(CString::new(say(function, words)).unwrap_or_default());
        }
        text.as_ref().map(|text| text.as_ptr())
    });
    match text {
        Ok(text) => text.unwrap_or(c"".as_ptr()),
        Err(_) => LATE.with(|late| late.as_ptr().cast()),
    }
}

struct Last {
    failure: Option<(&'static str, Words)>,
    text: Option<CString>,
}

/// Room for the words of a failure in a thread that is ending, its NUL included.
const LATE_SIZE: usize = 512;

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { failure: None, text: None }) };
    /// What destructors that run after LAST's have: it has none itself, so it stays to the end of the thread.
    static LATE: Cell<[u8; LATE_SIZE]> = const { Cell::new([0; LATE_SIZE]) };
}

/// Keeps what a failed call has to say.
pub(crate) fn record(function: &'static str, failure: Failure) {
    let words = Cell::new(Some(failure.words));
    let kept = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Last {
                failure: words.take().map(|words| (function, words)),
                text: None,
            };
        }
    });
    if let (Err(_), Some(words)) = (kept, words.take()) {
        let text = say(function, &words);
        let mut late = [0; LATE_SIZE];
        late.iter_mut()
            .zip(text.bytes().take(LATE_SIZE - 1))
            .for_each(|(to, byte)| *to = byte);
        LATE.set(late);
    }
}

fn say(function: &str, words: &Words) -> String {
    let name = function.strip_prefix("polysock_").unwrap_or(function);
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = match words {
        Words::Core(error) if error.operation().name() != name && is_a_part(error.operation()) => {
            write!(text, "{name}: {error}")
        }
        Words::Core(error) => write!(text, "{name}{}", error.without_operation()),
        Words::Argument(argument, problem) => write!(text, "{name}: {argument} {problem}"),
        Words::Plain(words) => write!(text, "{name}: {words}"),
        Words::Panic(report) => write!(text, "{name}: bug in polysock: {report}"),
    };
    text.retain(|character| character != '\0');
    text
}

/// Whether an operation is one of several that a function makes. All others have the function's name, only in general
/// words: setsockopt for polysock_set_ttl().
fn is_a_part(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Resolve
            | Operation::Socket
            | Operation::Bind
            | Operation::Listen
            | Operation::Accept
            | Operation::Connect
            | Operation::CreateConnection
            | Operation::CreateServer
    )
}
