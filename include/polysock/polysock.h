/**
 * @file
 * polysock: sockets without the traps. For C89 and C++98 or later, with <stdint.h> and <stdbool.h>.
 *
 * @verbatim
 *
 * Handles   The caller that makes a polysock_t owns it and frees it once with polysock_free(). Any thread may use it and any
 *           thread may close it; calls that wait on it then end with POLYSOCK_ECLOSED. One thread may send while another receives,
 *           and polysock_sendall() calls never interleave. A thread inside a call must not be cancelled or longjmp'd out
 *           of. A signal handler may only call polysock_strerror(), polysock_err_name() and, on a valid address,
 *           polysock_addr_port(), _scope(), _family(), _equal() and _unmap().
 * Results   0 or a negative code; transfers return a count or a negative code. Out-parameters stay untouched on failure,
 *           except `done` counts, which are set then too. polysock_last_detail() describes every failure.
 * Codes     They are the same on every system: minus the errno number of Linux where there is one. NULL and numbers out of
 *           range: POLYSOCK_EINVAL. A closed handle: POLYSOCK_ECLOSED. A bug in polysock: POLYSOCK_EPANIC, never an abort.
 * Time      Every call that can wait takes `timeout_ms` last: POLYSOCK_INFINITE, 0 (try once: POLYSOCK_EAGAIN when it would have
 *           to wait), POLYSOCK_DEFAULT (the handle's own timeout), or milliseconds; below -2: POLYSOCK_EINVAL. The
 *           call keeps one absolute deadline, however many signals arrive, and is never early.
 * Memory    Strings and addresses passed in stay the caller's. Lengths above SSIZE_MAX: POLYSOCK_EINVAL. A buffer of
 *           length 0 may be NULL. When the system is out of memory, a call fails with POLYSOCK_ENOMEM and has changed nothing.
 *           Small requests (up to 4 KiB), such as those for handles, then come from a reserve of 256 KiB; when half of it is
 *           used up, no new handles are made until something is freed. Three cases still end the process: a name look-up in
 *           which glibc gets no memory, a callback server that has to record more than a few hundred connections at that
 *           moment, and a reserve that is used up entirely, which takes hundreds of calls at the same time.
 * Process   Nothing to initialise, no signal dispositions changed, no SIGPIPE, no threads but those of
 *           polysock_server_start() and polysock_message_server_start(), every descriptor close-on-exec.
 *           POLYSOCK_TRACE in the environment names a folder in which every call is recorded: see polysock_trace_start().
 *           A forked child may use and close what it inherits without disturbing its parent. A poller works there too; a
 *           server does not, as a fork copies no threads.
 *
 * @endverbatim
 * Made by cbindgen from ffi/src: do not edit.
 */

#ifndef POLYSOCK_POLYSOCK_H
#define POLYSOCK_POLYSOCK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* The alignment of a struct, in every language that reads this header. */
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
#define POLYSOCK_MSG_CTRUNC MSG_CTRUNC
#define POLYSOCK_MSG_EOR MSG_EOR
#ifdef __linux__
#define POLYSOCK_MSG_MORE 0x8000
#define POLYSOCK_MSG_ERRQUEUE 0x2000
#endif

#define POLYSOCK_POLLIN POLLIN
#define POLYSOCK_POLLOUT POLLOUT
#define POLYSOCK_POLLPRI POLLPRI
#define POLYSOCK_POLLERR POLLERR
#define POLYSOCK_POLLHUP POLLHUP
#define POLYSOCK_POLLNVAL POLLNVAL
/* The peer ended its stream; 0 where the system has no such event. */
#ifdef __linux__
#define POLYSOCK_POLLRDHUP 0x2000
#else
#define POLYSOCK_POLLRDHUP 0
#endif

/* The initial value of a polysock_msg. */
#define POLYSOCK_MSG_INITIALIZER {sizeof(polysock_msg), NULL, 0, NULL, NULL, 0, 0}

/* The initial value of a polysock_framing: the default. */
#define POLYSOCK_FRAMING_INITIALIZER {0, 0, 0, 0, {0}, 0, 0, {0, 0}}

/* The initial value of a polysock_server_options. */
#define POLYSOCK_SERVER_OPTIONS_INITIALIZER {sizeof(polysock_server_options), 0, NULL, NULL, 0, 0}

/* The initial value of a polysock_message_server_options. */
#define POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER {sizeof(polysock_message_server_options), NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0}

/* For polysock_sendfile(): everything up to the end of the file. */
#define POLYSOCK_TO_END UINT64_MAX

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Operation not permitted.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EPERM -1

/**
 * No such file or directory.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOENT -2

/**
 * Interrupted system call.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EINTR -4

/**
 * Input/output error.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EIO -5

/**
 * Bad file descriptor.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EBADF -9

/**
 * The call would have to wait and may not: timeout 0, or a non-blocking handle.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAGAIN -11

/**
 * Cannot allocate memory.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOMEM -12

/**
 * Permission denied.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EACCES -13

/**
 * Bad address.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EFAULT -14

/**
 * polysock_detach() while calls are inside the handle; a message of which another call has sent only a part; a second
 * thread in a reader.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EBUSY -16

/**
 * File exists.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EEXIST -17

/**
 * No such device.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENODEV -19

/**
 * A NULL or out-of-range argument; polysock_last_detail() names it.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EINVAL -22

/**
 * Too many open files in system.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENFILE -23

/**
 * The process has no descriptor left; a connection waiting to be accepted stays in the queue.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EMFILE -24

/**
 * The buffer is too small for the text; nothing was written.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOSPC -28

/**
 * The file to send has no offsets, such as a pipe.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ESPIPE -29

/**
 * Sending after a reset by the peer or after polysock_shutdown(); never a SIGPIPE.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EPIPE -32

/**
 * File name too long.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENAMETOOLONG -36

/**
 * Function not implemented.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOSYS -38

/**
 * Too many levels of symbolic links.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ELOOP -40

/**
 * Protocol error.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EPROTO -71

/**
 * Bad message: the length before it is malformed.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EBADMSG -74

/**
 * Socket operation on non-socket.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOTSOCK -88

/**
 * Destination address required.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EDESTADDRREQ -89

/**
 * Message too long.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EMSGSIZE -90

/**
 * Protocol wrong type for socket.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EPROTOTYPE -91

/**
 * Protocol not available.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOPROTOOPT -92

/**
 * Protocol not supported.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EPROTONOSUPPORT -93

/**
 * Socket type not supported.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ESOCKTNOSUPPORT -94

/**
 * Operation not supported.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EOPNOTSUPP -95

/**
 * Protocol family not supported.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EPFNOSUPPORT -96

/**
 * Address family not supported by protocol.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAFNOSUPPORT -97

/**
 * Address already in use.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EADDRINUSE -98

/**
 * Cannot assign requested address.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EADDRNOTAVAIL -99

/**
 * Network is down.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENETDOWN -100

/**
 * Network is unreachable.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENETUNREACH -101

/**
 * Network dropped connection on reset.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENETRESET -102

/**
 * Software caused connection abort.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ECONNABORTED -103

/**
 * Connection reset by peer.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ECONNRESET -104

/**
 * No buffer space available.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOBUFS -105

/**
 * Transport endpoint is already connected.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EISCONN -106

/**
 * Transport endpoint is not connected.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ENOTCONN -107

/**
 * Cannot send after transport endpoint shutdown.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ESHUTDOWN -108

/**
 * Too many references: cannot splice.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ETOOMANYREFS -109

/**
 * The time limit of the call passed. When the kernel gives up a connection, the code is POLYSOCK_ECONNTIMEDOUT.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ETIMEDOUT -110

/**
 * Connection refused.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ECONNREFUSED -111

/**
 * Host is down.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EHOSTDOWN -112

/**
 * No route to host.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EHOSTUNREACH -113

/**
 * Operation already in progress.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EALREADY -114

/**
 * A connect that may not wait has started and is in progress.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EINPROGRESS -115

/**
 * Operation canceled.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ECANCELED -125

/**
 * The handle is closed or detached, or was closed by another thread while the call waited.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ECLOSED -1000

/**
 * The stream ended before the first byte of what was asked for.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EEOF -1001

/**
 * The stream ended in the middle of what was asked for.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ETRUNCATED -1002

/**
 * A bug in polysock: a panic was caught. Its report is on stderr and in polysock_last_detail().
 * @ingroup polysock_codes
 */
#define POLYSOCK_EPANIC -1003

/**
 * The system, or this kind of socket, does not have it.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EUNSUPPORTED -1004

/**
 * A system error that has no portable number; polysock_last_detail() has the system's own.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EOTHER -1005

/**
 * The kernel gave up the connection (errno ETIMEDOUT): the peer did not answer connect, keepalive probes or
 * retransmissions. The connection is dead, unlike after POLYSOCK_ETIMEDOUT.
 * @ingroup polysock_codes
 */
#define POLYSOCK_ECONNTIMEDOUT -1006

/**
 * Invalid flags for a name look-up.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_BADFLAGS -2001

/**
 * No such host or service.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_NONAME -2002

/**
 * The name server gave no answer; try again later.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_AGAIN -2003

/**
 * The name server failed.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_FAIL -2004

/**
 * The host exists but has no address.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_NODATA -2005

/**
 * The address family is not supported by look-ups.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_FAMILY -2006

/**
 * The socket type is not supported by look-ups.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_SOCKTYPE -2007

/**
 * The service does not exist for the socket type.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_SERVICE -2008

/**
 * The host has no address of the family asked for.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_ADDRFAMILY -2009

/**
 * The look-up ran out of memory.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_MEMORY -2010

/**
 * The look-up failed with a system error.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_SYSTEM -2011

/**
 * A name is longer than its buffer.
 * @ingroup polysock_codes
 */
#define POLYSOCK_EAI_OVERFLOW -2012

/**
 * The version of this header: major, minor and patch, one byte each.
 * @ingroup polysock_library
 */
#define POLYSOCK_VERSION 256

/**
 * A timeout: waits forever.
 * @ingroup polysock_library
 */
#define POLYSOCK_INFINITE -1

/**
 * A timeout: the handle's own, set by polysock_set_timeout(); forever unless that was called.
 * @ingroup polysock_library
 */
#define POLYSOCK_DEFAULT -2

/**
 * The size of a buffer for the text of any address, with its NUL.
 * @ingroup polysock_addresses
 */
#define POLYSOCK_ADDR_TEXT_SIZE 336

/**
 * A verdict: the peer's system has every byte and the end of the stream, acknowledged before the peer's own end arrived.
 * There was no reset.
 * @ingroup polysock_delivery
 */
#define POLYSOCK_CLOSE_PEER_FINISHED 1

/**
 * A verdict: the peer's system has every byte and the end of the stream, but the peer had ended its own stream before, or
 * so close to it that the order can't be known. There was no reset.
 * @ingroup polysock_delivery
 */
#define POLYSOCK_CLOSE_ACKNOWLEDGED 2

/**
 * A verdict: time was up before the peer had acknowledged everything and ended its stream. If `unacked` and `unsent`
 * are 0, the peer's system has every byte. Otherwise the system goes on trying to deliver the rest.
 * @ingroup polysock_delivery
 */
#define POLYSOCK_CLOSE_TIMED_OUT 3

/**
 * A verdict: the connection broke, by a reset or because the system gave it up. What the peer had not acknowledged is
 * lost, and it may have thrown away what it had.
 * @ingroup polysock_delivery
 */
#define POLYSOCK_CLOSE_RESET 4

/**
 * A verdict: the peer sent more than the limit, and the connection was cut, by a reset.
 * @ingroup polysock_delivery
 */
#define POLYSOCK_CLOSE_LIMIT_REACHED 5

/**
 * A limit for polysock_close_graceful(), in bytes, that is enough for what two systems can have on the way: 16 MiB.
 * @ingroup polysock_delivery
 */
#define POLYSOCK_DISCARD_LIMIT 16777216

/**
 * The largest number of pieces in one call.
 * @ingroup polysock_streams
 */
#define POLYSOCK_IOV_MAX 1024

/**
 * A framing: each message follows its length, a number of `bits` bits in `byte_order`.
 * @ingroup polysock_frames
 */
#define POLYSOCK_FRAMING_LENGTH 0

/**
 * A framing: each message follows its length as a varint, as in protobuf's delimited streams.
 * @ingroup polysock_frames
 */
#define POLYSOCK_FRAMING_VARINT 1

/**
 * A framing: each message ends with the `delimiter`, which is not part of it and must not occur in it.
 * @ingroup polysock_frames
 */
#define POLYSOCK_FRAMING_DELIMITER 2

/**
 * A framing: each message is a line, which ends with "\\n" or "\\r\\n". A last line without one is a message too.
 * @ingroup polysock_frames
 */
#define POLYSOCK_FRAMING_LINES 3

/**
 * A framing: every message has exactly `fixed_size` bytes.
 * @ingroup polysock_frames
 */
#define POLYSOCK_FRAMING_FIXED 4

/**
 * A byte order: the most significant byte first, which is network byte order.
 * @ingroup polysock_frames
 */
#define POLYSOCK_BIG_ENDIAN 0

/**
 * A byte order: the least significant byte first.
 * @ingroup polysock_frames
 */
#define POLYSOCK_LITTLE_ENDIAN 1

/**
 * The longest delimiter, in bytes.
 * @ingroup polysock_frames
 */
#define POLYSOCK_DELIMITER_MAX 16

/**
 * Room for all control messages that usually come with a message: 253 descriptors, the most that Linux passes at once,
 * with credentials, packet information and a timestamp.
 * @ingroup polysock_messages
 */
#define POLYSOCK_CONTROL_ROOM 2048

/**
 * The largest number of entries in one polysock_poll().
 * @ingroup polysock_waiting
 */
#define POLYSOCK_POLL_MAX (1 << 20)

/**
 * Level-triggered: every wait reports the socket while it is ready.
 * @ingroup polysock_waiting
 */
#define POLYSOCK_POLL_LEVEL 0

/**
 * Edge-triggered: reported once each time the socket becomes ready; read or write until there is nothing left to do.
 * @ingroup polysock_waiting
 */
#define POLYSOCK_POLL_EDGE 1

/**
 * One-shot: reported once, and again only after polysock_poller_modify().
 * @ingroup polysock_waiting
 */
#define POLYSOCK_POLL_ONESHOT 2

/**
 * Why a connection ended: the peer ended its stream, and everything it had sent was handled and answered.
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_PEER_FINISHED 1

/**
 * Why a connection ended: by polysock_connection_close() or polysock_connection_abort().
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_BY_PROGRAM 2

/**
 * Why a connection ended: receiving or sending failed, most often because the peer reset it. `code` gives the failure.
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_FAILED 3

/**
 * Why a connection ended: the peer was idle for too long, or did not take the bytes still to be sent before a close.
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_IDLE_TIMEOUT 4

/**
 * Why a connection ended: a callback took too long.
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_HANDLER_TIMEOUT 5

/**
 * Why a connection ended: a callback failed.
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_HANDLER_FAILED 6

/**
 * Why a connection ended: the peer sent a message that is too long (`code` is POLYSOCK_EMSGSIZE) or malformed
 * (POLYSOCK_EBADMSG), or ended its stream in the middle of one (POLYSOCK_ETRUNCATED).
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_BAD_MESSAGE 7

/**
 * Why a connection ended: the server was stopped.
 * @ingroup polysock_message_server
 */
#define POLYSOCK_REASON_STOPPED 8

/**
 * A linger time: off.
 * @ingroup polysock_options
 */
#define POLYSOCK_LINGER_OFF -1

/**
 * A connection of a message server. Any thread may send on it and close it.
 *
 * BSD: a descriptor. Python: polysock.Connection. Java: none.
 * The server lends it to callbacks: it is valid until the connection's last callback returns. Another thread, or a callback
 * of another connection, may use it if it was retained first with polysock_connection_retain().
 * @ingroup polysock_message_server
 */
typedef struct polysock_connection polysock_connection;

/**
 * Control messages: those to send, in the order added, and those received by the last polysock_recvmsg().
 *
 * BSD: the msg_control of struct msghdr, with CMSG_FIRSTHDR and the like. Python: the list of socket.sendmsg and
 * socket.recvmsg. Java: none.
 * Only one thread at a time may use it. Messages to send and received messages are independent: what was added stays
 * until polysock_control_clear(), and is sent again with the next message.
 *
 * Descriptors to send stay the caller's: the peer gets copies. Received descriptors belong to the polysock_control
 * until polysock_control_take_fds() passes them to the caller; the next polysock_recvmsg() into it,
 * polysock_control_clear() and polysock_control_free() close those that were not taken, so ignored ones do not leak.
 * @code
 * polysock_control *control;
 * polysock_msg m = POLYSOCK_MSG_INITIALIZER;
 * polysock_iovec part = {&byte, 1};
 * int fd;
 * if (polysock_control_new(&control, POLYSOCK_CONTROL_ROOM) == 0) {
 *     m.iov = &part, m.iov_count = 1, m.control = control;
 *     if (polysock_recvmsg(s, &m, 0, 5000) == 1 && polysock_control_take_fds(control, &fd, 1) == 1)
 *         close(fd);    // ours now
 *     polysock_control_free(control);
 * }
 * @endcode
 * @ingroup polysock_messages
 */
typedef struct polysock_control polysock_control;

/**
 * A server that accepts connections, receives and sends, and calls a callback with each message.
 *
 * BSD: an event loop over epoll(7). Python: polysock.MessageServer. Java: none.
 * One thread does the work while callbacks return soon, and a second one watches it; others are started while callbacks take
 * longer than a few milliseconds, so a callback that waits holds up other connections only briefly. A fork copies no threads:
 * the child handles no connections, and polysock_message_server_wait() fails there with POLYSOCK_ECLOSED. Free it once with
 * polysock_message_server_free().
 * @code
 * static int shout(polysock_connection *connection, const void *line, size_t len, void *state, void *user)
 * {
 *     char loud[80];
 *     ...
 *     return polysock_connection_reply(connection, loud, len);
 * }
 * ...
 * polysock_message_server_options o = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
 * polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
 * lines.kind = POLYSOCK_FRAMING_LINES;
 * lines.limit = 80;
 * o.framing = &lines;
 * polysock_create_server(&listener, "127.0.0.1", "8080", 128);
 * polysock_message_server_start(&server, listener, shout, NULL, &o);
 * ...
 * polysock_message_server_stop(server, 5000, NULL);
 * polysock_message_server_free(server);
 * polysock_free(listener);
 * @endcode
 * @ingroup polysock_message_server
 */
typedef struct polysock_message_server polysock_message_server;

/**
 * A set of sockets, each registered once. A wait returns those that are ready; its cost does not depend on how many are
 * registered.
 *
 * BSD: epoll(7), kqueue(2). Python: select.epoll. Java: Selector.
 * Any number of threads may add, remove and wait. Closing a registered socket ends its registration: a closed socket
 * never has an event. The poller and its sockets may be freed in any order. In a forked child the poller has the same
 * registrations, so daemon(3) may be called after everything is set up; neither process disturbs the other. (If a
 * thread was changing the poller at the moment of the fork, the child's calls fail with POLYSOCK_ECLOSED.) Free it
 * once with polysock_poller_free().
 * @code
 * polysock_poller *poller;
 * polysock_event events[64];
 * polysock_poller_new(&poller);
 * polysock_poller_add(poller, listener, 0, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL);
 * int n = polysock_poller_wait(poller, events, 64, POLYSOCK_INFINITE);
 * for (int i = 0; i < n; i++)
 *     handle(events[i].token, events[i].events);
 * polysock_poller_free(poller);
 * @endcode
 * @ingroup polysock_waiting
 */
typedef struct polysock_poller polysock_poller;

/**
 * Receives messages, lines and bytes from a stream, and keeps what arrived ahead of them.
 *
 * BSD: a FILE made by fdopen(3). Python: polysock.Reader. Java: DataInputStream or BufferedReader over a socket's stream.
 * It keeps the socket in memory: the two may be freed in either order. After polysock_close() or polysock_free() of the
 * socket it returns what it has received ahead, and then its calls fail with POLYSOCK_ECLOSED. One thread uses it at a
 * time; a call by a second one fails with POLYSOCK_EBUSY. Meanwhile other threads may send on the socket, or close it.
 * Other receives on the socket do not find what a reader has received ahead: see polysock_reader_pending(). Free it once
 * with polysock_reader_free().
 * @code
 * polysock_reader *reader;
 * const void *message;
 * ssize_t n;
 * polysock_reader_new(&reader, s, NULL);
 * while ((n = polysock_reader_frame(reader, &message, 5000)) >= 0)
 *     handle(message, (size_t)n);
 * if (n != POLYSOCK_EEOF)
 *     fprintf(stderr, "%s\n", polysock_last_detail());
 * polysock_reader_free(reader);
 * @endcode
 * @ingroup polysock_frames
 */
