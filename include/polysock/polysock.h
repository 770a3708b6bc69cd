/*
 * polysock: sockets without the traps.
 *
 * Handles   A polysock_t is owned by whoever made it and given up once with polysock_free(). Any thread may use it and any
 *           thread may close it; calls that wait then end with POLYSOCK_ECLOSED. One thread may send while another receives,
 *           and polysock_sendall() calls never interleave. A thread inside a call is not to be cancelled or longjmp'd out
 *           of; no call but those on addresses and codes may be made from a signal handler.
 * Results   0 or a negative code; transfers return a count or a negative code. Out-parameters stay untouched on failure,
 *           except `done` counts, which always tell the truth. Every failure leaves words in polysock_last_detail().
 * Codes     They are the same on every system: minus the errno number of Linux where there is one. NULL and numbers out of
 *           range: POLYSOCK_EINVAL. A closed handle: POLYSOCK_ECLOSED. A bug of ours: POLYSOCK_EPANIC, never an abort.
 * Time      Every call that can wait has `timeout_ms` last: POLYSOCK_INFINITE, 0 (try once: POLYSOCK_EAGAIN when there is
 *           nothing to do), POLYSOCK_DEFAULT (what the handle was set to), or milliseconds; below -2: POLYSOCK_EINVAL. The
 *           call keeps one absolute deadline, however many signals arrive, and is never early.
 * Memory    Strings and addresses handed in stay the caller's. Lengths above SSIZE_MAX: POLYSOCK_EINVAL. A buffer of no
 *           bytes may be NULL.
 * Process   Nothing to initialise, no signal dispositions changed, no SIGPIPE, no threads, every descriptor close-on-exec.
 *           A forked child may use and close what it inherits without disturbing its parent.
 *
 * Made by cbindgen from ffi/src: do not edit.
 */

#ifndef POLYSOCK_POLYSOCK_H
#define POLYSOCK_POLYSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* An aligned struct, in every language this header is read in. */
#if defined(__GNUC__) || defined(__clang__)
#define POLYSOCK_ALIGNED(n) __attribute__((aligned(n)))
#else
#define POLYSOCK_ALIGNED(n)
#endif

/* The system's own numbers, under names that every system has. */
#define POLYSOCK_AF_UNSPEC AF_UNSPEC
#define POLYSOCK_AF_INET AF_INET
#define POLYSOCK_AF_INET6 AF_INET6
#define POLYSOCK_AF_UNIX AF_UNIX

#define POLYSOCK_SOCK_STREAM SOCK_STREAM
#define POLYSOCK_SOCK_DGRAM SOCK_DGRAM
#define POLYSOCK_SOCK_SEQPACKET SOCK_SEQPACKET
#define POLYSOCK_SOCK_RAW SOCK_RAW

#define POLYSOCK_SHUT_RD SHUT_RD
#define POLYSOCK_SHUT_WR SHUT_WR
#define POLYSOCK_SHUT_RDWR SHUT_RDWR

#define POLYSOCK_MSG_OOB MSG_OOB
#define POLYSOCK_MSG_PEEK MSG_PEEK
#define POLYSOCK_MSG_WAITALL MSG_WAITALL
#define POLYSOCK_MSG_DONTWAIT MSG_DONTWAIT
#define POLYSOCK_MSG_TRUNC MSG_TRUNC

/// Operation not permitted.
#define POLYSOCK_EPERM -1

/// No such file or directory.
#define POLYSOCK_ENOENT -2

/// Interrupted system call.
#define POLYSOCK_EINTR -4

/// Input/output error.
#define POLYSOCK_EIO -5

/// Bad file descriptor.
#define POLYSOCK_EBADF -9

/// Nothing to do now, and the call was not allowed to wait: timeout 0, or a non-blocking handle.
#define POLYSOCK_EAGAIN -11

/// Cannot allocate memory.
#define POLYSOCK_ENOMEM -12

/// Permission denied.
#define POLYSOCK_EACCES -13

/// Bad address.
#define POLYSOCK_EFAULT -14

/// polysock_detach() while calls are inside the handle.
#define POLYSOCK_EBUSY -16

/// File exists.
#define POLYSOCK_EEXIST -17

/// No such device.
#define POLYSOCK_ENODEV -19

