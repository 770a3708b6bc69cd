//! How many bytes a call transferred, which C learns on failure too.

use crate::error::Failure;
use crate::pointer::set_optional;

/// Where the number of bytes goes; NULL when the caller does not want it.
#[derive(Clone, Copy)]
pub(crate) struct Done<N>(*mut N);

impl<N: TryFrom<usize> + From<u8>> Done<N> {
    /// Sets the number to 0, for failures before the first byte.
    pub(crate) fn new(done: *mut N) -> Self {
        set_optional(done, N::from(0));
        Self(done)
    }

    /// Sets the number to what the call transferred, successful or not.
    pub(crate) fn report(self, result: polysock::Result<usize>) -> Result<(), Failure> {
        let done = result.as_ref().map_or_else(polysock::Error::done, |done| *done);
        // At most what the caller asked for, in a number of the same type.
        if let Ok(done) = N::try_from(done) {
            set_optional(self.0, done);
        }
        result?;
        Ok(())
    }
}
