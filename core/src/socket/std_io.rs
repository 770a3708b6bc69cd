//! `std::io::Read` and `Write`, for what the standard library builds on them: `BufReader::lines`, `io::copy`, `write!`.

use super::Socket;
use std::io::{Read, Result, Write};

/// Receives, with the socket's timeout. Bytes that a `BufReader` has read ahead belong to it: no other call finds them.
/// Empty datagrams are skipped: 0 means the end of a stream.
impl Read for &Socket {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        Ok(self.call().read(buf)?)
    }

    /// One deadline covers the whole call, as with [`Socket::recv_exact`].
    fn read_exact(&mut self, buf: &mut [u8]) -> Result<()> {
        Ok(self.recv_exact(buf)?)
    }
}

/// Sends, with the socket's timeout. Nothing is buffered, so there is nothing to flush; `write!` sends each piece of
/// its text separately unless a `BufWriter` is in between.
impl Write for &Socket {
    fn write(&mut self, data: &[u8]) -> Result<usize> {
        Ok(self.send(data)?)
    }

    /// One deadline covers the whole call, and no other thread's data come in between, as with [`Socket::send_all`].
    fn write_all(&mut self, data: &[u8]) -> Result<()> {
        Ok(self.send_all(data)?)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// See the implementation for `&Socket`.
impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        (&*self).read(buf)
    }

    fn read_exact(&mut self, buf: &mut [u8]) -> Result<()> {
        (&*self).read_exact(buf)
    }
}

/// See the implementation for `&Socket`.
impl Write for Socket {
    fn write(&mut self, data: &[u8]) -> Result<usize> {
        (&*self).write(data)
    }

    fn write_all(&mut self, data: &[u8]) -> Result<()> {
        (&*self).write_all(data)
    }

    fn flush(&mut self) -> Result<()> {
        (&*self).flush()
    }
}
