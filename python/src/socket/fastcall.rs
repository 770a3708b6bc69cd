//! Short paths for the methods that programs call most often, each for its usual form: positional arguments, exact
//! ints. `OtherForm` leaves any other form to the method in `methods`.
//!
//! Exported buffers are used inside the result of the export: to move one out would copy it.

use super::options::Setting;
use super::transfer::{self, Using};
use super::{close, connect, datagram, frames, message, NativeSocket};
use crate::arguments::{self, Argument, CInt};
use crate::framing::{framing_of, Framing};
use crate::raw::buffer::{Readable, Writable};
use crate::raw::fastcall::NoResult::OtherForm;
use crate::raw::fastcall::{Arguments, FastMethods, FastResult, Method, COUNT};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::IntoPyObjectExt;
use std::ffi::CStr;

type Call<'a, 'py> = Arguments<'a, 'py, NativeSocket>;

impl FastMethods for NativeSocket {
    const METHODS: [Method<Self>; COUNT] = [
        with_arguments(c"recv", recv),
        with_arguments(c"recv_into", recv_into),
        with_arguments(c"send", send),
        with_arguments(c"sendall", sendall),
        with_arguments(c"recvfrom", recvfrom),
        with_arguments(c"sendto", sendto),
        without_arguments(c"fileno", fileno),
        without_arguments(c"gettimeout", gettimeout),
        without_arguments(c"close", close),
        with_arguments(c"recvmsg", recvmsg),
        with_arguments(c"sendmsg", sendmsg),
        with_arguments(c"connect", connect),
        with_arguments(c"setsockopt", setsockopt),
        with_arguments(c"send_frame", send_frame),
        with_arguments(c"recv_frame", recv_frame),
    ];

    fn originals() -> &'static PyOnceLock<[Py<PyAny>; COUNT]> {
        static ORIGINALS: PyOnceLock<[Py<PyAny>; COUNT]> = PyOnceLock::new();
        &ORIGINALS
    }
}

type FastMethod = for<'a, 'py> fn(&Call<'a, 'py>) -> FastResult<'py>;

const fn with_arguments(name: &'static CStr, call: FastMethod) -> Method<NativeSocket> {
    Method {
        name,
        takes_arguments: true,
        call,
    }
}

const fn without_arguments(name: &'static CStr, call: FastMethod) -> Method<NativeSocket> {
    Method {
        name,
        takes_arguments: false,
        call,
    }
}

fn recv<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (Some(capacity), Some(flags), Some(socket)) = (count(call, 0), flags(call, 1, 2), socket(call))
    else {
        return Err(OtherForm);
    };
    if capacity == 0 {
        return Err(OtherForm);
    }
    Ok(transfer::recv(call.py, socket, capacity, flags)?.into_any())
}

fn recv_into<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (1, Some(buffer), Some(socket)) = (call.count(), call.get(0), socket(call)) else {
        return Err(OtherForm);
    };
    let Ok(buffer) = Writable::of(&buffer) else {
        return Err(OtherForm);
    };
    let wanted = buffer.len();
    if wanted == 0 {
        return Err(OtherForm);
    }
    let count = transfer::recv_into_buffer(call.py, socket, buffer, wanted, CInt(0))?;
    Ok(count.into_bound_py_any(call.py)?)
}

fn send<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (Some(data), Some(flags), Some(socket)) = (call.get(0), flags(call, 1, 2), socket(call)) else {
        return Err(OtherForm);
    };
    let exported = Readable::of(&data);
    let Ok(data) = &exported else {
        return Err(OtherForm);
    };
    let count = transfer::send(call.py, socket, data, flags)?;
    Ok(count.into_bound_py_any(call.py)?)
}

fn sendall<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (Some(data), Some(flags), Some(socket)) = (call.get(0), flags(call, 1, 2), socket(call)) else {
        return Err(OtherForm);
    };
    let exported = Readable::of(&data);
    let Ok(data) = &exported else {
        return Err(OtherForm);
    };
    transfer::sendall(call.py, socket, data, flags)?;
    Ok(call.py.None().into_bound(call.py))
}

fn recvfrom<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (Some(capacity), Some(flags), Some(socket)) = (count(call, 0), flags(call, 1, 2), socket(call))
    else {
        return Err(OtherForm);
    };
    let received = datagram::recvfrom(call.py, socket, capacity, flags)?;
    Ok(received.into_bound_py_any(call.py)?)
}

