//! What options refuse: values out of range, sockets of another kind, closed handles; nothing changes then.

use super::support::*;
use polysock::{Interface, Keepalive, Kind, Result, Socket};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(239, 1, 2, 3));
const GROUP_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xff15, 0, 0, 0, 0, 0, 0, 1));

/// Each value is refused with the argument's name, and what can be read stays as it was.
#[track_caller]
fn refuses<T: Copy, V: PartialEq + std::fmt::Debug>(
    socket: &Socket,
    argument: &'static str,
    values: &[T],
    set: impl Fn(&Socket, T) -> Result<()>,
    read: impl Fn(&Socket) -> Result<V>,
) {
    let before = read(socket).unwrap();
    for &value in values {
        assert_invalid(set(socket, value), argument);
        assert_eq!(read(socket).unwrap(), before);
    }
}

const TOO_LARGE: usize = i32::MAX as usize + 1;
const ABOVE_INT: u32 = i32::MAX.unsigned_abs() + 1;

#[test]
fn numbers_out_of_range_are_named() {
    let (tcp, tcp_v6) = (tcp(), tcp_v6());
    refuses(&tcp, "ttl", &[0, 256, u32::MAX], Socket::set_ttl, Socket::ttl);
    refuses(&tcp, "tos", &[1, 256, u32::MAX], Socket::set_tos, Socket::tos);
    refuses(&tcp_v6, "hops", &[256, u32::MAX], Socket::set_hops, Socket::hops);
    let classes = [2, 256, u32::MAX];
    refuses(
        &tcp_v6,
        "traffic class",
        &classes,
        Socket::set_traffic_class,
        Socket::traffic_class,
    );
    for socket in [&udp(), &udp_v6()] {
        let ttls = [256, u32::MAX];
        refuses(
            socket,
            "multicast ttl",
            &ttls,
            Socket::set_multicast_ttl,
            Socket::multicast_ttl,
        );
    }
    let cpus = [ABOVE_INT, u32::MAX];
    refuses(&tcp, "cpu", &cpus, Socket::set_incoming_cpu, Socket::incoming_cpu);
    refuses(&tcp, "priority", &cpus, Socket::set_priority, Socket::priority);
    refuses(
        &tcp,
        "fastopen queue",
        &cpus,
        Socket::set_fastopen,
        Socket::fastopen,
    );
}

#[test]
fn sizes_out_of_range_are_named() {
    let tcp = tcp();
    let buffers = [0, TOO_LARGE / 2, TOO_LARGE, usize::MAX];
    refuses(
        &tcp,
        "send buffer",
        &buffers,
        Socket::set_send_buffer,
        Socket::send_buffer,
    );
    refuses(
        &tcp,
        "receive buffer",
        &buffers,
        Socket::set_recv_buffer,
        Socket::recv_buffer,
    );
    tcp.set_send_buffer(TOO_LARGE / 2 - 1).unwrap();
    tcp.set_recv_buffer(TOO_LARGE / 2 - 1).unwrap();
    let marks = [0, TOO_LARGE, usize::MAX];
    let argument = "receive low-water mark";
    refuses(
        &tcp,
        argument,
        &marks,
        Socket::set_recv_low_water,
        Socket::recv_low_water,
    );
    tcp.set_notsent_low_water(Some(77)).unwrap();
    let too_large = [u64::from(u32::MAX) + 1, u64::MAX];
    let too_large = too_large.iter().filter_map(|size| usize::try_from(*size).ok()); // none with 32 bits
    let marks: Vec<_> = std::iter::once(0).chain(too_large).map(Some).collect();
    let argument = "not-sent low-water mark";
    refuses(
        &tcp,
        argument,
        &marks,
        Socket::set_notsent_low_water,
        Socket::notsent_low_water,
    );
    let segments = [Some(0), Some(87), Some(32_768), Some(usize::MAX)];
    refuses(
        &tcp,
        "maximum segment",
        &segments,
        Socket::set_max_segment,
        Socket::max_segment,
    );
}

