//! What became of the bytes that were sent.

use crate::growing::{Growing, OutGrowing};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::set_optional;
use crate::time;
use libc::c_int;
use polysock::{CloseReport, CloseVerdict};

/// A verdict: the peer's system has every byte and the end of the stream, acknowledged before the peer's own end arrived.
/// There was no reset.
/// @ingroup polysock_delivery
pub const POLYSOCK_CLOSE_PEER_FINISHED: u32 = 1;
/// A verdict: the peer's system has every byte and the end of the stream, but the peer had ended its own stream before, or
/// so close to it that the order can't be known. There was no reset.
/// @ingroup polysock_delivery
pub const POLYSOCK_CLOSE_ACKNOWLEDGED: u32 = 2;
/// A verdict: time was up before the peer had acknowledged everything and ended its stream. If `unacked` and `unsent`
/// are 0, the peer's system has every byte. Otherwise the system goes on trying to deliver the rest.
/// @ingroup polysock_delivery
pub const POLYSOCK_CLOSE_TIMED_OUT: u32 = 3;
/// A verdict: the connection broke, by a reset or because the system gave it up. What the peer had not acknowledged is
/// lost, and it may have thrown away what it had.
/// @ingroup polysock_delivery
pub const POLYSOCK_CLOSE_RESET: u32 = 4;
/// A verdict: the peer sent more than the limit, and the connection was cut, by a reset.
/// @ingroup polysock_delivery
pub const POLYSOCK_CLOSE_LIMIT_REACHED: u32 = 5;

/// A limit for polysock_close_graceful(), in bytes, that is enough for what two systems can have on the way: 16 MiB.
/// @ingroup polysock_delivery
pub const POLYSOCK_DISCARD_LIMIT: u64 = 16_777_216;

const _: () = assert!(POLYSOCK_DISCARD_LIMIT == polysock::DISCARD_LIMIT);

/// What polysock_close_graceful() found. Later versions add fields only at the end.
///
/// BSD: none. Python: CloseReport. Java: none.
/// @ingroup polysock_delivery
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_close_report {
    /// A POLYSOCK_CLOSE_ number.
    pub verdict: u32,
    /// Zero.
    pub reserved: u32,
    /// Bytes sent but not acknowledged; for a Unix socket an upper limit.
    pub unacked: u64,
    /// Bytes not sent at all.
    pub unsent: u64,
    /// Bytes of the peer's that were read and thrown away.
    pub discarded: u64,
}

const _: () = assert!(
    size_of::<polysock_close_report>() == 32 && align_of::<polysock_close_report>() == align_of::<u64>()
);

// SAFETY: its size is that of its fields, which are numbers.
unsafe impl Growing for polysock_close_report {
    const NO_SIZE: &'static str = "is not a size of polysock_close_report";
}

/// Reports how many bytes of what was sent are still on the way: `*unsent` were not sent yet, `*unacked` were sent but not
/// acknowledged by the peer's system. Either may be NULL.
///
/// BSD: ioctl(2) with SIOCOUTQ and SIOCOUTQNSD, tcp(7). Python: socket.send_queue. Java: none.
/// The end of the stream is not counted. After a reset they are the bytes that were lost. For a Unix socket `*unacked` is an
/// upper limit for what the peer's program has not received; only 0 is exact. Fails with POLYSOCK_ENOTCONN, and with
/// POLYSOCK_EUNSUPPORTED for connections other than TCP and Unix ones.
/// @ingroup polysock_delivery
#[no_mangle]
pub unsafe extern "C" fn polysock_send_queue(
    s: *const polysock_t,
    unsent: *mut u64,
    unacked: *mut u64,
) -> c_int {
    guard::code("polysock_send_queue", || {
        let queue = borrow(s)?.send_queue()?;
        set_optional(unsent, queue.unsent);
        set_optional(unacked, queue.unacked);
        Ok(())
    })
}

/// Waits until the peer's system has acknowledged everything that was sent, and the end of the stream if that was sent too.
///
/// BSD: none. Python: socket.wait_acked. Java: none.
/// Over TCP this does not mean that the peer's program has read anything; between Unix sockets it does. A receiver that
/// sends nothing itself delays acknowledgements, on Linux by about 40 ms. Fails with POLYSOCK_ETIMEDOUT or POLYSOCK_EAGAIN
/// (polysock_send_queue() reports what is missing); with the error that ended the connection, such as
/// POLYSOCK_ECONNRESET, if something was not yet acknowledged then; and like polysock_send_queue().
/// @code
/// polysock_sendall(s, order, sizeof order, NULL, 5000);
/// if (polysock_wait_acked(s, 5000) == POLYSOCK_ETIMEDOUT) {
///     uint64_t unsent, unacked;
///     polysock_send_queue(s, &unsent, &unacked);
///     printf("%llu bytes are not confirmed\n", (unsigned long long)(unsent + unacked));
/// }
/// @endcode
/// @ingroup polysock_delivery
#[no_mangle]
pub unsafe extern "C" fn polysock_wait_acked(s: *mut polysock_t, timeout_ms: c_int) -> c_int {
    guard::code("polysock_wait_acked", || {
        let socket = borrow(s)?;
        Ok(time::call(&socket, timeout_ms)?.wait_acked()?)
    })
}

