//! Descriptors that come with messages, in the stream of a Unix socket.

use super::support::*;
use crate::support::*;
use polysock::{Control, Flags, Kind, Reader, RecvBuf, Socket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

fn send_with_descriptors(socket: &Socket, bytes: &[u8], count: usize) {
    let file = system::unnamed_file(b"in the file");
    let control = [Control::rights(&vec![file.as_fd(); count]).unwrap()];
    let sent = socket
        .within(LATE)
        .send_message(&[bytes.into()], &control, None, Flags::NONE)
        .unwrap();
    assert_eq!(sent, bytes.len());
}

fn are_files(descriptors: &[OwnedFd]) -> bool {
    descriptors
        .iter()
        .all(|fd| system::contents(fd) == b"in the file")
}

fn room_for(count: usize) -> usize {
    polysock::Ancillary::space(count * size_of::<i32>()).unwrap()
}

#[test]
fn descriptors_that_come_with_messages_are_kept() {
    let (a, b) = pair();
    send_with_descriptors(&a, b"\0\0\0\x02hi\0\0\0\x05wo", 3);
    assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
    // A plain receive does not close them, as recv(2) would.
    b.recv_exact(&mut [0; 4]).unwrap();
    let mut room = [0; 8];
    let mut received = b
        .within(LATE)
        .recv_message(&[RecvBuf::from(&mut room)], room_for(1), Flags::NONE)
        .unwrap();
    assert_eq!(&room[..received.count], b"wo");
    let first = received.take_descriptors();
    let second = b.take_descriptors().unwrap();
    // As with recvmsg(2), the padding after one descriptor has room for another, where there is one.
    let fit = room_for(1) / size_of::<i32>() - room_for(0) / size_of::<i32>();
    assert_eq!((first.len(), second.len()), (fit, 3 - fit));
    assert!(are_files(&first) && are_files(&second));
    for fd in first.iter().chain(&second) {
        assert_eq!(system::descriptor_flags(fd.as_raw_fd()), libc::FD_CLOEXEC);
    }
    assert!(b.take_descriptors().unwrap().is_empty());
}

#[test]
fn descriptors_whose_bytes_have_been_taken_come_with_the_next_ones() {
    let (a, b) = pair();
    send_with_descriptors(&a, b"\0\0\0\x02hi", 1);
    assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
    assert_eq!(b.pending(), 0);
    let mut room = [0; 8];
    let mut receive = || {
        let parts = [RecvBuf::from(&mut room)];
        b.within(NOW).recv_message(&parts, room_for(4), Flags::NONE)
    };
    assert_eq!(kind(receive()), Kind::WouldBlock);
    send_with_descriptors(&a, b"xyz", 2);
    let mut received = receive().unwrap();
    assert_eq!(received.count, 3);
    let descriptors = received.take_descriptors();
    assert!(descriptors.len() == 3 && are_files(&descriptors));
}

#[test]
fn a_peer_that_only_sends_descriptors_does_not_use_up_ours() {
    limited(|| {
        system::room_for_descriptors(2_000);
        let (a, b) = pair();
        send_with_descriptors(&a, b"\0\0\0\x05h", 253);
        send_with_descriptors(&a, b"e", 1);
        let error = b.within(NOW).recv_frame(&framing()).unwrap_err();
        assert_eq!(error.kind(), Kind::Busy);
        let says = "253 descriptors came with the bytes and must be taken first";
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(b.take_descriptors().unwrap().len(), 253);
        assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
        a.send_all(b"llo").unwrap();
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hello"));
        assert_eq!(b.take_descriptors().unwrap().len(), 1);
    });
}

#[test]
fn close_closes_descriptors_that_were_not_taken() {
    alone::alone(|| {
        let (a, b) = pair();
        let before = system::descriptors();
        send_with_descriptors(&a, b"\0\0\0\x02hi", 3);
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
        assert_eq!(system::descriptors().len(), before.len() + 3);
        b.close().unwrap();
        assert_eq!(system::descriptors().len(), before.len() - 1);
    });
}

#[test]
fn detach_closes_them_too() {
    alone::alone(|| {
        let (a, b) = pair();
        let before = system::descriptors();
        send_with_descriptors(&a, b"\0\0\0\x02hi", 3);
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hi"));
        let detached = b.detach().unwrap();
        assert_eq!(system::descriptors().len(), before.len());
        assert_eq!(kind(b.take_descriptors()), Kind::Closed);
        drop(detached);
    });
}

#[test]
fn a_reader_keeps_descriptors_too() {
    let (a, b) = pair();
    send_with_descriptors(&a, b"\0\0\0\x02hi", 2);
    let mut reader = Reader::new(b, framing());
    assert_eq!(reader.frame().unwrap(), Some(&b"hi"[..]));
    assert!(are_files(&reader.take_descriptors()));
}
