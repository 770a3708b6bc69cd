//! How many bytes a call transferred, which C learns on failure too.

use crate::error::Failure;
use crate::pointer::set_optional;

/// Where the number of bytes goes; NULL when the caller does not want it.
#[derive(Clone, Copy)]
pub(crate) struct Done<N>(*mut N);

impl<N: From<u8> + TryFrom<usize>> Done<N> {
    /// Sets the number to 0, for failures before the first byte.
    pub(crate) fn new(done: *mut N) -> Self {
        set_optional(done, N::from(0));
        Self(done)
    }

    /// Sets the number to what the call transferred, successful or not.
    pub(crate) fn report<T>(self, result: polysock::Result<T>) -> Result<(), Failure>
    where
        N: TryFrom<T>,
    {
        let (done, failure) = match result {
            Ok(done) => (N::try_from(done).ok(), None),
            Err(error) => (N::try_from(error.done()).ok(), Some(error)),
        };
        // At most what the caller asked for, in a number of the same type.
        if let Some(done) = done {
            set_optional(self.0, done);
        }
        failure.map_or(Ok(()), |error| Err(error.into()))
    }
}
