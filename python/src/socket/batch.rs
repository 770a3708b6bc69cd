//! Batches of datagrams: send_batch, recv_batch, recv_batch_into, send_segments.

use super::ancillary::items_of;
use super::transfer::data_of;
use super::NativeSocket;
use crate::arguments::{CInt, Size};
use crate::core_call::CoreCall;
use crate::errors::{self, no_memory, Context, Failure};
use crate::lock::LockPolicy;
use crate::raw::buffer::{Readable, Writable};
use crate::raw::bytes::Slots;
use crate::{address, audit};
use polysock::{memory, Address, Family, IncomingDatagram, OutgoingDatagram, Socket};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// The most datagrams that are sent with the interpreter lock held beside other threads: each takes up to 2.5 µs.
const FEW: usize = 8;

/// Sends datagrams, each of which is bytes, or bytes and an address. Those that are refused are in the `failures` of the
/// exception, after the others were sent.
pub fn send_batch(slf: &Bound<'_, NativeSocket>, datagrams: &Bound<'_, PyAny>) -> PyResult<usize> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let batch = Outgoing::of(slf, &socket, datagrams)?;
    let contents = batch.contents()?;
    let mut datagrams = memory::list(contents.len()).map_err(no_memory)?;
    for (data, place) in contents.iter().zip(&batch.places) {
        let to = place.and_then(|place| batch.addresses.get(place));
        datagrams.push(OutgoingDatagram::new(data.all(), to));
    }
    // Looking up a path may have to wait for a disk.
    let plain_memory = contents.iter().all(Readable::is_plain) && socket.family() != Family::UNIX;
    let policy = slf
        .get()
        .lock_policy(&socket, policy_for(datagrams.len()), CInt(0), plain_memory);
    let sent = CoreCall::on(py, &*socket)
        .keeping_lock(policy)
        .run(|caller| socket.on(caller).send_batch(&mut datagrams));
    if datagrams.iter().all(|datagram| datagram.refusal().is_none()) {
        return sent;
    }
    Err(refused(py, &socket, &datagrams, sent))
}

/// The lock policy for sending this many datagrams, whose lengths hardly matter.
fn policy_for(datagrams: usize) -> LockPolicy {
    if datagrams <= FEW {
        LockPolicy::KeepToSend
    } else {
        LockPolicy::KeepIfAlone
    }
}

/// The exception of a batch of which some were refused: that which ended the call, otherwise that of the first.
#[cold]
fn refused(
    py: Python<'_>,
    socket: &Socket,
    datagrams: &[OutgoingDatagram<'_>],
    sent: PyResult<usize>,
) -> PyErr {
    let exception = |datagram: &OutgoingDatagram<'_>| {
        let context = Context {
            socket: Some(socket),
            address: datagram.destination,
        };
        Some(datagram.refusal()?.exception(py, context))
    };
    let all = datagrams.iter().enumerate();
    let failures = PyList::empty(py);
    for (index, raised) in all.filter_map(|(index, datagram)| Some((index, exception(datagram)?))) {
        // An exception that there is no memory for is missing.
        let _ = failures.append((index, raised.into_value(py)));
    }
    let (done, raised) = match sent {
        Ok(sent) => (sent, datagrams.iter().find_map(exception)),
        Err(raised) => (0, Some(raised)),
    };
    let Some(raised) = raised else {
        return errors::os_error(py, libc::EINVAL); // not reached: one was refused
    };
    let first = datagrams.iter().position(|datagram| datagram.refusal().is_some());
    let note = format!(
        "{} of {} datagrams were refused, the first at index {}; {done} were sent",
        failures.len(),
        datagrams.len(),
        first.unwrap_or(0)
    );
    let raised = errors::add_note(py, raised, &note);
    errors::set(py, &raised, "done", done);
    errors::set(py, &raised, "failures", failures);
    raised
}

/// The datagrams to send: their objects, and their addresses.
struct Outgoing<'py> {
    objects: Vec<Bound<'py, PyAny>>,
    addresses: Vec<Address>,
    /// Which of the addresses each has.
    places: Vec<Option<usize>>,
}

impl<'py> Outgoing<'py> {
    fn of(slf: &Bound<'py, NativeSocket>, socket: &Socket, datagrams: &Bound<'py, PyAny>) -> PyResult<Self> {
        let items = items_of(
            datagrams,
            "send_batch() argument must be an iterable of datagrams",
        )?;
        let mut all = Self {
            objects: memory::list(items.len()).map_err(no_memory)?,
            addresses: Vec::new(),
            places: memory::list(items.len()).map_err(no_memory)?,
        };
        let mut last: Option<Bound<'py, PyAny>> = None;
        for (index, item) in items.into_iter().enumerate() {
            let Ok(pair) = item.cast::<PyTuple>() else {
                all.objects.push(item);
                all.places.push(None);
                continue;
            };
            if pair.len() != 2 {
                let text = format!("datagram {index} must be bytes, or a tuple of bytes and an address");
                return Err(PyTypeError::new_err(text));
            }
            let (data, to) = (pair.get_item(0)?, pair.get_item(1)?);
            // Datagrams in a row often have the same address.
            if !last.as_ref().is_some_and(|last| last.is(&to)) {
                let parsed = address::from_python("send_batch", socket, &to);
                let parsed = parsed.map_err(|raised| {
                    errors::add_note(slf.py(), raised, &format!("in the datagram at index {index}"))
                })?;
                audit::report_address(c"socket.sendto", slf.as_any(), &to)?;
                memory::push(&mut all.addresses, parsed).map_err(no_memory)?;
                last = Some(to);
            }
            all.objects.push(data);
            all.places.push(all.addresses.len().checked_sub(1));
        }
        Ok(all)
    }

