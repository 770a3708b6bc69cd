//! The bytes that a fuzzer has chosen, as numbers and bytes.

/// What is left of them. Once all have been used, every byte is 0.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    /// This many bytes, or as many as are left.
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let bytes;
        (bytes, self.0) = self.0.split_at(count.min(self.0.len()));
        bytes
    }
}
