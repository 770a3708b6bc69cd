//! A dead connection is not taken for a stream that ended, whichever call learned of it.

use crate::support::*;
use polysock::{
    java_net, Flags, Kind, NativeCaller, Protocol, RecvBuf, Shutdown, Socket, SocketType, Timeout,
};
use std::io::Read;
use std::time::Duration;

const RESET: Kind = Kind::Os(libc::ECONNRESET);

/// Both kinds of connections, the second of which was reset by the first while data waited to be read.
fn reset_connections() -> Vec<Socket> {
    let (client, server) = connection();
    server.set_linger(Some(Duration::ZERO)).unwrap();
    drop(server);
    let unix = [SocketType::STREAM, SocketType::SEQPACKET].map(|socket_type| {
        let (a, b) = Socket::pair(polysock::Family::UNIX, socket_type, Protocol::DEFAULT).unwrap();
        a.send("unread").unwrap();
        drop(b);
        a
    });
    let mut all = vec![client];
    all.extend(unix);
    all
}

fn told_again(socket: &Socket, kind_told: Kind) {
    let mut buf = [0; 4];
    for _ in 0..2 {
        assert_eq!(kind(socket.recv(&mut buf)), kind_told);
        assert_eq!(kind(socket.peek(&mut buf)), kind_told);
        assert_eq!(kind(socket.within(LATE).recv_exact(&mut buf)), kind_told);
        assert_eq!(kind(socket.recv_from(&mut buf)), kind_told);
        let mut call = socket.on(NativeCaller);
        assert_eq!(kind(call.recv_vectored(&[RecvBuf::from(&mut buf)])), kind_told);
        assert_eq!(kind(call.recv_with(&mut buf, Flags::WAIT_ALL)), kind_told);
        assert_eq!(
            kind(java_net::read(socket, &mut NativeCaller, &mut buf)),
            kind_told
        );
        let mut reader = socket;
        assert_eq!(
            std::io::Error::from(polysock::Error::clone(&socket.recv(&mut buf).unwrap_err())).kind(),
            reader.read(&mut buf).unwrap_err().kind()
        );
    }
}

#[test]
fn a_reset_that_a_receive_was_told_of_is_told_again() {
    limited(|| {
        for socket in reset_connections() {
            assert_eq!(kind(socket.within(LATE).recv(&mut [0; 4])), RESET);
            told_again(&socket, RESET);
        }
    });
}

#[test]
fn a_duplicate_knows_how_the_connection_ended() {
    limited(|| {
        for socket in reset_connections() {
            assert_eq!(kind(socket.within(LATE).recv(&mut [0; 4])), RESET);
            told_again(&socket.duplicate().unwrap(), RESET);
        }
    });
}

#[test]
fn a_reset_that_a_send_took_away_is_told_to_receives() {
    limited(|| {
        let (client, server) = connection();
        server.abort().unwrap();
        until("the send is told of the reset", || {
            client.send("x").is_err_and(|error| error.kind() == RESET)
        });
        assert_eq!(kind(client.send("x")), Kind::Os(libc::EPIPE));
        told_again(&client, RESET);
    });
}

#[test]
fn a_reset_that_a_question_took_away_is_told_to_receives() {
    limited(|| {
        for socket in reset_connections() {
            until("the error can be asked for", || {
                socket.take_error().unwrap() == Some(RESET)
            });
            told_again(&socket, RESET);
        }
        for socket in reset_connections() {
            until("the error can be asked for", || {
                socket.int_option(libc::SOL_SOCKET, libc::SO_ERROR).unwrap() == libc::ECONNRESET
            });
            told_again(&socket, RESET);
        }
    });
}

/// The call that met the reset returns what had arrived before; the next one has to report the reset.
#[test]
fn a_reset_behind_data_is_told_once_they_are_received() {
    limited(|| {
        let (client, server) = connection();
        server.send_all("before").unwrap();
        assert_eq!(client.within(LATE).peek(&mut [0; 8]).unwrap(), 6);
        server.abort().unwrap();
        let mut call = client.on(NativeCaller).within(LATE);
        assert_eq!(call.recv_with(&mut [0; 8], Flags::WAIT_ALL).unwrap(), 6);
        told_again(&client, RESET);
    });
}

/// Sends that are never acknowledged: the kernel gives up the connection.
#[test]
fn a_connection_that_the_kernel_gave_up_is_no_end_and_no_time_limit() {
    limited(|| {
        let gone = Kind::Os(libc::ETIMEDOUT);
        let (client, _server) = small_connection();
        fill(&client);
        client.set_user_timeout(Some(ms(50))).unwrap();
        assert_eq!(kind(client.within(LIMIT / 2).recv(&mut [0; 4])), gone);
        assert_eq!(gone.errno(), Some(libc::ETIMEDOUT));
        told_again(&client, gone);
        assert_eq!(kind(client.send("x")), Kind::Os(libc::EPIPE));
    });
}

#[test]
fn a_refusal_that_was_asked_for_is_no_end() {
    limited(|| {
        let (listener, address) = listener(1);
        drop(listener);
        let client = Socket::tcp(address.family()).unwrap();
        let begun = client.within(Timeout::NonBlocking).connect(&address);
        if kind(begun) == Kind::InProgress {
            let refused = Kind::Os(libc::ECONNREFUSED);
            until("the error can be asked for", || {
                client.take_error().unwrap() == Some(refused)
            });
            told_again(&client, refused);
        }
    });
}

/// The peer's stream had ended in order before it refused what we sent.
#[test]
fn a_broken_pipe_leaves_the_end_a_clean_one() {
    limited(|| {
        let (client, server) = connection();
        server.send_all("answer").unwrap();
        drop(server);
        until("the send is refused", || {
            client
                .send("x")
                .is_err_and(|error| error.kind() == Kind::Os(libc::EPIPE))
        });
        let mut buf = [0; 16];
        assert_eq!(client.within(LATE).recv(&mut buf).unwrap(), 6);
        assert_eq!(client.within(LATE).recv(&mut buf).unwrap(), 0);

        let (client, server) = connection();
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(kind(client.send("x")), Kind::Os(libc::EPIPE));
        drop(server);
        assert_eq!(client.within(LATE).recv(&mut buf).unwrap(), 0);
    });
}

#[test]
fn an_end_stays_the_end() {
    limited(|| {
        let (client, server) = connection();
        server.shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.within(LATE).recv(&mut [0; 4]).unwrap(), 0);
        client.shutdown(Shutdown::Write).unwrap();
        server.abort().unwrap();
        let _ = client.send("x");
        let _ = client.take_error().unwrap();
        assert_eq!(client.within(LATE).recv(&mut [0; 4]).unwrap(), 0);
    });
}

#[test]
fn the_next_connection_of_a_socket_begins_anew() {
    limited(|| {
        let (listener, address) = listener(2);
        let (client, server) = connect_to(&listener, &address);
        server.abort().unwrap();
        assert_eq!(kind(client.within(LATE).recv(&mut [0; 4])), RESET);
        client.disconnect().unwrap();
        client.within(LATE).connect(&address).unwrap();
        drop(listener.within(LATE).accept().unwrap());
        assert_eq!(client.within(LATE).recv(&mut [0; 4]).unwrap(), 0);
    });
}
