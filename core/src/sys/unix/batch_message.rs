//! One message of a batch, as the kernel takes it.

use super::message::{message_header, narrow};
use crate::address::Address;
use crate::buffer::{RecvBuf, SendBuf};
use libc::c_uint;
use std::marker::PhantomData;

/// A message and its length: same layout as a `struct mmsghdr`. It borrows what it points at.
#[repr(C)]
pub struct BatchMessage<'a> {
    header: libc::msghdr,
    length: c_uint,
    life: PhantomData<&'a mut [u8]>,
}

#[cfg(target_os = "linux")]
const _: () = assert!(size_of::<BatchMessage<'_>>() == size_of::<libc::mmsghdr>());

impl<'a> BatchMessage<'a> {
    /// A message to send.
    pub fn to_send(parts: &'a [SendBuf<'a>], to: Option<&'a Address>, control: &'a [u8]) -> Self {
        let mut header = message_header(parts.as_ptr().cast(), parts.len());
        if let Some(to) = to {
            let address = to.as_bytes();
            header.msg_name = address.as_ptr().cast_mut().cast();
            header.msg_namelen = narrow(address.len());
        }
        if !control.is_empty() {
            header.msg_control = control.as_ptr().cast_mut().cast();
            header.msg_controllen = narrow(control.len());
        }
        Self::from_header(header)
    }

    /// Room for a message to receive; `from` becomes the sender's address, see [`address_length`](Self::address_length).
    pub fn to_receive(room: &'a RecvBuf<'a>, from: &'a mut Address, control: &'a mut [u8]) -> Self {
        let mut header = message_header(std::ptr::from_ref(room).cast(), 1);
        header.msg_name = from.room().as_mut_ptr().cast();
        header.msg_namelen = narrow(Address::CAPACITY);
        if !control.is_empty() {
            header.msg_control = control.as_mut_ptr().cast();
            header.msg_controllen = narrow(control.len());
        }
        Self::from_header(header)
    }

    fn from_header(header: libc::msghdr) -> Self {
        Self {
            header,
            length: 0,
            life: PhantomData,
        }
    }

    /// What sendmsg(2) and recvmsg(2) take.
    pub fn header(&mut self) -> &mut libc::msghdr {
        &mut self.header
    }

    /// How many bytes were sent or received.
    pub fn length(&self) -> usize {
        narrow(self.length)
    }

    /// Records that.
    pub fn set_length(&mut self, length: usize) {
        self.length = narrow(length);
    }

    /// How much of the sender's address the kernel wrote.
    pub fn address_length(&self) -> usize {
        narrow(self.header.msg_namelen)
    }

    /// How many bytes of control messages the kernel wrote.
    pub fn control_length(&self) -> usize {
        narrow(self.header.msg_controllen)
    }

    /// The flags that the kernel set.
    pub fn flags(&self) -> libc::c_int {
        self.header.msg_flags
    }
}
