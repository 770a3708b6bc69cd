//! Several pieces, control messages, descriptors.
#![allow(unsafe_code)]

use crate::support::system::{identity, identity_of, unnamed_file};
use polysock::{
    Address, Ancillary, Control, Credentials, Family, Flags, Kind, NativeCaller, Protocol, RecvBuf, SendBuf,
};
use polysock::{Socket, SocketType};
use std::io::{Read, Seek};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

fn pair(socket_type: SocketType) -> (Socket, Socket) {
    let (a, b) = Socket::pair(Family::UNIX, socket_type, Protocol::DEFAULT).unwrap();
    a.set_timeout(Duration::from_secs(5));
    b.set_timeout(Duration::from_secs(5));
    (a, b)
}

fn room_for(descriptors: usize) -> usize {
    Ancillary::space(descriptors * 4).unwrap()
}

#[test]
fn pieces_are_gathered_and_scattered() {
    let (a, b) = pair(SocketType::STREAM);
    let parts = ["ab", "", "cdef", "g"].map(SendBuf::from);
    assert_eq!(a.on(NativeCaller).send_vectored(&parts).unwrap(), 7);
    let (mut one, mut two, mut three) = ([0; 3], [0; 0], [0; 8]);
    let rooms = [
        RecvBuf::from(&mut one),
        RecvBuf::from(&mut two),
        RecvBuf::from(&mut three),
    ];
    assert_eq!(b.on(NativeCaller).recv_vectored(&rooms).unwrap(), 7);
    assert_eq!((&one, &three[..4]), (b"abc", &b"defg"[..]));
}

#[test]
fn a_vectored_send_without_a_time_limit_sends_everything() {
    let (a, b) = pair(SocketType::STREAM);
    a.set_blocking(true).unwrap();
    let (one, two) = (vec![1; 700_000], vec![2; 300_001]);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            a.on(NativeCaller)
                .send_vectored(&[SendBuf::from(&one), SendBuf::from(&two)])
        });
        let mut got = vec![0; one.len() + two.len()];
        b.recv_exact(&mut got).unwrap();
        assert!(got == [one.clone(), two.clone()].concat());
        assert_eq!(sender.join().unwrap().unwrap(), got.len());
    });
}

#[test]
fn wait_all_fills_the_pieces() {
    let (a, b) = pair(SocketType::STREAM);
    let (mut one, mut two) = ([0; 3], [0; 4]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for piece in ["a", "bc", "defg"] {
                a.send_all(piece).unwrap();
            }
        });
        let rooms = [RecvBuf::from(&mut one), RecvBuf::from(&mut two)];
        let got = b
            .on(NativeCaller)
            .recv_message(&rooms, 0, Flags::WAIT_ALL)
            .unwrap();
        assert_eq!(got.count, 7);
    });
    assert_eq!((&one, &two), (b"abc", b"defg"));
}

#[test]
fn descriptors_arrive_open_close_on_exec_and_are_the_same_file() {
    for socket_type in [SocketType::STREAM, SocketType::DATAGRAM, SocketType::SEQPACKET] {
        let (a, b) = pair(socket_type);
        let mut file = unnamed_file(b"through the socket");
        file.rewind().unwrap();
        let other = unnamed_file(b"");
        let control = [Control::rights(&[file.as_fd(), other.as_fd()]).unwrap()];
        a.on(NativeCaller)
            .send_message(&[SendBuf::from("x")], &control, None, Flags::NONE)
            .unwrap();
        let mut buf = [0; 4];
        let mut got = b
            .on(NativeCaller)
            .recv_message(&[RecvBuf::from(&mut buf)], room_for(2), Flags::NONE)
            .unwrap();
        assert!(!got.control_truncated());
        let descriptors = got.take_descriptors();
        assert!(got.take_descriptors().is_empty());
        assert_eq!(descriptors.len(), 2);
        for fd in &descriptors {
            // SAFETY: no memory is involved.
            let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) };
            assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        }
        let mut text = String::new();
        std::fs::File::from(descriptors.into_iter().next().unwrap())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "through the socket");
    }
}

#[test]
fn descriptors_nobody_takes_are_closed_and_those_without_room_too() {
    let (a, b) = pair(SocketType::DATAGRAM);
    let file = unnamed_file(b"");
    let identity = identity_of(&file);
    let control = [Control::rights(&[file.as_fd(); 5]).unwrap()];
    for room in [room_for(5), room_for(2), 0] {
        a.on(NativeCaller)
            .send_message(&[SendBuf::from("x")], &control, None, Flags::NONE)
            .unwrap();
        let mut buf = [0; 4];
        let got = b
            .on(NativeCaller)
            .recv_message(&[RecvBuf::from(&mut buf)], room, Flags::NONE)
            .unwrap();
        assert_eq!(
            got.control_truncated(),
            room < room_for(5),
            "room for {room} bytes"
        );
        assert_eq!(got.count, 1);
        drop(got);
        assert_eq!(
            open_copies(identity),
            1,
            "with room for {room} bytes of control messages"
        );
    }
}

