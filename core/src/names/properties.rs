//! What holds of names that are not looked up: the parts of `host:service` are parts of the text, and a number is the port
//! that it says.

use super::resolve::{is_beyond_every_port, numeric, resolve_service, split_host_port};
use std::ffi::CString;

/// The input is a text such as `[fe80::1%eth0]:80`.
pub fn host_port(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = numeric(text, 7);
    numbers_are_ports(text);
    let Ok((host, service)) = split_host_port(text) else {
        return;
    };
    assert!(!service.is_empty() && !service.contains(':'));
    let bracketed = format!("[{host}]:{service}");
    let bare = format!("{host}:{service}");
    assert!(
        text == bracketed || text == bare,
        "{text:?} is not {host:?} and {service:?}"
    );
    if text == bare && !host.starts_with('[') {
        assert!(!host.contains(':'), "which part of {text:?} is the port?");
    }
    assert_eq!(
        split_host_port(&bracketed).ok(),
        (!host.contains(']')).then_some((host, service))
    );
    if let Some(Ok(address)) = numeric(host, 7) {
        assert_eq!(address.port(), Some(7));
        let shown = address.ip().map(|ip| ip.to_string());
        assert!(
            address.scope_id() != 0 || shown.is_some_and(|shown| numeric(&shown, 7) == Some(Ok(address)))
        );
    }
    numbers_are_ports(service);
}

fn numbers_are_ports(service: &str) {
    let has_letters = service.bytes().any(|byte| byte.is_ascii_alphabetic());
    if !has_letters {
        let port = resolve_service(service).ok();
        let plain = !service.starts_with('+');
        assert_eq!(port, service.parse().ok().filter(|_| plain), "{service:?}");
    }
    if let Ok(name) = CString::new(service) {
        let number = service
            .trim_matches(|blank| matches!(blank, ' ' | '\t'..='\r'))
            .parse::<i128>();
        if let (Ok(number), true) = (number, service.trim_end() == service) {
            assert_eq!(
                is_beyond_every_port(&name),
                !(0..=65_535).contains(&number),
                "{service:?}"
            );
        }
    }
}
