//! Calling Python's callbacks with what has arrived.

use super::arguments::kind_of;
use super::close_reason::{failure, member};
use super::connection::Connection;
use super::java_connection::JavaConnection;
use crate::errors::{Context, Failure};
use crate::raw::buffer::Readable;
use crate::raw::{bytes, call};
use polysock::java_net::Refusal;
use polysock::{
    CloseReason, Connection as Core, ConnectionData, Error, Kind, MessageBatch, MessageEvent, Protocol,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::any::Any;
use std::sync::Arc;

/// Which class the connections are of.
#[derive(Clone, Copy)]
pub enum Style {
    Python(Protocol),
    Java,
}

/// The callbacks of one server.
pub struct Callbacks {
    pub on_message: Py<PyAny>,
    pub on_open: Option<Py<PyAny>>,
    pub on_close: Option<Py<PyAny>>,
    pub style: Style,
}

/// A callback's failure.
pub struct Raised<'py> {
    pub exception: PyErr,
    /// The connection; `None` if there was no memory for its object.
    pub about: Option<Bound<'py, PyAny>>,
}

/// A connection, and with it the object of Python's that was made for it, if there is one.
type Of<'a> = (&'a Arc<Core>, &'a mut ConnectionData);

/// What a callback has returned, and for which connection.
type Returned<'py> = Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

impl Callbacks {
    /// Calls the callbacks of a batch, up to the first failure that should be reported. The next batch then goes on.
    pub fn run<'py>(&self, py: Python<'py>, batch: &mut MessageBatch<'_>) -> Result<(), Raised<'py>> {
        while let Some((event, data)) = batch.next_event_and_data() {
            let ended = match event {
                MessageEvent::Message(connection, message) => self.message(py, (connection, data), message),
                MessageEvent::Open(connection) => self.opened(py, (connection, data)).map(|()| None),
                MessageEvent::Close(connection, reason) => {
                    self.ended(py, (connection, data), reason).map(|()| None)
                }
                _ => Ok(None),
            };
            let (raised, kind) = match ended {
                Ok(None) => continue,
                Ok(Some((about, answer))) => match self.reply(batch, &answer) {
                    Ok(()) => continue,
                    Err((exception, kind)) => {
                        let about = Some(about);
                        (Raised { exception, about }, kind)
                    }
                },
                Err(raised) => {
                    let kind = kind_of(raised.exception.value(py));
                    (raised, kind)
                }
            };
            if batch.failed(kind) {
                return Err(raised);
            }
        }
        Ok(())
    }

    #[inline]
    fn message<'py>(
        &self,
        py: Python<'py>,
        of: Of<'_>,
        message: &[u8],
    ) -> Result<Returned<'py>, Raised<'py>> {
        let connection = self.object(py, of)?;
        let answer = bytes::copy(py, message)
            .and_then(|message| call::with_two(self.on_message.bind(py), &connection, &message));
        match answer {
            Ok(answer) if answer.is_none() => Ok(None),
            Ok(answer) => Ok(Some((connection, answer))),
            Err(exception) => Err(about(connection, exception)),
        }
    }

    fn opened<'py>(&self, py: Python<'py>, (core, data): Of<'_>) -> Result<(), Raised<'py>> {
        let Some(on_open) = &self.on_open else {
            return Ok(());
        };
        let connection = self.object(py, (core, data))?;
        let opened = on_open.bind(py).call1((&connection,));
        opened
            .and_then(|nothing| check_is_done(&nothing, self.style.name("on_open", "onOpen")))
            .map_err(|exception| {
                *data = None; // no other callback will be called for it
                about(connection, exception)
            })
    }

    fn ended<'py>(
        &self,
        py: Python<'py>,
        (core, data): Of<'_>,
        reason: &CloseReason,
    ) -> Result<(), Raised<'py>> {
        if data.is_none() && self.on_close.is_none() {
            return Ok(());
        }
        let connection = self.object(py, (core, data))?;
        *data = None;
        if let Some(error) = failure(reason) {
            self.style.set_failure(&connection, error);
        }
        let Some(on_close) = &self.on_close else {
            return Ok(());
        };
        let called = member(py, reason)
            .and_then(|reason| call::with_two(on_close.bind(py), &connection, &reason))
            .and_then(|nothing| check_is_done(&nothing, self.style.name("on_close", "onClose")));
        called.map_err(|exception| about(connection, exception))
    }

    /// Python's object for a connection.
    #[inline]
    fn object<'py>(&self, py: Python<'py>, (core, data): Of<'_>) -> Result<Bound<'py, PyAny>, Raised<'py>> {
        let known = data
            .as_deref()
            .and_then(<dyn Any + Send>::downcast_ref::<Py<PyAny>>);
        if let Some(object) = known {
            return Ok(object.bind(py).clone());
        }
        match self.style.object(py, core) {
            Ok(object) => {
                *data = Some(Box::new(object.clone().unbind()));
                Ok(object)
            }
            Err(exception) => Err(Raised {
                exception,
                about: None,
            }),
        }
    }

    /// Sends what `on_message` has returned.
    #[inline]
    fn reply(&self, batch: &mut MessageBatch<'_>, answer: &Bound<'_, PyAny>) -> Result<(), Refused> {
        let py = answer.py();
        let Ok(answer) = Readable::of(answer) else {
            return Err((
                wrong_answer(answer, self.style.name("on_message", "onMessage")),
                None,
            ));
        };
        let sent = answer.look(|bytes| batch.reply(bytes));
        let sent = sent.map_err(|no_memory| (no_memory, Some(Kind::OutOfMemory)))?;
        sent.map_err(|error| (self.style.exception(py, &error), Some(error.kind())))
    }
}