#[test]
fn times_out_of_range_are_named() {
    let tcp = tcp();
    let just_above = |seconds| Duration::from_secs(seconds) + Duration::from_nanos(1);
    let lingers = [just_above(65_535), Duration::MAX].map(Some);
    refuses(&tcp, "linger", &lingers, Socket::set_linger, Socket::linger);
    let longest = Duration::from_millis(u64::from(i32::MAX.unsigned_abs()));
    let times = [Duration::ZERO, longest + Duration::from_nanos(1), Duration::MAX].map(Some);
    refuses(
        &tcp,
        "user timeout",
        &times,
        Socket::set_user_timeout,
        Socket::user_timeout,
    );
    tcp.set_user_timeout(Some(longest)).unwrap();
    assert_eq!(tcp.user_timeout().unwrap(), Some(longest));
    let times = [Duration::ZERO, just_above(29_887), Duration::MAX].map(Some);
    refuses(
        &tcp,
        "defer accept",
        &times,
        Socket::set_defer_accept,
        Socket::defer_accept,
    );
}

#[test]
fn keepalive_out_of_range_is_named() {
    let tcp = tcp();
    let good = Keepalive {
        idle: Some(Duration::from_secs(32_767)),
        interval: Some(Duration::from_secs(32_767)),
        count: Some(127),
    };
    tcp.set_keepalive(Some(good)).unwrap();
    for time in [Duration::ZERO, Duration::from_millis(32_767_001), Duration::MAX] {
        let (time, other) = (Some(time), Some(Duration::from_secs(5)));
        let wrong = Keepalive {
            idle: time,
            interval: other,
            count: Some(5),
        };
        refuses(
            &tcp,
            "keepalive idle",
            &[Some(wrong)],
            Socket::set_keepalive,
            Socket::keepalive,
        );
        let wrong = Keepalive {
            idle: other,
            interval: time,
            count: Some(5),
        };
        refuses(
            &tcp,
            "keepalive interval",
            &[Some(wrong)],
            Socket::set_keepalive,
            Socket::keepalive,
        );
    }
    for count in [0, 128, u32::MAX] {
        let wrong = Keepalive {
            idle: Some(Duration::from_secs(5)),
            interval: None,
            count: Some(count),
        };
        refuses(
            &tcp,
            "keepalive count",
            &[Some(wrong)],
            Socket::set_keepalive,
            Socket::keepalive,
        );
    }
}

#[test]
fn names_that_the_kernel_would_cut_are_named() {
    let tcp = tcp();
    let names = ["", "sixteen bytes ..", "reno\0", "\0"];
    refuses(
        &tcp,
        "congestion control",
        &names,
        Socket::set_congestion,
        Socket::congestion,
    );
    let devices = ["", "sixteen bytes ..", "lo\0", "lo\0 and more"].map(Some);
    refuses(&tcp, "device", &devices, Socket::set_device, Socket::device);
}

#[test]
fn bad_groups_sources_and_interfaces_are_named() {
    let (v4, v6) = (udp(), udp_v6());
    let join = |socket: &Socket, group, interface: Interface<'_>, source| {
        let left = kind(socket.leave_multicast(group, interface, source));
        let joined = socket.join_multicast(group, interface, source);
        assert_eq!(kind(joined.clone()), left, "leave refuses the same");
        joined
    };
    let (lo, address) = (Interface::Name("lo"), Interface::Address(Ipv4Addr::LOCALHOST));
    assert_invalid(join(&v4, LOCALHOST, lo, None), "group");
    assert_invalid(join(&v6, LOCALHOST_V6, lo, None), "group");
    assert_invalid(join(&v4, GROUP_V6, lo, None), "group");
    for interface in [lo, address] {
        for source in [LOCALHOST_V6, GROUP, IpAddr::V4(Ipv4Addr::UNSPECIFIED)] {
            assert_invalid(join(&v4, GROUP, interface, Some(source)), "source");
        }
    }
    assert_invalid(join(&v6, GROUP_V6, lo, Some(LOCALHOST)), "source");
    assert_invalid(join(&v6, GROUP_V6, address, None), "interface");
    assert_invalid(join(&v6, GROUP_V6, address, Some(LOCALHOST_V6)), "interface");
    let interfaces = [0, ABOVE_INT, u32::MAX].map(Interface::Index);
    let names = ["", "sixteen bytes ..", "lo\0"].map(Interface::Name);
    for interface in interfaces.into_iter().chain(names) {
        assert_invalid(join(&v4, GROUP, interface, None), "interface");
        assert_invalid(join(&v4, GROUP, interface, Some(LOCALHOST)), "interface");
        assert_invalid(join(&v6, GROUP_V6, interface, None), "interface");
        for socket in [&v4, &v6] {
            let wrong = [interface];
            refuses(
                socket,
                "interface",
                &wrong,
                Socket::set_multicast_interface,
                Socket::multicast_interface,
            );
        }
    }
    assert_invalid(v6.set_multicast_interface(Ipv4Addr::LOCALHOST), "interface");
}

