//! Listening by name.

use super::*;

fn only_v6(socket: &Socket) -> bool {
    socket.int_option(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY).unwrap() != 0
}

fn listen(host: &str, port: u16, dual_stack: DualStack) -> Result<Socket, Error> {
    let mut options = ServerOptions::default();
    options.dual_stack = dual_stack;
    create_server_with(host, port, &options, &mut NativeCaller)
}

#[test]
fn an_empty_host_takes_both_families_unless_told_otherwise() {
    limited(|| {
        for dual_stack in [DualStack::Auto, DualStack::Wanted] {
            let server = listen("", 0, dual_stack).unwrap();
            assert_eq!(server.family(), Family::IPV6);
            assert!(!only_v6(&server));
            let port = server.local_address().unwrap().port().unwrap();
            for host in ["127.0.0.1", "::1"] {
                create_connection(host, port, LATE).unwrap();
            }
        }
        let server = listen("", 0, DualStack::Off).unwrap();
        assert_eq!(server.family(), Family::IPV4);
    });
}

#[test]
fn dual_stack_is_as_wanted() {
    limited(|| {
        assert!(only_v6(&listen("::", 0, DualStack::Auto).unwrap()));
        assert!(only_v6(&listen("::", 0, DualStack::Off).unwrap()));
        assert!(!only_v6(&listen("::", 0, DualStack::Wanted).unwrap()));
        let (kind, text) = detail(listen("127.0.0.1", 0, DualStack::Wanted));
        assert_eq!(kind, Kind::Os(libc::EAFNOSUPPORT));
        assert_eq!(text, "127.0.0.1 port 0, no IPv6 address");
    });
}

#[test]
fn a_busy_port_is_an_error_that_names_the_address() {
    limited(|| {
        let server = create_server("127.0.0.1", 0, 4).unwrap();
        assert!(server.reuse_address().unwrap());
        let address = server.local_address().unwrap();
        let port = address.port().unwrap();
        let (kind, text) = detail(create_server("127.0.0.1", port, 4));
        assert_eq!(kind, Kind::Os(libc::EADDRINUSE));
        assert_eq!(text, address.to_string());
        // Not half a server: IPv6 alone would be free.
        let server = listen("::", 0, DualStack::Off).unwrap();
        let port = server.local_address().unwrap().port().unwrap();
        let (kind, text) = detail(create_server("", port, 4));
        assert_eq!(kind, Kind::Os(libc::EADDRINUSE));
        assert_eq!(text, format!("every interface, [::]:{port}"));
    });
}

#[test]
fn a_port_is_shared_when_all_say_so() {
    limited(|| {
        let mut options = ServerOptions::default();
        options.reuse_port = true;
        let server = create_server_with("127.0.0.1", 0, &options, &mut NativeCaller).unwrap();
        let port = server.local_address().unwrap().port().unwrap();
        create_server_with("127.0.0.1", port, &options, &mut NativeCaller).unwrap();
        assert_eq!(
            kind(create_server("127.0.0.1", port, 4)),
            Kind::Os(libc::EADDRINUSE)
        );
    });
}

/// The queue has the requested length.
#[test]
fn the_backlog_is_passed_on() {
    limited(|| {
        let mut options = ServerOptions::default();
        options.backlog = 0;
        let server = create_server_with("127.0.0.1", 0, &options, &mut NativeCaller).unwrap();
        let port = server.local_address().unwrap().port().unwrap();
        let _queued = create_connection("127.0.0.1", port, LATE).unwrap();
        assert_eq!(kind(create_connection("127.0.0.1", port, ms(50))), Kind::TimedOut);
        assert_eq!(
            kind(create_server("127.0.0.1", 0, -1)),
            Kind::InvalidInput("backlog")
        );
    });
}
