//! What is known of each code: its name, its text and its errno number on this system.

#[allow(clippy::wildcard_imports)] // every code there is
use super::*;
use polysock::eai;
use std::ffi::CStr;

/// One code.
struct Entry {
    code: c_int,
    /// Its number on this system, where C on every system has one.
    errno: Option<c_int>,
    name: &'static CStr,
    text: &'static CStr,
}

impl Entry {
    fn errno(&self) -> Option<c_int> {
        let generic = (NUMBERS_ARE_GENERIC && self.code > OWN).then_some(-self.code);
        self.errno.or(generic).filter(|&errno| errno != 0)
    }
}

/// Whether errno numbers are those of asm-generic/errno.h, so that even those without a name keep their number.
const NUMBERS_ARE_GENERIC: bool = cfg!(all(
    target_os = "linux",
    not(any(
        target_arch = "mips",
        target_arch = "mips64",
        target_arch = "sparc64"
    ))
));
/// Where our own codes begin.
const OWN: c_int = -1000;
/// Where the resolver's codes begin.
const RESOLVER: c_int = -2000;

/// The code of an errno number of this system, above 0.
pub(crate) fn of_errno(errno: c_int) -> c_int {
    match TABLE.iter().find(|entry| entry.errno == Some(errno)) {
        Some(entry) => entry.code,
        None if NUMBERS_ARE_GENERIC && errno > 0 && errno < -OWN => -errno,
        None => POLYSOCK_EOTHER,
    }
}

/// The code of a resolver's `EAI_` number, which every system chooses for itself.
pub(crate) fn of_resolver(eai: c_int) -> c_int {
    match eai {
        libc::EAI_BADFLAGS => POLYSOCK_EAI_BADFLAGS,
        libc::EAI_NONAME => POLYSOCK_EAI_NONAME,
        libc::EAI_AGAIN => POLYSOCK_EAI_AGAIN,
        libc::EAI_FAIL => POLYSOCK_EAI_FAIL,
        eai::NODATA => POLYSOCK_EAI_NODATA,
        libc::EAI_FAMILY => POLYSOCK_EAI_FAMILY,
        libc::EAI_SOCKTYPE => POLYSOCK_EAI_SOCKTYPE,
        libc::EAI_SERVICE => POLYSOCK_EAI_SERVICE,
        libc::EAI_MEMORY => POLYSOCK_EAI_MEMORY,
        libc::EAI_SYSTEM => POLYSOCK_EAI_SYSTEM,
        libc::EAI_OVERFLOW => POLYSOCK_EAI_OVERFLOW,
        // Extensions of glibc, which have no portable name.
        other => RESOLVER - other.saturating_abs().min(999),
    }
}

/// What a code means, in English.
pub(crate) fn text(code: c_int) -> &'static CStr {
    find(code).map_or(c"unknown error", |entry| entry.text)
}

/// The name of a code without its prefix.
pub(crate) fn name(code: c_int) -> &'static CStr {
    find(code).map_or(c"UNKNOWN", |entry| entry.name)
}

/// The errno number of a code on this system; 0 when it has none.
pub(crate) fn errno_of(code: c_int) -> c_int {
    match code {
        POLYSOCK_ECLOSED => libc::EBADF,
        POLYSOCK_EUNSUPPORTED => libc::EOPNOTSUPP,
        POLYSOCK_ECONNTIMEDOUT => libc::ETIMEDOUT,
        _ => match find(code) {
            Some(entry) => entry.errno().unwrap_or(0),
            None if NUMBERS_ARE_GENERIC && code > OWN => -code,
            None => 0,
        },
    }
}

fn find(code: c_int) -> Option<&'static Entry> {
    if code >= 0 {
        return Some(&SUCCESS);
    }
    TABLE.iter().find(|entry| entry.code == code)
}

const fn entry(code: c_int, errno: Option<c_int>, name: &'static CStr, text: &'static CStr) -> Entry {
    Entry {
        code,
        errno,
        name,
        text,
    }
}

static SUCCESS: Entry = entry(0, Some(0), c"OK", c"Success");

