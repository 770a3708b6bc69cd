//! Addresses: round trips through text and bytes, and input that is not an address.

use polysock::{create_connection, create_server, Address, Family, Protocol, Socket, SocketType};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next().to_le_bytes()[3])
    }
}

fn round_trips(address: Address) {
    let text = address.to_string();
    assert_eq!(text.parse::<Address>(), Ok(address), "{text}");
    let bytes = Address::from_bytes(address.as_bytes()).unwrap();
    assert_eq!(bytes, address);
    assert_eq!(bytes.as_bytes(), address.as_bytes());
}

#[test]
fn every_port_round_trips() {
    for port in 0..=u16::MAX {
        let address: Address = (IpAddr::from(Ipv4Addr::LOCALHOST), port).into();
        assert_eq!(address.port(), Some(port));
        assert_eq!(Address::EMPTY.with_port(port), Address::EMPTY);
        assert_eq!(address.with_port(0).with_port(port), address);
        assert_eq!(&address.as_bytes()[2..4], &port.to_be_bytes());
    }
}

#[test]
fn ip_addresses_round_trip_as_std_has_them() {
    let mut numbers = Numbers(42);
    for _ in 0..5000 {
        let port = numbers.next() as u16;
        let v4: IpAddr = numbers.bytes::<4>().into();
        let v6: IpAddr = numbers.bytes::<16>().into();
        for ip in [v4, v6] {
            let address: Address = (ip, port).into();
            assert_eq!(address.as_socket_addr(), Some(SocketAddr::new(ip, port)));
            assert_eq!((address.ip(), address.port()), (Some(ip), Some(port)));
            assert_eq!(address.to_string(), SocketAddr::new(ip, port).to_string());
            round_trips(address);
        }
        let scope = numbers.next() as u32;
        let scoped = SocketAddrV6::new(Ipv6Addr::from(numbers.bytes::<16>()), port, 0, scope);
        let address = Address::from(scoped);
        assert_eq!(address.as_socket_addr(), Some(scoped.into()));
        round_trips(address);
    }
}

#[test]
fn flow_labels_and_padding_do_not_count_and_scopes_do() {
    let at = |flow, scope| Address::from(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, flow, scope));
    assert_eq!(at(0, 1), at(7, 1));
    assert_eq!(
        (at(0, 7).scope_id(), at(0, 7).ip()),
        (7, Some(Ipv6Addr::LOCALHOST.into()))
    );
    assert_ne!(at(0, 1), at(0, 2));
    let Some(SocketAddr::V6(back)) = at(7, 1).as_socket_addr() else {
        panic!()
    };
    assert_eq!((back.flowinfo(), back.scope_id()), (7, 1));
    let clean: Address = "1.2.3.4:80".parse().unwrap();
    let mut bytes = clean.as_bytes().to_vec();
    bytes[8..].fill(0xaa);
    assert_eq!(Address::from_bytes(&bytes), Ok(clean));
    bytes.push(1);
    assert_eq!(Address::from_bytes(&bytes), Ok(clean));
}

/// What a dual-stack socket shows of an IPv4 peer.
#[test]
fn an_ipv4_address_is_one_whether_mapped_or_not() {
    let plain: Address = "1.2.3.4:80".parse().unwrap();
    let mapped: Address = "[::ffff:1.2.3.4]:80".parse().unwrap();
    assert_eq!(plain, mapped);
    assert_eq!(plain.ip(), mapped.ip());
    assert_eq!(HashSet::from([plain, mapped]).len(), 1);
    assert_eq!(mapped.unmapped().as_bytes(), plain.as_bytes());
    assert_eq!(plain.unmapped().as_bytes(), plain.as_bytes());
    // Nothing is lost: text and bytes are the kernel's.
    assert_eq!(mapped.to_string(), "[::ffff:1.2.3.4]:80");
    assert_eq!(mapped.family(), Family::IPV6);
    for other in [
        "[::ffff:1.2.3.4]:81",
        "[::ffff:1.2.3.5]:80",
        "[::1.2.3.4]:80",
        "[::1]:80",
    ] {
        assert_ne!(plain, other.parse().unwrap(), "{other}");
    }
    let listener = create_server("", 0, 4).unwrap();
    let port = listener.local_address().unwrap().port().unwrap();
    let client = create_connection("127.0.0.1", port, Duration::from_secs(5)).unwrap();
    let (_peer, address) = listener.accept().unwrap();
    assert_eq!(address, client.local_address().unwrap());
    assert_eq!(address.ip(), Some(Ipv4Addr::LOCALHOST.into()));
}

