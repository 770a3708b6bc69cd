//! Batches of datagrams: send_batch, recv_batch, send_segments.

use crate::address::{self, polysock_addr};
use crate::buffer::{recv_buf_named, send_buf, send_buf_named};
use crate::error::{of_kind, Failure};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::{self, set_optional, OutArray};
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::{memory, Address, IncomingDatagram, OutgoingDatagram};

/// A datagram of a batch, to send or to receive.
///
/// BSD: struct mmsghdr. Python: the items that socket.send_batch takes. Java: DatagramPacket.
/// Start from zeros: `polysock_dgram d = {0};`. What it points to belongs to the caller; several elements may have the same
/// `addr` to send to. Its layout is frozen.
/// @ingroup polysock_datagrams
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_dgram {
    /// The bytes to send, which do not change, or where to store those received; may be NULL when `len` is 0.
    pub buf: *mut c_void,
    /// How many bytes to send, or how many there is room for.
    pub len: usize,
    /// polysock_send_batch(): the destination, or NULL when the socket is connected. polysock_recv_batch(): where to
    /// store the sender's address, or NULL.
    pub addr: *mut polysock_addr,
    /// Set by the call: how many bytes were sent or stored, or the code that says why it was not sent.
    pub result: ssize_t,
    /// Set by polysock_recv_batch(): 0, or with polysock_set_udp_gro() the length of each of several datagrams in `buf`, of
    /// which the last may be shorter.
    pub segment_size: usize,
    /// Set by polysock_recv_batch(): POLYSOCK_MSG_TRUNC when the datagram was longer than `len`, and the rest is lost.
    pub flags: c_int,
    /// Must be zero.
    pub reserved: [c_int; 3],
}

const _: () = assert!(size_of::<polysock_dgram>() == 5 * size_of::<usize>() + 16);

/// Sends `n` datagrams in their order and returns how many were sent.
///
/// BSD: sendmmsg(2). Python: socket.send_batch. Java: none.
/// A refused one does not stop the others: its `result` is the code, as from polysock_sendto(), and those after it
/// are sent. When time is up or the socket was closed after some were sent, the call returns how many, and the others have
/// that code. Datagrams in a row of one length to one address travel through the kernel together (UDP_SEGMENT, udp(7)),
/// at a fraction of the cost; each arrives as a separate datagram. Any number may be sent.
///
/// Fails only when none was sent: with the code of the first that was refused, or POLYSOCK_ETIMEDOUT, POLYSOCK_EAGAIN,
/// POLYSOCK_ECLOSED; with POLYSOCK_EUNSUPPORTED for a stream. Fails with POLYSOCK_EINVAL, and sets no `result`, when an element is
/// malformed: its `reserved` is not zero, its `buf` is NULL although `len` is not 0, or `*addr` has a `length` that no address has.
/// @code
/// polysock_dgram d[2] = {{.buf = "one", .len = 3, .addr = &to}, {.buf = "two", .len = 3, .addr = &to}};
/// int sent = polysock_send_batch(s, d, 2, 1000);
/// for (int i = 0; i < 2; i++)
///     if (d[i].result < 0)
///         fprintf(stderr, "%d: %s\n", i, polysock_strerror((int)d[i].result));
/// @endcode
/// @ingroup polysock_datagrams
#[no_mangle]
pub unsafe extern "C" fn polysock_send_batch(
    s: *mut polysock_t,
    d: *mut polysock_dgram,
    n: usize,
    timeout_ms: c_int,
) -> c_int {
    guard::number("polysock_send_batch", || {
        let (socket, mut elements) = (borrow(s)?, read(d, n)?);
        let (addresses, places) = destinations(&elements)?;
        let mut batch = memory::list(n).map_err(Failure::no_memory)?;
        for (element, place) in elements.iter().zip(places) {
            let to = place.and_then(|place| addresses.get(place));
            let contents = send_buf_named(element.buf, element.len, BUF)?;
            batch.push(OutgoingDatagram::new(contents, to));
        }
        let sent = time::call(&socket, timeout_ms)?.send_batch(&mut batch);
        for (element, datagram) in elements.iter_mut().zip(&batch) {
            element.result = match datagram.result {
                Ok(length) => count(length),
                Err(kind) => ssize_t::try_from(of_kind(kind)).unwrap_or(ssize_t::MIN),
            };
        }
        OutArray::new(d, n, "d")?.fill(elements);
        Ok(sent?)
    })
}

