//! The short ways of the calls that programs make most often, each in its usual form: places, not names, and exact
//! ints. `None` sends any other form to the method of [`crate::socket`].

use crate::arguments::{self as convert, Argument, CInt};
use crate::errors::notes::About;
use crate::lock::caller as gil;
use crate::raw::buffer::{Readable, Writable};
use crate::raw::fastcall::{Call, Method};
use crate::socket::message;
use crate::socket::{create, received, received_into, sent, sent_all, Using};
use pyo3::prelude::*;
use pyo3::IntoPyObjectExt;

type Taken<'py> = PyResult<Option<Bound<'py, PyAny>>>;

/// All of them.
pub const METHODS: [Method; 12] = [
    Method {
        name: c"__init__",
        take: init,
    },
    Method {
        name: c"recv",
        take: recv,
    },
    Method {
        name: c"recv_into",
        take: recv_into,
    },
    Method {
        name: c"send",
        take: send,
    },
    Method {
        name: c"sendall",
        take: sendall,
    },
    Method {
        name: c"recvfrom",
        take: recvfrom,
    },
    Method {
        name: c"sendto",
        take: sendto,
    },
    Method {
        name: c"fileno",
        take: fileno,
    },
    Method {
        name: c"gettimeout",
        take: gettimeout,
    },
    Method {
        name: c"close",
        take: close,
    },
    Method {
        name: c"recvmsg",
        take: recvmsg,
    },
    Method {
        name: c"sendmsg",
        take: sendmsg,
    },
];

/// As [`create::init`]: -1 stands for a number that is not given.
fn init<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let mut numbers = [CInt(-1); 3];
    for (number, place) in numbers.iter_mut().zip(0..).take(call.count()) {
        match call.number(place).map(i32::try_from) {
            Some(Ok(given)) => *number = CInt(given),
            _ => return Ok(None),
        }
    }
    if call.count() > 4 {
        return Ok(None);
    }
    let fileno = call.argument(3).filter(|fileno| !fileno.is_none());
    create::init(&call.object, numbers, fileno.as_deref())?;
    Ok(Some(call.py.None().into_bound(call.py)))
}

fn recv<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (Some(capacity), Some(flags), Some(socket)) = (count(call, 0), flags(call, 1, 2), socket(call))
    else {
        return Ok(None);
    };
    if capacity == 0 {
        return Ok(None);
    }
    received(call.py, socket, capacity, flags).map(|bytes| Some(bytes.into_any()))
}

fn recv_into<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (1, Some(buffer), Some(socket)) = (call.count(), call.argument(0), socket(call)) else {
        return Ok(None);
    };
    let Ok(buffer) = Writable::of(&buffer) else {
        return Ok(None);
    };
    let wanted = buffer.len();
    if wanted == 0 {
        return Ok(None);
    }
    let count = received_into(call.py, socket, buffer, wanted, CInt(0))?;
    count.into_bound_py_any(call.py).map(Some)
}

fn send<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (Some(data), Some(flags), Some(socket)) = (call.argument(0), flags(call, 1, 2), socket(call)) else {
        return Ok(None);
    };
    let Ok(data) = Readable::of(&data) else {
        return Ok(None);
    };
    let count = sent(call.py, socket, &data, flags)?;
    count.into_bound_py_any(call.py).map(Some)
}

fn sendall<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (Some(data), Some(flags), Some(socket)) = (call.argument(0), flags(call, 1, 2), socket(call)) else {
        return Ok(None);
    };
    let Ok(data) = Readable::of(&data) else {
        return Ok(None);
    };
    sent_all(call.py, socket, &data, flags)?;
    Ok(Some(call.py.None().into_bound(call.py)))
}

fn recvfrom<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (Some(capacity), Some(flags), Some(socket)) = (count(call, 0), flags(call, 1, 2), socket(call))
    else {
        return Ok(None);
    };
    let received = message::received_from(call.py, socket, capacity, flags)?;
    received.into_bound_py_any(call.py).map(Some)
}

fn sendto<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (2, Some(data), Some(address)) = (call.count(), call.argument(0), call.argument(1)) else {
        return Ok(None);
    };
    let Ok(data) = Readable::of(&data) else {
        return Ok(None);
    };
    let count = message::sent_to(&call.object, &data, CInt(0), &address)?;
    count.into_bound_py_any(call.py).map(Some)
}

fn fileno<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    match (call.count(), socket(call)) {
        (0, Some((_, socket))) => socket.fileno().unwrap_or(-1).into_bound_py_any(call.py).map(Some),
        _ => Ok(None),
    }
}

fn gettimeout<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    match (call.count(), socket(call)) {
        (0, Some((native, socket))) if !native.came_nonblocking() => convert::seconds(socket.recv_timeout())
            .into_bound_py_any(call.py)
            .map(Some),
        _ => Ok(None),
    }
}

fn close<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (0, Some((_, socket))) = (call.count(), socket(call)) else {
        return Ok(None);
    };
    gil::call(call.py, About::default(), |host| socket.on(host).close())?;
    Ok(Some(call.py.None().into_bound(call.py)))
}

fn recvmsg<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (1, Some(capacity), Some((_, socket))) = (call.count(), count(call, 0), socket(call)) else {
        return Ok(None);
    };
    message::received_message(call.py, socket, capacity, 0, CInt(0)).map(|received| Some(received.into_any()))
}

fn sendmsg<'py>(call: &Call<'_, 'py>) -> Taken<'py> {
    let (1, Some(buffers), Some(_)) = (call.count(), call.argument(0), socket(call)) else {
        return Ok(None);
    };
    let count = message::sendmsg(&call.object, &buffers, Argument::Missing, CInt(0), None)?;
    count.into_bound_py_any(call.py).map(Some)
}

/// The core's socket of an object that was initialised once.
fn socket<'c>(call: &'c Call<'_, '_>) -> Option<Using<'c>> {
    let native = call.object.get();
    native.only().map(|socket| (native, socket))
}

/// A count that is not negative.
fn count(call: &Call<'_, '_>, place: usize) -> Option<usize> {
    call.number(place)?.try_into().ok()
}

/// Flags where they are given, in a call of at most `most` arguments.
fn flags(call: &Call<'_, '_>, place: usize, most: usize) -> Option<CInt> {
    match call.count() {
        count if count == place => Some(CInt(0)),
        count if count == most => call.number(place)?.try_into().ok().map(CInt),
        _ => None,
    }
}