typedef struct polysock_reader polysock_reader;

/**
 * A server: a listener, and threads that accept connections on it and call a callback for each.
 *
 * BSD: accept(2) in a loop. Python: polysock.Server. Java: ServerSocket with an ExecutorService.
 * It has at most `max_connections` threads, and one more if callbacks have a time limit. Connections for which there
 * is no thread or no descriptor wait in the kernel. A fork copies no threads: the child handles no connections, and
 * polysock_server_wait() fails there with POLYSOCK_ECLOSED; so call daemon(3) before polysock_server_start(). Free it
 * once with polysock_server_free().
 * @code
 * static int greet(polysock_t *connection, const polysock_addr *peer, void *user)
 * {
 *     return polysock_sendall(connection, "hello\n", 6, NULL, 5000);
 * }
 * ...
 * polysock_t *listener;
 * polysock_server *server;
 * size_t running;
 * polysock_create_server(&listener, "127.0.0.1", "8080", 128);
 * polysock_server_start(&server, listener, greet, NULL, NULL);
 * ...
 * polysock_server_stop(server, 5000, &running);
 * polysock_server_free(server);
 * polysock_free(listener);
 * @endcode
 * @ingroup polysock_server
 */
typedef struct polysock_server polysock_server;

/**
 * A socket: a handle that any number of threads may use and any of them may close.
 *
 * BSD: a descriptor. Python: socket.socket. Java: Socket and ServerSocket.
 * The caller that makes it owns it and frees it once with polysock_free().
 * @code
 * polysock_t *s;
 * if (polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0) == 0) {
 *     ...
 *     polysock_free(s);
 * }
 * @endcode
 * @ingroup polysock_sockets
 */
typedef struct polysock_t polysock_t;

/**
 * A socket address of any family: a plain value, to be copied freely; there is nothing to free.
 *
 * BSD: struct sockaddr_storage with its length. Python: an address tuple. Java: InetSocketAddress.
 * Its size and alignment are frozen. `bytes` begins with a struct sockaddr of `length` bytes; addresses of families
 * that polysock does not know pass through unchanged.
 * @code
 * polysock_addr a;
 * char text[POLYSOCK_ADDR_TEXT_SIZE];
 * if (polysock_addr_parse(&a, "[::1]", 80) == 0 && polysock_addr_format(&a, text, sizeof text) > 0)
 *     puts(text);    // [::1]:80
 * @endcode
 * @ingroup polysock_addresses
 */
typedef struct POLYSOCK_ALIGNED(8) {
    /**
     * The length of the sockaddr in `bytes`; 0 for no address.
     */
    uint64_t length;
    /**
     * The sockaddr.
     */
    uint8_t bytes[128];
} polysock_addr;

/**
 * What polysock_close_graceful() found. Later versions add fields only at the end.
 *
 * BSD: none. Python: CloseReport. Java: none.
 * @ingroup polysock_delivery
 */
typedef struct {
    /**
     * A POLYSOCK_CLOSE_ number.
     */
    uint32_t verdict;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * Bytes sent but not acknowledged; for a Unix socket an upper limit.
     */
    uint64_t unacked;
    /**
     * Bytes not sent at all.
     */
    uint64_t unsent;
    /**
     * Bytes of the peer's that were read and thrown away.
     */
    uint64_t discarded;
} polysock_close_report;

/**
 * A piece of memory to send from, which does not change, or to receive into.
 *
 * BSD: struct iovec, with the same layout. Python: a buffer. Java: ByteBuffer.
 * Its layout is frozen.
 * @ingroup polysock_streams
 */
typedef struct {
    /**
     * Where it begins; may be NULL when `len` is 0.
     */
    void *base;
    /**
     * How many bytes it has.
     */
    size_t len;
} polysock_iovec;

/**
 * How a stream is divided into messages, and how long one may be.
 *
 * BSD: none. Python: polysock.Framing. Java: DataOutputStream.writeInt and write, for the default.
 * Start from POLYSOCK_FRAMING_INITIALIZER, all zero. That, or NULL in place of a pointer to one, is the default: before each
 * message its length, 32 bits in network byte order, and at most 16 MiB in a message. Fields that the kind does not use
 * must be zero, or the call fails with POLYSOCK_EINVAL. Its layout is frozen.
 * @code
 * polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER, records = POLYSOCK_FRAMING_INITIALIZER;
 * lines.kind = POLYSOCK_FRAMING_LINES;
 * lines.limit = 1024;
 * records.kind = POLYSOCK_FRAMING_FIXED;
 * records.fixed_size = sizeof (struct record);
 * @endcode
 * @ingroup polysock_frames
 */
typedef struct {
    /**
     * POLYSOCK_FRAMING_LENGTH, POLYSOCK_FRAMING_VARINT, ...
     */
    int kind;
    /**
     * POLYSOCK_FRAMING_LENGTH: the width of the length in bits, 8, 16, 32 or 64; 0: 32.
     */
    int bits;
    /**
     * POLYSOCK_FRAMING_LENGTH: POLYSOCK_BIG_ENDIAN or POLYSOCK_LITTLE_ENDIAN.
     */
    int byte_order;
    /**
     * POLYSOCK_FRAMING_DELIMITER: how many bytes of `delimiter` are used, 1 to POLYSOCK_DELIMITER_MAX.
     */
    int delimiter_len;
    /**
     * POLYSOCK_FRAMING_DELIMITER: the bytes that end a message.
     */
    uint8_t delimiter[POLYSOCK_DELIMITER_MAX];
    /**
     * POLYSOCK_FRAMING_FIXED: the number of bytes in each message.
     */
    size_t fixed_size;
    /**
     * The longest message, in bytes without length and delimiter, for the receiver and the sender. 0: 16 MiB, or `fixed_size`
     * if that is more.
     */
    size_t limit;
    /**
     * Must be zero.
     */
    size_t reserved[2];
} polysock_framing;

/**
 * A message to send, or one that was received and is valid until the reader's next call.
 *
 * BSD: struct iovec, with the same layout. Python: bytes. Java: byte[].
 * Its layout is frozen.
 * @ingroup polysock_frames
 */
typedef struct {
    /**
     * Where it begins; may be NULL when `len` is 0.
     */
    const void *data;
    /**
     * How many bytes it has.
     */
    size_t len;
} polysock_frame;

/**
 * A datagram of a batch, to send or to receive.
 *
 * BSD: struct mmsghdr. Python: the items that socket.send_batch takes. Java: DatagramPacket.
 * Start from zeros: `polysock_dgram d = {0};`. What it points to belongs to the caller; several elements may have the same
 * `addr` to send to. Its layout is frozen.
 * @ingroup polysock_datagrams
 */
typedef struct {
    /**
     * The bytes to send, which do not change, or where to store those received; may be NULL when `len` is 0.
     */
    void *buf;
    /**
     * How many bytes to send, or how many there is room for.
     */
    size_t len;
    /**
     * polysock_send_batch(): the destination, or NULL when the socket is connected. polysock_recv_batch(): where to
     * store the sender's address, or NULL.
     */
    polysock_addr *addr;
    /**
     * Set by the call: how many bytes were sent or stored, or the code that says why it was not sent.
     */
    ssize_t result;
    /**
     * Set by polysock_recv_batch(): 0, or with polysock_set_udp_gro() the length of each of several datagrams in `buf`, of
     * which the last may be shorter.
     */
    size_t segment_size;
    /**
     * Set by polysock_recv_batch(): POLYSOCK_MSG_TRUNC when the datagram was longer than `len`, and the rest is lost.
     */
    int flags;
    /**
     * Must be zero.
     */
    int reserved[3];
} polysock_dgram;

/**
 * The sender of a message over a Unix domain socket.
 *
 * BSD: struct ucred. Python: struct.unpack("3i", data). Java: UnixDomainPrincipal.
 * Its layout is frozen.
 * @ingroup polysock_messages
 */
typedef struct {
    /**
     * The process id.
     */
    int32_t pid;
    /**
     * Its user id.
     */
    uint32_t uid;
    /**
     * Its group id.
     */
    uint32_t gid;
} polysock_credentials;

/**
 * A message: its bytes in pieces, an address, and control messages.
 *
 * BSD: struct msghdr. Python: the arguments of socket.sendmsg. Java: none.
 * Start from POLYSOCK_MSG_INITIALIZER, which sets `size`; everything else may stay zero. What it points at stays the
 * caller's.
 * @code
 * polysock_msg m = POLYSOCK_MSG_INITIALIZER;
 * polysock_iovec part = {buf, sizeof buf};
 * m.iov = &part;
 * m.iov_count = 1;
 * ssize_t n = polysock_recvmsg(s, &m, 0, 5000);
 * if (n >= 0 && m.flags & POLYSOCK_MSG_TRUNC)
 *     fprintf(stderr, "the datagram was longer\n");
 * @endcode
 * @ingroup polysock_messages
 */
typedef struct {
    /**
     * sizeof (polysock_msg), from which a later library knows which fields there are.
     */
    size_t size;
    /**
     * The pieces.
     */
    const polysock_iovec *iov;
    /**
     * The number of pieces, at most POLYSOCK_IOV_MAX.
     */
    size_t iov_count;
    /**
     * polysock_sendmsg(): the destination, or NULL. polysock_recvmsg(): where to store the sender's address, or NULL.
     */
    polysock_addr *addr;
    /**
     * The control messages to send, or where to store those received; NULL for none.
     */
    polysock_control *control;
    /**
     * Set by polysock_recvmsg(): POLYSOCK_MSG_TRUNC, POLYSOCK_MSG_CTRUNC, POLYSOCK_MSG_EOR, ...
     */
    int flags;
    /**
     * Must be zero.
     */
    int reserved;
} polysock_msg;

/**
 * What to wait for: a handle, or a plain descriptor.
 *
 * BSD: struct pollfd. Python: select.poll.register. Java: SelectionKey.
 * Its layout is frozen.
 * @ingroup polysock_waiting
 */
typedef struct {
    /**
     * The handle, or NULL for a plain descriptor.
     */
    polysock_t *socket;
    /**
     * The descriptor when there is no handle; a negative one is ignored.
     */
    int fd;
    /**
     * What to wait for: POLYSOCK_POLLIN, POLYSOCK_POLLOUT, ...
     */
    short events;
    /**
     * What was found; POLYSOCK_POLLERR, POLYSOCK_POLLHUP and POLYSOCK_POLLNVAL even when not asked for.
     */
    short revents;
    /**
     * Must be zero.
     */
    uint64_t reserved;
} polysock_pollfd;

/**
 * A socket or descriptor that is ready.
 *
 * BSD: struct epoll_event. Python: a pair of select.epoll.poll. Java: SelectionKey.
 * Its layout is frozen.
 * @ingroup polysock_waiting
 */
typedef struct {
    /**
     * The number it was registered with.
     */
    uint64_t token;
    /**
     * What it is ready for: POLYSOCK_POLLIN, POLYSOCK_POLLOUT, ...
     */
    int events;
    /**
     * Zero.
     */
    int reserved;
} polysock_event;

/**
 * Called with a message, which is valid until the callback returns. It returns 0; any other number is a failure, reported to
 * `on_error`: the connection is closed once the replies to earlier messages have been sent.
 *
 * BSD: the code after recv(2). Python: on_message of polysock.MessageServer. Java: none.
 * It answers with polysock_connection_reply(), any number of times.
 * @ingroup polysock_message_server
 */
typedef int (*polysock_message_fn)(polysock_connection *connection, const void *message, size_t len, void *state, void *user);

/**
 * Called when a connection has been accepted. It returns 0; any other number is a failure: the connection is closed, and no
 * other callback is called for it.
 *
 * BSD: none. Python: on_open of polysock.MessageServer. Java: none.
 * `*state`, NULL at first, is passed to the other callbacks of the connection. The callbacks of one connection are called
 * one after the other, those of different connections by several threads at once. `connection` is valid until the
 * connection's last callback returns; polysock_connection_retain() keeps it longer. A callback must return: no longjmp(3), no
 * pthread_exit(3), no C++ exception.
 * @ingroup polysock_message_server
 */
typedef int (*polysock_open_fn)(polysock_connection *connection, void **state, void *user);

/**
 * Called when a connection has ended, exactly once after each `on_open` that succeeded.
 *
 * BSD: none. Python: on_close of polysock.MessageServer. Java: none.
 * `reason` is a POLYSOCK_REASON_ number. `code` is 0, or a POLYSOCK_E number that polysock_last_detail() describes.
 * @ingroup polysock_message_server
 */
typedef void (*polysock_close_fn)(polysock_connection *connection, int reason, int code, void *state, void *user);

/**
 * Called with a failure, after which the server continues.
 *
 * BSD: none. Python: on_error of polysock.MessageServer. Java: Thread.UncaughtExceptionHandler.
 * With a `connection`, a callback of that connection returned `code`. With NULL, the server itself failed, as described for
 * polysock_server_error_fn. Failures that peers can cause at will are counted (see polysock_message_server_get_stats())
 * and reported at most once a second. Several of the server's threads may call it at once.
 * @ingroup polysock_message_server
 */
typedef void (*polysock_message_error_fn)(int code, polysock_connection *connection, void *user);

/**
 * Called when `user` is no longer in use: no callback is running, and none will be called.
 *
 * BSD: none. Python: none. Java: none.
 * @ingroup polysock_server
 */
typedef void (*polysock_release_fn)(void *user);

/**
 * The options of a message server.
 *
 * BSD: none. Python: the arguments of polysock.MessageServer. Java: none.
 * Start from POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER, which sets `size`; everything else may stay zero.
 * @ingroup polysock_message_server
 */
typedef struct {
    /**
     * sizeof (polysock_message_server_options), from which a later library knows which fields there are.
     */
    size_t size;
    /**
     * How messages and replies are delimited. NULL: not at all, a message is what one receive brought, and replies are sent
     * as they are.
     */
    const polysock_framing *framing;
    /**
     * Called when a connection has been accepted, or NULL.
     */
    polysock_open_fn on_open;
    /**
     * Called when a connection has ended, or NULL.
     */
    polysock_close_fn on_close;
    /**
     * Called with failures; NULL: failures are not reported.
     */
    polysock_message_error_fn on_error;
    /**
     * Called once when the server has stopped and the last callback has returned, or NULL.
     */
    polysock_release_fn release;
    /**
     * How many connections are open at once; others wait in the listener's queue. One that has ended counts until `on_close` has
     * returned. 0: 10,000.
     */
    size_t max_connections;
    /**
     * How many callbacks may run at once, each in its own thread. More than two threads are started only while callbacks take
     * longer than a few milliseconds, and one more than this only to enforce `handler_timeout_ms`. 0: 16.
     */
    size_t workers;
    /**
     * How many bytes may wait to be sent on one connection. While more wait, no further messages of the connection are
     * handled and nothing more is received on it; polysock_connection_send() waits or fails rather than exceed it. 0: 256 KiB.
     */
    size_t max_unsent;
    /**
     * Not 0: replies, and what polysock_connection_send() sends, go out as they are, without framing. For protocols whose
     * answers are divided differently from requests, such as HTTP.
     */
    int raw_replies;
    /**
     * How long a peer may neither send anything nor take anything that is sent, in milliseconds. Time in which a callback of
     * the connection runs does not count. 0: no limit.
     */
    int idle_timeout_ms;
    /**
     * How long one callback may take, in milliseconds. Then its connection is closed while it still runs. 0: no limit.
     */
    int handler_timeout_ms;
    /**
     * Must be zero.
     */
    int reserved;
} polysock_message_server_options;

/**
 * The counters of a message server since it was started.
 *
 * BSD: none. Python: MessageServer.stats. Java: none.
 * Set `size` to sizeof (polysock_message_server_stats) before the call; from it a later library knows which fields there are.
 * @ingroup polysock_message_server
 */
typedef struct {
    /**
     * sizeof (polysock_message_server_stats).
     */
    size_t size;
    /**
     * Connections that have ended.
     */
    uint64_t handled;
    /**
     * Connections that ended because the peer had reset them or was gone, before or after they were accepted.
     */
    uint64_t resets;
    /**
     * Connections that were closed because the peer was idle for too long.
     */
    uint64_t idle_timeouts;
    /**
     * Connections that were closed because a callback took too long.
     */
    uint64_t handler_timeouts;
    /**
     * Connections that were closed because the peer had sent a message that was too long, malformed or unfinished.
     */
    uint64_t bad_messages;
} polysock_message_server_stats;

/**
 * Handles one connection. It returns 0 for success; any other number is a failure, reported to `on_error`.
 *
 * BSD: the code after accept(2). Python: the handler of polysock.Server. Java: the code after ServerSocket.accept.
 * Several threads call it at once. The connection belongs to the server: it must not be freed, nor used after the
 * callback returns. The server then closes it, with FIN first even when there is unread input, so that the peer gets
 * what was sent; after polysock_fileno(), polysock_dup() or fork(2) it is a plain close, which leaves the connection
 * to others that share it. A callback may close the connection itself, or keep it by polysock_detach() and
 * polysock_from_fd(). It must return: no longjmp(3), no pthread_exit(3), no C++ exception.
 * @ingroup polysock_server
 */
typedef int (*polysock_connection_fn)(polysock_t *connection, const polysock_addr *peer, void *user);

/**
 * Called with a failure, after which the server continues.
 *
 * BSD: none. Python: on_error of polysock.Server. Java: Thread.UncaughtExceptionHandler.
 * With a `peer`, the callback for that peer returned `code`. With NULL the server itself failed, `code` is a
 * POLYSOCK_E number and polysock_last_detail() describes it: another thread could not be started, or a connection
 * could not be accepted, for example because the process has no descriptors left. The server tries again when a
 * connection ends, or after a pause that grows to a second; until then connections wait.
 * Failures that peers can cause at will are counted, see polysock_server_get_stats(), and reported at most once a
 * second: resets of the connection, and POLYSOCK_ETIMEDOUT if there is an idle timeout.
 * The server's threads call it, several at once.
 * @ingroup polysock_server
 */
typedef void (*polysock_server_error_fn)(int code, const polysock_addr *peer, void *user);

/**
 * The options of a server.
 *
 * BSD: none. Python: the arguments of polysock.Server. Java: none.
 * Start from POLYSOCK_SERVER_OPTIONS_INITIALIZER, which sets `size`; everything else may stay zero.
 * @ingroup polysock_server
 */
typedef struct {
    /**
     * sizeof (polysock_server_options), from which a later library knows which fields there are.
     */
    size_t size;
    /**
     * The largest number of connections handled at once, each in its own thread; others wait in the listener's queue.
     * 0: 100.
     */
    size_t max_connections;
    /**
     * Called with failures; NULL: failures are not reported.
     */
    polysock_server_error_fn on_error;
    /**
     * Called once when the server has stopped and the last callback has returned, or NULL.
     */
    polysock_release_fn release;
    /**
     * How long a peer may be silent, or not read what is sent, in milliseconds: each connection starts with this
     * timeout, as if set by polysock_set_timeout(). The callback may set another, or pass one to a call. 0: none.
     */
    int idle_timeout_ms;
    /**
     * How long a callback may take, in milliseconds. Then its connection is closed: calls that wait on it, and all later
     * ones, fail with POLYSOCK_ECLOSED; returning that code does not count as a failure. The callback counts towards
     * `max_connections` until it returns. 0: no limit.
     */
    int handler_timeout_ms;
} polysock_server_options;

/**
 * The counters of a server since it was started.
 *
 * BSD: none. Python: Server.stats. Java: ThreadPoolExecutor.getCompletedTaskCount.
 * Set `size` to sizeof (polysock_server_stats) before the call; from it a later library knows which fields there are.
 * @ingroup polysock_server
 */
typedef struct {
    /**
     * sizeof (polysock_server_stats).
     */
    size_t size;
    /**
     * Connections whose callbacks have returned.
     */
    uint64_t handled;
    /**
     * Callbacks that failed because the peer had reset the connection or was gone (POLYSOCK_ECONNRESET, POLYSOCK_EPIPE,
     * POLYSOCK_ECONNABORTED), and connections that were reset before they were accepted.
     */
    uint64_t resets;
    /**
     * Callbacks that failed with POLYSOCK_ETIMEDOUT, if there is an idle timeout.
     */
    uint64_t idle_timeouts;
    /**
     * Connections that were closed because their callbacks took too long.
     */
    uint64_t handler_timeouts;
} polysock_server_stats;