/// A NULL or out-of-range argument; polysock_last_detail() names it.
#define POLYSOCK_EINVAL -22

/// Too many open files in system.
#define POLYSOCK_ENFILE -23

/// The process has no descriptor left; a connection that waits to be accepted goes on waiting.
#define POLYSOCK_EMFILE -24

/// The buffer is too small for the text; nothing was written.
#define POLYSOCK_ENOSPC -28

/// Sending after the peer's reset or our own shutdown; never a SIGPIPE.
#define POLYSOCK_EPIPE -32

/// File name too long.
#define POLYSOCK_ENAMETOOLONG -36

/// Function not implemented.
#define POLYSOCK_ENOSYS -38

/// Too many levels of symbolic links.
#define POLYSOCK_ELOOP -40

/// Protocol error.
#define POLYSOCK_EPROTO -71

/// Socket operation on non-socket.
#define POLYSOCK_ENOTSOCK -88

/// Destination address required.
#define POLYSOCK_EDESTADDRREQ -89

/// Message too long.
#define POLYSOCK_EMSGSIZE -90

/// Protocol wrong type for socket.
#define POLYSOCK_EPROTOTYPE -91

/// Protocol not available.
#define POLYSOCK_ENOPROTOOPT -92

/// Protocol not supported.
#define POLYSOCK_EPROTONOSUPPORT -93

/// Socket type not supported.
#define POLYSOCK_ESOCKTNOSUPPORT -94

/// Operation not supported.
#define POLYSOCK_EOPNOTSUPP -95

/// Protocol family not supported.
#define POLYSOCK_EPFNOSUPPORT -96

/// Address family not supported by protocol.
#define POLYSOCK_EAFNOSUPPORT -97

/// Address already in use.
#define POLYSOCK_EADDRINUSE -98

/// Cannot assign requested address.
#define POLYSOCK_EADDRNOTAVAIL -99

/// Network is down.
#define POLYSOCK_ENETDOWN -100

/// Network is unreachable.
#define POLYSOCK_ENETUNREACH -101

/// Network dropped connection on reset.
#define POLYSOCK_ENETRESET -102

/// Software caused connection abort.
#define POLYSOCK_ECONNABORTED -103

/// Connection reset by peer.
#define POLYSOCK_ECONNRESET -104

/// No buffer space available.
#define POLYSOCK_ENOBUFS -105

/// Transport endpoint is already connected.
#define POLYSOCK_EISCONN -106

/// Transport endpoint is not connected.
#define POLYSOCK_ENOTCONN -107

/// Cannot send after transport endpoint shutdown.
#define POLYSOCK_ESHUTDOWN -108

/// Too many references: cannot splice.
#define POLYSOCK_ETOOMANYREFS -109

/// The deadline of the call passed, or the kernel gave the connection up.
#define POLYSOCK_ETIMEDOUT -110

/// Connection refused.
#define POLYSOCK_ECONNREFUSED -111

/// Host is down.
#define POLYSOCK_EHOSTDOWN -112

/// No route to host.
#define POLYSOCK_EHOSTUNREACH -113

/// Operation already in progress.
#define POLYSOCK_EALREADY -114

/// A connect that was not allowed to wait is under way.
#define POLYSOCK_EINPROGRESS -115

/// Operation canceled.
#define POLYSOCK_ECANCELED -125

/// The handle is closed or detached, or was closed by another thread while the call waited.
#define POLYSOCK_ECLOSED -1000

/// The stream ended before the first byte of what was asked for.
#define POLYSOCK_EEOF -1001

/// The stream ended in the middle of what was asked for.
#define POLYSOCK_ETRUNCATED -1002

/// A bug in polysock: a panic was caught. Its report is on stderr and in polysock_last_detail().
#define POLYSOCK_EPANIC -1003

/// The system, or this kind of socket, has no such thing.
#define POLYSOCK_EUNSUPPORTED -1004

/// A system error that has no portable number; polysock_last_detail() has the system's own.
#define POLYSOCK_EOTHER -1005

/// Invalid flags for a name look-up.
#define POLYSOCK_EAI_BADFLAGS -2001

/// No such host or service.
#define POLYSOCK_EAI_NONAME -2002

