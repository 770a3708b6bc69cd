//! Every kind and operation of an error, shown and converted.

use polysock::{create_connection, resolve_service, Family, Kind, Operation, Socket};
use std::collections::HashSet;
use std::io;

#[test]
fn every_operation_has_a_name_of_its_own() {
    use Operation as O;
    let all = [
        O::Socket,
        O::FromFd,
        O::Fileno,
        O::Detach,
        O::Bind,
        O::Listen,
        O::Accept,
        O::Connect,
        O::Send,
        O::SendAll,
        O::Recv,
        O::RecvExact,
        O::Shutdown,
        O::Close,
        O::Abort,
        O::GetSockName,
        O::GetPeerName,
        O::SetOption,
        O::GetOption,
        O::State,
        O::Resolve,
        O::CreateConnection,
        O::CreateServer,
    ];
    let names: HashSet<_> = all.iter().map(|operation| operation.name()).collect();
    assert_eq!(names.len(), all.len());
    assert!(names
        .iter()
        .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
}

#[test]
fn an_error_shows_its_call_its_detail_and_its_reason() {
    let socket = Socket::tcp(Family::IPV4).unwrap();
    let error = socket.connect(&"127.0.0.1:1".parse().unwrap());
    if let Err(error) = error {
        let text = error.to_string();
        assert!(text == "connect 127.0.0.1:1: Connection refused", "{text}");
        assert_eq!(error.errno(), Some(libc::ECONNREFUSED));
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::ConnectionRefused);
    }
    socket.close().unwrap();
    let error = socket.fileno().unwrap_err();
    assert_eq!(error.to_string(), "fileno: the socket is closed");
    assert_eq!(
        (error.errno(), error.detail(), error.done()),
        (Some(libc::EBADF), None, 0)
    );
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::NotConnected);
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<polysock::Error>())
        .unwrap();
    assert_eq!(inner.kind(), Kind::Closed);
}

#[test]
fn a_failed_look_up_shows_the_resolvers_words() {
    let error = resolve_service("no-such-service").unwrap_err();
    assert!(matches!(error.kind(), Kind::Resolve(_)));
    assert_eq!((error.errno(), error.detail()), (None, Some("no-such-service")));
    assert!(error.to_string().starts_with("getaddrinfo no-such-service: "));
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
    let error = create_connection("a\0b", 1, None).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidInput("host"));
    assert_eq!(error.to_string(), r"getaddrinfo a\x00b: host must have no NUL");
}
