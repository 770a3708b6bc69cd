//! create_connection, create_server and the look-ups below them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use polysock_core::{
    create_connection, create_server, resolve, resolve_name, resolve_service, Family, Hints, Kind, Operation,
    SocketType,
};
use support::*;

#[test]
fn a_server_and_a_connection_by_name() {
    for host in ["127.0.0.1", "localhost", ""] {
        let server = create_server(host, 0, 4).unwrap();
        assert!(server.reuse_address().unwrap());
        let port = server.local_address().unwrap().port().unwrap();
        let to = if host.is_empty() { "127.0.0.1" } else { host };
        let client = create_connection(to, port, LATE).unwrap();
        let (_peer, address) = server.within(LATE).accept().unwrap();
        assert_eq!(address.port(), client.local_address().unwrap().port());
    }
}

#[test]
fn an_empty_host_listens_to_both_families_where_there_are_two() {
    let server = create_server("", 0, 4).unwrap();
    if server.family() == Family::IPV6 {
        let port = server.local_address().unwrap().port().unwrap();
        for host in ["127.0.0.1", "::1"] {
            create_connection(host, port, LATE).unwrap();
            server.within(LATE).accept().unwrap();
        }
    }
}

#[test]
fn the_error_names_the_host_and_what_was_tried() {
    let (listener, address) = listener(1);
    let port = address.port().unwrap();
    drop(listener);
    let error = create_connection("127.0.0.1", port, LATE).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::ECONNREFUSED));
    assert_eq!(error.operation(), Operation::CreateConnection);
    assert_eq!(
        error.detail(),
        Some(&*format!("127.0.0.1 port {port}, 1 address tried"))
    );
}

#[test]
fn one_deadline_covers_all() {
    limited(|| {
        let (_full, address) = full_listener();
        let (result, took) = timed(|| create_connection("127.0.0.1", address.port().unwrap(), ms(150)));
        assert_eq!(kind(result), Kind::TimedOut);
        assert!(took >= ms(150) && took < LATE, "{took:?}");
    });
}

#[test]
fn a_taken_port_is_refused() {
    let (_listener, address) = listener(1);
    let error = create_server("127.0.0.1", address.port().unwrap(), 1).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::EADDRINUSE));
    assert_eq!(error.detail(), Some(address.to_string().as_str()));
}

#[test]
fn numbers_are_not_looked_up() {
    let found = resolve_name("::1", 80, 0).unwrap();
    assert_eq!(found, ["[::1]:80".parse().unwrap()]);
    assert_eq!(resolve_service("0").unwrap(), 0);
    assert_eq!(resolve_service("65535").unwrap(), 65_535);
    assert_eq!(kind(resolve_service("65536")), Kind::InvalidInput("service"));
    assert_eq!(kind(resolve_service("8\0")), Kind::InvalidInput("service"));
    assert!(matches!(kind(resolve_service("-1")), Kind::Resolve(_)));
}

#[test]
fn a_look_up_gives_what_a_socket_needs() {
    let hints = Hints {
        family: Family::IPV4,
        flags: libc::AI_NUMERICHOST | libc::AI_CANONNAME,
        ..Hints::STREAM
    };
    let found = resolve(Some(c"127.0.0.1"), Some(c"80"), &hints).unwrap();
    let [answer] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (answer.family, answer.socket_type),
        (Family::IPV4, SocketType::STREAM)
    );
    assert_eq!(answer.address.to_string(), "127.0.0.1:80");
    assert_eq!(answer.canonical_name.as_deref(), Some(c"127.0.0.1"));
    let error = resolve(Some(c"localhost"), None, &hints).unwrap_err();
    assert_eq!(error.kind(), Kind::Resolve(libc::EAI_NONAME));
    assert_eq!(error.detail(), Some("localhost"));
}