/// The name server gave no answer for now.
#define POLYSOCK_EAI_AGAIN -2003

/// The name server failed.
#define POLYSOCK_EAI_FAIL -2004

/// The host exists but has no address.
#define POLYSOCK_EAI_NODATA -2005

/// The address family is not supported by look-ups.
#define POLYSOCK_EAI_FAMILY -2006

/// The socket type is not supported by look-ups.
#define POLYSOCK_EAI_SOCKTYPE -2007

/// The service does not exist for the socket type.
#define POLYSOCK_EAI_SERVICE -2008

/// The host has no address of the family asked for.
#define POLYSOCK_EAI_ADDRFAMILY -2009

/// The look-up ran out of memory.
#define POLYSOCK_EAI_MEMORY -2010

/// The look-up failed with a system error.
#define POLYSOCK_EAI_SYSTEM -2011

/// A name is longer than its buffer.
#define POLYSOCK_EAI_OVERFLOW -2012

/// The version of this header: major, minor and patch in a byte each.
#define POLYSOCK_VERSION 256

/// A timeout: wait for ever.
#define POLYSOCK_INFINITE -1

/// A timeout: what polysock_set_timeout() gave the handle, for ever unless it was called.
#define POLYSOCK_DEFAULT -2

/// A size that holds the text of every address with its NUL.
#define POLYSOCK_ADDR_TEXT_SIZE 336

/// A linger time: off, close does not wait.
#define POLYSOCK_LINGER_OFF -1

/// A socket: one handle that any number of threads may use and any of them may close.
///
/// BSD: a descriptor. Python: socket.socket. Java: Socket and ServerSocket.
/// Who made it owns it and gives it up once with polysock_free().
/// @code
/// polysock_t *s;
/// if (polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0) == 0) {
///     ...
///     polysock_free(s);
/// }
/// @endcode
typedef struct polysock_t polysock_t;

/// A socket address of any family: a value to copy and to put on the stack; there is nothing to free.
///
/// BSD: struct sockaddr_storage with its length. Python: an address tuple. Java: InetSocketAddress.
/// Its size and alignment are frozen. `bytes` begins with a struct sockaddr of `length` bytes; families that polysock
/// does not decode pass through.
/// @code
/// polysock_addr a;
/// char text[POLYSOCK_ADDR_TEXT_SIZE];
/// if (polysock_addr_parse(&a, "[::1]", 80) == 0 && polysock_addr_format(&a, text, sizeof text) > 0)
///     puts(text);    /* [::1]:80 */
/// @endcode
typedef struct POLYSOCK_ALIGNED(8) {
    /// How many of `bytes` the sockaddr takes; 0 for no address at all.
    uint64_t length;
    /// The sockaddr.
    uint8_t bytes[128];
} polysock_addr;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// Says in English what a code means.
///
/// BSD: strerror(3), gai_strerror(3). Python: os.strerror. Java: Throwable.getMessage.
/// The text is static. Any number is allowed; 0 and more are "success".
const char *polysock_strerror(int code);

/// Gives the name of a code without its prefix: "ECONNREFUSED", "ECLOSED", "EAI_NONAME".
///
/// BSD: none (glibc strerrorname_np). Python: errno.errorcode. Java: the class of the exception.
/// The text is static. Any number is allowed: "OK" for 0 and more, "UNKNOWN" for a number that is no code.
const char *polysock_err_name(int code);

/// Turns an errno number of this system into a code.
///
/// BSD: errno. Python: OSError.errno. Java: none.
/// 0 stays 0; POLYSOCK_EINVAL for a negative number, POLYSOCK_EOTHER for one without a portable code.
int polysock_from_errno(int os_errno);

/// Turns a code into an errno number of this system, for code that reports through errno.
///
/// BSD: errno. Python: OSError.errno. Java: none.
/// POLYSOCK_ECLOSED is EBADF and POLYSOCK_EUNSUPPORTED is EOPNOTSUPP; 0 where errno has no number for it
/// (end of stream, the resolver's codes, 0 and more).
int polysock_errno_of(int code);

