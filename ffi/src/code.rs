//! The codes of failures, the same on every system: minus the number of asm-generic/errno.h where there is one, polysock's
//! own from -1000 down, the resolver's from -2000 down. They never change.

mod table;

pub(crate) use table::{errno_of, name, of_errno, of_resolver, text};

use libc::c_int;

/// Operation not permitted.
/// @ingroup polysock_codes
pub const POLYSOCK_EPERM: c_int = -1;
/// No such file or directory.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOENT: c_int = -2;
/// Interrupted system call.
/// @ingroup polysock_codes
pub const POLYSOCK_EINTR: c_int = -4;
/// Input/output error.
/// @ingroup polysock_codes
pub const POLYSOCK_EIO: c_int = -5;
/// Bad file descriptor.
/// @ingroup polysock_codes
pub const POLYSOCK_EBADF: c_int = -9;
/// The call would have to wait and may not: timeout 0, or a non-blocking handle.
/// @ingroup polysock_codes
pub const POLYSOCK_EAGAIN: c_int = -11;
/// Cannot allocate memory.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOMEM: c_int = -12;
/// Permission denied.
/// @ingroup polysock_codes
pub const POLYSOCK_EACCES: c_int = -13;
/// Bad address.
/// @ingroup polysock_codes
pub const POLYSOCK_EFAULT: c_int = -14;
/// polysock_detach() while calls are inside the handle; a message of which another call has sent only a part; a second
/// thread in a reader.
/// @ingroup polysock_codes
pub const POLYSOCK_EBUSY: c_int = -16;
/// File exists.
/// @ingroup polysock_codes
pub const POLYSOCK_EEXIST: c_int = -17;
/// No such device.
/// @ingroup polysock_codes
pub const POLYSOCK_ENODEV: c_int = -19;
/// A NULL or out-of-range argument; polysock_last_detail() names it.
/// @ingroup polysock_codes
pub const POLYSOCK_EINVAL: c_int = -22;
/// Too many open files in system.
/// @ingroup polysock_codes
pub const POLYSOCK_ENFILE: c_int = -23;
/// The process has no descriptor left; a connection waiting to be accepted stays in the queue.
/// @ingroup polysock_codes
pub const POLYSOCK_EMFILE: c_int = -24;
/// The buffer is too small for the text; nothing was written.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOSPC: c_int = -28;
/// The file to send has no offsets, such as a pipe.
/// @ingroup polysock_codes
pub const POLYSOCK_ESPIPE: c_int = -29;
/// Sending after a reset by the peer or after polysock_shutdown(); never a SIGPIPE.
/// @ingroup polysock_codes
pub const POLYSOCK_EPIPE: c_int = -32;
/// File name too long.
/// @ingroup polysock_codes
pub const POLYSOCK_ENAMETOOLONG: c_int = -36;
/// Function not implemented.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOSYS: c_int = -38;
/// Too many levels of symbolic links.
/// @ingroup polysock_codes
pub const POLYSOCK_ELOOP: c_int = -40;
/// Protocol error.
/// @ingroup polysock_codes
pub const POLYSOCK_EPROTO: c_int = -71;
/// Bad message: the length before it is malformed.
/// @ingroup polysock_codes
pub const POLYSOCK_EBADMSG: c_int = -74;
/// Socket operation on non-socket.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOTSOCK: c_int = -88;
/// Destination address required.
/// @ingroup polysock_codes
pub const POLYSOCK_EDESTADDRREQ: c_int = -89;
/// Message too long.
/// @ingroup polysock_codes
pub const POLYSOCK_EMSGSIZE: c_int = -90;
/// Protocol wrong type for socket.
/// @ingroup polysock_codes
pub const POLYSOCK_EPROTOTYPE: c_int = -91;
/// Protocol not available.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOPROTOOPT: c_int = -92;
/// Protocol not supported.
/// @ingroup polysock_codes
pub const POLYSOCK_EPROTONOSUPPORT: c_int = -93;
/// Socket type not supported.
/// @ingroup polysock_codes
pub const POLYSOCK_ESOCKTNOSUPPORT: c_int = -94;
/// Operation not supported.
/// @ingroup polysock_codes
pub const POLYSOCK_EOPNOTSUPP: c_int = -95;
/// Protocol family not supported.
/// @ingroup polysock_codes
pub const POLYSOCK_EPFNOSUPPORT: c_int = -96;
/// Address family not supported by protocol.
/// @ingroup polysock_codes
pub const POLYSOCK_EAFNOSUPPORT: c_int = -97;
/// Address already in use.
/// @ingroup polysock_codes
pub const POLYSOCK_EADDRINUSE: c_int = -98;
/// Cannot assign requested address.
/// @ingroup polysock_codes
pub const POLYSOCK_EADDRNOTAVAIL: c_int = -99;
/// Network is down.
/// @ingroup polysock_codes
pub const POLYSOCK_ENETDOWN: c_int = -100;
/// Network is unreachable.
/// @ingroup polysock_codes
pub const POLYSOCK_ENETUNREACH: c_int = -101;
/// Network dropped connection on reset.
/// @ingroup polysock_codes
pub const POLYSOCK_ENETRESET: c_int = -102;
/// Software caused connection abort.
/// @ingroup polysock_codes
pub const POLYSOCK_ECONNABORTED: c_int = -103;
/// Connection reset by peer.
/// @ingroup polysock_codes
pub const POLYSOCK_ECONNRESET: c_int = -104;
/// No buffer space available.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOBUFS: c_int = -105;
/// Transport endpoint is already connected.
/// @ingroup polysock_codes
pub const POLYSOCK_EISCONN: c_int = -106;
/// Transport endpoint is not connected.
/// @ingroup polysock_codes
pub const POLYSOCK_ENOTCONN: c_int = -107;
/// Cannot send after transport endpoint shutdown.
/// @ingroup polysock_codes
pub const POLYSOCK_ESHUTDOWN: c_int = -108;
/// Too many references: cannot splice.
/// @ingroup polysock_codes
pub const POLYSOCK_ETOOMANYREFS: c_int = -109;
/// The time limit of the call passed. When the kernel gives up a connection, the code is POLYSOCK_ECONNTIMEDOUT.
/// @ingroup polysock_codes
pub const POLYSOCK_ETIMEDOUT: c_int = -110;
/// Connection refused.
/// @ingroup polysock_codes
pub const POLYSOCK_ECONNREFUSED: c_int = -111;
/// Host is down.
/// @ingroup polysock_codes
pub const POLYSOCK_EHOSTDOWN: c_int = -112;
/// No route to host.
/// @ingroup polysock_codes
pub const POLYSOCK_EHOSTUNREACH: c_int = -113;
/// Operation already in progress.
/// @ingroup polysock_codes
pub const POLYSOCK_EALREADY: c_int = -114;
/// A connect that may not wait has started and is in progress.
/// @ingroup polysock_codes
pub const POLYSOCK_EINPROGRESS: c_int = -115;
/// Operation canceled.
/// @ingroup polysock_codes
pub const POLYSOCK_ECANCELED: c_int = -125;

