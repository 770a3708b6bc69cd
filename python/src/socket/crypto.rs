//! The kernel's cryptography: sendmsg_afalg.

use super::message::{buffers_of, readable};
use super::transfer::waiting_flags;
use crate::arguments::CInt;
use crate::core_call::CoreCall;
use crate::errors::{no_memory, raise};
use crate::raw::buffer::Readable;
use polysock::{memory, Control, Family, Socket};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;

/// The level of the control messages, and the messages (`linux/if_alg.h`).
const SOL_ALG: i32 = 279;
const ALG_SET_IV: i32 = 2;
const ALG_SET_OP: i32 = 3;
const ALG_SET_AEAD_ASSOCLEN: i32 = 4;

/// Sends buffers to the kernel's cryptography, with the operation to apply to them.
pub fn sendmsg_afalg(
    py: Python<'_>,
    socket: &Socket,
    msg: Option<&Bound<'_, PyAny>>,
    op: Option<&Bound<'_, PyAny>>,
    iv: Option<&Bound<'_, PyAny>>,
    assoclen: Option<&Bound<'_, PyAny>>,
    flags: CInt,
) -> PyResult<usize> {
    if socket.family() != Family::ALG {
        return Err(PyOSError::new_err("algset is only supported for AF_ALG"));
    }
    let missing = || PyTypeError::new_err("Invalid or missing argument 'op'");
    let CInt(op) = op.ok_or_else(missing)?.extract()?;
    let op = u32::try_from(op).map_err(|_| missing())?;
    let mut control = vec![raise(py, Control::new(SOL_ALG, ALG_SET_OP, &op.to_ne_bytes()))?];
    let iv = iv.map(Readable::of).transpose()?;
    if let Some(iv) = iv.map(|iv| iv.to_vec()).transpose()? {
        let length = u32::try_from(iv.len()).map_err(|_| PyOSError::new_err("iv is too long"))?;
        let value = length.to_ne_bytes().into_iter().chain(iv);
        let value = memory::collect(value).map_err(no_memory)?;
        control.push(raise(py, Control::new(SOL_ALG, ALG_SET_IV, &value))?);
    }
    if let Some(assoclen) = assoclen {
        let CInt(length) = assoclen.extract()?;
        let length = u32::try_from(length).map_err(|_| PyTypeError::new_err("assoclen must be positive"))?;
        let value = length.to_ne_bytes();
        control.push(raise(py, Control::new(SOL_ALG, ALG_SET_AEAD_ASSOCLEN, &value))?);
    }
    let items = msg.map_or(Ok(Vec::new()), buffers_of)?;
    let parts = readable(&items)?;
    let data = memory::collect(parts.iter().map(Readable::all)).map_err(no_memory)?;
    CoreCall::on(py, socket).run(|caller| {
        socket
            .on(caller)
            .send_message(&data, &control, None, waiting_flags(socket, flags))
    })
}
