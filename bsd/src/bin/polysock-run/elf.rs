//! The headers of programs (elf(5)).

use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// How much of a file is looked at: its headers are at its beginning.
const BEGINNING: u64 = 64 << 10;

pub(crate) fn read_beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    fs::File::open(path)?
        .take(BEGINNING)
        .read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// The headers of a program in this machine's byte order and word size (elf(5)).
pub(crate) struct Elf<'a>(&'a [u8]);

impl<'a> Elf<'a> {
    pub(crate) fn of(file: &'a [u8]) -> Option<Self> {
        file.starts_with(b"\x7fELF").then_some(Self(file))
    }

    /// Whether word size, byte order and processor are those of this program.
    pub(crate) fn is_like_ours(&self) -> bool {
        let this = read_beginning(Path::new("/proc/self/exe")).unwrap_or_default();
        let kind = |file: &[u8]| {
            (
                file.get(4..6).map(<[u8]>::to_vec),
                file.get(18..20).map(<[u8]>::to_vec),
            )
        };
        this.is_empty() || kind(&this) == kind(self.0)
    }

    fn number(&self, at: usize, size: usize) -> Option<usize> {
        let bytes = self.0.get(at..at.checked_add(size)?)?;
        let fold = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if cfg!(target_endian = "little") {
            bytes.iter().rev().fold(0, fold)
        } else {
            bytes.iter().fold(0, fold)
        })
    }

    /// The loader that the program names; `None` if it is statically linked.
    pub(crate) fn interpreter(&self) -> Option<&'a [u8]> {
        const PT_INTERP: usize = 3;
        let word = size_of::<usize>();
        // The offsets of e_phoff, e_phentsize and e_phnum, and in an entry of p_offset and p_filesz.
        let (table, entry_size, entries, offset, length) = if word == 8 {
            (32, 54, 56, 8, 32)
        } else {
            (28, 42, 44, 4, 16)
        };
        let table = self.number(table, word)?;
        let entry_size = self.number(entry_size, 2)?;
        (0..self.number(entries, 2)?).find_map(|index| {
            let entry = table.checked_add(index.checked_mul(entry_size)?)?;
            if self.number(entry, 4)? != PT_INTERP {
                return None;
            }
            let start = self.number(entry.checked_add(offset)?, word)?;
            let end = start.checked_add(self.number(entry.checked_add(length)?, word)?)?;
            self.0.get(start..end)?.strip_suffix(b"\0")
        })
    }
}