#[test]
fn what_is_no_address_is_refused_with_the_rule_that_it_breaks() {
    let refused = |text: &str, port| Address::parse(text, port).unwrap_err().to_string();
    for (text, rule) in [
        (
            "localhost",
            "must be a numeric address, such as 1.2.3.4:80, [::1]:80 or unix:/path",
        ),
        (
            "localhost:99999",
            "must be a numeric address, such as 1.2.3.4:80, [::1]:80 or unix:/path",
        ),
        (
            "a%lo0",
            "must be a numeric address, such as 1.2.3.4:80, [::1]:80 or unix:/path",
        ),
        ("1.2.3.4:65536", "must end with a port from 0 to 65535"),
        ("1.2.3.4:", "must end with a port from 0 to 65535"),
        ("[::1]:+5", "must end with a port from 0 to 65535"),
        ("[fe80::1%lo]:4294967297", "must end with a port from 0 to 65535"),
        (
            "[fe80::1%no-such-one]:5",
            "must name an interface of this machine after the %",
        ),
        ("fe80::1%", "must name an interface of this machine after the %"),
        ("unix:/a%00b", "must be a path without NUL"),
    ] {
        assert_eq!(refused(text, Some(80)), format!("the address {rule}"), "{text}");
    }
    for text in ["1.2.3.4", "::1", "[::1]"] {
        assert!(
            refused(text, None).ends_with("must end with a port from 0 to 65535"),
            "{text}"
        );
    }
    for count in [109, 400] {
        let name = format!("unix:/{}", "x".repeat(count));
        assert!(
            refused(&name, None).contains("must be a Unix name of at most 10"),
            "{name}"
        );
        let host = create_connection(&name, 0, None).unwrap_err().to_string();
        assert!(host.contains("host must be a Unix name of at most 10"), "{host}");
    }
}

