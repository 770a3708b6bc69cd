//! Carries packets between the two namespaces, each connection's as its link says.
//!
//! It is what netem(8) does, but for each connection apart, the same for the same seed, on kernels without netem, and it
//! knows what has crossed.
#![allow(unsafe_code)]

use crate::link::{Link, Way};
use crate::network::{Side, MTU};
use crate::segment::Segment;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Packets that are taken from one side before it is the other's turn.
const AT_ONCE: usize = 32;

/// The links of the connections.
#[derive(Default)]
pub struct Links(Mutex<HashMap<Ports, Arc<Mutex<Link>>>>);

/// A connection, by its port on our side and on the peer's. A port on our side may be used again before its link is removed.
pub type Ports = (u16, u16);

impl Links {
    pub fn add(&self, ports: Ports, link: Link) -> Arc<Mutex<Link>> {
        let link = Arc::new(Mutex::new(link));
        self.0.lock().unwrap().insert(ports, Arc::clone(&link));
        link
    }

    /// What the kernels still send afterwards passes at once, so that they come to an end.
    pub fn remove(&self, ports: Ports) {
        self.0.lock().unwrap().remove(&ports);
    }

    fn find(&self, ports: Ports) -> Option<Arc<Mutex<Link>>> {
        self.0.lock().unwrap().get(&ports).cloned()
    }
}

pub struct Relay {
    pub ours: Side,
    pub peers: Side,
    pub links: Arc<Links>,
}

/// A packet on its way, in the order of arrival.
struct Travelling {
    due: Instant,
    order: u64,
    way: Way,
    link: Arc<Mutex<Link>>,
    segment: Segment,
    packet: Vec<u8>,
}

impl PartialEq for Travelling {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Travelling {}
impl PartialOrd for Travelling {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Travelling {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl Relay {
    /// Carries packets until told to stop.
    pub fn run(&self, stop: &AtomicBool) {
        let mut travelling = BinaryHeap::new();
        let mut order = 0;
        let mut buffer = vec![0; MTU];
        while !stop.load(Ordering::Relaxed) {
            while travelling
                .peek()
                .is_some_and(|Reverse(first): &Reverse<Travelling>| first.due <= Instant::now())
            {
                let Some(Reverse(first)) = travelling.pop() else {
                    break;
                };
                self.deliver(first.way, &first.link, &first.segment, &first.packet);
            }
            let next = travelling.peek().map(|Reverse(first)| first.due);
            self.wait(next);
            for way in [Way::ToPeer, Way::FromPeer] {
                for _ in 0..AT_ONCE {
                    let Some(count) = self.from(way).take(&mut buffer) else {
                        break;
                    };
                    let packet = &buffer[..count];
                    let Some(segment) = Segment::parse(packet) else {
                        continue;
                    };
                    let ports = match way {
                        Way::ToPeer => (segment.source_port, segment.target_port),
                        Way::FromPeer => (segment.target_port, segment.source_port),
                    };
                    let Some(link) = self.links.find(ports) else {
                        self.to(way).give(packet);
                        continue;
                    };
                    let Some(delay) = link.lock().unwrap().enter(way, &segment) else {
                        continue;
                    };
                    if delay.is_zero() {
                        self.deliver(way, &link, &segment, packet);
                        continue;
                    }
                    order += 1;
                    travelling.push(Reverse(Travelling {
                        due: Instant::now() + delay,
                        order,
                        way,
                        link,
                        segment,
                        packet: packet.to_vec(),
                    }));
                }
            }
        }
    }

    /// The record is locked meanwhile, so it always shows what the kernel was given.
    fn deliver(&self, way: Way, link: &Mutex<Link>, segment: &Segment, packet: &[u8]) {
        link.lock()
            .unwrap()
            .leave(way, segment, || self.to(way).give(packet));
    }

    fn from(&self, way: Way) -> &Side {
        match way {
            Way::ToPeer => &self.ours,
            Way::FromPeer => &self.peers,
        }
    }

    fn to(&self, way: Way) -> &Side {
        match way {
            Way::ToPeer => &self.peers,
            Way::FromPeer => &self.ours,
        }
    }

    /// Until there is a packet, or one is due; sometimes it looks whether it should stop.
    fn wait(&self, due: Option<Instant>) {
        const LOOK: Duration = Duration::from_millis(50);
        let time = due.map_or(LOOK, |due| {
            due.saturating_duration_since(Instant::now()).min(LOOK)
        });
        let time = libc::timespec {
            tv_sec: 0,
            tv_nsec: time.subsec_nanos() as libc::c_long,
        };
        let mut fds = [&self.ours, &self.peers].map(|side| libc::pollfd {
            fd: side.tun.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        });
        // SAFETY: both are ours. Whatever it returns, reading shows what there is.
        unsafe {
            libc::ppoll(
                fds.as_mut_ptr(),
                fds.len() as _,
                &raw const time,
                std::ptr::null(),
            )
        };
    }
}