/// Gives the version of the library in use: major, minor and patch in a byte each.
///
/// BSD: none. Python: polysock.__version__. Java: Package.getImplementationVersion.
/// Compare with POLYSOCK_VERSION, the version of the header:
/// @code
/// if (polysock_version() < POLYSOCK_VERSION)
///     fprintf(stderr, "built for a newer polysock than %s\n", polysock_version_string());
/// @endcode
uint32_t polysock_version(void);

/// Gives the version of the library in use as text, such as "0.1.0".
///
/// BSD: none. Python: polysock.__version__. Java: Package.getImplementationVersion.
/// The text is static.
const char *polysock_version_string(void);

/// Gives words for the last failure in this thread, such as "connect 127.0.0.1:80: Connection refused (os error 111)".
///
/// BSD: none (err(3) prints). Python: str(exception). Java: Throwable.getMessage.
/// For people, never to be parsed. It names the operation, and the address or argument where there is one. Ask right
/// after a failed call: a later success leaves it as it is. The text belongs to the library and is valid until the next
/// call that fails in this thread; "" when none has. Never NULL.
const char *polysock_last_detail(void);

/// Reads numeric text: "1.2.3.4:80", "[::1]:80", "[fe80::1%2]:80", "unix:/path", "unix:@abstract"; a missing port becomes
/// `default_port`.
///
/// BSD: inet_pton(3). Python: ipaddress.ip_address. Java: InetAddress.ofLiteral.
/// Names are not looked up: see polysock_getaddrinfo(). POLYSOCK_EINVAL for anything else.
int polysock_addr_parse(polysock_addr *out, const char *text, uint16_t default_port);

/// Writes the text that polysock_addr_parse() reads, and returns its length without the NUL.
///
/// BSD: inet_ntop(3). Python: str. Java: InetSocketAddress.toString.
/// With `buf` NULL and `size` 0 it only returns the length; POLYSOCK_ENOSPC when `size` is too small (nothing is
/// written). POLYSOCK_ADDR_TEXT_SIZE bytes are always enough. A family that is not decoded is shown in hexadecimal.
int polysock_addr_format(const polysock_addr *a, char *buf, size_t size);

/// Writes the IP address without the port: "1.2.3.4", "::1"; returns its length without the NUL.
///
/// BSD: inet_ntop(3). Python: address[0]. Java: InetAddress.getHostAddress.
/// As polysock_addr_format(); POLYSOCK_EAFNOSUPPORT when the address is not IPv4 or IPv6.
int polysock_addr_ip(const polysock_addr *a, char *buf, size_t size);

/// Gives the port in the host's byte order; 0 when the address has none.
///
/// BSD: ntohs(sin_port). Python: address[1]. Java: InetSocketAddress.getPort.
uint16_t polysock_addr_port(const polysock_addr *a);

/// Gives the address family, POLYSOCK_AF_UNSPEC of no address.
///
/// BSD: ss_family. Python: the length of the tuple. Java: instanceof Inet4Address.
/// POLYSOCK_EINVAL when `a` is NULL or no address.
int polysock_addr_family(const polysock_addr *a);

/// Tells whether two addresses name the same end; padding and IPv6 flow labels do not count.
///
/// BSD: memcmp of the fields. Python: ==. Java: InetSocketAddress.equals.
/// False when one is NULL or no address.
bool polysock_addr_equal(const polysock_addr *a, const polysock_addr *b);

/// Takes the bytes of a sockaddr of any family.
///
/// BSD: memcpy. Python: none. Java: none.
/// POLYSOCK_EINVAL for more than 128 bytes, or fewer than its family needs.
int polysock_addr_from_sockaddr(polysock_addr *out, const struct sockaddr *sa, size_t len);

/// Lends the address as a sockaddr for system calls; its size goes to `len`, which may be NULL.
///
/// BSD: a cast. Python: none. Java: none.
/// The pointer points into `*a` and lives as long. NULL when `a` is NULL or no address.
const struct sockaddr *polysock_addr_sockaddr(const polysock_addr *a, size_t *len);