    /// Their bytes.
    fn contents(&self) -> PyResult<Vec<Readable<'_, 'py>>> {
        let mut contents = memory::list(self.objects.len()).map_err(no_memory)?;
        for object in &self.objects {
            contents.push(data_of(object)?);
        }
        Ok(contents)
    }
}

/// Receives at most `most` datagrams of at most `bufsize` bytes, all that have arrived, as a list of bytes and senders.
pub fn recv_batch<'py>(
    py: Python<'py>,
    socket: &Socket,
    most: Size,
    bufsize: Size,
) -> PyResult<Bound<'py, PyList>> {
    let most = most.count("negative number of datagrams in recv_batch")?;
    let bufsize = bufsize.count("negative buffersize in recv_batch")?;
    let mut slots = Slots::new(most, bufsize).map_err(no_memory)?;
    let rooms = memory::collect(slots.rooms(bufsize)).map_err(no_memory)?;
    let mut arrived = arrivals(most)?;
    let count = CoreCall::on(py, socket).run(|caller| socket.on(caller).recv_batch(&rooms, &mut arrived))?;
    drop(rooms);
    let list = PyList::empty(py);
    let mut senders = Senders::new(py, socket);
    for (index, datagram) in arrived.iter().enumerate().take(count) {
        let from = senders.of(datagram)?;
        for piece in datagram.pieces() {
            let bytes = slots.bytes(py, index, piece)?;
            list.append(PyTuple::new(py, [bytes.into_any(), from.clone()])?)?;
        }
    }
    Ok(list)
}

/// Receives datagrams, one into each buffer: a list of what is known of each.
pub fn recv_batch_into<'py>(
    py: Python<'py>,
    socket: &Socket,
    buffers: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyList>> {
    let items = items_of(
        buffers,
        "recv_batch_into() argument must be an iterable of buffers",
    )?;
    let mut memories = memory::list(items.len()).map_err(no_memory)?;
    for item in &items {
        memories.push(Writable::of(item)?);
    }
    let rooms = memories.iter_mut().map(|memory| memory.first(usize::MAX));
    let rooms = memory::collect(rooms).map_err(no_memory)?;
    let mut arrived = arrivals(items.len())?;
    let count = CoreCall::on(py, socket).run(|caller| socket.on(caller).recv_batch(&rooms, &mut arrived))?;
    let list = PyList::empty(py);
    let mut senders = Senders::new(py, socket);
    for datagram in arrived.iter().take(count) {
        let from = senders.of(datagram)?;
        list.append((datagram.count, from, datagram.flags.0, datagram.segment_size))?;
    }
    Ok(list)
}

/// Sends bytes as datagrams of `size` bytes, the last one perhaps shorter.
pub fn send_segments(
    slf: &Bound<'_, NativeSocket>,
    data: &Bound<'_, PyAny>,
    size: Size,
    address: Option<&Bound<'_, PyAny>>,
) -> PyResult<usize> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let data = data_of(data)?;
    let size = size.count("negative size in send_segments")?;
    if !(1..=usize::from(u16::MAX)).contains(&size) {
        return Err(PyValueError::new_err(format!(
            "size must be 1 to 65535, not {size}"
        )));
    }
    let address = address.filter(|address| !address.is_none());
    let to = address
        .map(|address| address::from_python("send_segments", &socket, address))
        .transpose()?;
    if let Some(address) = address {
        audit::report_address(c"socket.sendto", slf.as_any(), address)?;
    }
    let plain_memory = data.is_plain() && socket.family() != Family::UNIX;
    let policy = slf.get().lock_policy(
        &socket,
        policy_for(data.all().len().div_ceil(size)),
        CInt(0),
        plain_memory,
    );
    CoreCall::on(py, &*socket)
        .to(to.as_ref())
        .keeping_lock(policy)
        .run(|caller| socket.on(caller).send_segments(data.all(), size, to.as_ref()))
}

fn arrivals(count: usize) -> PyResult<Vec<IncomingDatagram>> {
    let mut arrived = memory::list(count).map_err(no_memory)?;
    arrived.resize(count, IncomingDatagram::EMPTY);
    Ok(arrived)
}

/// The senders of datagrams as Python shows them: one object for all in a row that have the same.
struct Senders<'a, 'py> {
    py: Python<'py>,
    socket: &'a Socket,
    last: Option<(Address, Bound<'py, PyAny>)>,
}

impl<'a, 'py> Senders<'a, 'py> {
    fn new(py: Python<'py>, socket: &'a Socket) -> Self {
        Self {
            py,
            socket,
            last: None,
        }
    }

    fn of(&mut self, datagram: &IncomingDatagram) -> PyResult<Bound<'py, PyAny>> {
        let address = &datagram.address;
        match &self.last {
            Some((last, shown)) if last.as_bytes() == address.as_bytes() => Ok(shown.clone()),
            _ => {
                let shown = address::to_python(self.py, self.socket.protocol(), address)?;
                self.last = Some((*address, shown.clone()));
                Ok(shown)
            }
        }
    }
}
