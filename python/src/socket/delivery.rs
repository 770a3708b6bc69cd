//! What became of the bytes that were sent. The package's class gives the results their types.

use super::NativeSocket;
use crate::arguments;
use crate::core_call::CoreCall;
use polysock::CloseVerdict;
use pyo3::prelude::*;

#[pymethods]
impl NativeSocket {
    /// How many bytes of what was sent were not sent yet, and how many were not acknowledged.
    fn _send_queue(&self, py: Python<'_>) -> PyResult<(u64, u64)> {
        let socket = self.socket(py)?;
        let queue = CoreCall::on(py, &*socket).run_attached(|| socket.send_queue())?;
        Ok((queue.unsent, queue.unacked))
    }

    /// Waits until the peer's system has acknowledged everything that was sent, and the end of the stream if that was sent
    /// too: `timeout` seconds at most, None means forever.
    ///
    /// TimeoutError when time is up, BlockingIOError with a timeout of 0; send_queue() reports how much is missing. The error
    /// that ended the connection, such as ConnectionResetError, if something was not yet acknowledged then. Over TCP this
    /// does not mean that the peer's program has read anything.
    #[pyo3(signature = (timeout, /))]
    fn wait_acked(&self, py: Python<'_>, timeout: &Bound<'_, PyAny>) -> PyResult<()> {
        let timeout = arguments::timeout(timeout)?;
        let socket = self.socket(py)?;
        CoreCall::on(py, &*socket).run(|caller| socket.on(caller).within(timeout).wait_acked())
    }

    /// Whether the peer has ended its stream; nothing is read. The error that ended the connection, such as
    /// ConnectionResetError, is raised.
    fn peer_closed(&self, py: Python<'_>) -> PyResult<bool> {
        let socket = self.socket(py)?;
        CoreCall::on(py, &*socket).run_attached(|| socket.peer_closed())
    }

    /// Closes the socket gracefully and returns the name of the verdict, and how many bytes were not acknowledged, not sent,
    /// and discarded.
    #[pyo3(signature = (timeout, limit, /))]
    fn _close_graceful(
        &self,
        py: Python<'_>,
        timeout: &Bound<'_, PyAny>,
        limit: u64,
    ) -> PyResult<(&'static str, u64, u64, u64)> {
        let timeout = arguments::timeout(timeout)?;
        let socket = self.socket(py)?;
        let report = CoreCall::on(py, &*socket)
            .run(|caller| socket.on(caller).within(timeout).close_graceful(limit))?;
        Ok((
            name(report.verdict),
            report.unacked,
            report.unsent,
            report.discarded,
        ))
    }
}

/// The member of CloseVerdict.
const fn name(verdict: CloseVerdict) -> &'static str {
    match verdict {
        CloseVerdict::PeerFinished => "PEER_FINISHED",
        CloseVerdict::Acknowledged => "ACKNOWLEDGED",
        CloseVerdict::TimedOut => "TIMED_OUT",
        CloseVerdict::Reset => "RESET",
        CloseVerdict::LimitReached => "LIMIT_REACHED",
        // The enum is non-exhaustive. All of today's verdicts are above; clippy reports one that is missing.
        _ => "?",
    }
}