/// Looks up a host and a service, and returns how many addresses there are; at most `cap` of them are written to `out`.
///
/// BSD: getaddrinfo(3). Python: socket.getaddrinfo. Java: InetAddress.getAllByName.
/// One of `host` and `service` may be NULL, as in getaddrinfo(3). `family` and `type` narrow the answers
/// (POLYSOCK_AF_UNSPEC, 0: all; without a type every address comes once a type). `flags` are the system's AI_ numbers.
/// A look-up can't be cut short. POLYSOCK_EAI_... when the resolver refuses.
/// @code
/// polysock_addr found[8];
/// int n = polysock_getaddrinfo("localhost", "80", POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_STREAM, 0, found, 8);
/// if (n < 0)
///     fprintf(stderr, "%s\n", polysock_last_detail());
/// @endcode
int polysock_getaddrinfo(const char *host, const char *service, int family, int type, int flags, polysock_addr *out, size_t cap);

/// Makes a socket; the caller owns `*out`.
///
/// BSD: socket(2). Python: socket.socket. Java: new Socket().
/// The descriptor is close-on-exec. `type` may carry the system's SOCK_NONBLOCK; then calls never wait unless told to.
/// POLYSOCK_EAFNOSUPPORT, POLYSOCK_EPROTONOSUPPORT, POLYSOCK_EMFILE, ...
int polysock_socket(polysock_t **out, int family, int type, int protocol);

/// Adopts a descriptor; the caller owns `*out`, and the handle owns `fd`.
///
/// BSD: none. Python: socket.socket(fileno=fd). Java: none.
/// Its flags stay as they are. On failure `fd` stays open and the caller's: POLYSOCK_ENOTSOCK when it is no socket,
/// POLYSOCK_EBADF when it is not open.
int polysock_from_fd(polysock_t **out, int fd);

/// Lends the descriptor: it stays the handle's and is valid until the handle is closed.
///
/// BSD: fileno(3). Python: socket.fileno. Java: SocketChannel (hidden).
/// POLYSOCK_ECLOSED after close or detach.
int polysock_fileno(const polysock_t *s);

/// Gives the descriptor up to the caller, who closes it; the handle is closed and still has to be freed.
///
/// BSD: none. Python: socket.detach. Java: none.
/// POLYSOCK_EBUSY while calls are inside the handle, POLYSOCK_ECLOSED after close or detach.
int polysock_detach(polysock_t *s);

/// Ends one or both directions of the connection, for every holder of it: POLYSOCK_SHUT_RD, _WR or _RDWR.
///
/// BSD: shutdown(2). Python: socket.shutdown. Java: Socket.shutdownOutput, Socket.shutdownInput.
/// After POLYSOCK_SHUT_WR the peer reads to the end of the stream and may still answer. POLYSOCK_ENOTCONN without a
/// connection; POLYSOCK_EINVAL for another number.
int polysock_shutdown(polysock_t *s, int how);

/// Closes the socket: every call of any thread that waits on it ends with POLYSOCK_ECLOSED, then the descriptor is closed.
///
/// BSD: close(2). Python: socket.close. Java: see polysock_net_close().
/// Any thread may call it, any number of times (again: 0), but no C signal handler may. On the wire it is what close(2)
/// does: FIN, or a reset when there is input nobody read; it honours polysock_set_linger(). Other processes that hold the
/// connection keep it. The handle still has to be freed.
int polysock_close(polysock_t *s);

/// Closes the socket as java.net.Socket.close does: FIN first, even when there is input nobody read.
///
/// BSD: shutdown(2), then close(2). Python: polysock.net. Java: Socket.close.
/// As polysock_close(). With linger 0 it is a plain close, that is a reset.
int polysock_net_close(polysock_t *s);

/// Ends the connection at once with a reset, dropping what was not sent yet, and closes the socket.
///
/// BSD: close(2) with linger 0. Python: socket.abort. Java: setSoLinger(true, 0), then close.
/// As polysock_close(); the reset goes out even where other processes hold the connection.
int polysock_abort(polysock_t *s);

/// Closes the socket if it is open, and gives the owner's reference up: `s` is not to be used again.
///
/// BSD: close(2). Python: del. Java: none.
/// Once, by the owner; NULL is fine. Calls of other threads that are inside keep what they need and end with
/// POLYSOCK_ECLOSED; starting a call after free is a bug of the caller.
void polysock_free(polysock_t *s);

/// Tells whether the socket was closed or detached; true of NULL.
///
/// BSD: none. Python: socket.fileno() == -1. Java: Socket.isClosed.
bool polysock_is_closed(const polysock_t *s);

