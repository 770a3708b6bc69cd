//! The names of errno numbers.

macro_rules! names {
    ($($name:ident)+) => {
        /// The name of an errno number, such as `ECONNRESET`; `None` for one that socket calls don't return.
        pub(crate) fn errno_name(errno: i32) -> Option<&'static str> {
            $(if errno == libc::$name {
                return Some(stringify!($name));
            })+
            None
        }
    };
}

names! {
    EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBUSY ECONNABORTED ECONNREFUSED ECONNRESET
    EDESTADDRREQ EDOM EEXIST EFAULT EFBIG EHOSTDOWN EHOSTUNREACH EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE
    EMSGSIZE ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOMEM ENOPROTOOPT ENOSPC ENOSYS
    ENOTCONN ENOTDIR ENOTSOCK EOPNOTSUPP EOVERFLOW EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EROFS
    ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESTALE ETIMEDOUT ETOOMANYREFS EXDEV
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_have_their_names() {
        assert_eq!(errno_name(libc::ECONNRESET), Some("ECONNRESET"));
        assert_eq!(errno_name(libc::EPIPE), Some("EPIPE"));
        assert_eq!(errno_name(0), None);
        assert_eq!(errno_name(-1), None);
    }
}