/// As many as the kernel takes, and other control messages beside them: more than musl's sendmsg(3) takes.
#[test]
#[cfg(target_os = "linux")] // the number of descriptors, and credentials in messages
fn a_message_takes_253_descriptors_and_credentials() {
    crate::support::system::room_for_descriptors(300);
    let (a, b) = pair(SocketType::STREAM);
    b.set_pass_credentials(true).unwrap();
    let file = unnamed_file(b"");
    let me = Credentials {
        pid: i32::try_from(std::process::id()).unwrap(),
        // SAFETY: these only read.
        uid: unsafe { libc::getuid() },
        // SAFETY: as above.
        gid: unsafe { libc::getgid() },
    };
    let send = |count| {
        let control = [
            Control::rights(&vec![file.as_fd(); count]).unwrap(),
            Control::credentials(me).unwrap(),
        ];
        a.on(NativeCaller)
            .send_message(&[SendBuf::from("x")], &control, None, Flags::NONE)
    };
    assert_eq!(send(253).unwrap(), 1);
    let mut buf = [0; 4];
    let mut got = b
        .on(NativeCaller)
        .recv_message(&[RecvBuf::from(&mut buf)], room_for(253) + 64, Flags::NONE)
        .unwrap();
    assert_eq!(got.count, 1);
    assert!(!got.control_truncated());
    assert_eq!(got.ancillary.iter().find_map(Ancillary::credentials), Some(me));
    let descriptors = got.take_descriptors();
    assert_eq!(descriptors.len(), 253);
    assert!(descriptors.iter().all(|fd| identity_of(fd) == identity_of(&file)));
    let error = send(254).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::EINVAL));
    assert!(
        error
            .to_string()
            .ends_with("a message takes at most 253 descriptors"),
        "{error}"
    );
}

#[test]
fn credentials_say_who_sent() {
    let (a, b) = pair(SocketType::DATAGRAM);
    b.set_pass_credentials(true).unwrap();
    assert!(b.pass_credentials().unwrap() && !a.pass_credentials().unwrap());
    let me = Credentials {
        pid: i32::try_from(std::process::id()).unwrap(),
        // SAFETY: these only read.
        uid: unsafe { libc::getuid() },
        // SAFETY: as above.
        gid: unsafe { libc::getgid() },
    };
    for control in [vec![], vec![Control::credentials(me).unwrap()]] {
        a.on(NativeCaller)
            .send_message(&[SendBuf::from("x")], &control, None, Flags::NONE)
            .unwrap();
        let mut buf = [0; 4];
        let got = b
            .on(NativeCaller)
            .recv_message(&[RecvBuf::from(&mut buf)], 64, Flags::NONE)
            .unwrap();
        assert_eq!(got.ancillary.iter().find_map(Ancillary::credentials), Some(me));
        assert_eq!(got.ancillary.iter().find_map(Ancillary::packet_info), None);
    }
}

#[test]
fn packet_info_and_timestamps_tell_where_and_when() {
    for host in ["127.0.0.1:0", "[::1]:0"] {
        let address: Address = host.parse().unwrap();
        let socket = Socket::new(address.family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        socket.bind(&address).unwrap();
        socket.set_timeout(Duration::from_secs(5));
        assert!(!socket.packet_info().unwrap());
        socket.set_packet_info(true).unwrap();
        assert!(socket.packet_info().unwrap());
        let stamps = [
            #[cfg(target_os = "linux")]
            libc::SO_TIMESTAMPNS,
            libc::SO_TIMESTAMP,
        ];
        for stamp in stamps {
            socket
                .set_option(libc::SOL_SOCKET, stamp, &1_i32.to_ne_bytes())
                .unwrap();
            let me = socket.local_address().unwrap();
            let before = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap();
            socket.send_to("x", &me).unwrap();
            let mut buf = [0; 4];
            let got = socket
                .on(NativeCaller)
                .recv_message(&[RecvBuf::from(&mut buf)], 256, Flags::NONE)
                .unwrap();
            let info = got.ancillary.iter().find_map(Ancillary::packet_info).unwrap();
            assert_eq!(
                (Some(info.destination), info.interface),
                (me.ip(), 1),
                "lo is interface 1"
            );
            let when = got.ancillary.iter().find_map(Ancillary::timestamp).unwrap();
            let age = when.abs_diff(before);
            assert!(age < Duration::from_secs(10), "stamped {when:?}, sent {before:?}");
        }
    }
}

#[test]
fn a_record_of_seqpacket_ends_where_it_ends() {
    let (a, b) = pair(SocketType::SEQPACKET);
    a.send("first").unwrap();
    a.send("second").unwrap();
    let mut buf = [0; 64];
    let got = b
        .on(NativeCaller)
        .recv_message(&[RecvBuf::from(&mut buf)], 0, Flags::NONE)
        .unwrap();
    assert_eq!(got.count, 5);
    assert!(!got.truncated());
    let got = b
        .on(NativeCaller)
        .recv_message(&[RecvBuf::from(&mut buf[..3])], 0, Flags::NONE)
        .unwrap();
    assert!(got.truncated());
    drop(a);
    assert_eq!(b.recv(&mut buf).unwrap(), 0);
}

#[test]
fn a_closed_socket_sends_and_receives_no_message() {
    let (a, _b) = pair(SocketType::DATAGRAM);
    a.close().unwrap();
    let sent = a
        .on(NativeCaller)
        .send_message(&[SendBuf::from("x")], &[], None, Flags::NONE)
        .unwrap_err();
    assert_eq!(sent.kind(), Kind::Closed);
    let mut buf = [0; 4];
    let got = a
        .on(NativeCaller)
        .recv_message(&[RecvBuf::from(&mut buf)], 0, Flags::NONE)
        .unwrap_err();
    assert_eq!(got.kind(), Kind::Closed);
}

#[test]
fn a_pair_is_of_a_family_that_has_pairs() {
    let error = Socket::pair(Family::IPV4, SocketType::STREAM, Protocol::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::EOPNOTSUPP));
}

