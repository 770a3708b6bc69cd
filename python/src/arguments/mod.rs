//! Python's arguments as C takes them, with CPython's error texts for those that are refused.

mod counted;
mod one_of;
mod seconds;
mod signed;
mod text;
mod unsigned;
mod version;

pub use counted::{Argument, Object};
pub(crate) use one_of::one_of;
pub use seconds::{duration, seconds, timeout};
pub use signed::{AsInt, CInt, CLong, SendFlags, Size};
pub use text::{c_string, path, text, wrong_argument, wrong_type};
pub use unsigned::{field, sized, unsigned, CUint};
pub use version::{since, since_patch};