/// Waits for a datagram, receives it and all others that have arrived, at most `n`, and returns how many.
///
/// BSD: recvmmsg(2) with MSG_WAITFORONE. Python: socket.recv_batch_into. Java: none.
/// Sets `result`, `flags`, `segment_size` and `*addr` of that many elements, from the first on; the others stay as they
/// are. An unnamed sender has an address of length 0. An empty datagram counts. Returns 0 after the socket was shut down for
/// reading. Fails like polysock_recv(); with POLYSOCK_EUNSUPPORTED for a stream, and POLYSOCK_EINVAL when `reserved` of an
/// element is not zero.
/// @code
/// static char memory[32][1500];
/// polysock_dgram d[32] = {{0}};
/// for (int i = 0; i < 32; i++) {
///     d[i].buf = memory[i];
///     d[i].len = sizeof memory[i];
/// }
/// int n = polysock_recv_batch(s, d, 32, 5000);
/// for (int i = 0; i < n; i++)
///     handle(d[i].buf, (size_t)d[i].result);
/// @endcode
/// @ingroup polysock_datagrams
#[no_mangle]
pub unsafe extern "C" fn polysock_recv_batch(
    s: *mut polysock_t,
    d: *mut polysock_dgram,
    n: usize,
    timeout_ms: c_int,
) -> c_int {
    guard::number("polysock_recv_batch", || {
        let (socket, mut elements) = (borrow(s)?, read(d, n)?);
        let mut rooms = memory::list(n).map_err(Failure::no_memory)?;
        for element in &elements {
            rooms.push(recv_buf_named(element.buf, element.len, BUF)?);
        }
        let mut arrived = memory::list(n).map_err(Failure::no_memory)?;
        arrived.resize(n, IncomingDatagram::EMPTY);
        let received = time::call(&socket, timeout_ms)?.recv_batch(&rooms, &mut arrived)?;
        for (element, datagram) in elements.iter_mut().zip(&arrived).take(received) {
            element.result = count(datagram.count);
            element.flags = datagram.flags.0;
            element.segment_size = datagram.segment_size;
            set_optional(element.addr, polysock_addr::from(&datagram.address));
        }
        OutArray::new(d, n, "d")?.fill(elements.into_iter().take(received));
        Ok(received)
    })
}

/// Sends `n` bytes as datagrams of `segment_size` bytes, the last one perhaps shorter, and returns how many bytes were
/// sent. `to` may be NULL when the socket is connected.
///
/// BSD: sendmsg(2) with UDP_SEGMENT, udp(7). Python: socket.send_segments. Java: none.
/// `n` may be any number; 0 sends nothing. The kernel cuts the bytes into datagrams; where it can't, or can't on this path,
/// they are sent one by one. When something ends the call after some were sent, it returns how
/// many bytes those had, a multiple of `segment_size`. Fails like polysock_sendto(), when nothing was sent; with
/// POLYSOCK_EINVAL for a `segment_size` outside 1 to 65535, and POLYSOCK_EUNSUPPORTED for a stream.
/// @code
/// ssize_t sent = polysock_send_segments(s, data, length, 1200, &to, 5000);
/// @endcode
/// @ingroup polysock_datagrams
#[no_mangle]
pub unsafe extern "C" fn polysock_send_segments(
    s: *mut polysock_t,
    buf: *const c_void,
    n: usize,
    segment_size: usize,
    to: *const polysock_addr,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_send_segments", || {
        let (socket, data) = (borrow(s)?, send_buf(buf, n)?);
        let to = address::read_optional(to, "to")?;
        Ok(time::call(&socket, timeout_ms)?.send_segments(data, segment_size, to.as_ref())?)
    })
}

/// What the fields for the bytes of an element are called.
const BUF: (&str, &str) = ("d->buf", "d->len");

/// The elements of a batch.
fn read(d: *mut polysock_dgram, n: usize) -> Result<Vec<polysock_dgram>, Failure> {
    let values = pointer::values(d, n, "d")?;
    let mut elements = memory::list(n).map_err(Failure::no_memory)?;
    for element in values {
        if element.reserved != [0; 3] {
            return Err(Failure::argument("d->reserved", "is not zero"));
        }
        elements.push(element);
    }
    Ok(elements)
}

/// The addresses to send to, and which of them each element has. Elements in a row often have the same.
fn destinations(elements: &[polysock_dgram]) -> Result<(Vec<Address>, Vec<Option<usize>>), Failure> {
    let (mut addresses, mut last) = (Vec::new(), std::ptr::null_mut());
    let mut places = memory::list(elements.len()).map_err(Failure::no_memory)?;
    for element in elements {
        if !element.addr.is_null() && element.addr != last {
            let address = address::read(element.addr, "d->addr")?;
            memory::push(&mut addresses, address).map_err(Failure::no_memory)?;
            last = element.addr;
        }
        places.push((!element.addr.is_null()).then(|| addresses.len().saturating_sub(1)));
    }
    Ok((addresses, places))
}

/// A length, which came from one that `buffer` checked.
fn count(length: usize) -> ssize_t {
    ssize_t::try_from(length).unwrap_or(ssize_t::MAX)
}
