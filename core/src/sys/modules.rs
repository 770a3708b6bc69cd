//! The program and the libraries that this process has loaded.

/// One of them.
#[derive(Debug)]
pub struct Module {
    /// What is added to the addresses in its file.
    pub base: usize,
    /// Its file; the program's is empty.
    pub path: Vec<u8>,
    /// What identifies the file, if it has a build ID.
    pub build_id: Vec<u8>,
    /// The addresses that it occupies.
    pub addresses: std::ops::Range<usize>,
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
pub use elf::containing;
#[cfg(target_os = "linux")]
pub use elf::is_needed;

/// No module: the loaders of other systems are asked differently.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
pub fn containing(_: usize) -> Option<Module> {
    None
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
mod elf {
    use super::Module;
    use crate::memory;
    use libc::{c_int, c_void, dl_phdr_info, size_t};
    use std::ffi::CStr;
    use std::slice;

    /// `NT_GNU_BUILD_ID`.
    const BUILD_ID: u32 = 3;

    /// The longest build ID that is kept; usual ones have 20 bytes.
    const LONGEST_ID: usize = 64;

    struct Search {
        address: usize,
        found: Option<Module>,
        /// How many modules were looked at.
        seen: usize,
    }

    /// The module that an address belongs to.
    pub fn containing(address: usize) -> Option<Module> {
        let mut search = Search {
            address,
            found: None,
            seen: 0,
        };
        // SAFETY: `look` matches the type that it is called with, and `search` outlives the call.
        unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
        search.found
    }

    #[cfg(target_os = "linux")]
    struct Need {
        name: &'static [u8],
        found: bool,
    }

    /// Whether the program, or a library that is loaded, was linked with the library of this name.
    #[cfg(target_os = "linux")]
    pub fn is_needed(name: &'static [u8]) -> bool {
        let mut need = Need { name, found: false };
        // SAFETY: `look_for_need` matches the type that it is called with, and `need` outlives the call.
        unsafe { libc::dl_iterate_phdr(Some(look_for_need), (&raw mut need).cast()) };
        need.found
    }

    #[cfg(target_os = "linux")]
    unsafe extern "C" fn look_for_need(info: *mut dl_phdr_info, _: size_t, need: *mut c_void) -> c_int {
        const DT_NULL: usize = 0;
        const DT_NEEDED: usize = 1;
        const DT_STRTAB: usize = 5;
        // SAFETY: the loader lends `info`; `is_needed` passes its question.
        let (info, need) = unsafe { (&*info, &mut *need.cast::<Need>()) };
        if info.dlpi_phdr.is_null() {
            return 0;
        }
        // SAFETY: the loader's description of the module, which stays loaded while this is called.
        let segments = unsafe { slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let base = address(info.dlpi_addr);
        let Some(dynamic) = segments.iter().find(|segment| segment.p_type == libc::PT_DYNAMIC) else {
            return 0;
        };
        let first = base.wrapping_add(address(dynamic.p_vaddr)) as *const [usize; 2];
        // SAFETY: the table is loaded, and ends with an entry of this kind.
        let entry = |at: usize| unsafe { *first.add(at) };
        let entries = || (0..).map(entry).take_while(|[kind, _]| *kind != DT_NULL);
        let Some([_, names]) = entries().find(|[kind, _]| *kind == DT_STRTAB) else {
            return 0;
        };
        // Some loaders leave it as it is in the file: relative to the module.
        let names = if names < base {
            base.wrapping_add(names)
        } else {
            names
        };
        need.found = entries().filter(|[kind, _]| *kind == DT_NEEDED).any(|[_, at]| {
            // SAFETY: the entry is the place of a name among those of the module.
            let name = unsafe { CStr::from_ptr(names.wrapping_add(at) as *const libc::c_char) };
            name.to_bytes() == need.name
        });
        c_int::from(need.found)
    }

    unsafe extern "C" fn look(info: *mut dl_phdr_info, _: size_t, search: *mut c_void) -> c_int {
        // SAFETY: the loader lends `info`; `containing` passes its search.
        let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
        // It comes first. Not every C library leaves its name empty.
        let is_program = search.seen == 0;
        search.seen += 1;
        if info.dlpi_phdr.is_null() {
            return 0;
        }
        // SAFETY: the loader's description of the module, which stays loaded while this is called.
        let segments = unsafe { slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let base = address(info.dlpi_addr);
        let at = |segment: &Segment| base.wrapping_add(address(segment.p_vaddr));
        let loaded = || segments.iter().filter(|segment| segment.p_type == libc::PT_LOAD);
        let end = |segment: &Segment| at(segment).saturating_add(address(segment.p_memsz));
        if !loaded().any(|segment| (at(segment)..end(segment)).contains(&search.address)) {
            return 0;
        }
        let first = loaded().map(at).min().unwrap_or(0);
        let last = loaded().map(end).max().unwrap_or(0);
        let path = if is_program || info.dlpi_name.is_null() {
            &[]
        } else {
            // SAFETY: the module's name, which the loader keeps.
            unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes()
        };
        let mut build_id = &[][..];
        for segment in segments.iter().filter(|segment| segment.p_type == libc::PT_NOTE) {
            // SAFETY: notes lie in a segment that is loaded and readable.
            let notes = unsafe { slice::from_raw_parts(at(segment) as *const u8, address(segment.p_memsz)) };
            if let Some(found) = find_build_id(notes) {
                build_id = found;
            }
        }
        search.found = copy(path).zip(copy(build_id)).map(|(path, build_id)| Module {
            base,
            path,
            build_id,
            addresses: first..last,
        });
        1
    }

    #[cfg(target_pointer_width = "64")]
    type Segment = libc::Elf64_Phdr;
    #[cfg(target_pointer_width = "32")]
    type Segment = libc::Elf32_Phdr;

    fn address(number: impl TryInto<usize>) -> usize {
        number.try_into().unwrap_or(usize::MAX) // both have a pointer's width
    }

    fn copy(bytes: &[u8]) -> Option<Vec<u8>> {
        let mut copy = Vec::new();
        memory::extend(&mut copy, bytes).ok()?;
        Some(copy)
    }

    /// Finds the build ID among notes: (length of the name, length of the contents, kind), name, contents, each in words of
    /// four bytes.
    pub(super) fn find_build_id(mut notes: &[u8]) -> Option<&[u8]> {
        loop {
            let (name_length, rest) = number(notes)?;
            let (length, rest) = number(rest)?;
            let (kind, rest) = number(rest)?;
            let name_length = usize::try_from(name_length).ok()?;
            let length = usize::try_from(length).ok()?;
            let name = rest.get(..name_length)?;
            let rest = rest.get(name_length.checked_next_multiple_of(4)?..)?;
            let contents = rest.get(..length)?;
            if kind == BUILD_ID && name == b"GNU\0" && length <= LONGEST_ID {
                return Some(contents);
            }
            notes = rest.get(length.checked_next_multiple_of(4)?..)?;
        }
    }

    fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
        let (number, rest) = bytes.split_first_chunk()?;
        Some((u32::from_ne_bytes(*number), rest))
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "freebsd")))]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_program_belongs_to_it_and_one_of_the_c_library_to_that() {
        let own = containing(containing as *const () as usize).unwrap();
        assert!(own.path.is_empty(), "{own:?}");
        assert!(own.addresses.contains(&(containing as *const () as usize)));
        let libc = containing(libc::close as *const () as usize).unwrap();
        assert!(
            libc.path.is_empty() || String::from_utf8_lossy(&libc.path).contains("libc"),
            "{libc:?}"
        );
        assert!(containing(8).is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_program_needs_the_c_library_and_no_other_one() {
        let names: [&[u8]; 3] = [b"libc.so.6", b"libc.so", b"libc.musl-x86_64.so.1"];
        let libc = containing(libc::close as *const () as usize).unwrap();
        let is_linked_statically = libc.path.is_empty();
        assert!(is_linked_statically || names.into_iter().any(is_needed));
        assert!(!is_needed(b"libpolysock-bsd.so.0"));
    }

    #[test]
    fn the_build_id_is_found_among_other_notes() {
        let note = |name: &[u8], contents: &[u8], kind: u32| {
            let mut bytes = Vec::new();
            for number in [
                u32::try_from(name.len()).unwrap(),
                u32::try_from(contents.len()).unwrap(),
                kind,
            ] {
                bytes.extend(number.to_ne_bytes());
            }
            for part in [name, contents] {
                bytes.extend(part);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
            bytes
        };
        let mut notes = note(b"GNU\0", b"abi", 1);
        notes.extend(note(b"other\0", b"12345", 3));
        notes.extend(note(b"GNU\0", b"\x01\x02\x03", 3));
        assert_eq!(elf::find_build_id(&notes), Some(&b"\x01\x02\x03"[..]));
        for cut in 0..notes.len() - 4 {
            assert_eq!(elf::find_build_id(&notes[..cut]), None);
        }
        let mut endless = notes;
        endless[4] = 0xff;
        assert_eq!(elf::find_build_id(&endless), None);
    }
}
