//! Multicast on the loopback interface: which sockets receive what.

use super::support::*;
use polysock::{Interface, Kind, Socket};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// An interface `va` with its own addresses, for what the loopback interface does not do: that has no IPv6 groups, and
/// returns everything.
const SETUP: &str = "ip link set lo up && ip link add va type veth peer name vb && ip link set vb up && \
                     ip link set va up && ip addr add 10.77.0.1/24 dev va && \
                     ip -6 addr add fd00:77::1/64 dev va nodad && ip -6 addr add fd00:77::2/64 dev va nodad";

/// A receiver and a group that no other test uses, since its address contains the port.
fn receiver_v4() -> (Socket, IpAddr) {
    let receiver = udp();
    receiver
        .bind(&(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0).into())
        .unwrap();
    let [high, low] = port(&receiver).to_be_bytes();
    (receiver, IpAddr::V4(Ipv4Addr::new(239, 195, high, low)))
}

fn receiver_v6() -> (Socket, IpAddr) {
    let receiver = udp_v6();
    receiver
        .bind(&(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0).into())
        .unwrap();
    let group = Ipv6Addr::new(0xff15, 0, 0, 0, 0, 0, 0x7031, port(&receiver));
    (receiver, IpAddr::V6(group))
}

/// A sender to the group of `receiver`, from `source`, over the interface that has it.
fn sender(receiver: &Socket, group: IpAddr, source: IpAddr) -> Socket {
    let interface = if source.is_ipv4() { "lo" } else { "va" };
    let sender = if group.is_ipv4() { udp() } else { udp_v6() };
    sender.bind(&(source, 0).into()).unwrap();
    sender.set_multicast_interface(interface).unwrap();
    sender.connect(&(group, port(receiver)).into()).unwrap();
    sender
}

/// What the receiver gets first, when an ordinary datagram is sent after all others.
fn first_got(receiver: &Socket) -> Vec<u8> {
    let is_v4 = receiver.family() == polysock::Family::IPV4;
    let localhost = if is_v4 { LOCALHOST } else { LOCALHOST_V6 };
    let marker = UdpSocket::bind((localhost, 0)).unwrap();
    marker.send_to(b"nothing", (localhost, port(receiver))).unwrap();
    let first = receive(receiver);
    for _ in 0..9 {
        if is_empty(receiver) {
            break;
        }
        receive(receiver);
    }
    first
}

fn joins_and_leaves(receiver: &Socket, group: IpAddr, interface: Interface<'_>, source: IpAddr) {
    let sender = sender(receiver, group, source);
    sender.send(b"too early").unwrap();
    assert_eq!(first_got(receiver), b"nothing");
    receiver.join_multicast(group, interface, None).unwrap();
    let again = receiver.join_multicast(group, interface, None);
    assert_eq!(kind(again), Some(Kind::Os(libc::EADDRINUSE)));
    sender.send(b"hello").unwrap();
    assert_eq!(first_got(receiver), b"hello");
    receiver.leave_multicast(group, interface, None).unwrap();
    sender.send(b"too late").unwrap();
    assert_eq!(first_got(receiver), b"nothing");
    let again = receiver.leave_multicast(group, interface, None);
    assert_eq!(kind(again), Some(Kind::Os(libc::EADDRNOTAVAIL)));
}

fn index_of_lo() -> u32 {
    let text = std::fs::read_to_string("/sys/class/net/lo/ifindex").unwrap();
    text.trim().parse().unwrap()
}

#[test]
fn a_member_receives_until_it_leaves() {
    let index = Interface::Index(index_of_lo());
    let address = Interface::Address(Ipv4Addr::LOCALHOST);
    for interface in [Interface::Name("lo"), index, address] {
        let (receiver, group) = receiver_v4();
        joins_and_leaves(&receiver, group, interface, LOCALHOST);
    }
}

#[test]
fn a_member_receives_until_it_leaves_over_ipv6() {
    in_namespace(SETUP, || {
        let socket = udp_v6();
        socket.set_multicast_interface("va").unwrap();
        let index = socket.multicast_interface().unwrap();
        for interface in [Interface::Name("va"), index] {
            let (receiver, group) = receiver_v6();
            joins_and_leaves(&receiver, group, interface, "fd00:77::1".parse().unwrap());
        }
    });
}

#[test]
fn an_ipv6_socket_joins_an_ipv4_group() {
    if !has_ipv6("an_ipv6_socket_joins_an_ipv4_group") {
        return;
    }
    let (receiver, _) = receiver_v6();
    let [high, low] = port(&receiver).to_be_bytes();
    let group = IpAddr::V4(Ipv4Addr::new(239, 196, high, low));
    joins_and_leaves(&receiver, group, "lo".into(), LOCALHOST);
}

#[test]
fn a_member_of_one_source_receives_from_it_alone() {
    let (wanted, other) = (LOCALHOST, IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)));
    for interface in [Interface::Name("lo"), Interface::Address(Ipv4Addr::LOCALHOST)] {
        let (receiver, group) = receiver_v4();
        receiver.join_multicast(group, interface, Some(wanted)).unwrap();
        sender(&receiver, group, other).send(b"other").unwrap();
        assert_eq!(first_got(&receiver), b"nothing");
        let sender = sender(&receiver, group, wanted);
        sender.send(b"wanted").unwrap();
        assert_eq!(first_got(&receiver), b"wanted");
        let not_joined = receiver.leave_multicast(group, interface, Some(other));
        assert_eq!(kind(not_joined), Some(Kind::Os(libc::EADDRNOTAVAIL)));
        receiver.leave_multicast(group, interface, Some(wanted)).unwrap();
        sender.send(b"too late").unwrap();
        assert_eq!(first_got(&receiver), b"nothing");
    }
}

