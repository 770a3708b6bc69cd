//! Bugs that were, each with the test that showed it.
#![cfg(target_os = "linux")]

mod support;

use polysock_core::{Kind, Socket};
use support::*;

/// The end of a connect was asked by SO_ERROR, which Linux does not take note of.
#[test]
fn connects_again_after_a_refusal_and_never_twice() {
    let (server, address) = listener(1);
    server.close().unwrap();
    let client = Socket::tcp(address.family()).unwrap();
    for _ in 0..3 {
        assert_eq!(kind(client.connect(&address)), Kind::Os(libc::ECONNREFUSED));
    }
    let server = Socket::tcp(address.family()).unwrap();
    server.set_reuse_address(true).unwrap();
    server.bind(&address).unwrap();
    server.listen(1).unwrap();
    client.connect(&address).unwrap();
    assert_eq!(kind(client.connect(&address)), Kind::Os(libc::EISCONN));
    assert_eq!(kind(client.within(LATE).connect(&address)), Kind::Os(libc::EISCONN));
}

/// The kernel takes a negative backlog for the greatest; CPython and BSD take it for none.
#[test]
fn a_negative_backlog_counts_as_zero() {
    let server = Socket::tcp(loopback().family()).unwrap();
    server.bind(&loopback()).unwrap();
    server.listen(-5).unwrap();
    let address = server.local_address().unwrap();
    let _pair = connect_to(&server, &address);
}
