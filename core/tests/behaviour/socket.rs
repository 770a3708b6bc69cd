//! The life of a socket: made, adopted, lent, given away, closed.

use crate::support::*;
use polysock::{Error, Family, Kind, Operation, Protocol, Socket, SocketType, Timeout};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn is_what_it_was_made_as() {
    let socket = Socket::new(Family::IPV6, SocketType::DATAGRAM, Protocol::UDP).unwrap();
    assert_eq!(socket.family(), Family::IPV6);
    assert_eq!(socket.socket_type(), SocketType::DATAGRAM);
    assert_eq!(socket.protocol(), Protocol::UDP);
    assert_eq!(socket.recv_timeout(), Timeout::Never);
    let text = format!("{socket:?}");
    assert!(
        text.contains(&format!("fd: Some({})", socket.fileno().unwrap())),
        "{text}"
    );
    socket.close().unwrap();
    assert!(format!("{socket:?}").contains("fd: None"));
}

#[cfg(not(target_vendor = "apple"))] // which has no such bits
#[test]
fn flag_bits_of_the_type_are_obeyed_and_taken_off() {
    let flagged = SocketType(libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
    let socket = Socket::new(Family::IPV4, flagged, Protocol::DEFAULT).unwrap();
    assert_eq!(socket.socket_type(), SocketType::STREAM);
    assert_eq!(socket.send_timeout(), Timeout::NonBlocking);
    let flags = system::status_flags(socket.fileno().unwrap());
    assert_ne!(flags & libc::O_NONBLOCK, 0);
}

#[test]
fn every_descriptor_is_close_on_exec() {
    let (client, server) = connection();
    for socket in [client, server] {
        let flags = system::descriptor_flags(socket.fileno().unwrap());
        assert_ne!(flags & libc::FD_CLOEXEC, 0);
    }
}

#[test]
fn an_impossible_socket_is_an_error_of_the_system() {
    let error = Socket::new(Family(12_345), SocketType::STREAM, Protocol::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::EAFNOSUPPORT));
    assert_eq!(error.operation(), Operation::Socket);
}

#[test]
fn closing_again_is_fine_and_every_call_says_closed() {
    let (client, _server) = connection();
    let port = client.local_address().unwrap();
    for _ in 0..3 {
        client.close().unwrap();
        client.close_fin_first().unwrap();
        client.abort().unwrap();
    }
    assert!(client.is_closed());
    let mut buf = [0; 4];
    let kinds = [
        kind(client.recv(&mut buf)),
        kind(client.recv(&mut buf[..0])),
        kind(client.peek(&mut buf)),
        kind(client.recv_exact(&mut buf)),
        kind(client.recv_exact(&mut buf[..0])),
        kind(client.send(b"x")),
        kind(client.send(b"")),
        kind(client.send_all(b"x")),
        kind(client.send_all(b"")),
        kind(client.within(Duration::ZERO).recv(&mut buf)),
        kind(client.accept()),
        kind(client.within(ms(1)).accept()),
        kind(client.connect(&port)),
        kind(client.bind(&port)),
        kind(client.listen(1)),
        kind(client.shutdown(polysock::Shutdown::Both)),
        kind(client.local_address()),
        kind(client.peer_address()),
        kind(client.fileno()),
        kind(client.detach()),
        kind(client.state()),
        kind(client.linger()),
        kind(client.set_nodelay(true)),
        kind(client.set_blocking(true)),
        kind(client.take_error()),
    ];
    assert_eq!(kinds, [Kind::Closed; 25]);
}

#[test]
fn a_detached_descriptor_lives_on() {
    let (client, server) = connection();
    let fd = client.detach().unwrap();
    assert!(client.is_closed());
    assert_eq!(kind(client.detach()), Kind::Closed);
    drop(client);
    let adopted = Socket::from_fd(fd).unwrap();
    assert_eq!(adopted.family(), Family::IPV4);
    assert_eq!(adopted.socket_type(), SocketType::STREAM);
    assert_eq!(adopted.protocol(), Protocol::TCP);
    server.send_all(b"still").unwrap();
    let mut buf = [0; 5];
    adopted.within(LATE).recv_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"still");
}

#[test]
fn detach_is_refused_while_a_call_is_inside() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let reader = Arc::clone(&client);
        let running = start_blocked(move || reader.recv(&mut [0]));
        let error = client.detach().unwrap_err();
        assert_eq!((error.kind(), error.operation()), (Kind::Busy, Operation::Detach));
        assert!(!client.is_closed());
        server.send_all(b"x").unwrap();
        assert_eq!(running.result().unwrap(), 1);
        client.detach().unwrap();
    });
}

#[test]
fn what_is_no_socket_comes_back() {
    let fd = system::unnamed_file(b"no socket");
    let (number, before) = (fd.as_raw_fd(), system::identity_of(&fd));
    let refused = Socket::from_fd(fd.into()).unwrap_err();
    assert_eq!(refused.error.kind(), Kind::Os(libc::ENOTSOCK));
    assert_eq!(refused.error.operation(), Operation::FromFd);
    assert_eq!(refused.fd.as_raw_fd(), number);
    assert_eq!(system::identity_of(&refused.fd), before);
    assert_eq!(refused.to_string(), refused.error.to_string());
    let source = std::error::Error::source(&refused).unwrap();
    assert!(source.downcast_ref() == Some(&refused.error));
    let error = refused.error.clone();
    assert_eq!(Error::from(refused), error);
}

#[test]
fn an_adopted_descriptor_keeps_its_mode_and_waits_all_the_same() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let socket = Socket::from_fd(OwnedFd::from(ours)).unwrap();
    assert_eq!(
        (socket.family(), socket.socket_type()),
        (Family::UNIX, SocketType::STREAM)
    );
    let (result, took) = timed(|| socket.within(ms(50)).recv(&mut [0]));
    assert_eq!(kind(result), Kind::TimedOut);
    assert!(took >= ms(50));
    assert_ne!(
        system::status_flags(socket.fileno().unwrap()) & libc::O_NONBLOCK,
        0
    );
    drop(theirs);
    assert_eq!(socket.within(LATE).recv(&mut [0]).unwrap(), 0);
}

#[test]
fn dropping_closes() {
    let (client, server) = connection();
    drop(client);
    assert_eq!(server.within(LATE).recv(&mut [0]).unwrap(), 0);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let copy = theirs.as_fd().try_clone_to_owned().unwrap();
    drop(Socket::from_fd(theirs.into()).unwrap());
    // The copy keeps the connection.
    let socket = Socket::from_fd(ours.into()).unwrap();
    assert_eq!(
        kind(socket.within(Duration::ZERO).recv(&mut [0])),
        Kind::WouldBlock
    );
    drop(copy);
    assert_eq!(socket.within(LATE).recv(&mut [0]).unwrap(), 0);
}

#[test]
fn an_idle_connected_socket_is_small() {
    // It has waited once: the list of waiters is its only memory beyond itself, with room for one (a test of that list
    // has its size).
    let heap = 48;
    println!("size of a Socket: {} bytes + {heap}", size_of::<Socket>());
    assert!(size_of::<Socket>() + heap <= 256);
}