#[rustfmt::skip] // a table
static TABLE: &[Entry] = &[
    entry(POLYSOCK_EPERM, Some(libc::EPERM), c"EPERM", c"Operation not permitted"),
    entry(POLYSOCK_ENOENT, Some(libc::ENOENT), c"ENOENT", c"No such file or directory"),
    entry(-3, Some(libc::ESRCH), c"ESRCH", c"No such process"),
    entry(POLYSOCK_EINTR, Some(libc::EINTR), c"EINTR", c"Interrupted system call"),
    entry(POLYSOCK_EIO, Some(libc::EIO), c"EIO", c"Input/output error"),
    entry(-6, Some(libc::ENXIO), c"ENXIO", c"No such device or address"),
    entry(-7, Some(libc::E2BIG), c"E2BIG", c"Argument list too long"),
    entry(-8, Some(libc::ENOEXEC), c"ENOEXEC", c"Exec format error"),
    entry(POLYSOCK_EBADF, Some(libc::EBADF), c"EBADF", c"Bad file descriptor"),
    entry(-10, Some(libc::ECHILD), c"ECHILD", c"No child processes"),
    entry(POLYSOCK_EAGAIN, Some(libc::EAGAIN), c"EAGAIN", c"Resource temporarily unavailable"),
    entry(POLYSOCK_ENOMEM, Some(libc::ENOMEM), c"ENOMEM", c"Cannot allocate memory"),
    entry(POLYSOCK_EACCES, Some(libc::EACCES), c"EACCES", c"Permission denied"),
    entry(POLYSOCK_EFAULT, Some(libc::EFAULT), c"EFAULT", c"Bad address"),
    entry(-15, Some(libc::ENOTBLK), c"ENOTBLK", c"Block device required"),
    entry(POLYSOCK_EBUSY, Some(libc::EBUSY), c"EBUSY", c"Device or resource busy"),
    entry(POLYSOCK_EEXIST, Some(libc::EEXIST), c"EEXIST", c"File exists"),
    entry(-18, Some(libc::EXDEV), c"EXDEV", c"Invalid cross-device link"),
    entry(POLYSOCK_ENODEV, Some(libc::ENODEV), c"ENODEV", c"No such device"),
    entry(-20, Some(libc::ENOTDIR), c"ENOTDIR", c"Not a directory"),
    entry(-21, Some(libc::EISDIR), c"EISDIR", c"Is a directory"),
    entry(POLYSOCK_EINVAL, Some(libc::EINVAL), c"EINVAL", c"Invalid argument"),
    entry(POLYSOCK_ENFILE, Some(libc::ENFILE), c"ENFILE", c"Too many open files in system"),
    entry(POLYSOCK_EMFILE, Some(libc::EMFILE), c"EMFILE", c"Too many open files"),
    entry(-25, Some(libc::ENOTTY), c"ENOTTY", c"Inappropriate ioctl for device"),
    entry(-26, Some(libc::ETXTBSY), c"ETXTBSY", c"Text file busy"),
    entry(-27, Some(libc::EFBIG), c"EFBIG", c"File too large"),
    entry(POLYSOCK_ENOSPC, Some(libc::ENOSPC), c"ENOSPC", c"No space left on device"),
    entry(POLYSOCK_ESPIPE, Some(libc::ESPIPE), c"ESPIPE", c"Illegal seek"),
    entry(-30, Some(libc::EROFS), c"EROFS", c"Read-only file system"),
    entry(-31, Some(libc::EMLINK), c"EMLINK", c"Too many links"),
    entry(POLYSOCK_EPIPE, Some(libc::EPIPE), c"EPIPE", c"Broken pipe"),
    entry(-33, Some(libc::EDOM), c"EDOM", c"Numerical argument out of domain"),
    entry(-34, Some(libc::ERANGE), c"ERANGE", c"Numerical result out of range"),
    entry(-35, Some(libc::EDEADLK), c"EDEADLK", c"Resource deadlock avoided"),
    entry(POLYSOCK_ENAMETOOLONG, Some(libc::ENAMETOOLONG), c"ENAMETOOLONG", c"File name too long"),
    entry(-37, Some(libc::ENOLCK), c"ENOLCK", c"No locks available"),
    entry(POLYSOCK_ENOSYS, Some(libc::ENOSYS), c"ENOSYS", c"Function not implemented"),
    entry(-39, Some(libc::ENOTEMPTY), c"ENOTEMPTY", c"Directory not empty"),
    entry(POLYSOCK_ELOOP, Some(libc::ELOOP), c"ELOOP", c"Too many levels of symbolic links"),
    entry(-42, None, c"ENOMSG", c"No message of desired type"),
    entry(-43, None, c"EIDRM", c"Identifier removed"),
    entry(-44, None, c"ECHRNG", c"Channel number out of range"),
    entry(-45, None, c"EL2NSYNC", c"Level 2 not synchronized"),
    entry(-46, None, c"EL3HLT", c"Level 3 halted"),
    entry(-47, None, c"EL3RST", c"Level 3 reset"),
    entry(-48, None, c"ELNRNG", c"Link number out of range"),
    entry(-49, None, c"EUNATCH", c"Protocol driver not attached"),
    entry(-50, None, c"ENOCSI", c"No CSI structure available"),
    entry(-51, None, c"EL2HLT", c"Level 2 halted"),
    entry(-52, None, c"EBADE", c"Invalid exchange"),
    entry(-53, None, c"EBADR", c"Invalid request descriptor"),
    entry(-54, None, c"EXFULL", c"Exchange full"),
    entry(-55, None, c"ENOANO", c"No anode"),
    entry(-56, None, c"EBADRQC", c"Invalid request code"),
    entry(-57, None, c"EBADSLT", c"Invalid slot"),
    entry(-59, None, c"EBFONT", c"Bad font file format"),
    entry(-60, None, c"ENOSTR", c"Device not a stream"),
    entry(-61, None, c"ENODATA", c"No data available"),
    entry(-62, None, c"ETIME", c"Timer expired"),
    entry(-63, None, c"ENOSR", c"Out of streams resources"),
    entry(-64, None, c"ENONET", c"Machine is not on the network"),
    entry(-65, None, c"ENOPKG", c"Package not installed"),
    entry(-66, None, c"EREMOTE", c"Object is remote"),
    entry(-67, None, c"ENOLINK", c"Link has been severed"),
    entry(-68, None, c"EADV", c"Advertise error"),
    entry(-69, None, c"ESRMNT", c"Srmount error"),
    entry(-70, None, c"ECOMM", c"Communication error on send"),
    entry(POLYSOCK_EPROTO, Some(libc::EPROTO), c"EPROTO", c"Protocol error"),
    entry(-72, None, c"EMULTIHOP", c"Multihop attempted"),
    entry(-73, None, c"EDOTDOT", c"RFS specific error"),
    entry(POLYSOCK_EBADMSG, Some(libc::EBADMSG), c"EBADMSG", c"Bad message"),
    entry(-75, Some(libc::EOVERFLOW), c"EOVERFLOW", c"Value too large for defined data type"),
    entry(-76, None, c"ENOTUNIQ", c"Name not unique on network"),
    entry(-77, None, c"EBADFD", c"File descriptor in bad state"),
    entry(-78, None, c"EREMCHG", c"Remote address changed"),
    entry(-79, None, c"ELIBACC", c"Can not access a needed shared library"),
    entry(-80, None, c"ELIBBAD", c"Accessing a corrupted shared library"),
    entry(-81, None, c"ELIBSCN", c".lib section in a.out corrupted"),
    entry(-82, None, c"ELIBMAX", c"Attempting to link in too many shared libraries"),
    entry(-83, None, c"ELIBEXEC", c"Cannot exec a shared library directly"),
    entry(-84, Some(libc::EILSEQ), c"EILSEQ", c"Invalid or incomplete multibyte or wide character"),
    entry(-85, None, c"ERESTART", c"Interrupted system call should be restarted"),
    entry(-86, None, c"ESTRPIPE", c"Streams pipe error"),
    entry(-87, Some(libc::EUSERS), c"EUSERS", c"Too many users"),
    entry(POLYSOCK_ENOTSOCK, Some(libc::ENOTSOCK), c"ENOTSOCK", c"Socket operation on non-socket"),
    entry(POLYSOCK_EDESTADDRREQ, Some(libc::EDESTADDRREQ), c"EDESTADDRREQ", c"Destination address required"),
    entry(POLYSOCK_EMSGSIZE, Some(libc::EMSGSIZE), c"EMSGSIZE", c"Message too long"),
    entry(POLYSOCK_EPROTOTYPE, Some(libc::EPROTOTYPE), c"EPROTOTYPE", c"Protocol wrong type for socket"),
    entry(POLYSOCK_ENOPROTOOPT, Some(libc::ENOPROTOOPT), c"ENOPROTOOPT", c"Protocol not available"),
    entry(POLYSOCK_EPROTONOSUPPORT, Some(libc::EPROTONOSUPPORT), c"EPROTONOSUPPORT", c"Protocol not supported"),
    entry(POLYSOCK_ESOCKTNOSUPPORT, Some(libc::ESOCKTNOSUPPORT), c"ESOCKTNOSUPPORT", c"Socket type not supported"),
    entry(POLYSOCK_EOPNOTSUPP, Some(libc::EOPNOTSUPP), c"EOPNOTSUPP", c"Operation not supported"),
    entry(POLYSOCK_EPFNOSUPPORT, Some(libc::EPFNOSUPPORT), c"EPFNOSUPPORT", c"Protocol family not supported"),
    entry(POLYSOCK_EAFNOSUPPORT, Some(libc::EAFNOSUPPORT), c"EAFNOSUPPORT", c"Address family not supported by protocol"),
    entry(POLYSOCK_EADDRINUSE, Some(libc::EADDRINUSE), c"EADDRINUSE", c"Address already in use"),
    entry(POLYSOCK_EADDRNOTAVAIL, Some(libc::EADDRNOTAVAIL), c"EADDRNOTAVAIL", c"Cannot assign requested address"),
    entry(POLYSOCK_ENETDOWN, Some(libc::ENETDOWN), c"ENETDOWN", c"Network is down"),
    entry(POLYSOCK_ENETUNREACH, Some(libc::ENETUNREACH), c"ENETUNREACH", c"Network is unreachable"),
    entry(POLYSOCK_ENETRESET, Some(libc::ENETRESET), c"ENETRESET", c"Network dropped connection on reset"),
    entry(POLYSOCK_ECONNABORTED, Some(libc::ECONNABORTED), c"ECONNABORTED", c"Software caused connection abort"),
    entry(POLYSOCK_ECONNRESET, Some(libc::ECONNRESET), c"ECONNRESET", c"Connection reset by peer"),
    entry(POLYSOCK_ENOBUFS, Some(libc::ENOBUFS), c"ENOBUFS", c"No buffer space available"),
    entry(POLYSOCK_EISCONN, Some(libc::EISCONN), c"EISCONN", c"Transport endpoint is already connected"),
    entry(POLYSOCK_ENOTCONN, Some(libc::ENOTCONN), c"ENOTCONN", c"Transport endpoint is not connected"),
    entry(POLYSOCK_ESHUTDOWN, Some(libc::ESHUTDOWN), c"ESHUTDOWN", c"Cannot send after transport endpoint shutdown"),
    entry(POLYSOCK_ETOOMANYREFS, Some(libc::ETOOMANYREFS), c"ETOOMANYREFS", c"Too many references: cannot splice"),
    entry(POLYSOCK_ETIMEDOUT, Some(libc::ETIMEDOUT), c"ETIMEDOUT", c"Time limit passed"),
    entry(POLYSOCK_ECONNREFUSED, Some(libc::ECONNREFUSED), c"ECONNREFUSED", c"Connection refused"),
    entry(POLYSOCK_EHOSTDOWN, Some(libc::EHOSTDOWN), c"EHOSTDOWN", c"Host is down"),
    entry(POLYSOCK_EHOSTUNREACH, Some(libc::EHOSTUNREACH), c"EHOSTUNREACH", c"No route to host"),
    entry(POLYSOCK_EALREADY, Some(libc::EALREADY), c"EALREADY", c"Operation already in progress"),
    entry(POLYSOCK_EINPROGRESS, Some(libc::EINPROGRESS), c"EINPROGRESS", c"Operation now in progress"),
    entry(-116, Some(libc::ESTALE), c"ESTALE", c"Stale file handle"),
    entry(-117, None, c"EUCLEAN", c"Structure needs cleaning"),
    entry(-118, None, c"ENOTNAM", c"Not a XENIX named type file"),
    entry(-119, None, c"ENAVAIL", c"No XENIX semaphores available"),
    entry(-120, None, c"EISNAM", c"Is a named type file"),
    entry(-121, None, c"EREMOTEIO", c"Remote I/O error"),
    entry(-122, Some(libc::EDQUOT), c"EDQUOT", c"Disk quota exceeded"),
    entry(-123, None, c"ENOMEDIUM", c"No medium found"),
    entry(-124, None, c"EMEDIUMTYPE", c"Wrong medium type"),
    entry(POLYSOCK_ECANCELED, Some(libc::ECANCELED), c"ECANCELED", c"Operation canceled"),
    entry(-126, None, c"ENOKEY", c"Required key not available"),
    entry(-127, None, c"EKEYEXPIRED", c"Key has expired"),
    entry(-128, None, c"EKEYREVOKED", c"Key has been revoked"),
    entry(-129, None, c"EKEYREJECTED", c"Key was rejected by service"),
    entry(-130, None, c"EOWNERDEAD", c"Owner died"),
    entry(-131, None, c"ENOTRECOVERABLE", c"State not recoverable"),
    entry(-132, None, c"ERFKILL", c"Operation not possible due to RF-kill"),
    entry(-133, None, c"EHWPOISON", c"Memory page has hardware error"),

    entry(POLYSOCK_ECLOSED, None, c"ECLOSED", c"The socket is closed"),
    entry(POLYSOCK_EEOF, None, c"EEOF", c"End of stream"),
    entry(POLYSOCK_ETRUNCATED, None, c"ETRUNCATED", c"The stream ended in the middle"),
    entry(POLYSOCK_EPANIC, None, c"EPANIC", c"A bug in polysock was caught"),
    entry(POLYSOCK_EUNSUPPORTED, None, c"EUNSUPPORTED", c"Not supported here"),
    entry(POLYSOCK_EOTHER, None, c"EOTHER", c"A system error without a portable number"),
    entry(POLYSOCK_ECONNTIMEDOUT, None, c"ECONNTIMEDOUT", c"Connection timed out"),

    entry(POLYSOCK_EAI_BADFLAGS, None, c"EAI_BADFLAGS", c"Invalid look-up flags"),
    entry(POLYSOCK_EAI_NONAME, None, c"EAI_NONAME", c"No such host or service"),
    entry(POLYSOCK_EAI_AGAIN, None, c"EAI_AGAIN", c"Name server gave no answer for now"),
    entry(POLYSOCK_EAI_FAIL, None, c"EAI_FAIL", c"Name server failed"),
    entry(POLYSOCK_EAI_NODATA, None, c"EAI_NODATA", c"Host has no address"),
    entry(POLYSOCK_EAI_FAMILY, None, c"EAI_FAMILY", c"Address family not supported by look-ups"),
    entry(POLYSOCK_EAI_SOCKTYPE, None, c"EAI_SOCKTYPE", c"Socket type not supported by look-ups"),
    entry(POLYSOCK_EAI_SERVICE, None, c"EAI_SERVICE", c"Service not available for the socket type"),
    entry(POLYSOCK_EAI_ADDRFAMILY, None, c"EAI_ADDRFAMILY", c"Host has no address of the family"),
    entry(POLYSOCK_EAI_MEMORY, None, c"EAI_MEMORY", c"Look-up ran out of memory"),
    entry(POLYSOCK_EAI_SYSTEM, None, c"EAI_SYSTEM", c"Look-up failed with a system error"),
    entry(POLYSOCK_EAI_OVERFLOW, None, c"EAI_OVERFLOW", c"Name longer than its buffer"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn lines() -> Vec<String> {
        let line = |entry: &Entry| format!("{} {}", entry.name.to_str().unwrap(), entry.code);
        TABLE.iter().map(line).collect()
    }

    /// `codes.txt` is the promise: a line in it never changes.
    #[test]
    fn every_code_is_pinned() {
        let pinned: Vec<&str> = include_str!("../../codes.txt").lines().collect();
        assert_eq!(lines(), pinned);
    }

    #[test]
    fn names_and_codes_are_unique() {
        let names: HashSet<_> = TABLE.iter().map(|entry| entry.name).collect();
        let codes: HashSet<_> = TABLE.iter().map(|entry| entry.code).collect();
        assert_eq!((names.len(), codes.len()), (TABLE.len(), TABLE.len()));
    }

    #[test]
    fn header_has_the_same_numbers() {
        let header = include_str!("../../../include/polysock/polysock.h");
        let mut seen = 0;
        for line in header.lines() {
            let Some((name, code)) = line
                .strip_prefix("#define POLYSOCK_E")
                .and_then(|rest| rest.split_once(' '))
            else {
                continue;
            };
            let pinned = format!("E{name} {code}");
            assert!(
                lines().contains(&pinned),
                "{pinned} in the header is not in the table"
            );
            seen += 1;
        }
        assert!(seen > 60, "only {seen} codes in the header");
    }

    #[test]
    fn errno_goes_there_and_back() {
        for entry in TABLE.iter().filter(|entry| entry.code > OWN) {
            let errno = entry.errno().unwrap();
            assert_eq!(of_errno(errno), entry.code, "{:?}", entry.name);
            assert_eq!(errno_of(entry.code), errno);
        }
        assert_eq!(of_errno(libc::EWOULDBLOCK), POLYSOCK_EAGAIN);
        assert_eq!(of_errno(5000), POLYSOCK_EOTHER);
        assert_eq!(errno_of(POLYSOCK_ECLOSED), libc::EBADF);
        assert_eq!(errno_of(POLYSOCK_EEOF), 0);
        assert_eq!(errno_of(12), 0);
    }

    #[test]
    fn resolver_numbers_are_glibc_s() {
        assert_eq!(of_resolver(libc::EAI_NONAME), POLYSOCK_EAI_NONAME);
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            for eai in 1..=12 {
                assert_eq!(of_resolver(-eai), RESOLVER - eai);
            }
            assert_eq!(of_resolver(-105), RESOLVER - 105);
        }
        assert_eq!(of_resolver(c_int::MIN), -2999);
    }
}
