//! Datagrams that travel together: cut from one piece of data when sent, joined when received.

use super::*;

#[test]
fn segments_arrive_as_datagrams_and_the_last_may_be_shorter() {
    for host in IP {
        let ((a, a_address), (b, to)) = (udp(host), udp(host));
        assert_eq!(a.send_segments("aabbccd", 2, Some(&to)).unwrap(), 7);
        let received = receive_at_most(&b, 10, 10).unwrap();
        let seen: Vec<_> = received.iter().map(|(bytes, _)| bytes.as_slice()).collect();
        assert_eq!(seen, [b"aa", b"bb", b"cc", &b"d"[..]]);
        assert!(received.iter().all(|(_, datagram)| datagram.address == a_address));
        a.connect(&to).unwrap();
        assert_eq!(a.send_segments("xyz", 5, None).unwrap(), 3);
        assert_eq!(a.send_segments("", 5, None).unwrap(), 0);
        assert_eq!(texts(&b, 1), ["xyz"]);
        nothing_more(&b);
    }
}

#[test]
fn segments_may_be_more_and_larger_than_the_kernel_takes_at_once() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    let data = pattern(150_000);
    for size in [1000, 1472, 30_000, 65_507] {
        b.set_recv_buffer(4 << 20).unwrap();
        assert_eq!(a.send_segments(&data, size, Some(&to)).unwrap(), data.len());
        let mut received = Vec::new();
        let mut lengths = Vec::new();
        // What the receive buffer has no room for is lost; what arrives is whole and in order.
        while let Ok(batch) = receive_now(&b, 70_000) {
            for bytes in batch {
                lengths.push(bytes.len());
                received.extend(bytes);
            }
        }
        assert_eq!(received, data[..received.len()], "{size}");
        let (last, before) = lengths.split_last().unwrap();
        assert!(
            *last <= size && before.iter().all(|length| *length == size),
            "{lengths:?}"
        );
    }
}

fn receive_now(socket: &Socket, room: usize) -> polysock::Result<Vec<Vec<u8>>> {
    let mut memory = vec![vec![0; room]; 16];
    let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
    let mut arrived = [IncomingDatagram::EMPTY; 16];
    let count = socket.within(Duration::ZERO).recv_batch(&rooms, &mut arrived)?;
    let all = memory.iter().zip(&arrived).take(count);
    Ok(all
        .map(|(bytes, datagram)| bytes[..datagram.count].to_vec())
        .collect())
}

#[test]
fn a_segment_size_that_is_none_is_refused() {
    let (a, to) = udp("127.0.0.1:0");
    for size in [0, 65_536, usize::MAX] {
        let refused = a.send_segments("x", size, Some(&to)).unwrap_err();
        assert_eq!(refused.kind(), Kind::InvalidInput("segment_size"));
        assert!(refused.to_string().contains("1 to 65535"), "{refused}");
    }
    let refused = a
        .send_segments("xx", 1, Some(&"127.0.0.1:0".parse().unwrap()))
        .unwrap_err();
    assert_eq!((refused.kind(), refused.done()), (Kind::Os(libc::EINVAL), 0));
    assert!(refused.to_string().contains("127.0.0.1:0"), "{refused}");
    let long = vec![0; 65_600];
    let refused = a.send_segments(&long, 65_530, Some(&to)).unwrap_err();
    assert_eq!(refused.kind(), Kind::Os(libc::EMSGSIZE));
}

#[test]
fn a_small_send_buffer_only_slows_a_batch_down() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    a.set_send_buffer(1).unwrap(); // the kernel makes it the smallest there is
    b.set_recv_buffer(4 << 20).unwrap();
    let text = "x".repeat(1400);
    let mut sent: Vec<_> = (0..100).map(|_| OutgoingDatagram::new(&text, &to)).collect();
    assert_eq!(a.within(LATE).send_batch(&mut sent).unwrap(), 100);
    let data = vec![b'x'; 140_000];
    assert_eq!(
        a.within(LATE).send_segments(&data, 1400, Some(&to)).unwrap(),
        data.len()
    );
    let first = receive_now(&b, 2000).unwrap();
    assert!(first.iter().all(|bytes| bytes == text.as_bytes()));
}

/// The kernel does not cut datagrams that go without a checksum.
#[cfg(target_os = "linux")] // SO_NO_CHECK
#[test]
fn where_datagrams_can_not_travel_together_they_are_sent_one_by_one() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    a.set_option(libc::SOL_SOCKET, libc::SO_NO_CHECK, &1_i32.to_ne_bytes())
        .unwrap();
    let mut sent = batch(&["aa", "bb", "c"], &to);
    assert_eq!(a.send_batch(&mut sent).unwrap(), 3);
    assert!(sent
        .iter()
        .all(|datagram| datagram.result == Ok(datagram.contents.len())));
    assert_eq!(a.send_segments("ddeef", 2, Some(&to)).unwrap(), 5);
    assert_eq!(texts(&b, 6), ["aa", "bb", "c", "dd", "ee", "f"]);
}

#[cfg(target_os = "linux")] // UDP_SEGMENT
#[test]
fn a_segment_size_of_the_programs_own_holds_for_each_datagram() {
    let ((a, _), (b, to)) = (udp("127.0.0.1:0"), udp("127.0.0.1:0"));
    a.set_option(libc::IPPROTO_UDP, libc::UDP_SEGMENT, &2_i32.to_ne_bytes())
        .unwrap();
    assert_eq!(a.send_batch(&mut batch(&["aaAA", "bbBB"], &to)).unwrap(), 2);
    assert_eq!(texts(&b, 4), ["aa", "AA", "bb", "BB"]);
}

#[cfg(target_os = "linux")] // UDP_GRO
#[test]
fn with_receive_offload_datagrams_arrive_together_and_are_split() {
    for host in IP {
        let ((a, a_address), (b, to)) = (udp(host), udp(host));
        assert!(!b.receive_offload().unwrap());
        b.set_receive_offload(true).unwrap();
        assert!(b.receive_offload().unwrap());
        let expected = ["aa", "bb", "c", "dd", "", "eeee"];
        a.send_batch(&mut batch(&expected, &to)).unwrap();
        let mut seen = Vec::new();
        let mut together = 0;
        while seen.len() < expected.len() {
            for (bytes, datagram) in receive_at_most(&b, 10, 65_535).unwrap() {
                assert_eq!(datagram.address, a_address);
                together = together.max(datagram.split(&bytes).count());
                seen.extend(
                    datagram
                        .split(&bytes)
                        .map(|text| String::from_utf8(text.to_vec()).unwrap()),
                );
            }
        }
        assert_eq!(seen, expected);
        if cfg!(not(polysock_portable)) {
            assert_eq!(together, 3, "aa, bb and c");
        }
    }
    let (stream, _other) = connection();
    assert_eq!(kind(stream.set_receive_offload(true)), Kind::Unsupported);
}