/**
 * The state and statistics of a TCP connection at one moment.
 *
 * BSD: struct tcp_info, tcp(7). Python: socket.tcp_info. Java: none.
 * Fields that this kernel does not report have all bits set: UINT32_MAX, UINT64_MAX. For a listening socket, only
 * `state`, `unacked` and `sacked` have a meaning. Later versions add fields only at the end.
 * @ingroup polysock_sockets
 */
typedef struct {
    /**
     * The state of the connection, as the kernel numbers it: 1 ESTABLISHED, ..., see polysock_state().
     */
    uint32_t state;
    /**
     * The state of congestion control: 0 open, 1 disorder, 2 reduced, 3 recovery, 4 loss.
     */
    uint32_t ca_state;
    /**
     * Consecutive retransmission timeouts of the oldest unacknowledged segment.
     */
    uint32_t retransmits;
    /**
     * Unanswered zero-window or keepalive probes.
     */
    uint32_t probes;
    /**
     * How often the retransmission timeout was doubled.
     */
    uint32_t backoff;
    /**
     * Whether both ends use timestamps (RFC 7323): 0 or 1.
     */
    uint32_t timestamps;
    /**
     * Whether both ends use selective acknowledgements (RFC 2018): 0 or 1.
     */
    uint32_t sack;
    /**
     * Whether both ends use window scaling (RFC 7323): 0 or 1.
     */
    uint32_t window_scaling;
    /**
     * By how many bits the peer's window is shifted; 0 without scaling.
     */
    uint32_t snd_wscale;
    /**
     * By how many bits this end's window is shifted; 0 without scaling.
     */
    uint32_t rcv_wscale;
    /**
     * Whether both ends use explicit congestion notification (RFC 3168): 0 or 1.
     */
    uint32_t ecn;
    /**
     * Whether a packet marked ECN-capable (ECT) arrived: 0 or 1.
     */
    uint32_t ecn_seen;
    /**
     * Whether data in the SYN, sent or received, was acknowledged with the SYN (RFC 7413): 0 or 1.
     */
    uint32_t syn_data;
    /**
     * Whether the delivery rate was limited by the program, which had nothing more to send: 0 or 1.
     */
    uint32_t delivery_rate_app_limited;
    /**
     * The maximum segment size for sending, in bytes.
     */
    uint32_t snd_mss;
    /**
     * The kernel's estimate of the peer's segment size, in bytes.
     */
    uint32_t rcv_mss;
    /**
     * Segments sent and not acknowledged; of a listener, connections waiting to be accepted.
     */
    uint32_t unacked;
    /**
     * Segments acknowledged selectively; of a listener, the backlog.
     */
    uint32_t sacked;
    /**
     * Segments assumed lost.
     */
    uint32_t lost;
    /**
     * Segments retransmitted and not yet acknowledged.
     */
    uint32_t retrans;
    /**
     * The path MTU, in bytes.
     */
    uint32_t pmtu;
    /**
     * The largest receive window to be offered, in bytes.
     */
    uint32_t rcv_ssthresh;
    /**
     * The congestion window at which slow start ends, in segments; UINT32_MAX before the first loss.
     */
    uint32_t snd_ssthresh;
    /**
     * The congestion window, in segments.
     */
    uint32_t snd_cwnd;
    /**
     * The maximum segment size announced to the peer, in bytes.
     */
    uint32_t advmss;
    /**
     * By how many segments the order may change before one counts as lost.
     */
    uint32_t reordering;
    /**
     * What the program reads in a round trip, from which the receive buffer grows, in bytes.
     */
    uint32_t rcv_space;
    /**
     * Segments retransmitted since the connection began.
     */
    uint32_t total_retrans;
    /**
     * Segments sent, with empty ones and retransmissions. Linux 4.2.
     */
    uint32_t segs_out;
    /**
     * Segments received, with empty ones. Linux 4.2.
     */
    uint32_t segs_in;
    /**
     * Bytes not sent yet. Linux 4.6.
     */
    uint32_t notsent_bytes;
    /**
     * Segments with data received. Linux 4.6.
     */
    uint32_t data_segs_in;
    /**
     * Segments with data sent, with retransmissions. Linux 4.6.
     */
    uint32_t data_segs_out;
    /**
     * Segments delivered to the peer. Linux 4.18.
     */
    uint32_t delivered;
    /**
     * Of these, those marked by a router (ECN). Linux 4.18.
     */
    uint32_t delivered_ce;
    /**
     * Segments that the peer reported as received twice. Linux 4.19.
     */
    uint32_t dsack_dups;
    /**
     * How often reordering was detected. Linux 4.19.
     */
    uint32_t reord_seen;
    /**
     * Segments received out of order. Linux 5.4.
     */
    uint32_t rcv_ooopack;
    /**
     * The peer's window, scaled, in bytes. Linux 5.4.
     */
    uint32_t snd_wnd;
    /**
     * This end's window, scaled, in bytes. Linux 6.2.
     */
    uint32_t rcv_wnd;
    /**
     * How often another path was tried after a timeout. Linux 6.2.
     */
    uint32_t rehash;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * The retransmission timeout, in microseconds.
     */
    uint64_t rto_us;
    /**
     * How long an acknowledgement may be delayed, in microseconds.
     */
    uint64_t ato_us;
    /**
     * The time since data was last sent, in microseconds.
     */
    uint64_t last_data_sent_us;
    /**
     * The time since data was last received, in microseconds.
     */
    uint64_t last_data_recv_us;
    /**
     * The time since an acknowledgement was last received, in microseconds.
     */
    uint64_t last_ack_recv_us;
    /**
     * The smoothed round trip time, in microseconds.
     */
    uint64_t rtt_us;
    /**
     * The mean deviation of the round trip time, in microseconds.
     */
    uint64_t rttvar_us;
    /**
     * The receiver's estimate of the round trip time, in microseconds; 0 before the first.
     */
    uint64_t rcv_rtt_us;
    /**
     * The pacing rate, in bytes per second; UINT64_MAX without limit.
     */
    uint64_t pacing_rate;
    /**
     * The maximum pacing rate (SO_MAX_PACING_RATE), in bytes per second; UINT64_MAX without limit.
     */
    uint64_t max_pacing_rate;
    /**
     * Bytes acknowledged by the peer; SYN and FIN may count as one byte each. Linux 4.1.
     */
    uint64_t bytes_acked;
    /**
     * Bytes received in order. Linux 4.1.
     */
    uint64_t bytes_received;
    /**
     * The shortest recent round trip time, in microseconds; UINT64_MAX before the first. Linux 4.6.
     */
    uint64_t min_rtt_us;
    /**
     * The recent rate of delivery to the peer, in bytes per second. Linux 4.9.
     */
    uint64_t delivery_rate;
    /**
     * How long there was data to send, in microseconds. Linux 4.10.
     */
    uint64_t busy_time_us;
    /**
     * Of that, how long the peer's window limited sending, in microseconds. Linux 4.10.
     */
    uint64_t rwnd_limited_us;
    /**
     * Of that, how long the send buffer limited sending, in microseconds. Linux 4.10.
     */
    uint64_t sndbuf_limited_us;
    /**
     * Bytes sent, with retransmissions. Linux 4.19.
     */
    uint64_t bytes_sent;
    /**
     * Bytes retransmitted. Linux 4.19.
     */
    uint64_t bytes_retrans;
} polysock_tcp_stats;

/**
 * Returns the meaning of a code, in English.
 *
 * BSD: strerror(3), gai_strerror(3). Python: os.strerror. Java: Throwable.getMessage.
 * The text is static. Any number is allowed; for 0 and above it is "Success".
 * @ingroup polysock_codes
 */
const char *polysock_strerror(int code);

/**
 * Returns the name of a code without its prefix: "ECONNREFUSED", "ECLOSED", "EAI_NONAME".
 *
 * BSD: none (glibc strerrorname_np). Python: errno.errorcode. Java: the class of the exception.
 * The text is static. Any number is allowed: "OK" for 0 and above, "UNKNOWN" for a number that is not a code.
 * @ingroup polysock_codes
 */
const char *polysock_err_name(int code);

/**
 * Converts an errno number of this system to a code.
 *
 * BSD: errno. Python: OSError.errno. Java: none.
 * 0 stays 0; POLYSOCK_EINVAL for a negative number; POLYSOCK_EOTHER for one without a portable code. On Linux even a
 * number without a name has a code: minus itself, down to -999.
 * @ingroup polysock_codes
 */
int polysock_from_errno(int os_errno);

/**
 * Converts a code to an errno number of this system, for programs that report through errno.
 *
 * BSD: errno. Python: OSError.errno. Java: none.
 * POLYSOCK_ECLOSED is EBADF, POLYSOCK_EUNSUPPORTED is EOPNOTSUPP and POLYSOCK_ECONNTIMEDOUT is ETIMEDOUT. It returns
 * 0 for codes without an errno number (end of stream, the resolver's codes), and for 0 and above.
 * @ingroup polysock_codes
 */
int polysock_errno_of(int code);

/**
 * Returns the version of the library in use: major, minor and patch, one byte each.
 *
 * BSD: none. Python: polysock.__version__. Java: Package.getImplementationVersion.
 * Compare with POLYSOCK_VERSION, the version of the header:
 * @code
 * if (polysock_version() < POLYSOCK_VERSION)
 *     fprintf(stderr, "built for a newer polysock than %s\n", polysock_version_string());
 * @endcode
 * @ingroup polysock_library
 */
uint32_t polysock_version(void);

/**
 * Returns the version of the library in use as text, such as "0.1.0".
 *
 * BSD: none. Python: polysock.__version__. Java: Package.getImplementationVersion.
 * The text is static.
 * @ingroup polysock_library
 */
const char *polysock_version_string(void);

/**
 * Returns a description of the last failure in this thread, such as "connect 127.0.0.1:80: Connection refused".
 *
 * BSD: none (err(3) prints). Python: str(exception). Java: Throwable.getMessage.
 * It is meant for people; do not parse it. It names the operation, the address or the argument with its valid values,
 * and the time limit that passed. Long text from the caller is shortened, and control characters are shown as \\x1b.
 * Call it right after the call that failed: a later success does not change it. The text belongs to the library and is
 * valid until the next call that fails in this thread; it is "" when none has, and never NULL.
 * @ingroup polysock_library
 */
const char *polysock_last_detail(void);

/**
 * Returns how many bytes were missing, at least, when the last failure in this thread was POLYSOCK_ETRUNCATED; otherwise 0.
 *
 * BSD: none. Python: `missing` of the exception. Java: none.
 * @ingroup polysock_library
 */
size_t polysock_last_missing(void);

/**
 * Parses numeric text: "1.2.3.4:80", "[::1]:80", "[fe80::1%2]:80", "[fe80::1%eth0]:80", "unix:/path",
 * "unix:@abstract"; the default for a missing port is `default_port`.
 *
 * BSD: inet_pton(3). Python: ipaddress.ip_address. Java: InetAddress.ofLiteral.
 * In a Unix name "%2f" stands for the byte 0x2f. Names of interfaces are looked up, names of hosts are not: see
 * polysock_getaddrinfo(). Fails with POLYSOCK_EINVAL for anything else, such as a port above 65535.
 * @ingroup polysock_addresses
 */
int polysock_addr_parse(polysock_addr *out, const char *text, int default_port);

/**
 * Writes the text that polysock_addr_parse() reads, and returns its length without the NUL.
 *
 * BSD: inet_ntop(3). Python: str. Java: InetSocketAddress.toString.
 * With `buf` NULL and `size` 0 it only returns the length. Fails with POLYSOCK_ENOSPC, and writes nothing, when `size`
 * is too small; POLYSOCK_ADDR_TEXT_SIZE bytes are always enough. In a Unix name, bytes that are not UTF-8, control
 * characters (including NUL) and "%" are written in the form "%2f", so that every name parses back unchanged. An
 * address of an unknown family is written in hexadecimal.
 * @ingroup polysock_addresses
 */
int polysock_addr_format(const polysock_addr *a, char *buf, size_t size);

/**
 * Writes the IP address without the port: "1.2.3.4", "::1", "fe80::1%2"; returns its length without the NUL.
 *
 * BSD: inet_ntop(3). Python: address[0]. Java: InetAddress.getHostAddress.
 * An IPv4-mapped address, "::ffff:1.2.3.4", is written as "1.2.3.4", so that an IPv4 peer has the same text on a
 * dual-stack socket, for example in a list of blocked addresses. Otherwise like polysock_addr_format(); fails with
 * POLYSOCK_EAFNOSUPPORT when the address is not IPv4 or IPv6.
 * @ingroup polysock_addresses
 */
int polysock_addr_ip(const polysock_addr *a, char *buf, size_t size);

/**
 * Returns the scope of an IPv6 address, usually the index of an interface; 0 when the address has none.
 *
 * BSD: sin6_scope_id, with if_indextoname(3). Python: address[3]. Java: Inet6Address.getScopeId.
 * @ingroup polysock_addresses
 */
uint32_t polysock_addr_scope(const polysock_addr *a);

/**
 * Converts an IPv4-mapped address to IPv4: "[::ffff:1.2.3.4]:80" to "1.2.3.4:80". Any other is copied unchanged.
 *
 * BSD: IN6_IS_ADDR_V4MAPPED and memcpy. Python: ipaddress.IPv6Address.ipv4_mapped. Java: none, it always converts.
 * On a dual-stack socket, such as one that polysock_create_server() made for every interface, the addresses of IPv4
 * peers are IPv4-mapped. `out` may be `a`. Fails with POLYSOCK_EINVAL when `a` is NULL or not an address.
 * @ingroup polysock_addresses
 */
int polysock_addr_unmap(polysock_addr *out, const polysock_addr *a);

/**
 * Returns the port in host byte order; 0 when the address has none.
 *
 * BSD: ntohs(sin_port). Python: address[1]. Java: InetSocketAddress.getPort.
 * @ingroup polysock_addresses
 */
uint16_t polysock_addr_port(const polysock_addr *a);

/**
 * Returns the address family; POLYSOCK_AF_UNSPEC for an address of length 0.
 *
 * BSD: ss_family. Python: the length of the tuple. Java: instanceof Inet4Address.
 * Fails with POLYSOCK_EINVAL when `a` is NULL or not an address.
 * @ingroup polysock_addresses
 */
int polysock_addr_family(const polysock_addr *a);

/**
 * Reports whether two addresses are the same. Padding and IPv6 flow labels are ignored, and an IPv4-mapped address
 * ("::ffff:1.2.3.4") equals the IPv4 one.
 *
 * BSD: memcmp of the fields. Python: ==. Java: InetSocketAddress.equals.
 * False when one of them is NULL or not an address.
 * @ingroup polysock_addresses
 */
bool polysock_addr_equal(const polysock_addr *a, const polysock_addr *b);

/**
 * Copies a sockaddr of any family.
 *
 * BSD: memcpy. Python: none. Java: none.
 * Fails with POLYSOCK_EINVAL for more than 128 bytes, fewer than the family needs, or more than a Unix address has.
 * @ingroup polysock_addresses
 */
int polysock_addr_from_sockaddr(polysock_addr *out, const struct sockaddr *sa, size_t len);

/**
 * Returns the address as a sockaddr for system calls, and stores its size in `*len`, unless NULL.
 *
 * BSD: a cast. Python: none. Java: none.
 * The pointer points into `*a` and is valid as long as it. It is NULL when `a` is NULL or not an address.
 * @ingroup polysock_addresses
 */
const struct sockaddr *polysock_addr_sockaddr(const polysock_addr *a, size_t *len);

/**
 * Looks up a host and a service, and returns the number of addresses found; writes at most `cap` of them to `out`.
 *
 * BSD: getaddrinfo(3). Python: socket.getaddrinfo. Java: InetAddress.getAllByName.
 * One of `host` and `service` may be NULL, as in getaddrinfo(3). `family` and `type` limit the answers
 * (POLYSOCK_AF_UNSPEC and 0: all; without a type every address is listed once for each type). `flags` are the system's
 * AI_ numbers. A look-up can't be interrupted. Fails with POLYSOCK_EAI_... when the resolver fails.
 * @code
 * polysock_addr found[8];
 * int n = polysock_getaddrinfo("localhost", "80", POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_STREAM, 0, found, 8);
 * if (n < 0)
 *     fprintf(stderr, "%s\n", polysock_last_detail());
 * @endcode
 * @ingroup polysock_addresses
 */
int polysock_getaddrinfo(const char *host, const char *service, int family, int type, int flags, polysock_addr *out, size_t cap);

/**
 * Looks up the names of an address and of its port; those without a name are written as numbers.
 *
 * BSD: getnameinfo(3). Python: socket.getnameinfo. Java: InetAddress.getHostName.
 * `host` or `service` may be NULL with size 0; it is not looked up then. `flags` are the system's NI_ numbers; with
 * NI_NUMERICHOST and NI_NUMERICSERV nothing is looked up. A look-up can't be interrupted. Fails with POLYSOCK_ENOSPC,
 * and writes neither, when one of the buffers is too small; with POLYSOCK_EAI_FAMILY for an address of a family
 * without names; with POLYSOCK_EAI_NONAME when NI_NAMEREQD is set and there is no name.
 * @ingroup polysock_addresses
 */
int polysock_getnameinfo(const polysock_addr *a, char *host, size_t host_size, char *service, size_t service_size, int flags);

/**
 * Makes a socket, which the caller owns.
 *
 * BSD: socket(2). Python: socket.socket. Java: new Socket().
 * The descriptor is close-on-exec. `type` may include the system's SOCK_NONBLOCK; calls with
 * POLYSOCK_DEFAULT then never wait.
 * Fails with POLYSOCK_EAFNOSUPPORT, POLYSOCK_EPROTONOSUPPORT, POLYSOCK_EMFILE, ...
 * @ingroup polysock_sockets
 */
int polysock_socket(polysock_t **out, int family, int type, int protocol);

/**
 * Makes two connected Unix domain sockets, which the caller owns.
 *
 * BSD: socketpair(2). Python: socket.socketpair. Java: none.
 * `type` is POLYSOCK_SOCK_STREAM, POLYSOCK_SOCK_DGRAM or POLYSOCK_SOCK_SEQPACKET, as for polysock_socket().
 * Fails with POLYSOCK_EMFILE, ...
 * @ingroup polysock_sockets
 */
int polysock_socketpair(polysock_t **a, polysock_t **b, int type);

/**
 * Makes another handle for the same socket, with its own descriptor and timeouts; the caller owns it.
 *
 * BSD: dup(2). Python: socket.dup. Java: none.
 * Closing one leaves the other and the connection open; polysock_shutdown() ends the connection for both. After the
 * connection has broken, receives on both report why. Fails with POLYSOCK_EMFILE.
 * @ingroup polysock_sockets
 */
int polysock_dup(polysock_t *s, polysock_t **out);

/**
 * Makes a handle of a descriptor, which the handle owns from now on; the caller owns the handle.
 *
 * BSD: none. Python: socket.socket(fileno=fd). Java: none.
 * Its flags do not change. On failure `fd` stays open and the caller's: POLYSOCK_ENOTSOCK when it is not a socket,
 * POLYSOCK_EBADF when it is not open.
 * @ingroup polysock_sockets
 */
int polysock_from_fd(polysock_t **out, int fd);

/**
 * Returns the descriptor, which stays the handle's and is valid until the handle is closed.
 *
 * BSD: fileno(3). Python: socket.fileno. Java: SocketChannel (hidden).
 * Fails with POLYSOCK_ECLOSED after close or detach.
 * @ingroup polysock_sockets
 */
int polysock_fileno(const polysock_t *s);

/**
 * Returns the descriptor for the caller to close; the handle counts as closed and must still be freed.
 *
 * BSD: none. Python: socket.detach. Java: none.
 * Fails with POLYSOCK_EBUSY while other threads are inside calls on the handle, and with POLYSOCK_ECLOSED after close or
 * detach.
 * @ingroup polysock_sockets
 */
int polysock_detach(polysock_t *s);

/**
 * Ends one or both directions of the connection, for all processes that share it: POLYSOCK_SHUT_RD, _WR or _RDWR.
 *
 * BSD: shutdown(2). Python: socket.shutdown. Java: Socket.shutdownOutput, Socket.shutdownInput.
 * After POLYSOCK_SHUT_WR the peer reads to the end of the stream and may still answer. Fails with POLYSOCK_ENOTCONN
 * without a connection, and with POLYSOCK_EINVAL for another number.
 * @ingroup polysock_sockets
 */
int polysock_shutdown(polysock_t *s, int how);

