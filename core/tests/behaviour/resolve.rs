//! Names to addresses and back.

use crate::support::*;
use polysock::{eai, name_of, resolve, resolve_name, resolve_service, split_host_port, Address, Hints, Kind};

fn texts(host: &str) -> Vec<String> {
    let addresses = resolve_name(host, 80, 0).unwrap();
    addresses.iter().map(ToString::to_string).collect()
}

#[test]
fn numeric_hosts_are_their_own_address() {
    limited(|| {
        let cases = [
            ("127.0.0.1", "127.0.0.1:80"),
            ("::1", "[::1]:80"),
            ("[::1]", "[::1]:80"),
            ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80"),
            ("fe80::1%7", "[fe80::1%7]:80"),
            ("[fe80::1%7]", "[fe80::1%7]:80"),
            ("fe80::1%lo", "[fe80::1%1]:80"),
            ("[fe80::1%lo]", "[fe80::1%1]:80"),
        ];
        for (host, address) in cases {
            assert_eq!(texts(host), [address], "{host}");
        }
    });
}

#[test]
fn a_scope_that_is_not_there_is_no_name() {
    limited(|| {
        for host in ["fe80::1%no-such-interface", "[fe80::1%]", "fe80::1%4294967296"] {
            let error = resolve_name(host, 80, 0).unwrap_err();
            assert_eq!(error.kind(), Kind::Resolve(eai::NONAME), "{host}");
            assert_eq!(error.detail(), Some(host));
        }
    });
}

#[test]
fn an_empty_host_is_loopback_or_every_interface() {
    limited(|| {
        let loopback = resolve_name("", 80, 0).unwrap();
        assert!(!loopback.is_empty());
        assert!(loopback.iter().all(|address| address.ip().unwrap().is_loopback()));
        let every = resolve_name("", 80, libc::AI_PASSIVE).unwrap();
        assert!(!every.is_empty());
        assert!(every.iter().all(|address| address.ip().unwrap().is_unspecified()));
        assert!(every.iter().all(|address| address.port() == Some(80)));
    });
}

#[test]
fn errors_carry_the_code_and_the_name() {
    limited(|| {
        let numeric = Hints {
            flags: libc::AI_NUMERICHOST,
            ..Hints::STREAM
        };
        let error = resolve(Some(c"a name"), None, &numeric).unwrap_err();
        assert_eq!(error.kind(), Kind::Resolve(eai::NONAME));
        assert_eq!(error.detail(), Some("a name"));
        let error = resolve(Some(c"127.0.0.1"), Some(c"no-such-service"), &Hints::STREAM).unwrap_err();
        assert_eq!(error.kind(), Kind::Resolve(eai::SERVICE));
        assert_eq!(error.detail(), Some("no-such-service"));
        assert_eq!(kind(resolve_name("nul\0byte", 80, 0)), Kind::InvalidInput("host"));
    });
}

/// getaddrinfo(3) keeps the low 16 bits of these, and a connection to 65,616 would go to port 80.
#[test]
fn numbers_that_are_no_ports_are_refused() {
    limited(|| {
        let resolved = |service: &std::ffi::CStr| resolve(Some(c"127.0.0.1"), Some(service), &Hints::STREAM);
        for service in [
            c"65536",
            c"65616",
            c"4294967376",
            c"18446744073709551696",
            c"99999999999999999999999999",
            c"-1",
            c"-4294967216",
            c" 65616",
            c"\t+65616",
            c"00065616",
        ] {
            assert_eq!(
                kind(resolved(service)),
                Kind::Resolve(eai::SERVICE),
                "{service:?}"
            );
        }
        for (service, port) in [
            (c"65535", 65535),
            (c"0", 0),
            (c"0080", 80),
            (c" +80", 80),
            (c"-0", 0),
        ] {
            let found = resolved(service).unwrap();
            assert_eq!(found[0].address.port(), Some(port), "{service:?}");
        }
    });
}

#[test]
fn services_by_number() {
    limited(|| {
        assert_eq!(resolve_service("0").unwrap(), 0);
        assert_eq!(resolve_service("65535").unwrap(), 65535);
        for service in ["65536", "99999999999999999999", "80\0", "", "-1", "+80", " 80"] {
            assert_eq!(kind(resolve_service(service)), Kind::InvalidInput("service"));
        }
        assert_eq!(
            kind(resolve_service("no-such-service")),
            Kind::Resolve(eai::SERVICE)
        );
    });
}

#[test]
fn addresses_have_names() {
    limited(|| {
        let numbers = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;
        for (address, host, service) in [
            ("127.0.0.1:8080", "127.0.0.1", "8080"),
            ("[2001:db8::1]:1", "2001:db8::1", "1"),
            ("[fe80::1%1]:80", "fe80::1%lo", "80"),
        ] {
            let address: Address = address.parse().unwrap();
            let (found_host, found_service) = name_of(&address, numbers).unwrap();
            assert_eq!(found_host.to_str(), Ok(host));
            assert_eq!(found_service.to_str(), Ok(service));
        }
    });
}

#[test]
fn names_of_addresses_fail_with_their_own_codes() {
    limited(|| {
        let error = name_of(&Address::EMPTY, 0).unwrap_err();
        assert_eq!(error.kind(), Kind::Resolve(eai::FAMILY));
        assert_eq!(error.operation().name(), "getnameinfo");
        let address: Address = "127.0.0.1:80".parse().unwrap();
        let error = name_of(&address, libc::NI_NUMERICHOST | libc::NI_NAMEREQD).unwrap_err();
        assert_eq!(error.kind(), Kind::Resolve(eai::NONAME));
        assert_eq!(error.detail(), Some("127.0.0.1:80"));
        let unknown_flag = name_of(&address, 1 << 30);
        if cfg!(target_env = "musl") {
            unknown_flag.unwrap(); // which ignores it
        } else {
            assert_eq!(kind(unknown_flag), Kind::Resolve(eai::BADFLAGS));
        }
    });
}

#[test]
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    ignore = "only glibc's getnameinfo knows Unix sockets"
)]
fn a_unix_path_fits_however_long() {
    limited(|| {
        let path = format!("/{}", "x".repeat(106));
        let address = Address::unix(path.as_bytes()).unwrap();
        let (_, service) = name_of(&address, libc::NI_NUMERICHOST).unwrap();
        assert_eq!(service.to_str(), Ok(path.as_str()));
    });
}

#[test]
fn host_and_port_are_parted() {
    for (text, host, service) in [
        ("localhost:80", "localhost", "80"),
        ("localhost:http", "localhost", "http"),
        ("1.2.3.4:5", "1.2.3.4", "5"),
        ("[::1]:80", "::1", "80"),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", "80"),
        (":80", "", "80"),
        ("[]:80", "", "80"),
    ] {
        assert_eq!(split_host_port(text).unwrap(), (host, service), "{text}");
    }
    for (text, wrong) in [
        ("", "service"),
        ("localhost", "service"),
        ("localhost:", "service"),
        ("[::1]", "service"),
        ("[::1]:", "service"),
        ("::1", "host"),
        ("::1:80", "host"),
        ("[::1", "host"),
        ("[::1]80", "host"),
        ("a:80:90", "host"),
    ] {
        assert_eq!(kind(split_host_port(text)), Kind::InvalidInput(wrong), "{text}");
    }
}
