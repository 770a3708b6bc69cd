//! Options of UDP (udp(7)).

use super::super::Socket;
use crate::error::Result;
use crate::sys::kernel::number;

/// Options of UDP. On a socket that is not UDP each fails with `Unsupported`.
impl Socket {
    /// Lets a receive take several datagrams of one sender together (`UDP_GRO`, udp(7); off by default; Linux 5.0; Python
    /// `set_udp_gro`). [`recv_batch`](crate::Call::recv_batch) then reports the length of each; other receives do not, and
    /// return them as if they were one datagram. A buffer needs room for 65,535 bytes then: what does not fit is
    /// lost, perhaps many datagrams.
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn set_receive_offload(&self, on: bool) -> Result<()> {
        self.set_number(number::UDP_GRO, on.into())
    }

    /// Whether a receive may take several datagrams together.
    ///
    /// # Errors
    /// See [`set_receive_offload`](Self::set_receive_offload).
    pub fn receive_offload(&self) -> Result<bool> {
        self.is_on(number::UDP_GRO)
    }
}