/**
 * Closes the socket: calls that wait on it, in any thread, end with POLYSOCK_ECLOSED; then the descriptor is closed.
 *
 * BSD: close(2). Python: socket.close. Java: see polysock_net_close().
 * Any thread may call it, any number of times (closing again returns 0), but no signal handler may. On the wire it does
 * what close(2) does: FIN, or a reset when there is unread input; it honours polysock_set_linger(). Other processes that
 * share the connection keep it. The handle must still be freed.
 * @ingroup polysock_sockets
 */
int polysock_close(polysock_t *s);

/**
 * Resets the connection at once, discarding unsent data, and closes the socket.
 *
 * BSD: close(2) with linger 0. Python: socket.abort. Java: setSoLinger(true, 0), then close.
 * Otherwise like polysock_close(). The reset is sent even when other processes share the connection.
 * @ingroup polysock_sockets
 */
int polysock_abort(polysock_t *s);

/**
 * Closes the socket if it is open, and frees the handle: `s` must not be used again.
 *
 * BSD: close(2). Python: del. Java: none.
 * The owner calls it once; NULL is allowed. Calls that other threads are inside keep what they need and end with
 * POLYSOCK_ECLOSED; starting a call after polysock_free() is a bug in the program.
 * @ingroup polysock_sockets
 */
void polysock_free(polysock_t *s);

/**
 * Reports whether the socket is closed or detached; true for NULL.
 *
 * BSD: none. Python: socket.fileno() == -1. Java: Socket.isClosed.
 * @ingroup polysock_sockets
 */
bool polysock_is_closed(const polysock_t *s);

/**
 * Reports how many bytes of what was sent are still on the way: `*unsent` were not sent yet, `*unacked` were sent but not
 * acknowledged by the peer's system. Either may be NULL.
 *
 * BSD: ioctl(2) with SIOCOUTQ and SIOCOUTQNSD, tcp(7). Python: socket.send_queue. Java: none.
 * The end of the stream is not counted. After a reset they are the bytes that were lost. For a Unix socket `*unacked` is an
 * upper limit for what the peer's program has not received; only 0 is exact. Fails with POLYSOCK_ENOTCONN, and with
 * POLYSOCK_EUNSUPPORTED for connections other than TCP and Unix ones.
 * @ingroup polysock_delivery
 */
int polysock_send_queue(const polysock_t *s, uint64_t *unsent, uint64_t *unacked);

/**
 * Waits until the peer's system has acknowledged everything that was sent, and the end of the stream if that was sent too.
 *
 * BSD: none. Python: socket.wait_acked. Java: none.
 * Over TCP this does not mean that the peer's program has read anything; between Unix sockets it does. A receiver that
 * sends nothing itself delays acknowledgements, on Linux by about 40 ms. Fails with POLYSOCK_ETIMEDOUT or POLYSOCK_EAGAIN
 * (polysock_send_queue() reports what is missing); with the error that ended the connection, such as
 * POLYSOCK_ECONNRESET, if something was not yet acknowledged then; and like polysock_send_queue().
 * @code
 * polysock_sendall(s, order, sizeof order, NULL, 5000);
 * if (polysock_wait_acked(s, 5000) == POLYSOCK_ETIMEDOUT) {
 *     uint64_t unsent, unacked;
 *     polysock_send_queue(s, &unsent, &unacked);
 *     printf("%llu bytes are not confirmed\n", (unsigned long long)(unsent + unacked));
 * }
 * @endcode
 * @ingroup polysock_delivery
 */
int polysock_wait_acked(polysock_t *s, int timeout_ms);

/**
 * Closes a stream so that nothing is lost to a reset: ends this side's stream, reads and throws away what the peer still
 * sends, at most `limit` bytes, until the peer ends its own, and closes the socket. Reports what that proves.
 *
 * BSD: shutdown(2), recv(2) until 0, close(2). Python: socket.close_graceful. Java: none.
 * Returns 0 whenever it has a verdict, even POLYSOCK_CLOSE_TIMED_OUT or POLYSOCK_CLOSE_RESET; the socket is closed then.
 * No verdict proves that the peer's program has read the data: only its answer does. `limit` may be
 * POLYSOCK_DISCARD_LIMIT. `out_size` is the caller's sizeof (polysock_close_report): a shorter structure gets the first
 * fields, and the additional bytes of a longer one are all set to 0xFF. With POLYSOCK_INFINITE it may wait forever.
 * Calls of other threads end with POLYSOCK_ECLOSED. A linger time does not extend the deadline; one of 0 still resets
 * the connection if something was not delivered in time. The end of the stream also concerns copies and other processes
 * that hold the connection; one that timed out stays open for them.
 * The socket stays open on failure with POLYSOCK_EINVAL, with POLYSOCK_ENOTCONN when it is not connected, and with
 * POLYSOCK_EUNSUPPORTED for other than TCP and Unix streams. Fails with POLYSOCK_ECLOSED when it is closed or being closed.
 * @code
 * polysock_close_report report;
 * if (polysock_close_graceful(s, POLYSOCK_DISCARD_LIMIT, &report, sizeof report, 5000) == 0
 *     && report.verdict != POLYSOCK_CLOSE_PEER_FINISHED && report.verdict != POLYSOCK_CLOSE_ACKNOWLEDGED)
 *     printf("%llu bytes were not confirmed\n", (unsigned long long)(report.unsent + report.unacked));
 * polysock_free(s);
 * @endcode
 * @ingroup polysock_delivery
 */
int polysock_close_graceful(polysock_t *s, uint64_t limit, polysock_close_report *out, size_t out_size, int timeout_ms);

/**
 * Returns 1 when the peer has ended its stream and 0 when it has not. Nothing is read.
 *
 * BSD: poll(2) with POLLRDHUP. Python: socket.peer_closed. Java: none.
 * 0 says only that no end has arrived: the peer may be gone all the same. Fails with the error that ended the
 * connection, such as POLYSOCK_ECONNRESET, which later receives report too; and like polysock_send_queue().
 * @ingroup polysock_delivery
 */
int polysock_peer_closed(const polysock_t *s);

/**
 * Accepts a connection; the caller owns `*out`. Stores the peer's address in `*peer`, unless NULL.
 *
 * BSD: accept(2). Python: socket.accept. Java: ServerSocket.accept.
 * The new socket is close-on-exec and has no timeout. Fails with POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN,
 * POLYSOCK_ECLOSED; POLYSOCK_EINVAL when the socket does not listen; POLYSOCK_EMFILE, after which the connection still
 * waits to be accepted.
 * @ingroup polysock_connections
 */
int polysock_accept(polysock_t *s, polysock_t **out, polysock_addr *peer, int timeout_ms);

/**
 * Connects to an address.
 *
 * BSD: connect(2). Python: socket.connect. Java: Socket.connect(address, timeout).
 * 0 always means a connection to `a`. Fails with POLYSOCK_ECONNREFUSED (the same handle may connect again),
 * POLYSOCK_EHOSTUNREACH, ...; POLYSOCK_ETIMEDOUT, after which the attempt continues in the kernel: connecting to `a`
 * again waits for it to finish, connecting to another address fails with POLYSOCK_EALREADY, or with POLYSOCK_EISCONN
 * once `a` has answered; POLYSOCK_ECONNTIMEDOUT when the kernel gives up; POLYSOCK_EINPROGRESS when the call may not
 * wait; POLYSOCK_ECLOSED.
 * @ingroup polysock_connections
 */
int polysock_connect(polysock_t *s, const polysock_addr *a, int timeout_ms);

/**
 * Undoes polysock_connect() on a datagram socket, which then sends to and receives from any address again.
 *
 * BSD: connect(2) with AF_UNSPEC. Python: none. Java: DatagramSocket.disconnect.
 * On Linux the socket also loses a local address and port that the system chose. The connection of a stream is reset.
 * Fails with POLYSOCK_ECLOSED.
 * @ingroup polysock_connections
 */
int polysock_disconnect(polysock_t *s);

/**
 * Connects over TCP to a host given by name or address, trying all its addresses; the caller owns `*out`.
 *
 * BSD: getaddrinfo(3) and connect(2) in a loop. Python: socket.create_connection. Java: new Socket(host, port).
 * `service` is a port number or a name such as "http". When it is NULL, `host` includes it ("example.org:80",
 * "[::1]:80") or is the address of a Unix domain socket ("unix:/path", "unix:@abstract"). An empty `host` is this
 * host. One deadline covers the look-up, which can't be interrupted, and all addresses. Fails with POLYSOCK_EAI_...
 * when the name is unknown, with POLYSOCK_ETIMEDOUT, or with the error of the first address; polysock_last_detail()
 * reports how many were tried.
 * @code
 * polysock_t *s;
 * if (polysock_create_connection(&s, "localhost", "8080", 5000) < 0)
 *     fprintf(stderr, "%s\n", polysock_last_detail());
 * @endcode
 * @ingroup polysock_connections
 */
int polysock_create_connection(polysock_t **out, const char *host, const char *service, int timeout_ms);

/**
 * Listens over TCP on the first address of a host, with reuse-address on; the caller owns `*out`.
 *
 * BSD: getaddrinfo(3), bind(2) and listen(2). Python: socket.create_server. Java: new ServerSocket(port, backlog, address).
 * `host` NULL or "" is every interface, IPv4 and IPv6; `service` "0" lets the system choose a port. As for
 * polysock_create_connection(), `service` may be NULL and `host` include it: ":8080", "unix:/path". This call creates
 * the file of a Unix socket; the caller removes it with unlink(2). Fails with POLYSOCK_EADDRINUSE, ...
 * @code
 * polysock_t *listener, *s;
 * if (polysock_create_server(&listener, "127.0.0.1", "0", 16) == 0 &&
 *     polysock_accept(listener, &s, NULL, POLYSOCK_INFINITE) == 0)
 *     ...
 * @endcode
 * @ingroup polysock_connections
 */
int polysock_create_server(polysock_t **out, const char *host, const char *service, int backlog);

/**
 * Binds the socket to a local address; port 0 lets the system choose one (polysock_getsockname() returns it).
 *
 * BSD: bind(2). Python: socket.bind. Java: ServerSocket.bind.
 * Fails with POLYSOCK_EADDRINUSE, POLYSOCK_EADDRNOTAVAIL, POLYSOCK_EACCES; POLYSOCK_EINVAL when it is bound already.
 * @ingroup polysock_connections
 */
int polysock_bind(polysock_t *s, const polysock_addr *a);

/**
 * Starts to listen; at most `backlog` connections, limited by the system, wait to be accepted.
 *
 * BSD: listen(2). Python: socket.listen. Java: new ServerSocket(port, backlog).
 * Fails with POLYSOCK_EINVAL for a negative backlog, and with POLYSOCK_EOPNOTSUPP for a datagram socket.
 * @ingroup polysock_connections
 */
int polysock_listen(polysock_t *s, int backlog);

/**
 * Gets the socket's local address.
 *
 * BSD: getsockname(2). Python: socket.getsockname. Java: Socket.getLocalSocketAddress.
 * @ingroup polysock_connections
 */
int polysock_getsockname(const polysock_t *s, polysock_addr *out);

/**
 * Gets the address of the peer.
 *
 * BSD: getpeername(2). Python: socket.getpeername. Java: Socket.getRemoteSocketAddress.
 * Fails with POLYSOCK_ENOTCONN when there is none.
 * @ingroup polysock_connections
 */
int polysock_getpeername(const polysock_t *s, polysock_addr *out);

/**
 * Receives at least one and at most `n` bytes and returns how many; 0 is the end of the stream.
 *
 * BSD: recv(2). Python: socket.recv_into. Java: InputStream.read (-1 at the end).
 * `flags` are POLYSOCK_MSG_ numbers; with POLYSOCK_MSG_WAITALL it fills the buffer, unless the stream ends
 * or the call fails before.
 * With POLYSOCK_MSG_TRUNC it returns the length of the whole datagram, which may be more than `n`; on a TCP stream the
 * bytes are counted and dropped, and nothing is stored.
 * Fails with POLYSOCK_ECONNRESET or POLYSOCK_ECONNTIMEDOUT, in every later call too, even when another call reported it
 * first; POLYSOCK_ENOTCONN, POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN, POLYSOCK_ECLOSED.
 * @ingroup polysock_streams
 */
ssize_t polysock_recv(polysock_t *s, void *buf, size_t n, int flags, int timeout_ms);

/**
 * Receives exactly `n` bytes.
 *
 * BSD: recv(2) with MSG_WAITALL. Python: socket.recv_exact. Java: InputStream.readNBytes, DataInputStream.readFully.
 * One deadline covers the whole call. On a datagram socket it receives as many datagrams as it needs, and skips empty
 * ones. Stores the number of bytes received in `*done`, unless NULL, on failure too; the bytes are in `buf`. Fails
 * with POLYSOCK_EEOF when the stream ends before the first byte, with POLYSOCK_ETRUNCATED when it ends later, and like
 * polysock_recv().
 * @ingroup polysock_streams
 */
int polysock_recv_exact(polysock_t *s, void *buf, size_t n, size_t *done, int timeout_ms);

/**
 * Sends as many of `n` bytes as the send buffer takes and returns how many, at least one.
 *
 * BSD: send(2). Python: socket.send. Java: SocketChannel.write.
 * Never raises SIGPIPE. On a stream without a time limit it waits until the send buffer has taken everything, as a
 * blocking send(2) does. `flags` are POLYSOCK_MSG_ numbers. Fails with POLYSOCK_EPIPE, POLYSOCK_ECONNRESET,
 * POLYSOCK_ENOTCONN, POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN, POLYSOCK_ECLOSED; nothing was sent then.
 * @code
 * char buf[4096];
 * ssize_t n;
 * while ((n = polysock_recv(s, buf, sizeof buf, 0, 30000)) > 0)
 *     if (polysock_sendall(s, buf, (size_t)n, NULL, 30000) < 0)
 *         break;
 * @endcode
 * @ingroup polysock_streams
 */
ssize_t polysock_send(polysock_t *s, const void *buf, size_t n, int flags, int timeout_ms);

/**
 * Sends all `n` bytes. Calls of several threads on one handle never interleave.
 *
 * BSD: send(2) in a loop. Python: socket.sendall. Java: OutputStream.write.
 * One deadline covers the whole call. Stores the number of bytes sent in `*done`, unless NULL, on failure too. Fails
 * like polysock_send().
 * @ingroup polysock_streams
 */
int polysock_sendall(polysock_t *s, const void *buf, size_t n, size_t *done, int timeout_ms);

/**
 * Sends `count` bytes of a file from `offset` on, or everything to its end with POLYSOCK_TO_END, without copying them
 * through this process.
 *
 * BSD: sendfile(2). Python: socket.sendfile. Java: FileChannel.transferTo.
 * `fd` stays the caller's, and its position does not change. Like polysock_sendall() it never interleaves with other
 * calls and never raises SIGPIPE. Stores the number of bytes sent in `*done`, unless NULL, on failure too. Fails with
 * POLYSOCK_EEOF when the file ends before `count` bytes, with POLYSOCK_EBADF for a descriptor that is not open, with
 * POLYSOCK_ESPIPE for one without offsets, such as a pipe, and like polysock_sendall().
 * @ingroup polysock_streams
 */
int polysock_sendfile(polysock_t *s, int fd, uint64_t offset, uint64_t count, uint64_t *done, int timeout_ms);

/**
 * Sends several pieces, one after the other, as consecutive bytes of a stream or as one datagram, and returns how many
 * bytes were sent.
 *
 * BSD: writev(2). Python: socket.sendmsg. Java: GatheringByteChannel.write.
 * At most POLYSOCK_IOV_MAX pieces. Fails like polysock_send(), and with POLYSOCK_EMSGSIZE for a datagram that is too
 * long.
 * @code
 * polysock_iovec parts[] = {{header, sizeof header}, {body, length}};
 * ssize_t n = polysock_sendv(s, parts, 2, 5000);
 * @endcode
 * @ingroup polysock_streams
 */
ssize_t polysock_sendv(polysock_t *s, const polysock_iovec *v, size_t nv, int timeout_ms);

/**
 * Receives into several pieces, filling one after the other, and returns how many bytes were received.
 *
 * BSD: readv(2). Python: socket.recvmsg_into. Java: ScatteringByteChannel.read.
 * At most POLYSOCK_IOV_MAX pieces. Fails like polysock_recv().
 * @ingroup polysock_streams
 */
ssize_t polysock_recvv(polysock_t *s, const polysock_iovec *v, size_t nv, int timeout_ms);

/**
 * Returns how many bytes polysock_recv_frame() and similar calls have received that no call has returned yet; 0 for a
 * closed handle.
 *
 * BSD: none. Python: socket.pending. Java: InputStream.available, of a BufferedInputStream.
 * Every other receive on the handle finds them first; code that uses the descriptor itself does not see them. While
 * there are any, polysock_detach() and polysock_dup() fail with POLYSOCK_EBUSY. polysock_reader_pending() counts what a
 * polysock_reader has received.
 * @ingroup polysock_frames
 */
ssize_t polysock_pending(const polysock_t *s);

/**
 * Takes at most `n` of the bytes that polysock_pending() counts, without receiving, and returns how many; 0 when there
 * are none.
 *
 * BSD: none. Python: socket.take_buffered. Java: none.
 * For code that continues with the descriptor itself, or that gives the socket up. Fails with POLYSOCK_EBUSY while another
 * thread is receiving messages.
 * @ingroup polysock_frames
 */
ssize_t polysock_take_buffered(polysock_t *s, void *buf, size_t n);

/**
 * Takes at most `cap` of the descriptors that came with the bytes of messages on a Unix socket, in order, and returns how
 * many. The caller then owns them and must close them.
 *
 * BSD: SCM_RIGHTS. Python: socket.take_descriptors. Java: none.
 * They are close-on-exec. Those not taken stay, up to 253 of them, until this or a polysock_recvmsg() with room for control
 * messages hands them out, or the handle is closed. Fails with POLYSOCK_EBUSY while another thread is receiving messages.
 * @ingroup polysock_frames
 */
int polysock_take_fds(polysock_t *s, int *fds, size_t cap);

/**
 * Makes a reader for a stream; the caller owns `*out`.
 *
 * BSD: fdopen(3). Python: polysock.Reader. Java: new DataInputStream(socket.getInputStream()).
 * `f` says how the messages are delimited, NULL for the default. Nothing is received yet. Fails with POLYSOCK_ENOMEM. On a
 * datagram socket the reader's calls fail with POLYSOCK_EINVAL.
 * @ingroup polysock_frames
 */
int polysock_reader_new(polysock_reader **out, polysock_t *s, const polysock_framing *f);

/**
 * Frees a reader and the bytes it has received ahead. The socket stays open. NULL is allowed.
 *
 * BSD: none (fclose(3) closes the descriptor too). Python: del. Java: none.
 * @ingroup polysock_frames
 */
void polysock_reader_free(polysock_reader *r);

/**
 * Changes how messages are delimited from the next one on, NULL for the default; bytes received ahead are kept.
 *
 * BSD: none. Python: what polysock.Reader takes. Java: another stream class over the same stream.
 * @ingroup polysock_frames
 */
int polysock_reader_set_framing(polysock_reader *r, const polysock_framing *f);

/**
 * Receives the next message and returns its length; `*frame` points at it until the next call on the reader.
 *
 * BSD: none. Python: Reader.frame. Java: DataInputStream.readInt and readFully.
 * Fails with POLYSOCK_EEOF when the peer has ended the stream after the last message, and with POLYSOCK_ETRUNCATED inside
 * one (polysock_last_missing() says how many bytes are missing). Fails with POLYSOCK_EMSGSIZE for a message beyond the
 * limit and POLYSOCK_EBADMSG for a length of more than 64 bits; every later call then fails too, as nothing says where the
 * next message begins. A peer that announces much and sends little costs the memory for what it sends. Otherwise fails
 * like polysock_recv(), and loses nothing: after POLYSOCK_ETIMEDOUT or POLYSOCK_EAGAIN the next call continues.
 * @ingroup polysock_frames
 */
ssize_t polysock_reader_frame(polysock_reader *r, const void **frame, int timeout_ms);

/**
 * Receives at least one message and all others that have arrived with it, at most `n`, and returns how many; they are
 * valid until the next call on the reader.
 *
 * BSD: none. Python: socket.recv_frames. Java: none.
 * The fastest way to receive many small messages: one receive fills the whole array. The same array may be passed to
 * polysock_send_frames(). Fails like polysock_reader_frame(), and with POLYSOCK_EINVAL when `n` is 0; messages that came
 * before the one that fails are returned first.
 * @code
 * polysock_frame frames[256];
 * ssize_t n = polysock_reader_frames(reader, frames, 256, 5000);
 * for (ssize_t i = 0; i < n; i++)
 *     handle(frames[i].data, frames[i].len);
 * @endcode
 * @ingroup polysock_frames
 */
