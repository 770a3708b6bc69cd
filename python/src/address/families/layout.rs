//! A sockaddr field by field.

use polysock::Address;
use pyo3::exceptions::PyOSError;
use pyo3::PyResult;

/// A sockaddr being written: zeros except for the family and the fields that are put.
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts one of `length` bytes.
    pub fn new(family: i32, length: usize) -> Self {
        let mut bytes = vec![0; length];
        let number = u16::try_from(family).unwrap_or(0).to_ne_bytes();
        bytes.iter_mut().zip(number).for_each(|(to, byte)| *to = byte);
        Self(bytes)
    }

    /// Puts a field; what lies beyond the end is cut.
    pub fn put(mut self, at: usize, field: impl AsRef<[u8]>) -> Self {
        let to = self.0.iter_mut().skip(at);
        to.zip(field.as_ref()).for_each(|(to, byte)| *to = *byte);
        self
    }

    /// The address.
    pub fn finish(self) -> PyResult<Address> {
        Address::from_bytes(&self.0).map_err(|error| PyOSError::new_err(error.to_string()))
    }
}

/// A sockaddr being read; what the kernel left out reads as zeros.
pub struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    /// A field of `N` bytes.
    pub fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut field = [0; N];
        let from = self.0.iter().skip(at);
        field.iter_mut().zip(from).for_each(|(to, byte)| *to = *byte);
        field
    }

    /// Text of at most `N` bytes that ends with NUL if it is shorter.
    pub fn text<const N: usize>(&self, at: usize) -> Vec<u8> {
        let field = self.bytes::<N>(at);
        field.into_iter().take_while(|byte| *byte != 0).collect()
    }

    pub fn u8(&self, at: usize) -> u8 {
        u8::from_ne_bytes(self.bytes(at))
    }

    pub fn u16(&self, at: usize) -> u16 {
        u16::from_ne_bytes(self.bytes(at))
    }

    pub fn u32(&self, at: usize) -> u32 {
        u32::from_ne_bytes(self.bytes(at))
    }

    pub fn u64(&self, at: usize) -> u64 {
        u64::from_ne_bytes(self.bytes(at))
    }
}
