//! Two network namespaces, each with one interface whose packets come to this process. Both vanish with the processes inside.
#![allow(unsafe_code)]

use crate::support::system::check;
use libc::{c_int, c_short, c_ulong};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::mem;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

/// As on an Ethernet.
pub const MTU: usize = 1500;
/// Packets of the kernel that wait to be read: more than there ever are, so that only the relay loses any.
const QUEUE: c_int = 100_000;

/// What the interface of a namespace is called.
const NAME: &[u8] = b"relayed";

/// A namespace with one interface, whose other end is here.
pub struct Side {
    /// A TUN device: a read takes what the namespace sends, a write is what it receives, one IP packet each.
    pub tun: File,
}

/// Moves this thread to a fresh namespace, and furnishes it with an interface that leads to one peer.
///
/// # Errors
/// What the machine lacks.
pub fn enter_new(address: Ipv4Addr, peer: Ipv4Addr) -> Result<Side, &'static str> {
    unshare().map_err(|_| "root, for network namespaces")?;
    let tun = open_tun().map_err(|_| "TUN devices (/dev/net/tun)")?;
    furnish(address, peer).unwrap();
    for (name, value) in [
        // What one connection has learnt about the path would change the next.
        ("tcp_no_metrics_save", "1"),
        // Long enough that the ports in TIME_WAIT leave others, and none is used twice soon.
        ("ip_local_port_range", "1024 65535"),
    ] {
        fs::write(format!("/proc/sys/net/ipv4/{name}"), value)
            .map_err(|_| "/proc/sys that can be written")?;
    }
    Ok(Side { tun })
}

/// The namespace that this thread is in, to come back to.
pub fn current() -> File {
    File::open("/proc/thread-self/ns/net").unwrap()
}

/// Moves this thread.
pub fn enter(namespace: &File) {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) });
}

fn unshare() -> io::Result<()> {
    // SAFETY: no memory is involved.
    match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The argument of the calls that change an interface, `struct ifreq`: a name and one value.
#[repr(C)]
struct Request<T> {
    name: [u8; libc::IFNAMSIZ],
    value: T,
    padding: [u8; 24],
}

impl<T> Request<T> {
    fn new(value: T) -> Self {
        let mut name = [0; libc::IFNAMSIZ];
        name[..NAME.len()].copy_from_slice(NAME);
        Self {
            name,
            value,
            padding: [0; 24],
        }
    }

    fn run(mut self, fd: &impl AsRawFd, number: c_ulong) -> io::Result<()> {
        // SAFETY: the request is ours and not shorter than the kernel's `struct ifreq`.
        match unsafe { libc::ioctl(fd.as_raw_fd(), number as _, &raw mut self) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn open_tun() -> io::Result<File> {
    let tun = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/net/tun")?;
    let flags = (libc::IFF_TUN | libc::IFF_NO_PI) as c_short;
    Request::new(flags).run(&tun, libc::TUNSETIFF as c_ulong)?;
    Ok(tun)
}

fn furnish(address: Ipv4Addr, peer: Ipv4Addr) -> io::Result<()> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    Request::new(socket_address(address)).run(&socket, libc::SIOCSIFADDR)?;
    Request::new(socket_address(peer)).run(&socket, libc::SIOCSIFDSTADDR)?;
    Request::new(MTU as c_int).run(&socket, libc::SIOCSIFMTU)?;
    Request::new(QUEUE).run(&socket, libc::SIOCSIFTXQLEN)?;
    let up = (libc::IFF_UP | libc::IFF_POINTOPOINT | libc::IFF_RUNNING) as c_short;
    Request::new(up).run(&socket, libc::SIOCSIFFLAGS)
}

fn socket_address(address: Ipv4Addr) -> libc::sockaddr_in {
    // SAFETY: plain numbers.
    let mut socket_address: libc::sockaddr_in = unsafe { mem::zeroed() };
    socket_address.sin_family = libc::AF_INET as libc::sa_family_t;
    socket_address.sin_addr.s_addr = u32::from(address).to_be();
    socket_address
}

impl Side {
    /// The next packet that the namespace sends; none if there is none now.
    pub fn take(&self, buffer: &mut [u8]) -> Option<usize> {
        match (&self.tun).read(buffer) {
            Ok(count) => Some(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => panic!("reading packets: {error}"),
        }
    }

    /// Has the namespace receive a packet: when this returns, its kernel has handled it.
    pub fn give(&self, packet: &[u8]) {
        if let Err(error) = (&self.tun).write_all(packet) {
            panic!("writing a packet: {error}");
        }
    }

    /// Packets that were lost between the namespace and this process, which none should be. Only for a thread inside.
    pub fn lost() -> u64 {
        let table = fs::read_to_string("/proc/thread-self/net/dev").unwrap();
        let name = std::str::from_utf8(NAME).unwrap();
        let line = table
            .lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .unwrap();
        let columns: Vec<u64> = line
            .trim_start_matches(':')
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        let (received_dropped, sent_dropped) = (columns[3], columns[11]);
        received_dropped + sent_dropped
    }
}
