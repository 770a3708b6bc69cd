//! What version this is.

use libc::c_char;

/// The version of this header: major, minor and patch in a byte each.
/// @ingroup polysock_library
pub const POLYSOCK_VERSION: u32 = 0x0000_0100;

/// Gives the version of the library in use: major, minor and patch in a byte each.
///
/// BSD: none. Python: polysock.__version__. Java: Package.getImplementationVersion.
/// Compare with POLYSOCK_VERSION, the version of the header:
/// @code
/// if (polysock_version() < POLYSOCK_VERSION)
///     fprintf(stderr, "built for a newer polysock than %s\n", polysock_version_string());
/// @endcode
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_version() -> u32 {
    POLYSOCK_VERSION
}

/// Gives the version of the library in use as text, such as "0.1.0".
///
/// BSD: none. Python: polysock.__version__. Java: Package.getImplementationVersion.
/// The text is static.
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_version_string() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_text_agree() {
        let [_, major, minor, patch] = POLYSOCK_VERSION.to_be_bytes();
        assert_eq!(format!("{major}.{minor}.{patch}"), env!("CARGO_PKG_VERSION"));
        assert!(include_str!("../../include/polysock/polysock.h")
            .contains(&format!("#define POLYSOCK_VERSION {POLYSOCK_VERSION}")));
    }
}