/// Every typed option, set and read.
fn every_option(socket: &Socket) -> Vec<(&'static str, Option<Kind>)> {
    let second = Some(Duration::from_secs(1));
    let count = Keepalive {
        count: Some(1),
        ..Keepalive::default()
    };
    vec![
        ("set_reuse_address", kind(socket.set_reuse_address(true))),
        ("reuse_address", kind(socket.reuse_address())),
        ("set_linger", kind(socket.set_linger(second))),
        ("linger", kind(socket.linger())),
        ("set_broadcast", kind(socket.set_broadcast(true))),
        ("broadcast", kind(socket.broadcast())),
        (
            "set_out_of_band_inline",
            kind(socket.set_out_of_band_inline(true)),
        ),
        ("out_of_band_inline", kind(socket.out_of_band_inline())),
        ("take_error", kind(socket.take_error())),
        ("accepting", kind(socket.accepting())),
        ("kernel_family", kind(socket.kernel_family())),
        ("kernel_type", kind(socket.kernel_type())),
        ("kernel_protocol", kind(socket.kernel_protocol())),
        ("set_send_buffer", kind(socket.set_send_buffer(10_000))),
        ("send_buffer", kind(socket.send_buffer())),
        ("set_recv_buffer", kind(socket.set_recv_buffer(10_000))),
        ("recv_buffer", kind(socket.recv_buffer())),
        ("set_recv_low_water", kind(socket.set_recv_low_water(1))),
        ("recv_low_water", kind(socket.recv_low_water())),
        ("device", kind(socket.device())),
        ("mark", kind(socket.mark())),
        ("set_priority", kind(socket.set_priority(1))),
        ("priority", kind(socket.priority())),
        ("set_incoming_cpu", kind(socket.set_incoming_cpu(0))),
        ("incoming_cpu", kind(socket.incoming_cpu())),
        ("set_timestamps", kind(socket.set_timestamps(true))),
        ("timestamps", kind(socket.timestamps())),
        ("reuse_port", kind(socket.reuse_port())),
        ("keepalive off", kind(socket.set_keepalive(None))),
        ("keepalive", kind(socket.keepalive())),
        // From here on they need IP, …
        ("IP set_reuse_port", kind(socket.set_reuse_port(true))),
        ("IP set_ttl", kind(socket.set_ttl(64))),
        ("IP ttl", kind(socket.ttl())),
        ("IP set_tos", kind(socket.set_tos(0))),
        ("IP tos", kind(socket.tos())),
        ("IP set_freebind", kind(socket.set_freebind(true))),
        ("IP freebind", kind(socket.freebind())),
        ("IP set_transparent", kind(socket.set_transparent(false))),
        ("IP transparent", kind(socket.transparent())),
        (
            "IP join_multicast",
            kind(socket.join_multicast(GROUP, "lo", None)),
        ),
        (
            "IP leave_multicast",
            kind(socket.leave_multicast(GROUP, "lo", None)),
        ),
        (
            "IP join a source",
            kind(socket.join_multicast(GROUP, "lo", Some(LOCALHOST))),
        ),
        (
            "IP leave a source",
            kind(socket.leave_multicast(GROUP, "lo", Some(LOCALHOST))),
        ),
        (
            "IP set_multicast_interface",
            kind(socket.set_multicast_interface("lo")),
        ),
        ("IP multicast_interface", kind(socket.multicast_interface())),
        ("IP set_multicast_ttl", kind(socket.set_multicast_ttl(1))),
        ("IP multicast_ttl", kind(socket.multicast_ttl())),
        ("IP set_multicast_loop", kind(socket.set_multicast_loop(true))),
        ("IP multicast_loop", kind(socket.multicast_loop())),
        ("IP set_multicast_all", kind(socket.set_multicast_all(true))),
        ("IP multicast_all", kind(socket.multicast_all())),
        // … IPv6, …
        ("IPv6 set_only_v6", kind(socket.set_only_v6(true))),
        ("IPv6 only_v6", kind(socket.only_v6())),
        ("IPv6 set_hops", kind(socket.set_hops(64))),
        ("IPv6 hops", kind(socket.hops())),
        ("IPv6 set_traffic_class", kind(socket.set_traffic_class(0))),
        ("IPv6 traffic_class", kind(socket.traffic_class())),
        // … or TCP.
        ("TCP set_keepalive", kind(socket.set_keepalive(Some(count)))),
        ("TCP set_nodelay", kind(socket.set_nodelay(true))),
        ("TCP nodelay", kind(socket.nodelay())),
        ("TCP set_cork", kind(socket.set_cork(false))),
        ("TCP cork", kind(socket.cork())),
        ("TCP set_quickack", kind(socket.set_quickack(true))),
        ("TCP quickack", kind(socket.quickack())),
        ("TCP set_defer_accept", kind(socket.set_defer_accept(second))),
        ("TCP defer_accept", kind(socket.defer_accept())),
        ("TCP set_fastopen", kind(socket.set_fastopen(1))),
        ("TCP fastopen", kind(socket.fastopen())),
        (
            "TCP set_fastopen_connect",
            kind(socket.set_fastopen_connect(false)),
        ),
        ("TCP fastopen_connect", kind(socket.fastopen_connect())),
        ("TCP set_user_timeout", kind(socket.set_user_timeout(second))),
        ("TCP user_timeout", kind(socket.user_timeout())),
        ("TCP set_max_segment", kind(socket.set_max_segment(Some(1000)))),
        ("TCP max_segment", kind(socket.max_segment())),
        ("TCP set_congestion", kind(socket.set_congestion("reno"))),
        ("TCP congestion", kind(socket.congestion())),
        (
            "TCP set_notsent_low_water",
            kind(socket.set_notsent_low_water(Some(1))),
        ),
        ("TCP notsent_low_water", kind(socket.notsent_low_water())),
        ("TCP state", kind(socket.state())),
        ("TCP tcp_info", kind(socket.tcp_info())),
    ]
}

