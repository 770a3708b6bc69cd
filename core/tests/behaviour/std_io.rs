//! Sockets as `std::io::Read` and `Write`.

use crate::support::{connection, limited, ms, small_connection, LATE};
use polysock::{Error, Kind, Shutdown};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

#[test]
fn a_buffered_reader_gives_lines() {
    limited(|| {
        let (client, server) = connection();
        write!(&client, "one\r\ntwo\nno {}", 1 + 1).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        server.set_timeout(LATE);
        let lines: Vec<String> = BufReader::new(&server).lines().map(Result::unwrap).collect();
        assert_eq!(lines, ["one", "two", "no 2"]);
    });
}

#[test]
fn an_owned_socket_reads_and_writes_too() {
    limited(|| {
        let (mut client, mut server) = connection();
        server.set_timeout(LATE);
        client.write_all(b"all of it").unwrap();
        client.flush().unwrap();
        assert_eq!(client.write(b"!").unwrap(), 1);
        let mut room = [0; 9];
        server.read_exact(&mut room).unwrap();
        assert_eq!(&room, b"all of it");
        assert_eq!(server.read(&mut room).unwrap(), 1);
        drop(client);
        assert_eq!(server.read(&mut room).unwrap(), 0);
        assert_eq!(
            server.read_exact(&mut room).unwrap_err().kind(),
            ErrorKind::UnexpectedEof
        );
    });
}

#[test]
fn copy_moves_everything() {
    limited(|| {
        let (client, server) = connection();
        server.set_timeout(LATE);
        let sent: Vec<u8> = (0..1_000_000_u32).map(|i| i.to_le_bytes()[1]).collect();
        let copied = sent.clone();
        let sender = std::thread::spawn(move || io::copy(&mut &copied[..], &mut &client).unwrap());
        let mut got = Vec::new();
        (&server).read_to_end(&mut got).unwrap();
        assert!(got == sent);
        assert_eq!(sender.join().unwrap(), sent.len() as u64);
    });
}

#[test]
fn an_error_keeps_its_kind_and_how_much_was_done() {
    limited(|| {
        let (client, server) = small_connection();
        client.set_timeout(ms(50));
        server.set_timeout(ms(50));
        let error = (&server).read(&mut [0; 10]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);

        let error = (&client).write_all(&[7; 10_000_000]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let ours: &Error = error.get_ref().unwrap().downcast_ref().unwrap();
        assert_eq!(ours.kind(), Kind::TimedOut);
        assert!(ours.done() > 0 && ours.done() < 10_000_000);

        client.close().unwrap();
        assert_eq!((&client).write(b"x").unwrap_err().kind(), ErrorKind::NotConnected);
    });
}
