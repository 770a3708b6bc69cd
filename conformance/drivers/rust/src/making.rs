//! Making, connecting, closing, and handing descriptors over.

use crate::addresses::{address, show};
use crate::answer::Refusal;
use crate::handles::lock;
use crate::request::{malformed, Request};
use crate::values::on_off;
use crate::{system, Driver};
use polysock::{Call, Family, NativeCaller, Protocol, Shutdown, Socket, SocketType, Timeout};
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{IntoRawFd, RawFd};

type Fields = Result<String, Refusal>;

impl Driver {
    pub fn socket(&self, request: &Request<'_>) -> Fields {
        let socket_type = socket_type(request.argument(2).unwrap_or("stream"))?;
        let socket = Socket::new(family(request.argument(1)?)?, socket_type, Protocol::DEFAULT)?;
        self.handles.add(request.argument(0)?, socket);
        Ok(String::new())
    }

    pub fn socket_pair(&self, request: &Request<'_>) -> Fields {
        let socket_type = socket_type(request.argument(2)?)?;
        let (one, other) = Socket::pair(Family::UNIX, socket_type, Protocol::DEFAULT)?;
        self.handles.add(request.argument(0)?, one);
        self.handles.add(request.argument(1)?, other);
        Ok(String::new())
    }

    pub fn bind(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        socket.bind(&address(request, 1)?)?;
        Ok(String::new())
    }

    pub fn listen(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        socket.listen(request.number(1)?)?;
        Ok(String::new())
    }

    pub fn server(&self, request: &Request<'_>) -> Fields {
        let family = family(request.argument(1)?)?;
        let socket = Socket::tcp(family)?;
        socket.set_reuse_address(true)?;
        let loopback: IpAddr = if family == Family::IPV6 {
            Ipv6Addr::LOCALHOST.into()
        } else {
            Ipv4Addr::LOCALHOST.into()
        };
        socket.bind(&(loopback, 0).into())?;
        socket.listen(request.number(2)?)?;
        let port = socket.local_address()?.port().unwrap_or(0);
        self.handles.add(request.argument(0)?, socket);
        Ok(format!("port={port}"))
    }

    pub fn accept(&self, request: &Request<'_>) -> Fields {
        let listener = self.handles.socket(request.argument(0)?)?;
        let (socket, peer) = call(&listener, request)?.accept()?;
        self.handles.add(request.argument(1)?, socket);
        Ok(show(&peer))
    }

    pub fn connect(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        call(&socket, request)?.connect(&address(request, 1)?)?;
        Ok(String::new())
    }

    /// The empty host is this one, over IPv6 and over IPv4.
    pub fn create_connection(&self, request: &Request<'_>) -> Fields {
        let timeout = request.timeout()?.unwrap_or(Timeout::Never);
        let connection = polysock::create_connection("", request.number(1)?, timeout)?;
        self.handles.add(request.argument(0)?, connection);
        Ok(String::new())
    }

    /// The empty host is every interface, for clients over IPv6 and over IPv4.
    pub fn create_server(&self, request: &Request<'_>) -> Fields {
        let listener = polysock::create_server("", 0, request.number(1)?)?;
        let port = listener.local_address()?.port().unwrap_or(0);
        self.handles.add(request.argument(0)?, listener);
        Ok(format!("port={port}"))
    }

    pub fn shutdown(&self, request: &Request<'_>) -> Fields {
        let how = match request.argument(1)? {
            "rd" => Shutdown::Read,
            "wr" => Shutdown::Write,
            "rdwr" => Shutdown::Both,
            other => return Err(malformed(&format!("no direction {other}"))),
        };
        self.handles.socket(request.argument(0)?)?.shutdown(how)?;
        Ok(String::new())
    }

    pub fn close(&self, request: &Request<'_>) -> Fields {
        self.handles.socket(request.argument(0)?)?.close()?;
        Ok(String::new())
    }

    pub fn close_java(&self, request: &Request<'_>) -> Fields {
        self.handles.socket(request.argument(0)?)?.close_fin_first()?;
        Ok(String::new())
    }

    pub fn abort(&self, request: &Request<'_>) -> Fields {
        self.handles.socket(request.argument(0)?)?.abort()?;
        Ok(String::new())
    }

    pub fn is_closed(&self, request: &Request<'_>) -> Fields {
        let closed = self.handles.socket(request.argument(0)?)?.is_closed();
        Ok(format!("closed={}", on_off(closed)))
    }

    pub fn fileno(&self, request: &Request<'_>) -> Fields {
        let fd = self.handles.socket(request.argument(0)?)?.fileno()?;
        Ok(format!("fd={fd}"))
    }

    pub fn detach(&self, request: &Request<'_>) -> Fields {
        let fd = self.handles.socket(request.argument(0)?)?.detach()?;
        Ok(self.hand_out(fd.into_raw_fd()))
    }

    pub fn adopt(&self, request: &Request<'_>) -> Fields {
        let number: RawFd = request.number(1)?;
        let socket = match Socket::from_fd(system::own(number)?) {
            Ok(socket) => socket,
            Err(refused) => {
                // Still the scenario's.
                let _ = refused.fd.into_raw_fd();
                return Err(refused.error.into());
            }
        };
        lock(&self.handles.descriptors).remove(&number);
        self.handles.add(request.argument(0)?, socket);
        Ok(String::new())
    }

    pub fn duplicate(&self, request: &Request<'_>) -> Fields {
        let copy = self.handles.socket(request.argument(0)?)?.duplicate()?;
        self.handles.add(request.argument(1)?, copy);
        Ok(String::new())
    }

    pub fn open_fd(&self) -> Fields {
        let file = File::options().read(true).write(true).open("/dev/null")?;
        Ok(self.hand_out(file.into_raw_fd()))
    }

    pub fn close_fd(&self, request: &Request<'_>) -> Fields {
        let number = request.number(0)?;
        lock(&self.handles.descriptors).remove(&number);
        system::close(number)?;
        Ok(String::new())
    }

    fn hand_out(&self, fd: RawFd) -> String {
        lock(&self.handles.descriptors).insert(fd);
        format!("fd={fd}")
    }
}

/// The call a request asks for, with its time limit.
pub fn call<'s>(socket: &'s Socket, request: &Request<'_>) -> Result<Call<'s>, Refusal> {
    let call = socket.on(NativeCaller);
    Ok(match request.timeout()? {
        Some(timeout) => call.within(timeout),
        None => call,
    })
}

fn family(word: &str) -> Result<Family, Refusal> {
    match word {
        "inet" => Ok(Family::IPV4),
        "inet6" => Ok(Family::IPV6),
        "unix" => Ok(Family::UNIX),
        other => Err(malformed(&format!("no family {other}"))),
    }
}

fn socket_type(word: &str) -> Result<SocketType, Refusal> {
    match word {
        "stream" => Ok(SocketType::STREAM),
        "dgram" => Ok(SocketType::DATAGRAM),
        "seqpacket" => Ok(SocketType::SEQPACKET),
        other => Err(malformed(&format!("no type {other}"))),
    }
}
