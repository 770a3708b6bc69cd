//! Options of IP and IPv6, each tested by what the receiver sees.

use super::support::*;
use polysock::{Kind, Socket};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Of `net` 192.0.2.0/24 and 2001:db8::/32, which are for documentation: no interface has them.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77));
const NOWHERE_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x77));

/// The header field that `receiver` finds on a datagram from `sender`, requested by the option `ask`.
fn seen(sender: &Socket, receiver: &(UdpSocket, Socket), level: i32, ask: i32, note: i32) -> u32 {
    let (standard, tested) = receiver;
    tested.set_int_option(level, ask, 1).unwrap();
    sender.connect(&standard.local_addr().unwrap().into()).unwrap();
    sender.send(b"x").unwrap();
    let bytes = ancillary(standard, level, note).unwrap();
    match bytes[..] {
        [byte] => byte.into(),
        _ => u32::from_ne_bytes(bytes[..4].try_into().unwrap()),
    }
}

#[test]
fn the_receiver_sees_the_ttl() {
    let (sender, receiver) = (udp(), shared_udp("127.0.0.1:0"));
    let usual = sender.ttl().unwrap();
    let read = |sender: &Socket| {
        seen(
            sender,
            &receiver,
            libc::IPPROTO_IP,
            libc::IP_RECVTTL,
            libc::IP_TTL,
        )
    };
    assert_eq!(read(&sender), usual);
    for ttl in [7, 1, 255] {
        sender.set_ttl(ttl).unwrap();
        assert_eq!((sender.ttl().unwrap(), read(&sender)), (ttl, ttl));
    }
}

#[test]
fn the_receiver_sees_the_type_of_service() {
    let (sender, receiver) = (udp(), shared_udp("127.0.0.1:0"));
    let read = |sender: &Socket| {
        seen(
            sender,
            &receiver,
            libc::IPPROTO_IP,
            libc::IP_RECVTOS,
            libc::IP_TOS,
        )
    };
    assert_eq!((sender.tos().unwrap(), read(&sender)), (0, 0));
    for tos in [0x10, 0xb8, 0x02] {
        sender.set_tos(tos).unwrap();
        assert_eq!((sender.tos().unwrap(), read(&sender)), (tos, tos));
    }
}

#[test]
fn the_receiver_sees_hops_and_traffic_class() {
    if !has_ipv6("the_receiver_sees_hops_and_traffic_class") {
        return;
    }
    let (sender, receiver) = (udp_v6(), shared_udp("[::1]:0"));
    let level = libc::IPPROTO_IPV6;
    let hops = |sender: &Socket| {
        seen(
            sender,
            &receiver,
            level,
            libc::IPV6_RECVHOPLIMIT,
            libc::IPV6_HOPLIMIT,
        )
    };
    assert_eq!(hops(&sender), sender.hops().unwrap());
    for wanted in [7, 255] {
        sender.set_hops(wanted).unwrap();
        assert_eq!((sender.hops().unwrap(), hops(&sender)), (wanted, wanted));
    }
    sender.set_hops(0).unwrap();
    assert_eq!(sender.hops().unwrap(), 0);

    let sender = udp_v6();
    let class = |sender: &Socket| seen(sender, &receiver, level, libc::IPV6_RECVTCLASS, libc::IPV6_TCLASS);
    assert_eq!((sender.traffic_class().unwrap(), class(&sender)), (0, 0));
    for wanted in [0x10, 0xb8, 0x02] {
        sender.set_traffic_class(wanted).unwrap();
        assert_eq!(
            (sender.traffic_class().unwrap(), class(&sender)),
            (wanted, wanted)
        );
    }
}

#[test]
fn a_stream_takes_a_service_that_leaves_tcp_its_bits() {
    let stream = tcp();
    stream.set_tos(0xb8).unwrap();
    assert_eq!(stream.tos().unwrap(), 0xb8);
    assert_invalid(stream.set_tos(0xb9), "tos");
    assert_eq!(stream.tos().unwrap(), 0xb8);
    let stream = tcp_v6();
    stream.set_traffic_class(0xb8).unwrap();
    assert_invalid(stream.set_traffic_class(0xba), "traffic class");
    assert_eq!(stream.traffic_class().unwrap(), 0xb8);
}

#[test]
fn only_v6_leaves_the_port_to_ipv4() {
    if !has_ipv6("only_v6_leaves_the_port_to_ipv4") {
        return;
    }
    let listen = |only: bool| {
        let listener = tcp_v6();
        listener.set_only_v6(only).unwrap();
        assert_eq!(listener.only_v6().unwrap(), only);
        listener
            .bind(&(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0).into())
            .unwrap();
        listener.listen(4).unwrap();
        assert_eq!(
            kind(listener.set_only_v6(!only)),
            Some(Kind::Os(libc::EINVAL)),
            "too late"
        );
        // Holds the IPv4 port, so that no other socket can listen there meanwhile.
        let holder = tcp();
        let bound = kind(holder.bind(&(LOCALHOST, port(&listener)).into()));
        (listener, holder, bound)
    };
    for only in [true, false] {
        // A port whose IPv4 half is still held by an older connection shows nothing.
        let free = |bound: Option<Kind>| !only || bound.is_none();
        let (listener, _holder, bound) = (0..50)
            .map(|_| listen(only))
            .find(|&(_, _, bound)| free(bound))
            .unwrap();
        let client = tcp();
        let connected = connect(&client, &listener);
        if only {
            assert_eq!(kind(connected), Some(Kind::Os(libc::ECONNREFUSED)));
        } else {
            assert_eq!(bound, Some(Kind::Os(libc::EADDRINUSE)));
            connected.unwrap();
            let (_, peer) = listener.within(SOON).accept().unwrap();
            assert_eq!(peer.family(), polysock::Family::IPV6);
            assert_eq!(peer.ip(), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        }
    }
}

#[test]
fn freebind_takes_an_address_that_no_interface_has() {
    for (socket, address) in [(tcp(), NOWHERE), (tcp_v6(), NOWHERE_V6)] {
        let address = SocketAddr::from((address, 0)).into();
        assert!(!socket.freebind().unwrap());
        assert_eq!(kind(socket.bind(&address)), Some(Kind::Os(libc::EADDRNOTAVAIL)));
        socket.set_freebind(true).unwrap();
        assert!(socket.freebind().unwrap());
        socket.bind(&address).unwrap();
    }
}

#[test]
fn transparent_takes_an_address_that_no_interface_has() {
    for (socket, address) in [(tcp(), NOWHERE), (tcp_v6(), NOWHERE_V6)] {
        assert!(!socket.transparent().unwrap());
        match socket.set_transparent(true) {
            Ok(()) => {
                assert!(socket.transparent().unwrap());
                socket.bind(&(address, 0).into()).unwrap();
            }
            Err(error) => {
                assert_eq!(error.kind(), Kind::Os(libc::EPERM));
                skip(
                    "transparent_takes_an_address_that_no_interface_has",
                    "CAP_NET_ADMIN",
                );
            }
        }
    }
}
