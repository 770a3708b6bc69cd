//! Memory whose size a caller or a peer decides: running out of it is an error like any other.
//!
//! For this crate and its bindings.

use crate::error::Kind;
use crate::sys;
use std::ffi::CString;
use std::fmt::{self, Write};

type Result<T> = std::result::Result<T, Kind>;

/// A list with room for this many items.
pub fn list<T>(room: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    reserve(&mut list, room)?;
    Ok(list)
}

/// Makes room for this many more items.
pub fn reserve<T>(list: &mut Vec<T>, room: usize) -> Result<()> {
    list.try_reserve_exact(room).map_err(|_| Kind::OutOfMemory)
}

/// Appends an item.
pub fn push<T>(list: &mut Vec<T>, item: T) -> Result<()> {
    list.try_reserve(1).map_err(|_| Kind::OutOfMemory)?;
    list.push(item);
    Ok(())
}

/// Appends bytes.
pub fn extend(list: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    list.try_reserve(bytes.len()).map_err(|_| Kind::OutOfMemory)?;
    list.extend_from_slice(bytes);
    Ok(())
}

/// This many zero bytes. Pages that are never written take no memory.
pub fn zeros(length: usize) -> Result<Vec<u8>> {
    sys::zeros::zeros(length).ok_or(Kind::OutOfMemory)
}

/// A copy.
pub fn copy<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut copy = list(items.len())?;
    copy.extend_from_slice(items);
    Ok(copy)
}

/// The items of an iterator.
pub fn collect<T>(items: impl Iterator<Item = T>) -> Result<Vec<T>> {
    let mut all = list(items.size_hint().0)?;
    for item in items {
        push(&mut all, item)?;
    }
    Ok(all)
}

/// A text terminated by NUL; the error `with_nul` when it contains one itself.
pub fn c_string(text: &[u8], with_nul: Kind) -> Result<CString> {
    let mut bytes = list(text.len() + 1)?;
    bytes.extend_from_slice(text);
    bytes.push(0);
    CString::from_vec_with_nul(bytes).map_err(|_| with_nul)
}

/// A value's display text; `None` when there is no memory for it.
pub fn text(words: &impl fmt::Display) -> Option<Box<str>> {
    struct Text(String);

    impl Write for Text {
        fn write_str(&mut self, piece: &str) -> fmt::Result {
            self.0.try_reserve(piece.len()).map_err(|_| fmt::Error)?;
            self.0.push_str(piece);
            Ok(())
        }
    }

    let mut text = Text(String::new());
    write!(text, "{words}").ok()?;
    Some(text.0.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_into_memory_is_refused() {
        assert_eq!(zeros(usize::MAX), Err(Kind::OutOfMemory));
        assert_eq!(list::<u64>(usize::MAX / 2), Err(Kind::OutOfMemory));
        let endless = std::iter::repeat_n(0_u64, usize::MAX);
        assert_eq!(collect(endless), Err(Kind::OutOfMemory));
    }

    #[test]
    fn what_fits_is_there() {
        assert_eq!(zeros(0), Ok(Vec::new()));
        assert_eq!(zeros(3), Ok(vec![0; 3]));
        assert_eq!(copy(b"abc"), Ok(b"abc".to_vec()));
        assert_eq!(collect(1..4), Ok(vec![1, 2, 3]));
        let nul = Kind::InvalidInput("host");
        assert_eq!(c_string(b"a", nul), Ok(c"a".to_owned()));
        assert_eq!(c_string(b"a\0b", nul), Err(nul));
        assert_eq!(text(&format_args!("{}-{}", 1, 2)).as_deref(), Some("1-2"));
    }
}