/// The exception for an answer that was not sent, and the kind of its failure.
type Refused = (PyErr, Option<Kind>);

fn about(connection: Bound<'_, PyAny>, exception: PyErr) -> Raised<'_> {
    Raised {
        exception,
        about: Some(connection),
    }
}

impl Style {
    /// What the program calls a callback.
    const fn name(self, python: &'static str, java: &'static str) -> &'static str {
        match self {
            Self::Python(_) => python,
            Self::Java => java,
        }
    }

    /// A new object for a connection.
    fn object<'py>(self, py: Python<'py>, core: &Arc<Core>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::Python(protocol) => Bound::new(py, Connection::new(core, protocol))?.into_any(),
            Self::Java => Bound::new(py, JavaConnection::new(core))?.into_any(),
        })
    }

    fn exception(self, py: Python<'_>, error: &Error) -> PyErr {
        match self {
            Self::Python(_) => error.exception(py, Context::default()),
            Self::Java => Refusal::from(error.clone()).exception(py, Context::default()),
        }
    }

    /// Keeps the failure that has ended a connection with its object.
    fn set_failure(self, object: &Bound<'_, PyAny>, error: &Error) {
        let failure = self.exception(object.py(), error).into_value(object.py());
        if let Ok(connection) = object.cast_exact::<Connection>() {
            connection.get().link.set_failure(failure);
        } else if let Ok(connection) = object.cast_exact::<JavaConnection>() {
            connection.get().link.set_failure(failure);
        }
    }
}

/// The exception for an answer that is not made of bytes.
#[cold]
fn wrong_answer(answer: &Bound<'_, PyAny>, callback: &str) -> PyErr {
    if let Err(unfinished) = check_is_done(answer, callback) {
        return unfinished;
    }
    match answer.get_type().name() {
        Ok(name) => PyTypeError::new_err(format!(
            "{callback} must return a bytes-like object or None, not {name}"
        )),
        Err(error) => error,
    }
}

/// Refuses the result of a function that has not run yet.
fn check_is_done(result: &Bound<'_, PyAny>, callback: &str) -> PyResult<()> {
    if result.is_none() {
        return Ok(());
    }
    let name = result.get_type().name()?;
    let (what, remedy) = match name.to_cow()?.as_ref() {
        "coroutine" => ("a coroutine", "define it with def, not async def"),
        "generator" => ("a generator", "it must not contain yield"),
        "async_generator" => ("an async_generator", "it must not contain yield"),
        _ => return Ok(()),
    };
    if name != "async_generator" {
        result.call_method0("close")?; // or the interpreter warns that it was never awaited
    }
    Err(PyTypeError::new_err(format!(
        "{callback} returned {what}, which does nothing: {remedy}"
    )))
}