/// Accepts a connection; the caller owns `*out`. The peer's address goes to `*peer`, which may be NULL.
///
/// BSD: accept(2). Python: socket.accept. Java: ServerSocket.accept.
/// The new socket is close-on-exec and has no timeout. POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN, POLYSOCK_ECLOSED;
/// POLYSOCK_EINVAL when it does not listen; POLYSOCK_EMFILE, after which the connection still waits to be accepted.
int polysock_accept(polysock_t *s, polysock_t **out, polysock_addr *peer, int timeout_ms);

/// Connects to an address.
///
/// BSD: connect(2). Python: socket.connect. Java: Socket.connect(address, timeout).
/// POLYSOCK_ECONNREFUSED (the same handle may connect again), POLYSOCK_EHOSTUNREACH, ...; POLYSOCK_ETIMEDOUT, after which
/// the attempt goes on in the kernel and connecting again waits for its end; POLYSOCK_EINPROGRESS when the call may not
/// wait; POLYSOCK_ECLOSED.
int polysock_connect(polysock_t *s, const polysock_addr *a, int timeout_ms);

/// Connects to a host by name or number over TCP, trying every address it has; the caller owns `*out`.
///
/// BSD: getaddrinfo(3) and connect(2) in a loop. Python: socket.create_connection. Java: new Socket(host, port).
/// `service` is a port number or a name such as "http"; when it is NULL, `host` has it too: "example.org:80", "[::1]:80".
/// One deadline covers the look-up, which can't be cut short, and all addresses. POLYSOCK_EAI_... when the name is
/// unknown, POLYSOCK_ETIMEDOUT, or what the first address said; polysock_last_detail() tells how many were tried.
/// @code
/// polysock_t *s;
/// if (polysock_create_connection(&s, "localhost", "8080", 5000) < 0)
///     fprintf(stderr, "%s\n", polysock_last_detail());
/// @endcode
int polysock_create_connection(polysock_t **out, const char *host, const char *service, int timeout_ms);

/// Listens on a host's first address over TCP, with reuse-address on; the caller owns `*out`.
///
/// BSD: getaddrinfo(3), bind(2) and listen(2). Python: socket.create_server. Java: new ServerSocket(port, backlog, address).
/// `host` "" is every interface, IPv4 and IPv6; `service` "0" lets the system choose a port. As in
/// polysock_create_connection() `service` may be NULL and stand in `host`: ":8080". POLYSOCK_EADDRINUSE, ...
/// @code
/// polysock_t *listener, *s;
/// if (polysock_create_server(&listener, "127.0.0.1", "0", 16) == 0 &&
///     polysock_accept(listener, &s, NULL, POLYSOCK_INFINITE) == 0)
///     ...
/// @endcode
int polysock_create_server(polysock_t **out, const char *host, const char *service, int backlog);

/// Gives the socket its own address; port 0 lets the system choose (polysock_getsockname() tells which).
///
/// BSD: bind(2). Python: socket.bind. Java: ServerSocket.bind.
/// POLYSOCK_EADDRINUSE, POLYSOCK_EADDRNOTAVAIL, POLYSOCK_EACCES; POLYSOCK_EINVAL when it has one already.
int polysock_bind(polysock_t *s, const polysock_addr *a);

/// Starts to listen; at most `backlog` connections wait to be accepted, and the system has a limit of its own.
///
/// BSD: listen(2). Python: socket.listen. Java: new ServerSocket(port, backlog).
/// POLYSOCK_EINVAL for a negative backlog; POLYSOCK_EOPNOTSUPP.
int polysock_listen(polysock_t *s, int backlog);

/// Gives the socket's own address.
///
/// BSD: getsockname(2). Python: socket.getsockname. Java: Socket.getLocalSocketAddress.
int polysock_getsockname(const polysock_t *s, polysock_addr *out);

/// Gives the address of the other end.
///
/// BSD: getpeername(2). Python: socket.getpeername. Java: Socket.getRemoteSocketAddress.
/// POLYSOCK_ENOTCONN when there is none.
int polysock_getpeername(const polysock_t *s, polysock_addr *out);