#[test]
fn a_duplicate_lives_on_after_the_first_is_closed() {
    let (a, b) = pair(SocketType::STREAM);
    let copy = a.duplicate().unwrap();
    assert_eq!(copy.recv_timeout(), a.recv_timeout());
    a.close().unwrap();
    copy.send_all("still here").unwrap();
    let mut buf = [0; 10];
    b.recv_exact(&mut buf).unwrap();
    copy.close().unwrap();
    assert_eq!(b.recv(&mut buf).unwrap(), 0);
}

/// How many descriptors of this process are open on the file.
fn open_copies(file: (u64, u64, i64)) -> usize {
    let opened = |number: &i32| identity(*number).is_ok_and(|found| found == file);
    (0..1024).filter(opened).count()
}

/// Data of every length under every header: what is too short is ignored, and nothing panics.
#[cfg(target_os = "linux")] // the numbers and sizes of its messages
#[test]
fn control_messages_of_every_length_are_read_or_not() {
    let headers = [
        (libc::SOL_SOCKET, libc::SCM_CREDENTIALS, 12),
        (libc::IPPROTO_IP, libc::IP_PKTINFO, 12),
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, 20),
        (
            libc::SOL_SOCKET,
            libc::SCM_TIMESTAMPNS,
            size_of::<libc::timespec>(),
        ),
        (libc::SOL_SOCKET, libc::SCM_TIMESTAMP, size_of::<libc::timeval>()),
    ];
    for (level, kind, needed) in headers {
        for length in 0..64 {
            for byte in [0, 0x7f, 0x80, 0xff] {
                let data = vec![byte; length];
                let message = Ancillary::Other { level, kind, data };
                let read = [
                    message.credentials().is_some(),
                    message.packet_info().is_some(),
                    message.timestamp().is_some(),
                ];
                assert!(read.iter().filter(|read| **read).count() <= usize::from(length >= needed));
                // Times before 1970 and fractions of a second out of range do not count.
                assert!(length < needed || byte != 0 || read.contains(&true));
            }
        }
    }
}

#[test]
fn packet_info_chooses_the_address_to_send_from() {
    for (host, source) in [("127.0.0.1:0", "127.0.0.7"), ("[::1]:0", "::1")] {
        let address: Address = host.parse().unwrap();
        let bound = Socket::new(address.family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        let free = Socket::new(address.family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        bound.bind(&address).unwrap();
        bound.set_timeout(Duration::from_secs(5));
        let (to, source) = (bound.local_address().unwrap(), source.parse().unwrap());
        let control = [Control::packet_info(source, 0).unwrap()];
        free.on(NativeCaller)
            .send_message(&[SendBuf::from("x")], &control, Some(&to), Flags::NONE)
            .unwrap();
        let mut buf = [0; 4];
        assert_eq!(bound.recv_from(&mut buf).unwrap().address.ip(), Some(source));
    }
    assert_eq!(
        pair(SocketType::DATAGRAM)
            .0
            .set_packet_info(true)
            .unwrap_err()
            .kind(),
        Kind::Unsupported
    );
}

#[test]
fn available_counts_bytes_and_the_next_datagram() {
    let (a, b) = pair(SocketType::STREAM);
    assert_eq!(b.available().unwrap(), 0);
    a.send_all(b"abc").unwrap();
    a.send_all(b"de").unwrap();
    assert_eq!(b.available().unwrap(), 5);
    let (a, b) = pair(SocketType::DATAGRAM);
    a.send(b"abc").unwrap();
    a.send(b"de").unwrap();
    assert_eq!(b.available().unwrap(), 3);
    b.close().unwrap();
    assert_eq!(b.available().unwrap_err().kind(), Kind::Closed);
    let listener = polysock::create_server("127.0.0.1", 0, 1).unwrap();
    assert_eq!(listener.available().unwrap_err().kind(), Kind::Os(libc::EINVAL));
}
