//! The meaning of codes, and the version of the library.

use crate::code;
use crate::error::Failure;
use crate::guard;
use libc::{c_char, c_int};

/// Returns the meaning of a code, in English.
///
/// BSD: strerror(3), gai_strerror(3). Python: os.strerror. Java: Throwable.getMessage.
/// The text is static. Any number is allowed; for 0 and above it is "Success".
/// @ingroup polysock_codes
#[no_mangle]
pub extern "C" fn polysock_strerror(code: c_int) -> *const c_char {
    code::text(code).as_ptr()
}

/// Returns the name of a code without its prefix: "ECONNREFUSED", "ECLOSED", "EAI_NONAME".
///
/// BSD: none (glibc strerrorname_np). Python: errno.errorcode. Java: the class of the exception.
/// The text is static. Any number is allowed: "OK" for 0 and above, "UNKNOWN" for a number that is not a code.
/// @ingroup polysock_codes
#[no_mangle]
pub extern "C" fn polysock_err_name(code: c_int) -> *const c_char {
    code::name(code).as_ptr()
}

/// Converts an errno number of this system to a code.
///
/// BSD: errno. Python: OSError.errno. Java: none.
/// 0 stays 0; POLYSOCK_EINVAL for a negative number; POLYSOCK_EOTHER for one without a portable code. On Linux even a
/// number without a name has a code: minus itself, down to -999.
/// @ingroup polysock_codes
#[no_mangle]
pub extern "C" fn polysock_from_errno(os_errno: c_int) -> c_int {
    match os_errno {
        0 => 0,
        ..=-1 => guard::code("polysock_from_errno", || {
            Err(Failure::argument("os_errno", "is negative"))
        }),
        _ => code::of_errno(os_errno),
    }
}

/// Converts a code to an errno number of this system, for programs that report through errno.
///
/// BSD: errno. Python: OSError.errno. Java: none.
/// POLYSOCK_ECLOSED is EBADF, POLYSOCK_EUNSUPPORTED is EOPNOTSUPP and POLYSOCK_ECONNTIMEDOUT is ETIMEDOUT. It returns
/// 0 for codes without an errno number (end of stream, the resolver's codes), and for 0 and above.
/// @ingroup polysock_codes
#[no_mangle]
pub extern "C" fn polysock_errno_of(code: c_int) -> c_int {
    code::errno_of(code)
}

/// The version of this header: major, minor and patch, one byte each.
/// @ingroup polysock_library
pub const POLYSOCK_VERSION: u32 = 0x0000_0100;

/// Returns the version of the library in use: major, minor and patch, one byte each.
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

/// Returns the version of the library in use as text, such as "0.1.0".
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