ssize_t polysock_reader_frames(polysock_reader *r, polysock_frame *frames, size_t n, int timeout_ms);

/**
 * Receives the next line and returns its length; `*line` points at it until the next call on the reader.
 *
 * BSD: getline(3). Python: Reader.line. Java: BufferedReader.readLine.
 * The line ends with "\\n" or "\\r\\n", which is not part of it, whatever the framing; a last line may have neither. It is
 * not followed by a NUL: print it with "%.*s". It may be as long as the framing's limit. Fails like
 * polysock_reader_frame().
 * @ingroup polysock_frames
 */
ssize_t polysock_reader_line(polysock_reader *r, const char **line, int timeout_ms);

/**
 * Receives at least one and at most `n` bytes, whatever the framing, and returns how many; 0 is the end of the stream.
 *
 * BSD: recv(2). Python: Reader.read. Java: InputStream.read (-1 at the end).
 * Bytes received ahead come first, without waiting for more. Fails like polysock_recv().
 * @ingroup polysock_frames
 */
ssize_t polysock_reader_read(polysock_reader *r, void *buf, size_t n, int timeout_ms);

/**
 * Receives exactly `n` bytes, whatever the framing. Bytes received ahead come first.
 *
 * BSD: recv(2) with MSG_WAITALL. Python: Reader.read_exact. Java: DataInputStream.readFully.
 * Stores the number of bytes received in `*done`, unless NULL, on failure too; they are in `buf`. Fails like
 * polysock_recv_exact().
 * @ingroup polysock_frames
 */
int polysock_reader_read_exact(polysock_reader *r, void *buf, size_t n, size_t *done, int timeout_ms);

/**
 * Returns how many bytes the reader has received that no call has returned yet.
 *
 * BSD: none. Python: Reader.pending. Java: InputStream.available, of a BufferedInputStream.
 * Waiting for the socket to become readable does not notice them: before you wait, call the reader with timeout 0 until it
 * fails with POLYSOCK_EAGAIN.
 * @ingroup polysock_frames
 */
ssize_t polysock_reader_pending(polysock_reader *r);

/**
 * Takes at most `n` of the bytes that no call has returned yet, without receiving, and returns how many; 0 when there are
 * none.
 *
 * BSD: none. Python: Reader.take_buffered. Java: none.
 * For code that continues with the socket itself, for example after the headers that precede TLS or a file.
 * @ingroup polysock_frames
 */
ssize_t polysock_reader_take_buffered(polysock_reader *r, void *buf, size_t n);

/**
 * Takes at most `cap` of the descriptors that came with the bytes on a Unix socket, in order, and returns how many. The
 * caller then owns them and must close them.
 *
 * BSD: SCM_RIGHTS. Python: socket.take_descriptors. Java: none.
 * They are close-on-exec. Those not taken stay, up to 253 of them, until they are or the reader is freed.
 * @ingroup polysock_frames
 */
int polysock_reader_take_fds(polysock_reader *r, int *fds, size_t cap);

/**
 * Receives the next message of a stream and returns its length.
 *
 * BSD: none. Python: socket.recv_frame. Java: DataInputStream.readInt and readFully.
 * `f` says how messages are delimited, NULL for the default. What arrives with the message and belongs to the next ones
 * stays with the socket, see polysock_pending(): every other receive on it finds these bytes first, and polysock_poll() and
 * pollers count them as readable. Several threads may call it at the same time; each message goes to one of them.
 * When the message has more than `cap` bytes, fails with POLYSOCK_EMSGSIZE and keeps the message for the next call. Stores
 * the length in `*needed`, unless NULL, in that case and on success, and 0 on every other failure.
 * Fails with POLYSOCK_EEOF when the peer has ended the stream after the last message, and with POLYSOCK_ETRUNCATED inside
 * one (polysock_last_missing() says how many bytes are missing). Fails with POLYSOCK_EMSGSIZE, and `*needed` 0, for a
 * message beyond the framing's limit, and with POLYSOCK_EBADMSG for a length of more than 64 bits; later calls then fail
 * too, as nothing says where the next message begins. Otherwise fails like polysock_recv(), and loses nothing: after
 * POLYSOCK_ETIMEDOUT or POLYSOCK_EAGAIN the next call continues.
 * @code
 * char buf[1024];
 * ssize_t n;
 * while ((n = polysock_recv_frame(s, buf, sizeof buf, NULL, NULL, 5000)) >= 0)
 *     if (polysock_send_frame(s, buf, (size_t)n, NULL, 5000) < 0)
 *         break;
 * @endcode
 * @ingroup polysock_frames
 */
ssize_t polysock_recv_frame(polysock_t *s, void *buf, size_t cap, size_t *needed, const polysock_framing *f, int timeout_ms);

/**
 * Receives the next line of a stream, ends it with a NUL, and returns its length.
 *
 * BSD: getline(3). Python: socket.recv_line. Java: BufferedReader.readLine.
 * The line ends with "\\n" or "\\r\\n", which is not part of it; a last line may have neither. `cap` includes the NUL;
 * what the line needs, in `*needed`, does too. A NUL inside the line ends the C string early, but the returned length
 * counts the whole line. Otherwise like polysock_recv_frame(), with at most 16 MiB in a line.
 * @ingroup polysock_frames
 */
ssize_t polysock_recv_line(polysock_t *s, char *buf, size_t cap, size_t *needed, int timeout_ms);

/**
 * Receives at least one message and all others that have arrived, without waiting for them, at most `n`, and returns how
 * many.
 *
 * BSD: none. Python: socket.recv_frames. Java: none.
 * The messages are copied to `buf`, one after the other, as many as it has room for, and `frames` says where each is.
 * When the first has more than `cap` bytes, fails with POLYSOCK_EMSGSIZE and stores its length in `*needed`, unless
 * NULL; that is 0 otherwise. Fails like polysock_recv_frame(), and with POLYSOCK_EINVAL when `n` is 0. For one thread
 * that receives all messages of a stream, polysock_reader_frames() is faster: it does not copy.
 * @ingroup polysock_frames
 */
ssize_t polysock_recv_frames(polysock_t *s, void *buf, size_t cap, size_t *needed, polysock_frame *frames, size_t n, const polysock_framing *f, int timeout_ms);

/**
 * Sends one message on a stream, with the length or delimiter of the framing. Messages from several threads on one
 * handle never interleave.
 *
 * BSD: sendmsg(2) of a length and the bytes, in a loop. Python: socket.send_frame. Java: DataOutputStream.writeInt and
 * write. `f` says how messages are delimited, NULL for the default. One deadline covers the whole call. Fails with
 * POLYSOCK_EMSGSIZE for a message beyond the limit or beyond what the length has bits for, and with POLYSOCK_EINVAL for
 * one that contains the delimiter or does not have the fixed size; nothing was sent then. Fails like polysock_sendall();
 * when such a failure, POLYSOCK_ETIMEDOUT for example, stops it inside the message, the next call with the same message
 * and framing sends the rest, and other messages fail with POLYSOCK_EBUSY until then.
 * @code
 * if (polysock_send_frame(s, "hello", 5, NULL, 5000) < 0)
 *     fprintf(stderr, "%s\n", polysock_last_detail());
 * @endcode
 * @ingroup polysock_frames
 */
int polysock_send_frame(polysock_t *s, const void *buf, size_t n, const polysock_framing *f, int timeout_ms);

/**
 * Sends several messages; small ones share a system call.
 *
 * BSD: writev(2) of lengths and bytes, in a loop. Python: socket.send_frames. Java: DataOutputStream over a
 * BufferedOutputStream.
 * Stores the number of messages sent completely in `*done`, unless NULL, on failure too: sending the rest, from that one
 * on, continues the stream. Fails like polysock_send_frame(); a message that the framing refuses is found before anything
 * is sent.
 * @ingroup polysock_frames
 */
int polysock_send_frames(polysock_t *s, const polysock_frame *frames, size_t n, size_t *done, const polysock_framing *f, int timeout_ms);

/**
 * Sends `n` datagrams in their order and returns how many were sent.
 *
 * BSD: sendmmsg(2). Python: socket.send_batch. Java: none.
 * A refused one does not stop the others: its `result` is the code, as from polysock_sendto(), and those after it
 * are sent. When time is up or the socket was closed after some were sent, the call returns how many, and the others have
 * that code. Datagrams in a row of one length to one address travel through the kernel together (UDP_SEGMENT, udp(7)),
 * at a fraction of the cost; each arrives as a separate datagram. Any number may be sent.
 *
 * Fails only when none was sent: with the code of the first that was refused, or POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN,
 * POLYSOCK_ECLOSED; with POLYSOCK_EUNSUPPORTED for a stream. Fails with POLYSOCK_EINVAL, and sets no `result`, when an element is
 * malformed: its `reserved` is not zero, its `buf` is NULL although `len` is not 0, or `*addr` has a `length` that no address has.
 * @code
 * polysock_dgram d[2] = {{.buf = "one", .len = 3, .addr = &to}, {.buf = "two", .len = 3, .addr = &to}};
 * int sent = polysock_send_batch(s, d, 2, 1000);
 * for (int i = 0; i < 2; i++)
 *     if (d[i].result < 0)
 *         fprintf(stderr, "%d: %s\n", i, polysock_strerror((int)d[i].result));
 * @endcode
 * @ingroup polysock_datagrams
 */
int polysock_send_batch(polysock_t *s, polysock_dgram *d, size_t n, int timeout_ms);

/**
 * Waits for a datagram, receives it and all others that have arrived, at most `n`, and returns how many.
 *
 * BSD: recvmmsg(2) with MSG_WAITFORONE. Python: socket.recv_batch_into. Java: none.
 * Sets `result`, `flags`, `segment_size` and `*addr` of that many elements, from the first on; the others stay as they
 * are. An unnamed sender has an address of length 0. An empty datagram counts. Returns 0 after the socket was shut down for
 * reading. Fails like polysock_recv(); with POLYSOCK_EUNSUPPORTED for a stream, and POLYSOCK_EINVAL when `reserved` of an
 * element is not zero.
 * @code
 * static char memory[32][1500];
 * polysock_dgram d[32] = {{0}};
 * for (int i = 0; i < 32; i++) {
 *     d[i].buf = memory[i];
 *     d[i].len = sizeof memory[i];
 * }
 * int n = polysock_recv_batch(s, d, 32, 5000);
 * for (int i = 0; i < n; i++)
 *     handle(d[i].buf, (size_t)d[i].result);
 * @endcode
 * @ingroup polysock_datagrams
 */
int polysock_recv_batch(polysock_t *s, polysock_dgram *d, size_t n, int timeout_ms);

/**
 * Sends `n` bytes as datagrams of `segment_size` bytes, the last one perhaps shorter, and returns how many bytes were
 * sent. `to` may be NULL when the socket is connected.
 *
 * BSD: sendmsg(2) with UDP_SEGMENT, udp(7). Python: socket.send_segments. Java: none.
 * `n` may be any number; 0 sends nothing. The kernel cuts the bytes into datagrams; where it can't, or can't on this path,
 * they are sent one by one. When something ends the call after some were sent, it returns how
 * many bytes those had, a multiple of `segment_size`. Fails like polysock_sendto(), when nothing was sent; with
 * POLYSOCK_EINVAL for a `segment_size` outside 1 to 65535, and POLYSOCK_EUNSUPPORTED for a stream.
 * @code
 * ssize_t sent = polysock_send_segments(s, data, length, 1200, &to, 5000);
 * @endcode
 * @ingroup polysock_datagrams
 */
ssize_t polysock_send_segments(polysock_t *s, const void *buf, size_t n, size_t segment_size, const polysock_addr *to, int timeout_ms);

/**
 * Makes an object for control messages; the caller owns `*out`.
 *
 * BSD: a char array aligned for struct cmsghdr. Python: the ancbufsize of socket.recvmsg. Java: none.
 * `room` is the number of bytes for those that polysock_recvmsg() receives: POLYSOCK_CONTROL_ROOM is plenty, 0 receives
 * none. Fails with POLYSOCK_EINVAL above 1 MiB.
 * @ingroup polysock_messages
 */
int polysock_control_new(polysock_control **out, size_t room);

/**
 * Removes what was added and what was received; received descriptors that were not taken are closed.
 *
 * BSD: none. Python: none. Java: none.
 * @ingroup polysock_messages
 */
int polysock_control_clear(polysock_control *c);

/**
 * Frees it, and closes received descriptors that were not taken. NULL is allowed.
 *
 * BSD: free(3), and close(2) for each descriptor. Python: del. Java: none.
 * @ingroup polysock_messages
 */
void polysock_control_free(polysock_control *c);

/**
 * Adds descriptors to pass over a Unix domain socket; they stay the caller's, and must be open until they are sent.
 *
 * BSD: SCM_RIGHTS. Python: socket.send_fds. Java: none.
 * Fails with POLYSOCK_EBADF for a negative number. polysock_sendmsg() refuses descriptors that are not open, and more
 * than the 253 that Linux takes in a message.
 * @ingroup polysock_messages
 */
int polysock_control_add_fds(polysock_control *c, const int *fds, size_t n);

/**
 * Adds the sender's credentials; only root may send those of another process (POLYSOCK_EPERM from polysock_sendmsg()).
 *
 * BSD: SCM_CREDENTIALS, unix(7). Python: socket.sendmsg by number. Java: none.
 * A receiver with polysock_set_passcred() on gets the sender's credentials even when none were added.
 * @ingroup polysock_messages
 */
int polysock_control_add_credentials(polysock_control *c, const polysock_credentials *who);

/**
 * Adds the local address that a datagram is sent from, and the interface (an index; 0: the route decides).
 *
 * BSD: IP_PKTINFO, ip(7), IPV6_PKTINFO. Python: socket.sendmsg by number. Java: none.
 * With the values that polysock_control_packet_info() returned for a request, the answer is sent from the address that
 * the request was sent to. The port is ignored. Fails with POLYSOCK_EAFNOSUPPORT when `source` is not IPv4 or IPv6.
 * @ingroup polysock_messages
 */
int polysock_control_add_packet_info(polysock_control *c, const polysock_addr *source, uint32_t interface);

/**
 * Adds any control message by the system's own numbers; the bytes are copied.
 *
 * BSD: struct cmsghdr. Python: socket.sendmsg. Java: none.
 * For descriptors, use polysock_control_add_fds().
 * @ingroup polysock_messages
 */
int polysock_control_add(polysock_control *c, int level, int kind, const void *data, size_t len);

/**
 * Returns the number of control messages received; a negative code for NULL.
 *
 * BSD: CMSG_NXTHDR until NULL. Python: len. Java: none.
 * @ingroup polysock_messages
 */
int polysock_control_count(const polysock_control *c);

/**
 * Gets a received control message; the first has index 0. Each out-parameter may be NULL.
 *
 * BSD: CMSG_DATA. Python: an entry of the list of socket.recvmsg. Java: none.
 * `*data` points at `*len` bytes, not aligned, until the next polysock_recvmsg() into it, polysock_control_clear() or
 * polysock_control_free(). A message with descriptors (SCM_RIGHTS) has no bytes: only polysock_control_take_fds()
 * returns them. Fails with POLYSOCK_ENOENT when there is no message of this index.
 * @ingroup polysock_messages
 */
int polysock_control_get(const polysock_control *c, size_t index, int *level, int *kind, const void **data, size_t *len);

/**
 * Takes at most `cap` received descriptors, in order, and returns how many. The caller then owns them and must close
 * them.
 *
 * BSD: SCM_RIGHTS. Python: socket.recv_fds. Java: none.
 * They are close-on-exec; polysock_from_fd() makes a handle of one that is a socket. Those not taken stay, and are
 * taken by a later call or closed.
 * @ingroup polysock_messages
 */
int polysock_control_take_fds(polysock_control *c, int *fds, size_t cap);

/**
 * Gets the sender's credentials, if polysock_set_passcred() was on; POLYSOCK_ENOENT when the message has none.
 *
 * BSD: SCM_CREDENTIALS, unix(7). Python: socket.recvmsg by number. Java: UnixDomainPrincipal.
 * @ingroup polysock_messages
 */
int polysock_control_credentials(const polysock_control *c, polysock_credentials *out);

/**
 * Gets the address (with port 0) and the interface at which the datagram arrived, if polysock_set_packet_info() was on;
 * POLYSOCK_ENOENT when the message has neither. Each out-parameter may be NULL.
 *
 * BSD: IP_PKTINFO, ip(7), IPV6_PKTINFO. Python: socket.recvmsg by number. Java: none.
 * @ingroup polysock_messages
 */
int polysock_control_packet_info(const polysock_control *c, polysock_addr *destination, uint32_t *interface);

/**
 * Gets the time at which the kernel received the datagram, if polysock_set_timestamps() was on, in nanoseconds since
 * 1970 by the system's clock; POLYSOCK_ENOENT when the message has none.
 *
 * BSD: SCM_TIMESTAMPNS, socket(7). Python: socket.recvmsg by number. Java: none.
 * @ingroup polysock_messages
 */
int polysock_control_timestamp(const polysock_control *c, uint64_t *nanoseconds);

/**
 * Sends one datagram to an address and returns its length. `to` may be NULL when the socket is connected.
 *
 * BSD: sendto(2). Python: socket.sendto. Java: DatagramSocket.send, DatagramChannel.send.
 * A datagram is sent whole or not at all, and may be empty. `flags` are POLYSOCK_MSG_ numbers.
 * Fails with POLYSOCK_EMSGSIZE when it is too long, POLYSOCK_EDESTADDRREQ or POLYSOCK_ENOTCONN without an address,
 * POLYSOCK_EACCES to a broadcast address without polysock_set_broadcast(), POLYSOCK_ENETUNREACH, POLYSOCK_ENOBUFS; on a
 * connected socket POLYSOCK_ECONNREFUSED when an earlier datagram reached no socket; and like polysock_send().
 * @code
 * polysock_addr to;
 * if (polysock_addr_parse(&to, "127.0.0.1:9000", 0) == 0)
 *     polysock_sendto(s, "ping", 4, 0, &to, POLYSOCK_DEFAULT);
 * @endcode
 * @ingroup polysock_datagrams
 */
ssize_t polysock_sendto(polysock_t *s, const void *buf, size_t n, int flags, const polysock_addr *to, int timeout_ms);

/**
 * Receives one datagram of at most `n` bytes and returns how many were stored.
 *
 * BSD: recvfrom(2). Python: socket.recvfrom_into. Java: DatagramSocket.receive.
 * Stores the sender's address in `*from` and the kernel's flags in `*flags_out`, unless NULL. If the datagram is
 * longer than `n`, POLYSOCK_MSG_TRUNC is set there, and the rest is lost. An unnamed sender has an address of length
 * 0. Returns 0 for an empty datagram, and after the socket was shut down for reading. Takes the flags of
 * polysock_recv(), and fails like it.
 * @code
 * char buf[512];
 * polysock_addr from;
 * int flags;
 * ssize_t n = polysock_recvfrom(s, buf, sizeof buf, 0, &from, &flags, 5000);
 * if (n >= 0 && !(flags & POLYSOCK_MSG_TRUNC))
 *     polysock_sendto(s, buf, (size_t)n, 0, &from, 5000);
 * @endcode
 * @ingroup polysock_datagrams
 */
ssize_t polysock_recvfrom(polysock_t *s, void *buf, size_t n, int flags, polysock_addr *from, int *flags_out, int timeout_ms);

/**
 * Sends a message and returns how many bytes were sent. `flags` are POLYSOCK_MSG_ numbers.
 *
 * BSD: sendmsg(2). Python: socket.sendmsg. Java: none.
 * The control messages are sent with the first byte: on a stream there must be one. Fails like polysock_sendto(); with
 * POLYSOCK_EINVAL for a wrong `size` or a control message that the socket does not take, with POLYSOCK_ETOOMANYREFS
 * when too many descriptors are in transit, and with POLYSOCK_EBADF for one that is not open.
 * @ingroup polysock_messages
 */
ssize_t polysock_sendmsg(polysock_t *s, const polysock_msg *m, int flags, int timeout_ms);