/// Closes a stream so that nothing is lost to a reset: ends this side's stream, reads and throws away what the peer still
/// sends, at most `limit` bytes, until the peer ends its own, and closes the socket. Reports what that proves.
///
/// BSD: shutdown(2), recv(2) until 0, close(2). Python: socket.close_graceful. Java: none.
/// Returns 0 whenever it has a verdict, even POLYSOCK_CLOSE_TIMED_OUT or POLYSOCK_CLOSE_RESET; the socket is closed then.
/// No verdict proves that the peer's program has read the data: only its answer does. `limit` may be
/// POLYSOCK_DISCARD_LIMIT. `out_size` is the caller's sizeof (polysock_close_report): a shorter structure gets the first
/// fields, and the additional bytes of a longer one are all set to 0xFF. With POLYSOCK_INFINITE it may wait forever.
/// Calls of other threads end with POLYSOCK_ECLOSED. A linger time does not extend the deadline; one of 0 still resets
/// the connection if something was not delivered in time. The end of the stream also concerns copies and other processes
/// that hold the connection; one that timed out stays open for them.
/// The socket stays open on failure with POLYSOCK_EINVAL, with POLYSOCK_ENOTCONN when it is not connected, and with
/// POLYSOCK_EUNSUPPORTED for other than TCP and Unix streams. Fails with POLYSOCK_ECLOSED when it is closed or being closed.
/// @code
/// polysock_close_report report;
/// if (polysock_close_graceful(s, POLYSOCK_DISCARD_LIMIT, &report, sizeof report, 5000) == 0
///     && report.verdict != POLYSOCK_CLOSE_PEER_FINISHED && report.verdict != POLYSOCK_CLOSE_ACKNOWLEDGED)
///     printf("%llu bytes were not confirmed\n", (unsigned long long)(report.unsent + report.unacked));
/// polysock_free(s);
/// @endcode
/// @ingroup polysock_delivery
#[no_mangle]
pub unsafe extern "C" fn polysock_close_graceful(
    s: *mut polysock_t,
    limit: u64,
    out: *mut polysock_close_report,
    out_size: usize,
    timeout_ms: c_int,
) -> c_int {
    guard::code("polysock_close_graceful", || {
        let (socket, out) = (borrow(s)?, OutGrowing::new(out, out_size)?);
        let report = time::call(&socket, timeout_ms)?.close_graceful(limit)?;
        out.set(&report.into());
        Ok(())
    })
}

/// Returns 1 when the peer has ended its stream and 0 when it has not. Nothing is read.
///
/// BSD: poll(2) with POLLRDHUP. Python: socket.peer_closed. Java: none.
/// 0 says only that no end has arrived: the peer may be gone all the same. Fails with the error that ended the
/// connection, such as POLYSOCK_ECONNRESET, which later receives report too; and like polysock_send_queue().
/// @ingroup polysock_delivery
#[no_mangle]
pub unsafe extern "C" fn polysock_peer_closed(s: *const polysock_t) -> c_int {
    guard::number("polysock_peer_closed", || {
        Ok(i32::from(borrow(s)?.peer_closed()?))
    })
}

impl From<CloseReport> for polysock_close_report {
    fn from(report: CloseReport) -> Self {
        Self {
            verdict: match report.verdict {
                CloseVerdict::PeerFinished => POLYSOCK_CLOSE_PEER_FINISHED,
                CloseVerdict::Acknowledged => POLYSOCK_CLOSE_ACKNOWLEDGED,
                CloseVerdict::TimedOut => POLYSOCK_CLOSE_TIMED_OUT,
                CloseVerdict::Reset => POLYSOCK_CLOSE_RESET,
                CloseVerdict::LimitReached => POLYSOCK_CLOSE_LIMIT_REACHED,
                // The enum is non-exhaustive. All of today's verdicts are above; clippy reports one that is missing.
                _ => 0,
            },
            reserved: 0,
            unacked: report.unacked,
            unsent: report.unsent,
            discarded: report.discarded,
        }
    }
}
