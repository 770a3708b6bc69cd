//! The tables of names.

use polysock::{
    host_by_address, host_by_name, host_name, interface_index, interface_name, interfaces, protocol_by_name,
    service_name, service_port, Family, Protocol,
};
use std::net::{IpAddr, Ipv4Addr};

#[test]
fn localhost_has_the_loopback_address() {
    if !crate::support::skipped::can_find_localhost("localhost_has_the_loopback_address") {
        return;
    }
    let host = host_by_name(c"localhost", Family::IPV4).unwrap();
    assert_eq!(host.family, Family::IPV4);
    assert!(host.addresses.contains(&IpAddr::from(Ipv4Addr::LOCALHOST)));
    let back = host_by_address(Ipv4Addr::LOCALHOST.into()).unwrap();
    assert_eq!(back.addresses, [IpAddr::from(Ipv4Addr::LOCALHOST)]);
    assert!(!back.name.is_empty());
}

#[test]
fn what_is_no_host_has_a_code_with_a_text() {
    let error = host_by_name(c"a name with spaces", Family::IPV4).unwrap_err();
    assert_ne!(error.0, 0);
    assert!(!error.to_string().is_empty());
}

#[test]
fn services_and_protocols() {
    // The tables are missing on small systems, but then all of them.
    if let Some(port) = service_port(c"http", Some(c"tcp")) {
        assert_eq!(port, 80);
        assert_eq!(service_name(80, Some(c"tcp")).as_deref(), Some(c"http"));
    } else {
        crate::support::skipped::skip("services_and_protocols", "netbase (/etc/services)");
    }
    assert_eq!(service_port(c"no such service", None), None);
    assert!(matches!(protocol_by_name(c"tcp"), None | Some(Protocol::TCP)));
}

#[test]
fn interfaces_have_numbers_and_names() {
    let all = interfaces().unwrap();
    assert!(!all.is_empty());
    for (index, name) in all {
        assert_eq!(interface_index(&name), Some(index));
        assert_eq!(interface_name(index).unwrap(), name);
    }
    assert_eq!(interface_index(c"no-such"), None);
    assert_eq!(interface_name(0).unwrap_err().errno(), Some(libc::ENXIO));
}

#[test]
fn this_machine_has_a_name() {
    assert!(!host_name().unwrap().is_empty());
}
