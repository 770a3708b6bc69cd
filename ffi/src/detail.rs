//! The words of the last failure of each thread. They are put together only when somebody asks.

use crate::error::{Failure, Words};
use libc::c_char;
use std::cell::RefCell;
use std::ffi::CString;
use std::fmt::Write;

/// Gives words for the last failure in this thread, such as "connect 127.0.0.1:80: Connection refused (os error 111)".
///
/// BSD: none (err(3) prints). Python: str(exception). Java: Throwable.getMessage.
/// For people, never to be parsed. It names the operation, and the address or argument where there is one. Ask right
/// after a failed call: a later success leaves it as it is. The text belongs to the library and is valid until the next
/// call that fails in this thread; "" when none has. Never NULL.
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_last_detail() -> *const c_char {
    let text = LAST.try_with(|last| {
        let mut last = last.try_borrow_mut().ok()?;
        let Last { failure, text } = &mut *last;
        if let (Some((function, words)), None) = (failure.as_ref(), text.as_ref()) {
            *text = Some(say(function, words));
        }
        text.as_ref().map(|text| text.as_ptr())
    });
    // A thread that is ending has no words any more.
    text.ok().flatten().unwrap_or(c"".as_ptr())
}

struct Last {
    failure: Option<(&'static str, Words)>,
    text: Option<CString>,
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { failure: None, text: None }) };
}

/// Keeps what a failed call has to say.
pub(crate) fn record(function: &'static str, failure: Failure) {
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Last {
                failure: Some((function, failure.words)),
                text: None,
            };
        }
    });
}

fn say(function: &str, words: &Words) -> CString {
    let name = function.strip_prefix("polysock_").unwrap_or(function);
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = match words {
        Words::Core(error) => {
            let operation = error.operation().name();
            if operation == name {
                write!(text, "{error}")
            } else {
                write!(text, "{name}: {error}")
            }
        }
        Words::Argument(argument, problem) => write!(text, "{name}: {argument} {problem}"),
        Words::Plain(words) => write!(text, "{name}: {words}"),
        Words::Panic(report) => write!(text, "{name}: bug in polysock: {report}"),
    };
    text.retain(|character| character != '\0');
    CString::new(text).unwrap_or_default()
}