/**
 * Receives a message and returns how many bytes were stored; sets `m->flags`, `*m->addr` and `*m->control`.
 *
 * BSD: recvmsg(2). Python: socket.recvmsg_into. Java: none.
 * POLYSOCK_MSG_TRUNC: the datagram was longer, and the rest is lost. POLYSOCK_MSG_CTRUNC: there was no room for all
 * control messages; descriptors in those left out were closed. Received descriptors belong to `m->control` until they
 * are taken, see polysock_control_take_fds(). On failure nothing changes. Takes the flags of polysock_recv(), and
 * fails like it.
 * @ingroup polysock_messages
 */
ssize_t polysock_recvmsg(polysock_t *s, polysock_msg *m, int flags, int timeout_ms);

/**
 * Waits until at least one entry has an event and returns how many have; 0 when time is up. Sets `revents` of all
 * entries.
 *
 * BSD: poll(2). Python: select.poll. Java: Selector.select.
 * A closed handle has POLYSOCK_POLLNVAL at once, and the wait ends when another thread closes one. POLYSOCK_DEFAULT
 * waits forever: an entry has no timeout. Signals do not end the wait. Fails with POLYSOCK_EINVAL for more entries
 * than the process may have descriptors. For thousands of sockets use polysock_poller_new().
 * @code
 * polysock_pollfd set[] = {{.socket = s, .events = POLYSOCK_POLLIN}, {.fd = STDIN_FILENO, .events = POLYSOCK_POLLIN}};
 * if (polysock_poll(set, 2, 5000) > 0 && set[0].revents != 0)
 *     n = polysock_recv(s, buf, sizeof buf, 0, 0);
 * @endcode
 * @ingroup polysock_waiting
 */
int polysock_poll(polysock_pollfd *set, size_t n, int timeout_ms);

/**
 * Makes an empty poller; the caller owns `*out`.
 *
 * BSD: epoll_create1(2). Python: select.epoll. Java: Selector.open.
 * It uses two descriptors. Fails with POLYSOCK_EMFILE.
 * @ingroup polysock_waiting
 */
int polysock_poller_new(polysock_poller **out);

/**
 * Registers a socket. Its events have `token`, a number or pointer that the caller chooses.
 *
 * BSD: epoll_ctl(2) with EPOLL_CTL_ADD. Python: select.epoll.register. Java: SelectableChannel.register.
 * `events` are POLYSOCK_POLLIN and the like; POLYSOCK_POLLERR and POLYSOCK_POLLHUP are always reported. `mode` is
 * POLYSOCK_POLL_LEVEL, POLYSOCK_POLL_EDGE or POLYSOCK_POLL_ONESHOT. Fails with POLYSOCK_EEXIST when the socket is
 * already registered.
 * @ingroup polysock_waiting
 */
int polysock_poller_add(polysock_poller *p, polysock_t *s, uint64_t token, int events, int mode);

/**
 * Changes the token, events and mode of a registered socket; rearms POLYSOCK_POLL_ONESHOT.
 *
 * BSD: epoll_ctl(2) with EPOLL_CTL_MOD. Python: select.epoll.modify. Java: SelectionKey.interestOps.
 * Fails with POLYSOCK_ENOENT when it is not registered.
 * @ingroup polysock_waiting
 */
int polysock_poller_modify(polysock_poller *p, polysock_t *s, uint64_t token, int events, int mode);

/**
 * Ends the registration of a socket: no wait that begins later reports it.
 *
 * BSD: epoll_ctl(2) with EPOLL_CTL_DEL. Python: select.epoll.unregister. Java: SelectionKey.cancel.
 * Fails with POLYSOCK_ENOENT when it is not registered, and with POLYSOCK_ECLOSED when it is closed, which ended its
 * registration.
 * @ingroup polysock_waiting
 */
int polysock_poller_remove(polysock_poller *p, polysock_t *s);

/**
 * Registers a plain descriptor, which stays the caller's and must be removed before the caller closes it.
 *
 * BSD: epoll_ctl(2) with EPOLL_CTL_ADD. Python: select.epoll.register. Java: none.
 * Otherwise like polysock_poller_add(). Fails with POLYSOCK_EBADF when it is not open, and with POLYSOCK_EPERM when it
 * can't be waited for, such as a file.
 * @ingroup polysock_waiting
 */
int polysock_poller_add_fd(polysock_poller *p, int fd, uint64_t token, int events, int mode);

/**
 * Changes the token, events and mode of a registered descriptor.
 *
 * BSD: epoll_ctl(2) with EPOLL_CTL_MOD. Python: select.epoll.modify. Java: none.
 * Otherwise like polysock_poller_modify().
 * @ingroup polysock_waiting
 */
int polysock_poller_modify_fd(polysock_poller *p, int fd, uint64_t token, int events, int mode);

/**
 * Ends the registration of a descriptor.
 *
 * BSD: epoll_ctl(2) with EPOLL_CTL_DEL. Python: select.epoll.unregister. Java: none.
 * Otherwise like polysock_poller_remove().
 * @ingroup polysock_waiting
 */
int polysock_poller_remove_fd(polysock_poller *p, int fd);

/**
 * Waits until something registered is ready and returns how many events it wrote to `events`, at most `n` and at most
 * 256 (the next wait returns the others); 0 when time is up or after polysock_poller_wake().
 *
 * BSD: epoll_wait(2). Python: select.epoll.poll. Java: Selector.select.
 * POLYSOCK_DEFAULT waits forever. Fails with POLYSOCK_EINVAL when `n` is 0, and with POLYSOCK_ECLOSED when the poller
 * is closed.
 * @ingroup polysock_waiting
 */
int polysock_poller_wait(polysock_poller *p, polysock_event *events, size_t n, int timeout_ms);

/**
 * Makes at least one polysock_poller_wait() return early: one in progress, or else the next. Any thread may call it.
 *
 * BSD: a write to an eventfd(2). Python: none. Java: Selector.wakeup.
 * @ingroup polysock_waiting
 */
int polysock_poller_wake(polysock_poller *p);

/**
 * Ends all registrations; waits of all threads end with POLYSOCK_ECLOSED. Closing again returns 0. The sockets do not
 * change.
 *
 * BSD: close(2). Python: select.epoll.close. Java: Selector.close.
 * The poller must still be freed.
 * @ingroup polysock_waiting
 */
int polysock_poller_close(polysock_poller *p);

/**
 * Closes the poller if it is open, and frees it: `p` must not be used again. NULL is allowed.
 *
 * BSD: close(2). Python: del. Java: none.
 * Calls that other threads are inside keep what they need and end with POLYSOCK_ECLOSED.
 * @ingroup polysock_waiting
 */
void polysock_poller_free(polysock_poller *p);

/**
 * Starts a message server on a listening socket; the caller owns `*out`.
 *
 * BSD: none. Python: polysock.MessageServer. Java: none.
 * `o` may be NULL. The caller still frees `listener`; closing or freeing it earlier ends accepting, and
 * polysock_message_server_stop() closes it. `user` is passed to every callback. No callback is called before `*out` is set,
 * so callbacks may use the server. Fails with POLYSOCK_EINVAL when `listener` is not listening, or for a wrong `o->size` or
 * framing; with POLYSOCK_ECLOSED when `listener` is closed; and with POLYSOCK_EAGAIN when no thread can be started. On failure
 * `release` is not called.
 * @ingroup polysock_message_server
 */
int polysock_message_server_start(polysock_message_server **out, polysock_t *listener, polysock_message_fn fn, void *user, const polysock_message_server_options *o);

/**
 * Stops the server: it stops accepting and receiving, and handles and answers the messages that have arrived until the time
 * is up. Then it closes all connections, and gives callbacks that still run up to one more second. Stores the number of callbacks
 * that have not returned even then in `*still_running`, unless NULL.
 *
 * BSD: none. Python: MessageServer.stop. Java: ExecutorService.shutdown, awaitTermination, shutdownNow.
 * Any thread may call it, any number of times; POLYSOCK_INFINITE and POLYSOCK_DEFAULT set no limit. When it returns,
 * `on_close` has been called for every connection without a running callback. A call from inside a callback does not wait
 * for that callback, and does not count it.
 * @ingroup polysock_message_server
 */
int polysock_message_server_stop(polysock_message_server *srv, int timeout_ms, size_t *still_running);

/**
 * Waits until the server no longer accepts: it was stopped, its listener was closed, or it can't continue.
 *
 * BSD: none. Python: MessageServer.serve_forever. Java: ExecutorService.awaitTermination.
 * The results are those of polysock_server_wait().
 * @ingroup polysock_message_server
 */
int polysock_message_server_wait(polysock_message_server *srv, int timeout_ms);

/**
 * Returns the number of connections that are open now.
 *
 * BSD: none. Python: MessageServer.connections. Java: none.
 * @ingroup polysock_message_server
 */
ssize_t polysock_message_server_connections(const polysock_message_server *srv);

/**
 * Gets the server's counters. Fails with POLYSOCK_EINVAL for a wrong `out->size`.
 *
 * BSD: none. Python: MessageServer.stats. Java: none.
 * @code
 * polysock_message_server_stats stats = {sizeof stats, 0, 0, 0, 0, 0};
 * polysock_message_server_get_stats(server, &stats);
 * @endcode
 * @ingroup polysock_message_server
 */
int polysock_message_server_get_stats(const polysock_message_server *srv, polysock_message_server_stats *out);

/**
 * Stops the server as polysock_message_server_stop() does with 0, and frees it: `srv` must not be used again. NULL is allowed.
 *
 * BSD: none. Python: MessageServer.stop. Java: ExecutorService.close.
 * Callbacks that are still running keep what they need; `release` is called when the last of them has returned, in its
 * thread. If none is running, `release` has been called by the time this returns. A callback may free its server.
 * @ingroup polysock_message_server
 */
void polysock_message_server_free(polysock_message_server *srv);

/**
 * Keeps a connection valid until polysock_connection_release(), also after it has ended. Returns `c`; NULL for NULL.
 *
 * BSD: dup(2). Python: a reference. Java: a reference.
 * @ingroup polysock_message_server
 */
polysock_connection *polysock_connection_retain(polysock_connection *c);

/**
 * Gives up what polysock_connection_retain() kept. It does not close the connection. NULL is allowed.
 *
 * BSD: none. Python: del. Java: none.
 * @ingroup polysock_message_server
 */
void polysock_connection_release(polysock_connection *c);

/**
 * Sends a message from a callback of this connection, framed as the server's messages are.
 *
 * BSD: send(2). Python: the result of on_message. Java: none.
 * It is accepted however much is unsent, and goes out when the callback has returned, with the other replies. Fails with
 * POLYSOCK_ECLOSED when the connection was closed meanwhile, and with POLYSOCK_EMSGSIZE or POLYSOCK_EINVAL for a message
 * that the framing does not allow.
 * @ingroup polysock_message_server
 */
int polysock_connection_reply(polysock_connection *c, const void *message, size_t len);

/**
 * Sends a message from any thread, framed as replies are: all of it, or none. What the kernel does not take at once is
 * queued, and sent as the peer takes it.
 *
 * BSD: send(2) and poll(2). Python: Connection.send. Java: none.
 * Messages are sent in the order of the calls. If more than `max_unsent` bytes would be queued, it waits for room; without
 * room in time it fails with POLYSOCK_ETIMEDOUT, or at once with POLYSOCK_EAGAIN if `timeout_ms` is 0; POLYSOCK_DEFAULT waits
 * forever. A message longer than `max_unsent` is accepted when nothing is queued. Fails with POLYSOCK_ECLOSED once the
 * connection is closed or about to be, and with POLYSOCK_EMSGSIZE or POLYSOCK_EINVAL for a message that the framing does not
 * allow.
 * @ingroup polysock_message_server
 */
int polysock_connection_send(polysock_connection *c, const void *message, size_t len, int timeout_ms);

/**
 * Closes the connection once everything has been sent, and returns at once; `on_close` follows.
 *
 * BSD: shutdown(2) and close(2). Python: Connection.close. Java: Socket.close.
 * Messages that have not been handled yet are dropped. A peer that does not take what is sent delays this for no longer
 * than the idle timeout, or half a minute if there is none.
 * @ingroup polysock_message_server
 */
int polysock_connection_close(polysock_connection *c);

/**
 * Ends the connection with a reset and returns at once; what is unsent is dropped. `on_close` follows.
 *
 * BSD: close(2) after setsockopt(2) SO_LINGER. Python: Connection.abort. Java: none.
 * @ingroup polysock_message_server
 */
int polysock_connection_abort(polysock_connection *c);

/**
 * Returns 1 if the connection is closed or about to be, so that nothing can be sent, otherwise 0.
 *
 * BSD: none. Python: Connection.closed. Java: Socket.isClosed.
 * @ingroup polysock_message_server
 */
int polysock_connection_is_closed(const polysock_connection *c);

/**
 * Returns how many bytes are queued, still to be given to the kernel.
 *
 * BSD: none. Python: Connection.unsent. Java: none.
 * @ingroup polysock_message_server
 */
ssize_t polysock_connection_unsent(const polysock_connection *c);

/**
 * Gets the peer's address, also after the connection has ended.
 *
 * BSD: getpeername(2). Python: Connection.peer. Java: Socket.getRemoteSocketAddress.
 * @ingroup polysock_message_server
 */
int polysock_connection_peer(const polysock_connection *c, polysock_addr *out);

/**
 * Starts a server on a listening socket; the caller owns `*out`.
 *
 * BSD: none. Python: polysock.Server. Java: none.
 * `o` may be NULL. The caller still frees `listener`; closing or freeing it earlier ends accepting, and
 * polysock_server_stop() closes it. `user` is passed to every callback. One thread starts at once, others as
 * connections arrive; no callback is called before `*out` is set, so callbacks may use the server. Fails with
 * POLYSOCK_EINVAL when `listener` does not listen, or for a wrong `o->size`; with POLYSOCK_ECLOSED; and with
 * POLYSOCK_EAGAIN when no thread can be started. On failure `release` is not called.
 * @ingroup polysock_server
 */
int polysock_server_start(polysock_server **out, polysock_t *listener, polysock_connection_fn fn, void *user, const polysock_server_options *o);

/**
 * Stops the server: it stops accepting, lets callbacks finish until the time is up, and then closes their connections,
 * which ends their waiting calls with POLYSOCK_ECLOSED. Stores the number of callbacks that have not returned even
 * then in `*still_running`, unless NULL.
 *
 * BSD: none. Python: Server.stop. Java: ExecutorService.shutdown, awaitTermination, shutdownNow.
 * Any thread may call it, any number of times. The listener is closed at once, and connections in its queue are
 * refused. Callbacks whose connections were closed get at most a second more. So 0 closes connections at once, and
 * POLYSOCK_INFINITE (or POLYSOCK_DEFAULT) none. A callback that then returns POLYSOCK_ECLOSED has not failed. A call
 * from inside a callback does not wait for that callback, does not count it and does not close its connection; nor
 * those of other callbacks that are stopping the server. Calls from other threads wait for all callbacks. A callback
 * that is still running is not waiting in a call on its connection; its thread ends when it returns.
 * @ingroup polysock_server
 */
int polysock_server_stop(polysock_server *srv, int timeout_ms, size_t *still_running);

/**
 * Waits until the server no longer accepts: it was stopped, its listener was closed, or it can't continue.
 *
 * BSD: none. Python: Server.serve_forever. Java: ExecutorService.awaitTermination.
 * POLYSOCK_DEFAULT waits forever. Returns 0 after a stop, otherwise the code with which accept failed. Fails with
 * POLYSOCK_ETIMEDOUT, or POLYSOCK_EAGAIN for a timeout of 0, while the server still accepts, and with POLYSOCK_ECLOSED
 * in a forked child that has not stopped its copy.
 * @ingroup polysock_server
 */
int polysock_server_wait(polysock_server *srv, int timeout_ms);

/**
 * Returns the number of connections being handled now.
 *
 * BSD: none. Python: Server.connections. Java: ThreadPoolExecutor.getActiveCount.
 * @ingroup polysock_server
 */
ssize_t polysock_server_connections(const polysock_server *srv);

/**
 * Gets the server's counters. Fails with POLYSOCK_EINVAL for a wrong `out->size`.
 *
 * BSD: none. Python: Server.stats. Java: ThreadPoolExecutor.getCompletedTaskCount.
 * @code
 * polysock_server_stats stats = {sizeof stats, 0, 0, 0, 0};
 * polysock_server_get_stats(server, &stats);
 * @endcode
 * @ingroup polysock_server
 */
int polysock_server_get_stats(const polysock_server *srv, polysock_server_stats *out);

/**
 * Stops the server as polysock_server_stop() does with 0, and frees it: `srv` must not be used again. NULL is allowed.
 *
 * BSD: none. Python: Server.stop. Java: ExecutorService.close.
 * Callbacks that are still running keep what they need; `release` is called when the last of them has returned, in its
 * thread. If none is running, `release` has been called by the time this returns. A callback may free its server.
 * @ingroup polysock_server
 */
void polysock_server_free(polysock_server *srv);

/**
 * Listens over TCP as java.net.ServerSocket does; the caller owns `*out`.
 *
 * BSD: socket(2), bind(2) and listen(2). Python: polysock.net.ServerSocket. Java: new ServerSocket(port, backlog, address).
 * Reuse-address is on; a `backlog` below 1 means 50; `host` NULL or "" is every interface, IPv4 and IPv6 on one
 * socket. Port 0 lets the system choose. Fails with POLYSOCK_EINVAL for a port outside 0 to 65535,
 * POLYSOCK_EADDRINUSE, POLYSOCK_EAI_... Accept with polysock_accept(); with POLYSOCK_DEFAULT it waits as long as
 * polysock_net_set_so_timeout() allows.
 * @ingroup polysock_net
 */
int polysock_net_server_socket(polysock_t **out, int port, int backlog, const char *host);

/**
 * Receives at least one and at most `n` bytes, and returns how many; POLYSOCK_EEOF at the end of the stream and in
 * every later call, after close too. Empty datagrams are skipped.
 *
 * BSD: recv(2). Python: polysock.net InputStream.read. Java: InputStream.read (-1 at the end).
 * It waits as long as polysock_net_set_so_timeout() allows, forever unless set. Threads that call it at the same time
 * take turns, and waiting for the turn counts against that time. `n` 0 returns 0. Fails with POLYSOCK_ETIMEDOUT, after
 * which reading may continue; POLYSOCK_ECONNRESET or POLYSOCK_ECONNTIMEDOUT, in every later call too;
 * POLYSOCK_ECLOSED, also when another thread closes the socket during the call.
 * @ingroup polysock_net
 */
ssize_t polysock_net_read(polysock_t *s, void *buf, size_t n);

/**
 * Sends all `n` bytes, however long that takes.
 *
 * BSD: send(2) in a loop. Python: polysock.net OutputStream.write. Java: OutputStream.write.
 * No time limit ends it; polysock_sendall() takes one. Stores the number of bytes sent in `*done`, unless NULL, on
 * failure too. Fails with POLYSOCK_EPIPE, POLYSOCK_ECONNRESET, and POLYSOCK_ECLOSED, also when another thread closes
 * the socket during the call.
 * @ingroup polysock_net
 */
int polysock_net_write(polysock_t *s, const void *buf, size_t n, size_t *done);

/**
 * Sets how many milliseconds polysock_net_read() waits, and polysock_accept() and receiving calls with
 * POLYSOCK_DEFAULT; 0 means forever.
 *
 * BSD: SO_RCVTIMEO. Python: polysock.net Socket.setSoTimeout. Java: Socket.setSoTimeout, ServerSocket.setSoTimeout.
 * It does not limit sending and connecting. Fails with POLYSOCK_EINVAL below 0.
 * @ingroup polysock_net
 */
int polysock_net_set_so_timeout(polysock_t *s, int ms);

/**
 * Gets the time set by polysock_net_set_so_timeout(), in milliseconds; 0 means forever.
 *
 * BSD: SO_RCVTIMEO. Python: polysock.net Socket.getSoTimeout. Java: Socket.getSoTimeout.
 * @ingroup polysock_net
 */
int polysock_net_get_so_timeout(const polysock_t *s, int *ms);

/**
 * Sets what close does with unsent data: off, the kernel sends it after close; on, close waits at most `seconds` for the
 * peer's acknowledgement; on with 0, it discards the data and resets the connection.
 *
 * BSD: SO_LINGER. Python: polysock.net Socket.setSoLinger. Java: Socket.setSoLinger.
 * More than 65535 seconds become 65535. Fails with POLYSOCK_EINVAL for negative seconds when `on`; otherwise `seconds`
 * is ignored.
 * @ingroup polysock_net
 */
int polysock_net_set_so_linger(polysock_t *s, bool on, int seconds);