#[test]
fn a_member_of_one_source_receives_from_it_alone_over_ipv6() {
    in_namespace(SETUP, || {
        let [wanted, other] = ["fd00:77::1", "fd00:77::2"].map(|source| source.parse().unwrap());
        let (receiver, group) = receiver_v6();
        receiver.join_multicast(group, "va", Some(wanted)).unwrap();
        sender(&receiver, group, other).send(b"other").unwrap();
        assert_eq!(first_got(&receiver), b"nothing");
        let sender = sender(&receiver, group, wanted);
        sender.send(b"wanted").unwrap();
        assert_eq!(first_got(&receiver), b"wanted");
        receiver.leave_multicast(group, "va", Some(wanted)).unwrap();
        sender.send(b"too late").unwrap();
        assert_eq!(first_got(&receiver), b"nothing");
    });
}

#[test]
fn the_interface_for_sending_is_told_where_the_kernel_tells_it() {
    let socket = udp();
    assert_eq!(socket.multicast_interface().unwrap(), Interface::Default);
    socket.set_multicast_interface(Ipv4Addr::LOCALHOST).unwrap();
    let localhost = Interface::Address(Ipv4Addr::LOCALHOST);
    assert_eq!(socket.multicast_interface().unwrap(), localhost);
    let unknown = socket.set_multicast_interface(Interface::Index(i32::MAX.unsigned_abs()));
    assert_eq!(kind(unknown), Some(Kind::Os(libc::EADDRNOTAVAIL)));
    assert_eq!(socket.multicast_interface().unwrap(), localhost);
    socket.set_multicast_interface("lo").unwrap();
    assert_eq!(
        socket.multicast_interface().unwrap(),
        Interface::Default,
        "by index"
    );

    let socket = udp_v6();
    assert_eq!(socket.multicast_interface().unwrap(), Interface::Default);
    socket.set_multicast_interface("lo").unwrap();
    assert_eq!(
        socket.multicast_interface().unwrap(),
        Interface::Index(index_of_lo())
    );
    socket.set_multicast_interface(Interface::Default).unwrap();
    assert_eq!(socket.multicast_interface().unwrap(), Interface::Default);
}

#[test]
fn the_member_sees_the_multicast_ttl() {
    let (standard, receiver) = shared_udp("0.0.0.0:0");
    let [high, low] = port(&receiver).to_be_bytes();
    let group = IpAddr::V4(Ipv4Addr::new(239, 195, high, low));
    receiver.join_multicast(group, "lo", None).unwrap();
    receiver
        .set_int_option(libc::IPPROTO_IP, libc::IP_RECVTTL, 1)
        .unwrap();
    let sender = sender(&receiver, group, LOCALHOST);
    assert_eq!(sender.multicast_ttl().unwrap(), 1);
    for ttl in [0_u32, 9, 255] {
        sender.set_multicast_ttl(ttl).unwrap();
        assert_eq!(sender.multicast_ttl().unwrap(), ttl);
        sender.send(b"x").unwrap();
        let seen = ancillary(&standard, libc::IPPROTO_IP, libc::IP_TTL);
        assert_eq!(seen.as_deref(), Some(&ttl.to_ne_bytes()[..]));
    }
    let socket = udp_v6();
    assert_eq!(socket.multicast_ttl().unwrap(), 1);
    socket.set_multicast_ttl(9).unwrap();
    assert_eq!(socket.multicast_ttl().unwrap(), 9);
}

#[test]
fn without_loop_members_of_this_host_get_nothing() {
    in_namespace(SETUP, || {
        for is_v4 in [true, false] {
            let (receiver, group) = if is_v4 { receiver_v4() } else { receiver_v6() };
            receiver.join_multicast(group, "va", None).unwrap();
            let sender = if is_v4 { udp() } else { udp_v6() };
            sender.set_multicast_interface("va").unwrap();
            sender.connect(&(group, port(&receiver)).into()).unwrap();
            for on in [true, false] {
                assert!(sender.multicast_loop().unwrap());
                sender.set_multicast_loop(on).unwrap();
                assert_eq!(sender.multicast_loop().unwrap(), on);
                sender.send(b"hello").unwrap();
                assert_eq!(first_got(&receiver), if on { &b"hello"[..] } else { b"nothing" });
            }
        }
    });
}

#[test]
fn what_others_joined_comes_until_it_is_turned_off() {
    in_namespace(SETUP, || {
        for is_v4 in [true, false] {
            let (receiver, group) = if is_v4 { receiver_v4() } else { receiver_v6() };
            let other = if is_v4 { udp() } else { udp_v6() };
            other.join_multicast(group, "va", None).unwrap();
            let sender = if is_v4 { udp() } else { udp_v6() };
            sender.set_multicast_interface("va").unwrap();
            sender.connect(&(group, port(&receiver)).into()).unwrap();
            for on in [true, false] {
                assert!(receiver.multicast_all().unwrap());
                receiver.set_multicast_all(on).unwrap();
                assert_eq!(receiver.multicast_all().unwrap(), on);
                sender.send(b"hello").unwrap();
                assert_eq!(first_got(&receiver), if on { &b"hello"[..] } else { b"nothing" });
            }
        }
    });
}

#[test]
fn an_interface_that_is_not_there_is_told_so() {
    let (receiver, group) = receiver_v4();
    let unknown = receiver.join_multicast(group, "no such one", None).unwrap_err();
    assert_eq!(unknown.kind(), Kind::Os(libc::ENODEV));
    assert_eq!(unknown.detail(), Some("interface no such one"));
    let unknown = receiver.join_multicast(group, i32::MAX.unsigned_abs(), None);
    assert_eq!(kind(unknown), Some(Kind::Os(libc::ENODEV)));
}