/// Receives what is there, at least one and at most `n` bytes, and returns how many; 0 is the end of the stream.
///
/// BSD: recv(2). Python: socket.recv_into. Java: InputStream.read (-1 at the end).
/// `flags` are POLYSOCK_MSG_ numbers; with POLYSOCK_MSG_WAITALL it fills the buffer unless something ends it sooner.
/// POLYSOCK_ECONNRESET, POLYSOCK_ENOTCONN, POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN, POLYSOCK_ECLOSED.
ssize_t polysock_recv(polysock_t *s, void *buf, size_t n, int flags, int timeout_ms);

/// Receives exactly `n` bytes.
///
/// BSD: recv(2) with MSG_WAITALL. Python: socket.recv_exact. Java: InputStream.readNBytes, DataInputStream.readFully.
/// One deadline covers the whole call. `*done`, unless NULL, is how many bytes came, also on failure; they are in `buf`.
/// POLYSOCK_EEOF when the stream ends before the first byte, POLYSOCK_ETRUNCATED when it ends in the middle; others as
/// polysock_recv().
int polysock_recv_exact(polysock_t *s, void *buf, size_t n, size_t *done, int timeout_ms);

/// Sends as much of `n` bytes as there is room for and returns how many, at least one.
///
/// BSD: send(2). Python: socket.send. Java: SocketChannel.write.
/// Never raises SIGPIPE. Without a time limit, on a stream, it waits until everything is on its way, as a blocking
/// send(2) does. `flags` are POLYSOCK_MSG_ numbers. POLYSOCK_EPIPE, POLYSOCK_ECONNRESET, POLYSOCK_ENOTCONN,
/// POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN, POLYSOCK_ECLOSED: nothing was sent then.
/// @code
/// char buf[4096];
/// ssize_t n;
/// while ((n = polysock_recv(s, buf, sizeof buf, 0, 30000)) > 0)
///     if (polysock_sendall(s, buf, (size_t)n, NULL, 30000) < 0)
///         break;
/// @endcode
ssize_t polysock_send(polysock_t *s, const void *buf, size_t n, int flags, int timeout_ms);

/// Sends all `n` bytes. Calls of several threads on one handle never interleave.
///
/// BSD: send(2) in a loop. Python: socket.sendall. Java: OutputStream.write.
/// One deadline covers the whole call. `*done`, unless NULL, is how many bytes left this process, also on failure.
/// Codes as polysock_send().
int polysock_sendall(polysock_t *s, const void *buf, size_t n, size_t *done, int timeout_ms);

/// Gives the state of the TCP connection: "ESTABLISHED", "CLOSE_WAIT", "LISTEN", ...
///
/// BSD: getsockopt(2) with TCP_INFO. Python: socket.state. Java: none.
/// The text is static. NULL when the handle is closed or no TCP socket; polysock_last_detail() tells which.
const char *polysock_state(const polysock_t *s);

/// Sets the timeouts of calls with POLYSOCK_DEFAULT: `recv_ms` of recv and accept, `send_ms` of send and connect.
///
/// BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.settimeout. Java: Socket.setSoTimeout (reads and accept only, 0 = for ever).
/// Milliseconds, 0 (never wait) or POLYSOCK_INFINITE, which a new handle has; POLYSOCK_DEFAULT leaves one as it is.
/// @code
/// polysock_set_timeout(s, 30000, 5000);
/// n = polysock_recv(s, buf, sizeof buf, 0, POLYSOCK_DEFAULT);   /* at most 30 s */
/// @endcode
int polysock_set_timeout(polysock_t *s, int recv_ms, int send_ms);

/// Gives the timeouts that polysock_set_timeout() set, in milliseconds or POLYSOCK_INFINITE. Each out-parameter may be NULL.
///
/// BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.gettimeout. Java: Socket.getSoTimeout.
int polysock_get_timeout(const polysock_t *s, int *recv_ms, int *send_ms);

/// Makes the handle blocking (its timeouts become POLYSOCK_INFINITE) or non-blocking (they become 0), the descriptor's
/// mode included.
///
/// BSD: fcntl(2) with O_NONBLOCK. Python: socket.setblocking. Java: SocketChannel.configureBlocking.
int polysock_set_blocking(polysock_t *s, bool on);