/**
 * Gets the linger time in seconds; -1 when it is off.
 *
 * BSD: SO_LINGER. Python: polysock.net Socket.getSoLinger. Java: Socket.getSoLinger.
 * @ingroup polysock_net
 */
int polysock_net_get_so_linger(const polysock_t *s, int *seconds);

/**
 * Ends receiving: polysock_net_read() returns POLYSOCK_EEOF from now on, unread data is discarded, and the peer is not
 * notified.
 *
 * BSD: shutdown(2) with SHUT_RD. Python: polysock.net Socket.shutdownInput. Java: Socket.shutdownInput (throws the second
 * time; this returns 0). A polysock_net_read() that waits in another thread ends. Fails with POLYSOCK_ENOTCONN, for a
 * listener too; POLYSOCK_ECLOSED.
 * @ingroup polysock_net
 */
int polysock_net_shutdown_input(polysock_t *s);

/**
 * Ends sending: the peer reads to the end of the stream and may still answer.
 *
 * BSD: shutdown(2) with SHUT_WR. Python: polysock.net Socket.shutdownOutput. Java: Socket.shutdownOutput (throws the second
 * time; this returns 0). Writing afterwards fails with POLYSOCK_EPIPE. Fails with POLYSOCK_ENOTCONN, for a listener too;
 * POLYSOCK_ECLOSED.
 * @ingroup polysock_net
 */
int polysock_net_shutdown_output(polysock_t *s);

/**
 * Closes the socket as java.net.Socket.close does: FIN first, even when there is unread input.
 *
 * BSD: shutdown(2), then close(2). Python: polysock.net Socket.close. Java: Socket.close.
 * Otherwise like polysock_close(). With linger 0 it resets the connection, as a plain close does.
 * @ingroup polysock_net
 */
int polysock_net_close(polysock_t *s);

/**
 * Gets the number of bytes that can be received without waiting; for a datagram socket, the length of the next datagram.
 *
 * BSD: ioctl(2) with FIONREAD. Python: fcntl.ioctl. Java: InputStream.available.
 * It is 0 before data arrives and at the end of the stream alike. Fails with POLYSOCK_EINVAL for a listening socket.
 * @ingroup polysock_sockets
 */
int polysock_available(const polysock_t *s, size_t *bytes);

/**
 * Returns the state of the TCP connection: "ESTABLISHED", "CLOSE_WAIT", "LISTEN", ...
 *
 * BSD: getsockopt(2) with TCP_INFO. Python: socket.state. Java: none.
 * The text is static. NULL when the handle is closed or not a TCP socket; polysock_last_detail() reports which.
 * @ingroup polysock_sockets
 */
const char *polysock_state(const polysock_t *s);

/**
 * Sets the timeouts of calls with POLYSOCK_DEFAULT: `recv_ms` for recv and accept, `send_ms` for send and connect.
 *
 * BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.settimeout. Java: Socket.setSoTimeout (reads and accept only, 0 = forever).
 * Milliseconds, 0 (never wait) or POLYSOCK_INFINITE, the value of a new handle; POLYSOCK_DEFAULT does not change one.
 * @code
 * polysock_set_timeout(s, 30000, 5000);
 * n = polysock_recv(s, buf, sizeof buf, 0, POLYSOCK_DEFAULT);   // at most 30 s
 * @endcode
 * @ingroup polysock_options
 */
int polysock_set_timeout(polysock_t *s, int recv_ms, int send_ms);

/**
 * Gets the timeouts set by polysock_set_timeout(), in milliseconds or POLYSOCK_INFINITE. Each out-parameter may be NULL.
 *
 * BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.gettimeout. Java: Socket.getSoTimeout.
 * @ingroup polysock_options
 */
int polysock_get_timeout(const polysock_t *s, int *recv_ms, int *send_ms);

/**
 * Makes the handle and its descriptor blocking (the timeouts become POLYSOCK_INFINITE) or non-blocking (they become 0).
 *
 * BSD: fcntl(2) with O_NONBLOCK. Python: socket.setblocking. Java: SocketChannel.configureBlocking.
 * @ingroup polysock_options
 */
int polysock_set_blocking(polysock_t *s, bool on);

/**
 * Lets a receive take several datagrams of one sender together. Off by default; Linux 5.0.
 *
 * BSD: UDP_GRO, udp(7). Python: socket.set_udp_gro. Java: none.
 * polysock_recv_batch() then reports the length of each in `segment_size`; other receives do not, and return them as if they
 * were one datagram. Each buffer needs room for 65535 bytes: what does not fit is lost, perhaps many datagrams. Fails with
 * POLYSOCK_EUNSUPPORTED for a socket that is not UDP.
 * @ingroup polysock_options
 */
int polysock_set_udp_gro(polysock_t *s, bool on);

/**
 * Gets whether a receive may take several datagrams together.
 *
 * BSD: UDP_GRO, udp(7). Python: socket.udp_gro. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_udp_gro(const polysock_t *s, bool *on);

/**
 * Requests a send buffer of this many bytes; polysock_get_sndbuf() returns the actual size.
 *
 * BSD: SO_SNDBUF, socket(7). Python: socket.setsockopt. Java: Socket.setSendBufferSize.
 * The kernel limits it to net.core.wmem_max and doubles it; a size that was set no longer grows automatically. Fails
 * with POLYSOCK_EINVAL for 0 and more than 1073741823.
 * @ingroup polysock_options
 */
int polysock_set_sndbuf(polysock_t *s, size_t bytes);

/**
 * Gets the actual size of the send buffer in bytes, as the kernel counts it.
 *
 * BSD: SO_SNDBUF, socket(7). Python: socket.getsockopt. Java: Socket.getSendBufferSize.
 * @ingroup polysock_options
 */
int polysock_get_sndbuf(const polysock_t *s, size_t *bytes);

/**
 * Requests a receive buffer of this many bytes, preferably before connect or listen; polysock_get_rcvbuf() returns the
 * actual size.
 *
 * BSD: SO_RCVBUF, socket(7). Python: socket.setsockopt. Java: Socket.setReceiveBufferSize.
 * Otherwise like polysock_set_sndbuf(), with net.core.rmem_max.
 * @ingroup polysock_options
 */
int polysock_set_rcvbuf(polysock_t *s, size_t bytes);

/**
 * Gets the actual size of the receive buffer in bytes, as the kernel counts it.
 *
 * BSD: SO_RCVBUF, socket(7). Python: socket.getsockopt. Java: Socket.getReceiveBufferSize.
 * @ingroup polysock_options
 */
int polysock_get_rcvbuf(const polysock_t *s, size_t *bytes);

/**
 * Makes the socket readable, and ends waits, only once this many bytes have arrived. 1 by default.
 *
 * BSD: SO_RCVLOWAT, socket(7). Python: socket.setsockopt. Java: none.
 * With TCP the kernel limits it to half of the receive buffer. Fails with POLYSOCK_EINVAL for 0 and more than
 * 2147483647.
 * @ingroup polysock_options
 */
int polysock_set_rcvlowat(polysock_t *s, size_t bytes);

/**
 * Gets the number of bytes that make the socket readable.
 *
 * BSD: SO_RCVLOWAT, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_rcvlowat(const polysock_t *s, size_t *bytes);

/**
 * Probes an idle connection after `idle_s` seconds, then every `interval_s` seconds, and gives it up after `count`
 * unanswered probes; 0 is the system's default (Linux: 7200, 75, 9). Off by default.
 *
 * BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.setsockopt. Java: Socket.setKeepAlive.
 * Fails with POLYSOCK_EINVAL when a number is out of range, which polysock_last_detail() names, and with
 * POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_keepalive(polysock_t *s, bool on, int idle_s, int interval_s, int count);

/**
 * Gets whether keepalive is on, and its numbers, which are 0 while it is off. Each out-parameter may be NULL.
 *
 * BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.getsockopt. Java: Socket.getKeepAlive.
 * @ingroup polysock_options
 */
int polysock_get_keepalive(const polysock_t *s, bool *on, int *idle_s, int *interval_s, int *count);

/**
 * Sets what close does with unsent data: with POLYSOCK_LINGER_OFF, the default, the kernel sends it after close; 0
 * discards it and resets the connection; otherwise close waits at most this many seconds for the peer's
 * acknowledgement.
 *
 * BSD: SO_LINGER. Python: socket.set_linger. Java: Socket.setSoLinger.
 * Fails with POLYSOCK_EINVAL for another negative number or more than 65535.
 * @ingroup polysock_options
 */
int polysock_set_linger(polysock_t *s, int seconds);

/**
 * Gets the linger time in seconds, or POLYSOCK_LINGER_OFF.
 *
 * BSD: SO_LINGER. Python: socket.getsockopt. Java: Socket.getSoLinger.
 * @ingroup polysock_options
 */
int polysock_get_linger(const polysock_t *s, int *seconds);

/**
 * Lets bind take an address that an earlier connection in TIME_WAIT still uses. Off by default.
 *
 * BSD: SO_REUSEADDR. Python: socket.setsockopt. Java: ServerSocket.setReuseAddress.
 * @ingroup polysock_options
 */
int polysock_set_reuseaddr(polysock_t *s, bool on);

/**
 * Reports whether reuse-address is on.
 *
 * BSD: SO_REUSEADDR. Python: socket.getsockopt. Java: ServerSocket.getReuseAddress.
 * @ingroup polysock_options
 */
int polysock_get_reuseaddr(const polysock_t *s, bool *on);

/**
 * Lets several sockets of one user bind to the same address, if all have the option; Linux spreads connections and
 * datagrams over them. Off by default.
 *
 * BSD: SO_REUSEPORT, socket(7). Python: socket.setsockopt. Java: StandardSocketOptions.SO_REUSEPORT.
 * Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_reuseport(polysock_t *s, bool on);

/**
 * Reports whether several sockets may bind to the same address.
 *
 * BSD: SO_REUSEPORT, socket(7). Python: socket.getsockopt. Java: StandardSocketOptions.SO_REUSEPORT.
 * @ingroup polysock_options
 */
int polysock_get_reuseport(const polysock_t *s, bool *on);

/**
 * Allows sending datagrams to a broadcast address, which otherwise fails with POLYSOCK_EACCES. Off by default.
 *
 * BSD: SO_BROADCAST, socket(7). Python: socket.setsockopt. Java: DatagramSocket.setBroadcast (on by default in Java).
 * @ingroup polysock_options
 */
int polysock_set_broadcast(polysock_t *s, bool on);

/**
 * Reports whether sending to broadcast addresses is allowed.
 *
 * BSD: SO_BROADCAST, socket(7). Python: socket.getsockopt. Java: DatagramSocket.getBroadcast (on by default in Java).
 * @ingroup polysock_options
 */
int polysock_get_broadcast(const polysock_t *s, bool *on);

/**
 * Leaves the urgent byte in the stream instead of keeping it apart for POLYSOCK_MSG_OOB. Off by default.
 *
 * BSD: SO_OOBINLINE, socket(7). Python: socket.setsockopt. Java: Socket.setOOBInline.
 * @ingroup polysock_options
 */
int polysock_set_oobinline(polysock_t *s, bool on);

/**
 * Reports whether the urgent byte stays in the stream.
 *
 * BSD: SO_OOBINLINE, socket(7). Python: socket.getsockopt. Java: Socket.getOOBInline.
 * @ingroup polysock_options
 */
int polysock_get_oobinline(const polysock_t *s, bool *on);

/**
 * Gets and clears the pending error of the socket, such as that of a connect in the background: `*error` is its code,
 * or 0.
 *
 * BSD: SO_ERROR, socket(7). Python: socket.getsockopt. Java: SocketChannel.finishConnect.
 * The return value reports only whether the error could be read.
 * @ingroup polysock_options
 */
int polysock_take_error(polysock_t *s, int *error);

/**
 * Reports whether the socket listens.
 *
 * BSD: SO_ACCEPTCONN, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_acceptconn(const polysock_t *s, bool *on);

/**
 * Gets the family of the socket, an AF_ number.
 *
 * BSD: SO_DOMAIN, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_domain(const polysock_t *s, int *family);

/**
 * Gets the type of the socket, a SOCK_ number.
 *
 * BSD: SO_TYPE, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_type(const polysock_t *s, int *kind);

/**
 * Gets the protocol of the socket, an IPPROTO_ number.
 *
 * BSD: SO_PROTOCOL, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_protocol(const polysock_t *s, int *protocol);

/**
 * Restricts sending and receiving to the interface of this name; NULL, the default, allows all. Linux and macOS.
 *
 * BSD: SO_BINDTODEVICE, socket(7). Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EINVAL for an empty name and more than 15 bytes, POLYSOCK_ENODEV when there is no such interface,
 * POLYSOCK_EPERM to change it without CAP_NET_RAW.
 * @ingroup polysock_options
 */
int polysock_set_device(polysock_t *s, const char *name);

/**
 * Writes the name of the interface that the socket is bound to, "" for none, and returns its length without the NUL.
 *
 * BSD: SO_BINDTODEVICE, socket(7). Python: socket.getsockopt. Java: none.
 * 16 bytes are enough. Fails with POLYSOCK_ENOSPC when `size` is too small.
 * @ingroup polysock_options
 */
int polysock_get_device(const polysock_t *s, char *buf, size_t size);

/**
 * Marks every packet for routing and filter rules. 0 by default; needs CAP_NET_ADMIN or CAP_NET_RAW (otherwise
 * POLYSOCK_EPERM); Linux.
 *
 * BSD: SO_MARK, socket(7). Python: socket.setsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_set_mark(polysock_t *s, uint32_t mark);

/**
 * Gets the mark of packets.
 *
 * BSD: SO_MARK, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_mark(const polysock_t *s, uint32_t *mark);

/**
 * Sets the priority of packets in the queue of their interface; above 6 needs CAP_NET_ADMIN or CAP_NET_RAW (otherwise
 * POLYSOCK_EPERM). 0 by default; Linux.
 *
 * BSD: SO_PRIORITY, socket(7). Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EINVAL for a negative number. polysock_set_tos() sets it too.
 * @ingroup polysock_options
 */
int polysock_set_priority(polysock_t *s, int priority);

/**
 * Gets the priority of packets.
 *
 * BSD: SO_PRIORITY, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_priority(const polysock_t *s, int *priority);

/**
 * Requests the packets that arrive on this CPU, among sockets that share a port by polysock_set_reuseport(). Linux.
 *
 * BSD: SO_INCOMING_CPU, socket(7). Python: socket.setsockopt. Java: none (similar:
 * ExtendedSocketOptions.SO_INCOMING_NAPI_ID).
 * Fails with POLYSOCK_EINVAL for a negative number.
 * @ingroup polysock_options
 */
int polysock_set_incoming_cpu(polysock_t *s, int cpu);

/**
 * Gets the CPU that handled the last packet, or the one requested; -1 before the first packet.
 *
 * BSD: SO_INCOMING_CPU, socket(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_incoming_cpu(const polysock_t *s, int *cpu);

/**
 * Records with each datagram when the kernel received it, for polysock_control_timestamp(). Off by default.
 *
 * BSD: SO_TIMESTAMPNS, socket(7). Python: by number 35. Java: none.
 * @ingroup polysock_options
 */
int polysock_set_timestamps(polysock_t *s, bool on);

/**
 * Reports whether datagrams carry the time at which they were received.
 *
 * BSD: SO_TIMESTAMPNS, socket(7). Python: by number 35. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_timestamps(const polysock_t *s, bool *on);

/**
 * Records with each message over a Unix domain socket who sent it, for polysock_control_credentials(). Off by default;
 * Linux and FreeBSD.
 *
 * BSD: SO_PASSCRED, unix(7). Python: by number 16. Java: none (similar: ExtendedSocketOptions.SO_PEERCRED).
 * @ingroup polysock_options
 */
int polysock_set_passcred(polysock_t *s, bool on);

/**
 * Reports whether messages carry their sender's credentials.
 *
 * BSD: SO_PASSCRED, unix(7). Python: by number 16. Java: none (similar: ExtendedSocketOptions.SO_PEERCRED).
 * @ingroup polysock_options
 */
int polysock_get_passcred(const polysock_t *s, bool *on);

/**
 * Gets the process, user and group at the other end of a Unix domain socket, as they were when it called connect,
 * listen or socketpair. Linux, macOS and FreeBSD.
 *
 * BSD: SO_PEERCRED, unix(7). Python: socket.getsockopt. Java: ExtendedSocketOptions.SO_PEERCRED.
 * Fails with POLYSOCK_ENOTCONN without a peer, and with POLYSOCK_EUNSUPPORTED for another kind of socket.
 * @ingroup polysock_options
 */
int polysock_get_peercred(const polysock_t *s, polysock_credentials *who);

/**
 * Records with each datagram at which address and interface it arrived, for polysock_control_packet_info(). Off by
 * default.
 *
 * BSD: IP_PKTINFO, ip(7), IPV6_RECVPKTINFO, ipv6(7). Python: by number 8, for IPv6 socket.IPV6_RECVPKTINFO. Java: none.
 * Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_packet_info(polysock_t *s, bool on);

/**
 * Reports whether datagrams carry the address and interface at which they arrived.
 *
 * BSD: IP_PKTINFO, ip(7), IPV6_RECVPKTINFO, ipv6(7). Python: by number 8, for IPv6 socket.IPV6_RECVPKTINFO. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_packet_info(const polysock_t *s, bool *on);

/**
 * Sends small pieces at once instead of collecting them. Off by default.
 *
 * BSD: TCP_NODELAY. Python: socket.setsockopt. Java: Socket.setTcpNoDelay.
 * Fails with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_nodelay(polysock_t *s, bool on);

/**
 * Reports whether small pieces are sent at once.
 *
 * BSD: TCP_NODELAY. Python: socket.getsockopt. Java: Socket.getTcpNoDelay.
 * @ingroup polysock_options
 */
int polysock_get_nodelay(const polysock_t *s, bool *on);

/**
 * Holds back segments that are not full, for at most 200 ms, until it is turned off. Off by default; Linux.
 *
 * BSD: TCP_CORK, tcp(7). Python: socket.setsockopt. Java: none.
 * It takes precedence over polysock_set_nodelay(). Fails with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_cork(polysock_t *s, bool on);

/**
 * Reports whether segments that are not full are held back.
 *
 * BSD: TCP_CORK, tcp(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_cork(const polysock_t *s, bool *on);

/**
 * Acknowledges data at once instead of about 40 ms later. On by default; Linux.
 *
 * BSD: TCP_QUICKACK, tcp(7). Python: socket.setsockopt. Java: ExtendedSocketOptions.TCP_QUICKACK.
 * It is not permanent: the kernel changes it during the connection. Fails with POLYSOCK_EUNSUPPORTED for a socket that
 * is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_quickack(polysock_t *s, bool on);

/**
 * Reports whether acknowledgements are sent at once at the moment.
 *
 * BSD: TCP_QUICKACK, tcp(7). Python: socket.getsockopt. Java: ExtendedSocketOptions.TCP_QUICKACK.
 * @ingroup polysock_options
 */
int polysock_get_quickack(const polysock_t *s, bool *on);

/**
 * Lets connect return at once and the first send put its data into the SYN, if an earlier connection brought a cookie.
 * Off by default; Linux.
 *
 * BSD: TCP_FASTOPEN_CONNECT, tcp(7), RFC 7413. Python: by number 30. Java: none.
 * That send succeeds even if the connection is refused, which the next call reports, such as a receive. Without a
 * cookie, connect works as usual. Fails with POLYSOCK_EUNSUPPORTED if net.ipv4.tcp_fastopen lacks bit 1, and for a
 * socket that is not TCP; with POLYSOCK_EINVAL after connect.
 * @ingroup polysock_options
 */
int polysock_set_fastopen_connect(polysock_t *s, bool on);

