//! What a record says of a call besides its socket, its time and its result.

use super::sockets::{find, made, Descriptor, Socket};
use crate::address::Address;
use crate::domain::{Family, SocketType};
use crate::error::{Error, Kind, Operation};
use crate::flags::Flags;
use crate::sys::unix;
use crate::trace::{add_in_use, add_payload, Line, On};
use std::fmt::{Debug, Display};
use std::os::fd::RawFd;

/// The record of a call, while fields are added.
pub struct Fields<'a> {
    pub(super) line: &'a mut Line,
    /// The socket that the call was made on.
    pub(super) socket: Option<&'a Socket>,
}

impl Fields<'_> {
    /// A number.
    pub fn number(&mut self, name: &'static str, value: impl TryInto<i64>) {
        self.line.number(name, value);
    }

    /// A number unless it is zero.
    pub fn count(&mut self, name: &'static str, value: usize) {
        self.line.count(name, value);
    }

    /// Text.
    pub fn text(&mut self, name: &'static str, value: impl Display) {
        self.line.text(name, value);
    }

    /// The flags of a send or a receive, unless there are none.
    pub fn flags(&mut self, name: &'static str, flags: i32) {
        if flags != 0 {
            self.line.kernel_name(name, Flags(flags));
        }
    }

    /// The family and type of the socket to make.
    pub fn kind(&mut self, family: i32, socket_type: i32) {
        self.line.kernel_name("family", Family(family));
        self.line.kernel_name("type", SocketType(socket_type).bare());
    }

    /// An address, if these bytes are one.
    pub fn address(&mut self, name: &'static str, bytes: &[u8]) {
        if let Ok(address) = Address::from_bytes(bytes) {
            self.line.text(name, address);
        }
    }

    /// What uses the port already, when a TCP socket could not be bound to an address (EADDRINUSE).
    pub fn in_use(&mut self, number: RawFd, address: &[u8]) {
        let kind = Descriptor::of(number).map(|on| unix::get_int(on.fd, libc::SOL_SOCKET, libc::SO_TYPE));
        if let (Some(Ok(libc::SOCK_STREAM)), Ok(address)) = (kind, Address::from_bytes(address)) {
            let error = Error::new(Operation::Bind, Kind::Os(libc::EADDRINUSE));
            add_in_use(self.line, Some(&error), address.port());
        }
    }

    /// The beginning of what was moved, `count` bytes in all. `copy` copies bytes from an offset on into the room, and returns
    /// how many.
    pub fn payload(&mut self, count: usize, copy: impl FnMut(usize, &mut [u8]) -> usize) {
        add_payload(self.line, count, copy);
    }

    /// The socket that the call has made, `how`.
    pub fn made(&mut self, number: RawFd, how: &'static str) {
        if let Some(descriptor) = Descriptor::of(number) {
            made(descriptor, how, self.socket);
        }
    }

    /// The two sockets that the call has made.
    pub fn made_pair(&mut self, [one, other]: [RawFd; 2]) {
        if let Some(descriptor) = Descriptor::of(one) {
            let one = made(descriptor, "socketpair", None);
            if let Some(descriptor) = Descriptor::of(other) {
                made(descriptor, "socketpair", Some(&one));
            }
        }
    }

    /// The socket under this number.
    pub fn socket(&mut self, number: RawFd) {
        add_socket(self.line, number);
    }

    /// A list of objects.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Fields<'_>, T),
    ) {
        let socket = self.socket;
        self.line.list(name, items, |line, item| {
            write(&mut Fields { line, socket }, item)
        });
    }

    /// Descriptors and the names of their poll events.
    pub fn descriptors(&mut self, name: &'static str, entries: impl Iterator<Item = (RawFd, impl Debug)>) {
        self.list(name, entries, |fields, (number, events)| {
            fields.socket(number);
            fields.line.kernel_name("events", events);
        });
    }
}

fn add_socket(line: &mut Line, number: RawFd) {
    match Descriptor::of(number) {
        None => line.number("fd", number),
        Some(descriptor) => {
            let socket = find(descriptor);
            line.socket(On {
                socket: &socket.traced,
                fd: Some(descriptor.fd),
            });
        }
    }
}