fn sendto<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (2, Some(data), Some(address)) = (call.count(), call.get(0), call.get(1)) else {
        return Err(OtherForm);
    };
    let exported = Readable::of(&data);
    let Ok(data) = &exported else {
        return Err(OtherForm);
    };
    let count = datagram::send_to(&call.object, data, CInt(0), &address)?;
    Ok(count.into_bound_py_any(call.py)?)
}

fn fileno<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    match (call.count(), socket(call)) {
        (0, Some((_, socket))) => Ok(socket.fileno().unwrap_or(-1).into_bound_py_any(call.py)?),
        _ => Err(OtherForm),
    }
}

fn gettimeout<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    match (call.count(), socket(call)) {
        (0, Some((native, socket))) if !native.came_nonblocking() => {
            Ok(arguments::seconds(socket.recv_timeout()).into_bound_py_any(call.py)?)
        }
        _ => Err(OtherForm),
    }
}

fn close<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    if call.count() > 0 {
        return Err(OtherForm);
    }
    close::close_without_files(&call.object)?;
    Ok(call.py.None().into_bound(call.py))
}

fn recvmsg<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (1, Some(capacity), Some((_, socket))) = (call.count(), count(call, 0), socket(call)) else {
        return Err(OtherForm);
    };
    Ok(message::recv_message(call.py, socket, capacity, 0, CInt(0))?.into_any())
}

fn sendmsg<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (1, Some(buffers), Some(_)) = (call.count(), call.get(0), socket(call)) else {
        return Err(OtherForm);
    };
    let count = message::sendmsg(&call.object, &buffers, Argument::Missing, CInt(0), None)?;
    Ok(count.into_bound_py_any(call.py)?)
}

fn connect<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (1, Some(address)) = (call.count(), call.get(0)) else {
        return Err(OtherForm);
    };
    connect::connect(&call.object, &address)?;
    Ok(call.py.None().into_bound(call.py))
}

fn setsockopt<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (3, Some((_, socket))) = (call.count(), socket(call)) else {
        return Err(OtherForm);
    };
    let [Some(level), Some(name), Some(value)] = [0, 1, 2].map(|place| call.int(place)?.try_into().ok())
    else {
        return Err(OtherForm);
    };
    Setting::number(level, name, value).set(call.py, socket)?;
    Ok(call.py.None().into_bound(call.py))
}

fn send_frame<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (Some(data), Some(framing), Some(socket)) = (call.get(0), framing(call, 1), socket(call)) else {
        return Err(OtherForm);
    };
    let exported = Readable::of(&data);
    let Ok(data) = &exported else {
        return Err(OtherForm);
    };
    frames::send_frame(call.py, socket, data, &framing)?;
    Ok(call.py.None().into_bound(call.py))
}

fn recv_frame<'py>(call: &Call<'_, 'py>) -> FastResult<'py> {
    let (Some(framing), Some(socket)) = (framing(call, 0), socket(call)) else {
        return Err(OtherForm);
    };
    let message = frames::recv_frame(call.py, socket, &framing)?;
    Ok(message.into_bound_py_any(call.py)?)
}

/// The framing, if the last argument is one, is None, or is not given.
fn framing(call: &Call<'_, '_>, place: usize) -> Option<polysock::Framing> {
    match call.get(place) {
        None => Some(framing_of(None)),
        Some(_) if call.count() > place + 1 => None,
        Some(given) if given.is_none() => Some(framing_of(None)),
        Some(given) => given
            .cast_exact::<Framing>()
            .ok()
            .map(|given| framing_of(Some(&given))),
    }
}

/// The core's socket of an object that was initialised exactly once.
fn socket<'c>(call: &'c Call<'_, '_>) -> Option<Using<'c>> {
    let native = call.object.get();
    native.only().map(|socket| (native, socket))
}

/// A count that is not negative.
fn count(call: &Call<'_, '_>, place: usize) -> Option<usize> {
    call.int(place)?.try_into().ok()
}

/// The flags if they are given, in a call with at most `most` arguments.
fn flags(call: &Call<'_, '_>, place: usize, most: usize) -> Option<CInt> {
    match call.count() {
        count if count == place => Some(CInt(0)),
        count if count == most => call.int(place)?.try_into().ok().map(CInt),
        _ => None,
    }
}