#[test]
fn a_closed_socket_has_no_options() {
    let socket = tcp();
    socket.close().unwrap();
    let more = [
        ("set_device", kind(socket.set_device(Some("lo")))),
        ("set_mark", kind(socket.set_mark(1))),
        ("set_option", kind(socket.set_option(1, 2, &[0; 4]))),
        ("set_option_null", kind(socket.set_option_null(1, 2, 0))),
        ("set_int_option", kind(socket.set_int_option(1, 2, 3))),
        ("option", kind(socket.option(1, 2, &mut [0; 4]))),
        ("int_option", kind(socket.int_option(1, 2))),
    ];
    for (name, kind) in every_option(&socket).into_iter().chain(more) {
        assert_eq!(kind, Some(Kind::Closed), "{name}");
    }
}

#[test]
fn a_socket_of_another_kind_says_unsupported() {
    let cases: [(Socket, &[&str]); 4] = [
        (unix(), &["IP ", "IPv6", "TCP"]),
        (udp(), &["IPv6", "TCP"]),
        (udp_v6(), &["TCP"]),
        (tcp(), &["IPv6"]),
    ];
    for (socket, lacking) in cases {
        for (name, kind) in every_option(&socket) {
            let expected = lacking.iter().any(|kind| name.starts_with(kind));
            let told = kind == Some(Kind::Unsupported);
            assert_eq!(told, expected, "{name} on {socket:?}: {kind:?}");
        }
    }
}

#[test]
fn raw_options_give_the_systems_own_answer() {
    let socket = tcp();
    socket
        .set_int_option(libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1)
        .unwrap();
    assert_eq!(
        socket.int_option(libc::SOL_SOCKET, libc::SO_KEEPALIVE).unwrap(),
        1
    );
    assert!(socket.keepalive().unwrap().is_some());
    let unknown = socket.set_int_option(libc::SOL_SOCKET, 9999, 1);
    assert_eq!(kind(unknown), Some(Kind::Os(libc::ENOPROTOOPT)));
    #[cfg(not(target_vendor = "apple"))] // which has no such option
    {
        let mut room = [0; 64];
        let length = socket
            .option(libc::IPPROTO_TCP, libc::TCP_CONGESTION, &mut room)
            .unwrap();
        assert!(room[..length].starts_with(socket.congestion().unwrap().as_bytes()));
    }
}