/// The handle is closed or detached, or was closed by another thread while the call waited.
/// @ingroup polysock_codes
pub const POLYSOCK_ECLOSED: c_int = -1000;
/// The stream ended before the first byte of what was asked for.
/// @ingroup polysock_codes
pub const POLYSOCK_EEOF: c_int = -1001;
/// The stream ended in the middle of what was asked for.
/// @ingroup polysock_codes
pub const POLYSOCK_ETRUNCATED: c_int = -1002;
/// A bug in polysock: a panic was caught. Its report is on stderr and in polysock_last_detail().
/// @ingroup polysock_codes
pub const POLYSOCK_EPANIC: c_int = -1003;
/// The system, or this kind of socket, does not have it.
/// @ingroup polysock_codes
pub const POLYSOCK_EUNSUPPORTED: c_int = -1004;
/// A system error that has no portable number; polysock_last_detail() has the system's own.
/// @ingroup polysock_codes
pub const POLYSOCK_EOTHER: c_int = -1005;
/// The kernel gave up the connection (errno ETIMEDOUT): the peer did not answer connect, keepalive probes or
/// retransmissions. The connection is dead, unlike after POLYSOCK_ETIMEDOUT.
/// @ingroup polysock_codes
pub const POLYSOCK_ECONNTIMEDOUT: c_int = -1006;

/// Invalid flags for a name look-up.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_BADFLAGS: c_int = -2001;
/// No such host or service.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_NONAME: c_int = -2002;
/// The name server gave no answer; try again later.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_AGAIN: c_int = -2003;
/// The name server failed.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_FAIL: c_int = -2004;
/// The host exists but has no address.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_NODATA: c_int = -2005;
/// The address family is not supported by look-ups.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_FAMILY: c_int = -2006;
/// The socket type is not supported by look-ups.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_SOCKTYPE: c_int = -2007;
/// The service does not exist for the socket type.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_SERVICE: c_int = -2008;
/// The host has no address of the family asked for.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_ADDRFAMILY: c_int = -2009;
/// The look-up ran out of memory.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_MEMORY: c_int = -2010;
/// The look-up failed with a system error.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_SYSTEM: c_int = -2011;
/// A name is longer than its buffer.
/// @ingroup polysock_codes
pub const POLYSOCK_EAI_OVERFLOW: c_int = -2012;