/**
 * Reports whether connect leaves the connecting to the first send.
 *
 * BSD: TCP_FASTOPEN_CONNECT, tcp(7), RFC 7413. Python: by number 30. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_fastopen_connect(const polysock_t *s, bool *on);

/**
 * Accepts data in the SYN, on a socket that listens or will: at most `queue` such connections wait for the end of their
 * handshake; 0, the default, accepts none.
 *
 * BSD: TCP_FASTOPEN, tcp(7), RFC 7413. Python: socket.setsockopt. Java: none.
 * It has no effect if net.ipv4.tcp_fastopen lacks bit 2; macOS and FreeBSD know only on and off. Fails with
 * POLYSOCK_EINVAL for a negative number, and on a connection; with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_fastopen(polysock_t *s, int queue);

/**
 * Gets the length of the queue of connections with data in the SYN.
 *
 * BSD: TCP_FASTOPEN, tcp(7), RFC 7413. Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_fastopen(const polysock_t *s, int *queue);

/**
 * Accepts a connection only once its first data has arrived, or `seconds` have passed; 0, the default, accepts at once.
 * Linux.
 *
 * BSD: TCP_DEFER_ACCEPT, tcp(7). Python: socket.setsockopt. Java: none.
 * Linux rounds up to one of 1, 3, 7, 15, 31, 63, 127, 247, 367, ... Fails with POLYSOCK_EINVAL for a negative number
 * or more than 29887; with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_defer_accept(polysock_t *s, int seconds);

/**
 * Gets how many seconds accept is deferred, as rounded; 0 when it is not.
 *
 * BSD: TCP_DEFER_ACCEPT, tcp(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_defer_accept(const polysock_t *s, int *seconds);

/**
 * Ends the connection with POLYSOCK_ECONNTIMEDOUT when sent data stays unacknowledged this long; 0, the default, is the
 * system's limit, about 15 minutes. Linux.
 *
 * BSD: TCP_USER_TIMEOUT, tcp(7), RFC 5482. Python: socket.setsockopt. Java: none.
 * The connection may end later, but not earlier. It also limits keepalive. Fails with POLYSOCK_EINVAL for a negative
 * number; with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_user_timeout(polysock_t *s, int milliseconds);

/**
 * Gets the user timeout in milliseconds; 0 when it is the system's.
 *
 * BSD: TCP_USER_TIMEOUT, tcp(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_user_timeout(const polysock_t *s, int *milliseconds);

/**
 * Sends and announces segments of at most this size, if set before connect or listen; 0, the default, lets the path
 * decide.
 *
 * BSD: TCP_MAXSEG, tcp(7). Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EINVAL outside 88 to 32767; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_maxseg(polysock_t *s, size_t bytes);

/**
 * Gets the current maximum segment size in bytes.
 *
 * BSD: TCP_MAXSEG, tcp(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_maxseg(const polysock_t *s, size_t *bytes);

/**
 * Makes the socket writable only while fewer bytes than this are waiting to be sent; 0, the default, is the system's
 * limit. Linux and macOS.
 *
 * BSD: TCP_NOTSENT_LOWAT, tcp(7). Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EINVAL above 4294967295; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_notsent_lowat(polysock_t *s, size_t bytes);

/**
 * Gets how many bytes may wait to be sent while the socket is writable; 0 when it is the system's limit.
 *
 * BSD: TCP_NOTSENT_LOWAT, tcp(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_notsent_lowat(const polysock_t *s, size_t *bytes);

/**
 * Chooses the congestion control by name, such as "cubic" or "reno". Linux and FreeBSD.
 *
 * BSD: TCP_CONGESTION, tcp(7). Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EINVAL for an empty name and more than 15 bytes, POLYSOCK_ENOENT when the kernel does not have it,
 * POLYSOCK_EPERM when it is not allowed; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
 * @ingroup polysock_options
 */
int polysock_set_congestion(polysock_t *s, const char *name);

/**
 * Writes the name of the congestion control and returns its length without the NUL.
 *
 * BSD: TCP_CONGESTION, tcp(7). Python: socket.getsockopt. Java: none.
 * 16 bytes are enough. Fails with POLYSOCK_ENOSPC when `size` is too small.
 * @ingroup polysock_options
 */
int polysock_get_congestion(const polysock_t *s, char *buf, size_t size);

/**
 * Sets how many routers a packet may pass, over IPv4. 64 by default.
 *
 * BSD: IP_TTL, ip(7). Python: socket.setsockopt. Java: none.
 * For IPv6 use polysock_set_hops(), for multicast polysock_set_mcast_ttl(). Fails with POLYSOCK_EINVAL outside 1 to 255;
 * POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_ttl(polysock_t *s, int ttl);

/**
 * Gets how many routers a packet may pass, over IPv4.
 *
 * BSD: IP_TTL, ip(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_ttl(const polysock_t *s, int *ttl);

/**
 * Sets the type of service of packets over IPv4: DSCP in the high six bits, ECN in the low two. 0 by default.
 *
 * BSD: IP_TOS, ip(7). Python: socket.setsockopt. Java: Socket.setTrafficClass.
 * Fails with POLYSOCK_EINVAL outside 0 to 255 and, on a stream, with one of the low two bits, which belong to TCP;
 * POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_tos(polysock_t *s, int tos);

/**
 * Gets the type of service of packets over IPv4.
 *
 * BSD: IP_TOS, ip(7). Python: socket.getsockopt. Java: Socket.getTrafficClass.
 * @ingroup polysock_options
 */
int polysock_get_tos(const polysock_t *s, int *tos);

/**
 * Allows local addresses that belong to other hosts, over IPv4 or IPv6. Off by default; needs CAP_NET_ADMIN or
 * CAP_NET_RAW (otherwise POLYSOCK_EPERM); Linux and FreeBSD (IP_BINDANY).
 *
 * BSD: IP_TRANSPARENT, ip(7), IPV6_TRANSPARENT. Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_transparent(polysock_t *s, bool on);

/**
 * Reports whether local addresses that belong to other hosts are allowed.
 *
 * BSD: IP_TRANSPARENT, ip(7), IPV6_TRANSPARENT. Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_transparent(const polysock_t *s, bool *on);

/**
 * Lets bind take an address that no interface has, or not yet, over IPv4 or IPv6. Off by default; Linux and
 * FreeBSD (IP_BINDANY).
 *
 * BSD: IP_FREEBIND, ip(7), IPV6_FREEBIND. Python: by number 15, for IPv6 78. Java: none.
 * Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_freebind(polysock_t *s, bool on);

/**
 * Reports whether bind takes an address that no interface has.
 *
 * BSD: IP_FREEBIND, ip(7), IPV6_FREEBIND. Python: by number 15, for IPv6 78. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_freebind(const polysock_t *s, bool *on);

/**
 * Restricts the socket to IPv6, without IPv4 as mapped addresses; set it before bind. Off by default on Linux.
 *
 * BSD: IPV6_V6ONLY, ipv6(7). Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EINVAL once the socket is bound, and with POLYSOCK_EUNSUPPORTED for a socket that is not IPv6.
 * @ingroup polysock_options
 */
int polysock_set_v6only(polysock_t *s, bool on);

/**
 * Reports whether the socket is restricted to IPv6.
 *
 * BSD: IPV6_V6ONLY, ipv6(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_v6only(const polysock_t *s, bool *on);

/**
 * Sets how many routers a packet may pass, over IPv6. 64 by default.
 *
 * BSD: IPV6_UNICAST_HOPS, ipv6(7). Python: socket.setsockopt. Java: none.
 * Fails with POLYSOCK_EINVAL outside 0 to 255; POLYSOCK_EUNSUPPORTED for a socket that is not IPv6.
 * @ingroup polysock_options
 */
int polysock_set_hops(polysock_t *s, int hops);

/**
 * Gets how many routers a packet may pass, over IPv6.
 *
 * BSD: IPV6_UNICAST_HOPS, ipv6(7). Python: socket.getsockopt. Java: none.
 * @ingroup polysock_options
 */
int polysock_get_hops(const polysock_t *s, int *hops);

/**
 * Sets the traffic class of packets over IPv6: DSCP in the high six bits, ECN in the low two. 0 by default.
 *
 * BSD: IPV6_TCLASS, ipv6(7). Python: socket.setsockopt. Java: Socket.setTrafficClass.
 * Fails with POLYSOCK_EINVAL outside 0 to 255 and, on a stream, with one of the low two bits, which belong to TCP;
 * POLYSOCK_EUNSUPPORTED for a socket that is not IPv6.
 * @ingroup polysock_options
 */
int polysock_set_tclass(polysock_t *s, int tclass);

/**
 * Gets the traffic class of packets over IPv6.
 *
 * BSD: IPV6_TCLASS, ipv6(7). Python: socket.getsockopt. Java: Socket.getTrafficClass.
 * @ingroup polysock_options
 */
int polysock_get_tclass(const polysock_t *s, int *tclass);

/**
 * Joins a multicast group on the interface of this name; if it is NULL, on the interface of the group's scope
 * ("ff02::1%eth0"); without a scope, on one that the system chooses. `source` NULL allows all senders, otherwise only
 * that one.
 *
 * BSD: IP_ADD_MEMBERSHIP, ip(7), IPV6_ADD_MEMBERSHIP, ipv6(7), MCAST_JOIN_SOURCE_GROUP. Python: socket.setsockopt. Java:
 * MulticastChannel.join.
 * Ports are ignored. Join several sources one by one. Fails with POLYSOCK_EINVAL when the group is not a multicast
 * address, the source is of another family, or the name of the interface is empty, longer than 15 bytes or not that of
 * the scope; POLYSOCK_ENODEV when there is no such interface; POLYSOCK_EADDRINUSE when the group is already joined;
 * POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @code
 * polysock_addr group;
 * if (polysock_addr_parse(&group, "239.1.2.3", 0) == 0)
 *     polysock_mcast_join(s, &group, "lo", NULL);
 * @endcode
 * @ingroup polysock_options
 */
int polysock_mcast_join(polysock_t *s, const polysock_addr *group, const char *iface, const polysock_addr *source);

/**
 * Leaves a multicast group; interface and source must be those it was joined with. Closing the socket leaves all groups.
 *
 * BSD: IP_DROP_MEMBERSHIP, ip(7), IPV6_DROP_MEMBERSHIP, ipv6(7), MCAST_LEAVE_SOURCE_GROUP. Python: socket.setsockopt.
 * Java: MembershipKey.drop.
 * Fails like polysock_mcast_join(), and with POLYSOCK_EADDRNOTAVAIL when the group was not joined that way.
 * @ingroup polysock_options
 */
int polysock_mcast_leave(polysock_t *s, const polysock_addr *group, const char *iface, const polysock_addr *source);

/**
 * Sends to multicast groups through the interface of this name; NULL, the default, lets the system choose.
 *
 * BSD: IP_MULTICAST_IF, ip(7), IPV6_MULTICAST_IF, ipv6(7). Python: socket.setsockopt. Java:
 * MulticastSocket.setNetworkInterface.
 * Fails with POLYSOCK_EINVAL for an empty name and more than 15 bytes, POLYSOCK_ENODEV when there is no such interface;
 * POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_mcast_if(polysock_t *s, const char *iface);

/**
 * Gets the index of the interface for sending to multicast groups over IPv6; 0 when the system chooses, and always
 * over IPv4, where Linux does not report it.
 *
 * BSD: IPV6_MULTICAST_IF, ipv6(7), with if_indextoname(3). Python: socket.getsockopt. Java:
 * MulticastSocket.getNetworkInterface.
 * @ingroup polysock_options
 */
int polysock_get_mcast_if(const polysock_t *s, uint32_t *index);

/**
 * Sets how many routers a packet to a multicast group may pass; 0 keeps it on this host. 1 by default.
 *
 * BSD: IP_MULTICAST_TTL, ip(7), IPV6_MULTICAST_HOPS, ipv6(7). Python: socket.setsockopt. Java:
 * MulticastSocket.setTimeToLive.
 * Fails with POLYSOCK_EINVAL outside 0 to 255; POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_mcast_ttl(polysock_t *s, int ttl);

/**
 * Gets how many routers a packet to a multicast group may pass.
 *
 * BSD: IP_MULTICAST_TTL, ip(7), IPV6_MULTICAST_HOPS, ipv6(7). Python: socket.getsockopt. Java:
 * MulticastSocket.getTimeToLive.
 * @ingroup polysock_options
 */
int polysock_get_mcast_ttl(const polysock_t *s, int *ttl);

/**
 * Delivers what the socket sends to a multicast group to members on this host, too. On by default.
 *
 * BSD: IP_MULTICAST_LOOP, ip(7), IPV6_MULTICAST_LOOP, ipv6(7). Python: socket.setsockopt. Java:
 * StandardSocketOptions.IP_MULTICAST_LOOP.
 * Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_mcast_loop(polysock_t *s, bool on);

/**
 * Reports whether what the socket sends to a multicast group is delivered to members on this host.
 *
 * BSD: IP_MULTICAST_LOOP, ip(7), IPV6_MULTICAST_LOOP, ipv6(7). Python: socket.getsockopt. Java:
 * StandardSocketOptions.IP_MULTICAST_LOOP.
 * @ingroup polysock_options
 */
int polysock_get_mcast_loop(const polysock_t *s, bool *on);

/**
 * Delivers to the socket also what is sent to groups that other sockets of this host joined, if its address and port
 * match. On by default; when off, it receives only from groups that it joined itself. Linux.
 *
 * BSD: IP_MULTICAST_ALL, ip(7), IPV6_MULTICAST_ALL. Python: by number 49, for IPv6 29. Java: none (always off).
 * Fails with POLYSOCK_EUNSUPPORTED for a socket that is not IP.
 * @ingroup polysock_options
 */
int polysock_set_mcast_all(polysock_t *s, bool on);

/**
 * Reports whether the socket also receives from groups that other sockets of this host joined.
 *
 * BSD: IP_MULTICAST_ALL, ip(7), IPV6_MULTICAST_ALL. Python: by number 49, for IPv6 29. Java: none (always off).
 * @ingroup polysock_options
 */
int polysock_get_mcast_all(const polysock_t *s, bool *on);

/**
 * Sets any option, by the system's numbers.
 *
 * BSD: setsockopt(2). Python: socket.setsockopt. Java: Socket.setOption.
 * Fails with POLYSOCK_ENOPROTOOPT when there is no such option.
 * @ingroup polysock_options
 */
int polysock_setsockopt(polysock_t *s, int level, int name, const void *value, size_t len);

/**
 * Gets any option, by the system's numbers. `*len` is the size of `value` before, and the size of the option after the
 * call.
 *
 * BSD: getsockopt(2). Python: socket.getsockopt. Java: Socket.getOption.
 * Fails with POLYSOCK_ENOPROTOOPT when there is no such option.
 * @ingroup polysock_options
 */
int polysock_getsockopt(const polysock_t *s, int level, int name, void *value, size_t *len);

/**
 * Gets the state and statistics of the TCP connection.
 *
 * BSD: getsockopt(2) with TCP_INFO. Python: socket.tcp_info. Java: none.
 * `out_size` is the caller's sizeof (polysock_tcp_stats): a shorter structure gets the first fields, and the
 * additional bytes of a longer one are set to 0xff. Fails with POLYSOCK_EINVAL for 0, and with POLYSOCK_EUNSUPPORTED
 * for a socket that is not TCP.
 * @code
 * polysock_tcp_stats stats;
 * if (polysock_tcp_info(s, &stats, sizeof stats) == 0)
 *     printf("round trip %llu us, %u retransmitted\n", (unsigned long long)stats.rtt_us, stats.total_retrans);
 * @endcode
 * @ingroup polysock_sockets
 */
int polysock_tcp_info(const polysock_t *s, polysock_tcp_stats *out, size_t out_size);

/**
 * Records every call of this process from now on, as a line of JSON each, in a new file in `folder`, which is created if
 * necessary. `python -m polysock show FOLDER` shows it.
 *
 * BSD: none. Python: polysock.trace. Java: none.
 * The first `data_bytes` bytes of what each call sends or receives are recorded: usually 64, 0 for none, a negative number for
 * all. The environment variable POLYSOCK_TRACE (a folder) does the same for a whole program, and
 * POLYSOCK_TRACE_DATA (none, all or a number) sets how many bytes. A forked child continues in a new file.
 * A full disk ends the recording, not the program. Fails with POLYSOCK_EBUSY when calls are being recorded already, and
 * with the system's errors for files, such as POLYSOCK_EACCES.
 * @ingroup polysock_library
 */
int polysock_trace_start(const char *folder, int64_t data_bytes);

/**
 * Stops recording. Does nothing if nothing is being recorded.
 *
 * BSD: none. Python: the end of `with polysock.trace(...)`. Java: none.
 * @ingroup polysock_library
 */
int polysock_trace_stop(void);

#endif  /* POLYSOCK_POLYSOCK_H */

/* Once in each file, however often it includes this: the end of extern "C", and checks of the frozen layouts. */
#ifndef POLYSOCK_LAYOUT_CHECKED
#define POLYSOCK_LAYOUT_CHECKED
#ifdef __cplusplus
} /* extern "C" */
#endif
#if defined(__cplusplus) && __cplusplus >= 201103L
#define POLYSOCK_CHECK_(name, condition) static_assert(condition, #name)
#else
#define POLYSOCK_CHECK_(name, condition) typedef char polysock_check_##name[(condition) ? 1 : -1]
#endif
struct polysock_addr_alignment_ { char first; polysock_addr second; };
POLYSOCK_CHECK_(addr_is_136_bytes, sizeof(polysock_addr) == 136);
POLYSOCK_CHECK_(addr_is_aligned_to_8, offsetof(struct polysock_addr_alignment_, second) == 8);
POLYSOCK_CHECK_(addr_sockaddr_at_8, offsetof(polysock_addr, bytes) == 8);
POLYSOCK_CHECK_(iovec_is_two_words, sizeof(polysock_iovec) == 2 * sizeof(void *));
POLYSOCK_CHECK_(iovec_len_is_second, offsetof(polysock_iovec, len) == sizeof(void *));
POLYSOCK_CHECK_(frame_is_two_words, sizeof(polysock_frame) == 2 * sizeof(void *));
POLYSOCK_CHECK_(frame_len_is_second, offsetof(polysock_frame, len) == sizeof(void *));
POLYSOCK_CHECK_(framing_is_32_and_four_words, sizeof(polysock_framing) == 32 + 4 * sizeof(void *));
POLYSOCK_CHECK_(framing_fixed_size_at_32, offsetof(polysock_framing, fixed_size) == 32);
POLYSOCK_CHECK_(msg_is_five_words_and_8, sizeof(polysock_msg) == 5 * sizeof(void *) + 8);
POLYSOCK_CHECK_(msg_size_is_first, offsetof(polysock_msg, size) == 0);
POLYSOCK_CHECK_(msg_flags_after_five_words, offsetof(polysock_msg, flags) == 5 * sizeof(void *));
POLYSOCK_CHECK_(dgram_is_five_words_and_16, sizeof(polysock_dgram) == 5 * sizeof(void *) + 16);
POLYSOCK_CHECK_(dgram_result_after_three_words, offsetof(polysock_dgram, result) == 3 * sizeof(void *));
POLYSOCK_CHECK_(credentials_are_12_bytes, sizeof(polysock_credentials) == 12);
POLYSOCK_CHECK_(pollfd_is_a_word_and_16, sizeof(polysock_pollfd) == sizeof(void *) + 16);
POLYSOCK_CHECK_(pollfd_fd_is_second, offsetof(polysock_pollfd, fd) == sizeof(void *));
POLYSOCK_CHECK_(pollfd_reserved_is_last, offsetof(polysock_pollfd, reserved) == sizeof(void *) + 8);
POLYSOCK_CHECK_(event_is_16_bytes, sizeof(polysock_event) == 16);
POLYSOCK_CHECK_(event_events_at_8, offsetof(polysock_event, events) == 8);
POLYSOCK_CHECK_(server_options_are_four_words_and_8, sizeof(polysock_server_options) == 4 * sizeof(void *) + 8);
POLYSOCK_CHECK_(server_options_size_is_first, offsetof(polysock_server_options, size) == 0);
POLYSOCK_CHECK_(server_options_times_are_last, offsetof(polysock_server_options, idle_timeout_ms) == 4 * sizeof(void *));
POLYSOCK_CHECK_(server_stats_are_a_word_and_32, sizeof(polysock_server_stats) == sizeof(void *) + 32);
POLYSOCK_CHECK_(message_server_options_are_nine_words_and_16, sizeof(polysock_message_server_options) == 9 * sizeof(void *) + 16);
POLYSOCK_CHECK_(message_server_options_size_is_first, offsetof(polysock_message_server_options, size) == 0);
POLYSOCK_CHECK_(message_server_stats_are_a_word_and_40, sizeof(polysock_message_server_stats) == sizeof(void *) + 40);
POLYSOCK_CHECK_(close_report_is_32_bytes, sizeof(polysock_close_report) == 32);
POLYSOCK_CHECK_(close_report_last_at_24, offsetof(polysock_close_report, discarded) == 24);
POLYSOCK_CHECK_(tcp_stats_are_320_bytes, sizeof(polysock_tcp_stats) == 320);
POLYSOCK_CHECK_(tcp_stats_times_at_168, offsetof(polysock_tcp_stats, rto_us) == 168);
POLYSOCK_CHECK_(tcp_stats_last_at_312, offsetof(polysock_tcp_stats, bytes_retrans) == 312);
#undef POLYSOCK_CHECK_
#endif
