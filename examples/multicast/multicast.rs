//! One sender, two receivers on the same port: joining a group, and leaving it.

use polysock::{Address, Family, Kind, Protocol, Result, Socket, SocketType};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn udp() -> Result<Socket> {
    Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT)
}

fn receiver(group: IpAddr, port: u16) -> Result<Socket> {
    let s = udp()?;
    s.set_reuse_address(true)?; // so that both receivers can have the port
    s.set_multicast_all(false)?; // only groups that this socket has joined itself
    s.bind(&Address::from((Ipv4Addr::UNSPECIFIED.into(), port)))?;
    s.join_multicast(group, "lo", None)?; // on the loopback interface, from any sender
    Ok(s)
}

fn received(s: &Socket, timeout: Duration) -> Result<String> {
    let mut buf = [0; 100];
    match s.within(timeout).recv(&mut buf) {
        Ok(n) => Ok(String::from_utf8_lossy(&buf[..n]).into()),
        Err(error) if error.kind() == Kind::TimedOut => Ok("nothing".into()),
        Err(error) => Err(error),
    }
}

fn show() -> Result<()> {
    // A group that only this process uses, so that runs don't disturb each other. 239.x.y.z is for private use.
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let group = IpAddr::from([239, 255, high, low]);

    let first = receiver(group, 0)?;
    let port = first.local_address()?.port().unwrap_or(0);
    let second = receiver(group, port)?;
    let to = Address::from((group, port));

    let sender = udp()?;
    sender.set_multicast_interface("lo")?;
    let routers = sender.multicast_ttl()? - 1;
    println!("the sender has not joined; its datagrams pass {routers} routers");

    sender.send_to(b"hello, both", &to)?;
    println!("the first receiver: {}", received(&first, TIMEOUT)?);
    println!("the second receiver: {}", received(&second, TIMEOUT)?);

    second.leave_multicast(group, "lo", None)?;
    println!("the second receiver leaves");
    sender.send_to(b"hello, first", &to)?;
    println!("the first receiver: {}", received(&first, TIMEOUT)?);
    println!(
        "the second receiver: {}",
        received(&second, Duration::from_millis(200))?
    );
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