/// Sets what close does with data not sent yet: POLYSOCK_LINGER_OFF, the default, lets the kernel go on sending; 0 drops
/// them and resets the connection; otherwise close waits so many seconds for the peer's acknowledgement.
///
/// BSD: SO_LINGER. Python: socket.set_linger. Java: Socket.setSoLinger.
/// POLYSOCK_EINVAL for another negative number or more than 65535.
int polysock_set_linger(polysock_t *s, int seconds);

/// Gives the linger time in seconds, or POLYSOCK_LINGER_OFF.
///
/// BSD: SO_LINGER. Python: socket.getsockopt. Java: Socket.getSoLinger.
int polysock_get_linger(const polysock_t *s, int *seconds);

/// Probes a quiet connection: first after `idle_s` seconds, then every `interval_s`, dropping it after `count` probes
/// without an answer; 0 is the system's own number (Linux: 7200, 75, 9). Off by default.
///
/// BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.setsockopt. Java: Socket.setKeepAlive.
/// POLYSOCK_EINVAL naming the number that is out of range.
int polysock_set_keepalive(polysock_t *s, bool on, int idle_s, int interval_s, int count);

/// Gives keepalive and its numbers in force, which are 0 while it is off. Every out-parameter may be NULL.
///
/// BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.getsockopt. Java: Socket.getKeepAlive.
int polysock_get_keepalive(const polysock_t *s, bool *on, int *idle_s, int *interval_s, int *count);

/// Sends small pieces at once instead of gathering them. Off by default.
///
/// BSD: TCP_NODELAY. Python: socket.setsockopt. Java: Socket.setTcpNoDelay.
/// POLYSOCK_EOPNOTSUPP or POLYSOCK_ENOPROTOOPT when it is no TCP socket.
int polysock_set_nodelay(polysock_t *s, bool on);

/// Tells whether small pieces are sent at once.
///
/// BSD: TCP_NODELAY. Python: socket.getsockopt. Java: Socket.getTcpNoDelay.
int polysock_get_nodelay(const polysock_t *s, bool *on);

/// Lets bind take an address that an earlier connection still holds in TIME_WAIT. Off by default.
///
/// BSD: SO_REUSEADDR. Python: socket.setsockopt. Java: ServerSocket.setReuseAddress.
int polysock_set_reuseaddr(polysock_t *s, bool on);

/// Tells whether reuse-address is on.
///
/// BSD: SO_REUSEADDR. Python: socket.getsockopt. Java: ServerSocket.getReuseAddress.
int polysock_get_reuseaddr(const polysock_t *s, bool *on);

/// Sets any option by the system's own numbers.
///
/// BSD: setsockopt(2). Python: socket.setsockopt. Java: Socket.setOption.
/// POLYSOCK_ENOPROTOOPT when there is no such option.
int polysock_setsockopt(polysock_t *s, int level, int name, const void *value, size_t len);

/// Reads any option by the system's own numbers; `*len` is the room in `value`, and then how many bytes the option took.
///
/// BSD: getsockopt(2). Python: socket.getsockopt. Java: Socket.getOption.
/// POLYSOCK_ENOPROTOOPT when there is no such option.
int polysock_getsockopt(const polysock_t *s, int level, int name, void *value, size_t *len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* POLYSOCK_POLYSOCK_H */

/* The layout of an address is frozen. */
#ifndef POLYSOCK_LAYOUT_CHECKED
#define POLYSOCK_LAYOUT_CHECKED
#if defined(__cplusplus)
static_assert(sizeof(polysock_addr) == 136, "polysock_addr is 136 bytes");
static_assert(alignof(polysock_addr) == 8, "polysock_addr is aligned to 8");
static_assert(offsetof(polysock_addr, bytes) == 8, "the sockaddr is aligned to 8");
#else
struct polysock_addr_alignment_ { char first; polysock_addr second; };
typedef char polysock_addr_is_136_bytes_[sizeof(polysock_addr) == 136 ? 1 : -1];
typedef char polysock_addr_is_aligned_to_8_[offsetof(struct polysock_addr_alignment_, second) == 8 ? 1 : -1];
typedef char polysock_addr_sockaddr_at_8_[offsetof(polysock_addr, bytes) == 8 ? 1 : -1];
#endif
#endif