#[test]
fn numeric_text_with_and_without_a_port() {
    let parse = |text| Address::parse(text, Some(80)).map(|address| address.to_string());
    for (text, meant) in [
        ("1.2.3.4", "1.2.3.4:80"),
        ("1.2.3.4:5", "1.2.3.4:5"),
        ("::1", "[::1]:80"),
        ("[::1]", "[::1]:80"),
        ("[::1]:5", "[::1]:5"),
        ("fe80::1%3", "[fe80::1%3]:80"),
        ("[fe80::1%3]", "[fe80::1%3]:80"),
        ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80"),
        ("unix:/tmp/x", "unix:/tmp/x"),
        ("unix:@name", "unix:@name"),
        ("unix:", "unix:"),
        ("fe80::1%lo", "[fe80::1%1]:80"),
        ("[fe80::1%lo]", "[fe80::1%1]:80"),
        ("[fe80::1%lo]:5", "[fe80::1%1]:5"),
        ("unix:%2ftmp/%78", "unix:/tmp/x"),
        ("unix:/100%", "unix:/100%25"),
        ("unix:/%zz%+1", "unix:/%25zz%25+1"),
        ("unix:%00name", "unix:@name"),
    ] {
        assert_eq!(parse(text).as_deref(), Ok(meant), "{text}");
    }
    for text in [
        "",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.4:",
        "1.2.3.4:65536",
        "1.2.3.4:-1",
        "[1.2.3.4]",
        "[::1",
        "::1]",
        "[::1]:",
        "[::1]x",
        "1.2.3.4 ",
        " 1.2.3.4",
        "01.2.3.4",
        "0x1.2.3.4",
        ":::",
        "[fe80::1%no-such-one]",
        "[fe80::1%]:80",
        "1.2.3.4%lo",
        "unix:/a%00b",
        "256.1.1.1",
        "\0",
        "[[::1]]",
        "::1%",
        "[::1%99999999999]",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
    for text in ["1.2.3.4", "::1", "[::1]"] {
        assert!(text.parse::<Address>().is_err(), "{text} has no port");
    }
}

#[test]
fn every_cut_address_is_refused_or_of_another_family() {
    let v4: Address = "1.2.3.4:80".parse().unwrap();
    let v6: Address = "[::1]:80".parse().unwrap();
    for (whole, length) in [(v4, 16), (v6, 28)] {
        assert_eq!(whole.as_bytes().len(), length);
        for cut in 0..length {
            assert!(Address::from_bytes(&whole.as_bytes()[..cut]).is_err(), "{cut}");
        }
    }
    assert!(Address::from_bytes(&[0; Address::CAPACITY]).is_ok());
    assert!(Address::from_bytes(&[0; Address::CAPACITY + 1]).is_err());
    assert!(Address::from_bytes(&[0; 4096]).is_err());
}

/// For any bytes, nothing panics and nothing is lost.
#[test]
fn bytes_of_every_family_and_length_pass_through() {
    let mut numbers = Numbers(7);
    for family in 0..=u16::from(u8::MAX) {
        for length in 2..=Address::CAPACITY {
            let mut bytes = numbers.bytes::<{ Address::CAPACITY }>();
            bytes[..2].copy_from_slice(&family.to_ne_bytes());
            let Ok(address) = Address::from_bytes(&bytes[..length]) else {
                assert!(match i32::from(family) {
                    libc::AF_INET | libc::AF_INET6 => length < 28,
                    libc::AF_UNIX => length > UNIX_LENGTH,
                    _ => false,
                });
                continue;
            };
            if i32::from(family) == libc::AF_UNIX && length == UNIX_LENGTH + 1 {
                assert_eq!(address.as_bytes(), &bytes[..UNIX_LENGTH]); // it ended with a NUL by chance
                continue;
            }
            assert_eq!(address.family(), Family(family.into()));
            assert_eq!(address.as_bytes(), &bytes[..length]);
            assert_eq!(Address::from_bytes(address.as_bytes()), Ok(address));
            let has_port = matches!(i32::from(family), libc::AF_INET | libc::AF_INET6);
            assert_eq!(
                (address.port().is_some(), address.ip().is_some()),
                (has_port, has_port)
            );
            assert_eq!(address.unix_name().is_some(), i32::from(family) == libc::AF_UNIX);
            assert!(!address.to_string().is_empty());
            assert_eq!(address.with_port(1).as_bytes().len(), length);
        }
    }
    let foreign = Address::from_bytes(&[16, 0, 0xab, 0xcd]).unwrap();
    assert_eq!(foreign.to_string(), "family16:abcd");
    assert_eq!(format!("{foreign:?}"), "Address(family16:abcd)");
}

/// The size of `struct sockaddr_un`.
const UNIX_LENGTH: usize = size_of::<libc::sockaddr_un>();

/// Linux reports a path that fills `sun_path` with a NUL after it, and does not accept that form itself (unix(7), BUGS).
#[test]
fn a_path_that_leaves_no_room_for_its_nul_can_be_used_as_the_kernel_tells_it() {
    let folder = std::env::temp_dir().join(format!("polysock-{}-", std::process::id()));
    let mut path = folder.into_os_string().into_encoded_bytes();
    path.resize(UNIX_LENGTH - 2, b'p');
    let make = || Socket::new(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
    let (listener, client) = (make(), make());
    listener.bind(&Address::unix(&path).unwrap()).unwrap();
    listener.listen(1).unwrap();
    let told = listener.local_address().unwrap();
    let connected = client.within(Duration::from_secs(5)).connect(&told);
    std::fs::remove_file(std::ffi::OsStr::from_bytes(&path)).unwrap();
    connected.unwrap();
    assert_eq!(told, Address::unix(&path).unwrap());
    assert_eq!(told.as_bytes().len(), UNIX_LENGTH);

    let mut bytes = [told.as_bytes(), &[0, 0]].concat();
    assert_eq!(Address::from_bytes(&bytes[..=UNIX_LENGTH]), Ok(told));
    assert!(Address::from_bytes(&bytes).is_err());
    bytes[UNIX_LENGTH] = b'p';
    assert!(Address::from_bytes(&bytes[..=UNIX_LENGTH]).is_err());
}

#[test]
fn unix_names_of_every_length() {
    for length in 1..=108 {
        let path = vec![b'p'; length];
        let address = Address::unix(&path).unwrap();
        assert_eq!(address.unix_name(), Some(&path[..]));
        round_trips(address);
        let mut name = path;
        name[0] = 0;
        let address = Address::unix(&name).unwrap();
        assert_eq!(address.unix_name(), Some(&name[..]));
        round_trips(address);
    }
    // Bytes that are not text, NULs and padding are kept, and shown escaped.
    let mut numbers = Numbers(3);
    for at in 0..2000 {
        let mut name = numbers.bytes::<108>();
        name[0] *= u8::from(at % 2 == 0);
        name[100..].fill(0);
        let length = 1 + at % 108;
        let Ok(address) = Address::unix(&name[..length]) else {
            assert!(name[0] != 0 && name[..length].contains(&0));
            continue;
        };
        round_trips(address);
        assert_eq!(
            address.to_string().parse::<Address>().unwrap().as_bytes(),
            address.as_bytes()
        );
        assert!(!address.to_string().contains(char::is_control), "{address}");
        assert!(address.to_string().len() < 336);
    }
    assert_eq!(
        Address::unix(b"\0a\0\xff\x1b[2J").unwrap().to_string(),
        "unix:@a%00%ff%1b[2J"
    );
    assert!(Address::unix(&[b'p'; 109]).is_err());
    assert!(Address::unix(b"a\0b").is_err());
    let unnamed = Address::unix(b"").unwrap();
    assert_eq!(unnamed.unix_name(), Some(&b""[..]));
    assert_eq!(unnamed.to_string(), "unix:");
    // A NUL in an abstract name is part of it; what follows the NUL of a path is not.
    assert_ne!(Address::unix(b"\0a\0").unwrap(), Address::unix(b"\0a").unwrap());
    let mut bytes = Address::unix(b"/a").unwrap().as_bytes().to_vec();
    bytes.extend(b"rest");
    assert_eq!(
        Address::from_bytes(&bytes).unwrap(),
        Address::unix(b"/a").unwrap()
    );
}

/// A relative path may begin with the sign of an abstract name.
#[test]
fn no_path_looks_like_an_abstract_name() {
    let path = Address::unix(b"@name").unwrap();
    let name = Address::unix(b"\0name").unwrap();
    assert_eq!(
        (path.to_string().as_str(), name.to_string().as_str()),
        ("unix:%40name", "unix:@name")
    );
}

/// Texts that are nearly addresses: nothing panics, and whatever is accepted survives a round trip through text.
#[test]
fn whatever_text_is_read_round_trips() {
    const TEXTS: [&str; 9] = [
        "1.2.3.4:80",
        "[2001:db8::1]:65535",
        "[fe80::1%42]:0",
        "::ffff:1.2.3.4",
        "unix:/tmp/socket",
        "unix:@abstract",
        "unix:@%00%ff",
        "unix:",
        "255.255.255.255",
    ];
    const SIGNS: [char; 16] = [
        '0', '1', '9', 'a', 'F', 'g', ':', '.', '[', ']', '%', '@', '/', '-', ' ', 'ä',
    ];
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = u64::from(clock.subsec_nanos()) | 1;
    println!("seed {seed}");
    let mut numbers = Numbers(seed);
    let mut below = |limit: usize| (numbers.next() >> 20) as usize % limit;
    let mut read = 0;
    for _ in 0..50_000 {
        let mut text: Vec<char> = TEXTS[below(TEXTS.len())].chars().collect();
        for _ in 0..below(4) {
            let at = below(text.len() + 1);
            match below(3) {
                0 => text.insert(at, SIGNS[below(SIGNS.len())]),
                1 if at < text.len() => drop(text.remove(at)),
                2 if at < text.len() => text[at] = SIGNS[below(SIGNS.len())],
                _ => {}
            }
        }
        let text: String = text.into_iter().collect();
        let port = [None, Some(7)][below(2)];
        if let Ok(address) = Address::parse(&text, port) {
            read += 1;
            round_trips(address);
        }
    }
    assert!(read > 5000, "only {read} texts were addresses");
}
