//! connect.

use super::{Call, Socket};
use crate::address::Address;
use crate::caller::Caller;
use crate::error::{Operation, Result};
use crate::handle::Direction;
use crate::op::Connect;
use crate::sys::unix;
use crate::time::Timeout;

impl Socket {
    /// Connects, waiting as long as the send timeout allows. See [`Call::connect`].
    ///
    /// # Errors
    /// See [`Call::connect`].
    pub fn connect(&self, address: &Address) -> Result<()> {
        self.call().connect(address)
    }

    /// Undoes connect on a datagram socket: it sends to and receives from any address again (connect(2) with
    /// `AF_UNSPEC`; Java `DatagramSocket.disconnect`). On Linux it also releases a local address and port that the
    /// system chose.
    ///
    /// # Errors
    /// `Closed`; the system's. On a stream socket, a connection is reset, and an attempt to connect is given up.
    pub fn disconnect(&self) -> Result<()> {
        self.immediate(Operation::Connect, |fd| {
            unix::dissolve(fd)?;
            self.handle.shared.lock().connecting_to.take();
            self.handle.connection_end.reset();
            Ok(())
        })
    }
}

impl<C: Caller> Call<'_, C> {
    /// Connects to an address (connect(2)).
    ///
    /// While it waits, the descriptor is in non-blocking mode. After a refusal the same socket may connect again. After
    /// a timeout the attempt goes on in the kernel: connecting again to the same address waits for it to finish, and
    /// [`disconnect`](Socket::disconnect) gives it up. Success always means a connection to the address given.
    ///
    /// # Errors
    /// `TimedOut`; `InProgress` when the call may not wait; `EALREADY` while an attempt to reach another address is under
    /// way, `EISCONN` when that has succeeded; `Closed` when another thread closed the socket; the system's, such as
    /// `ECONNREFUSED`. The address is in the detail.
    pub fn connect(&mut self, address: &Address) -> Result<()> {
        let (socket, timeout) = (self.socket, self.timeout(Direction::Send));
        let may_wait = timeout != Timeout::NonBlocking;
        let connected = self.run(
            timeout,
            &mut Connect::new(&socket.handle, socket.kind(), address, may_wait),
        );
        // The fact that a connect had to wait says nothing about sends.
        socket.handle.expect_wait(Direction::Send, false);
        connected
    }
}
