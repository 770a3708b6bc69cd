//! What the tests of the poller share.

use crate::support::*;
use polysock::{Event, Poller, Socket};
use std::time::Duration;

pub fn pair() -> (Socket, Socket) {
    unix_pair(libc::SOCK_STREAM)
}

/// Runs a test with epoll and with its replacement.
pub fn both(test: fn(Poller)) {
    limited(move || {
        test(Poller::new().unwrap());
        test(Poller::portable().unwrap());
    });
}

/// What a wait finds: tokens in order. Edge by edge, so a wait with no time still looks.
pub fn found(poller: &Poller, timeout: Duration) -> Vec<u64> {
    let mut events = [Event::default(); 256];
    let count = poller.wait(&mut events, timeout).unwrap();
    let mut tokens: Vec<_> = events[..count].iter().map(|event| event.token).collect();
    tokens.sort_unstable();
    tokens
}

pub fn now(poller: &Poller) -> Vec<u64> {
    found(poller, Duration::ZERO)
}

pub fn read(socket: &Socket) {
    let mut room = [0; 64];
    socket.within(LATE).recv(&mut room).unwrap();
}
