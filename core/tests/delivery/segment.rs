//! What the relay reads in a packet: an IPv4 header and a TCP header (RFC 9293 §3.1).

/// A TCP segment in an IPv4 packet.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub source_port: u16,
    pub target_port: u16,
    pub seq: u32,
    /// What it acknowledges.
    pub ack: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    /// Bytes of data.
    pub length: u32,
}

impl Segment {
    /// Not TCP over IPv4 is none: the kernel sends some IPv6 when an interface comes up.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        const TCP: u8 = 6;
        let first = *packet.first()?;
        let header = usize::from(first & 15) * 4;
        if first >> 4 != 4 || *packet.get(9)? != TCP {
            return None;
        }
        let total = usize::from(short(packet, 2)?);
        let tcp = packet.get(header..total)?;
        let data = usize::from(*tcp.get(12)? >> 4) * 4;
        let flags = *tcp.get(13)?;
        Some(Self {
            source_port: short(tcp, 0)?,
            target_port: short(tcp, 2)?,
            seq: long(tcp, 4)?,
            ack: if flags & 16 == 0 {
                None
            } else {
                Some(long(tcp, 8)?)
            },
            fin: flags & 1 != 0,
            syn: flags & 2 != 0,
            rst: flags & 4 != 0,
            length: u32::try_from(tcp.len().checked_sub(data)?).ok()?,
        })
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}
