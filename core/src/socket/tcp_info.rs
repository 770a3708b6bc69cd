//! What the kernel reports about a TCP connection.

use super::options::or_unsupported;
use super::Socket;
use crate::error::{Operation, Result};
use crate::sys::kernel;
use crate::tcp_info::TcpInfo;

impl Socket {
    /// State and statistics of the TCP connection (tcp(7), `TCP_INFO`; macOS `TCP_CONNECTION_INFO`; Python `TCP_INFO`, as bytes).
    ///
    /// ```
    /// # use polysock::{create_connection, create_server};
    /// # use std::time::Duration;
    /// # fn main() -> polysock::Result<()> {
    /// # let server = create_server("127.0.0.1", 0, 16)?;
    /// # let port = server.local_address()?.port().unwrap_or(0);
    /// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
    /// # if cfg!(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))) { return Ok(()) }
    /// let info = client.tcp_info()?;
    /// println!("{}, round trip {:?}, {} segments repeated", info.state, info.rtt, info.total_retrans);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not TCP, and on systems other than Linux, macOS and FreeBSD; `Closed`.
    pub fn tcp_info(&self) -> Result<TcpInfo> {
        self.immediate(Operation::GetOption, kernel::tcp_info)
            .map_err(or_unsupported)
    }
}
