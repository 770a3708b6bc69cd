//! What the tests of messages share.

use crate::support::*;
use polysock::{poll, Events, Framing, PollEntry, Socket};
use std::time::Duration;

pub const NOW: Duration = Duration::ZERO;

pub fn framing() -> Framing {
    Framing::default()
}

pub fn pair() -> (Socket, Socket) {
    unix_pair(libc::SOCK_STREAM)
}

/// Both kinds of streams: the one that may bring descriptors, and the other.
pub fn both(test: fn(Socket, Socket)) {
    limited(move || {
        let (a, b) = pair();
        test(a, b);
        let (a, b) = connection();
        test(a, b);
    });
}

pub fn text(message: &str) -> Option<Vec<u8>> {
    Some(message.as_bytes().to_vec())
}

/// Sends all as the one piece of a stream, so that they arrive together.
pub fn send_together(socket: &Socket, messages: &[&str]) {
    let buffers: Vec<_> = messages.iter().map(|message| message.into()).collect();
    socket.send_frames(&buffers, &framing()).unwrap();
}

/// A socket on which `message` was received together with `rest`.
pub fn received_ahead(rest: &[u8]) -> (Socket, Socket) {
    let (a, b) = pair();
    a.send_all(&[b"\0\0\0\x02hi", rest].concat()).unwrap();
    assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
    assert_eq!(b.pending(), rest.len());
    (a, b)
}

pub fn readable(socket: &Socket) -> bool {
    let mut entries = [PollEntry::new(socket, Events::READABLE)];
    poll(&mut entries, NOW).unwrap() == 1
}
