//! Two network namespaces, the peers in one of them, and the relay between.

use crate::network::{self, Side};
use crate::peer::Host;
use crate::relay::{Links, Relay};
use std::fs::File;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub const OURS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const PEERS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

pub struct Stage {
    /// One for each round that is played at the same time.
    pub hosts: Vec<Host>,
    pub links: Arc<Links>,
    namespaces: [File; 2],
    stop: Arc<AtomicBool>,
    relay: JoinHandle<()>,
}

impl Stage {
    /// Sets it up, and leaves this thread in our namespace. It must be the only thread: it forks.
    ///
    /// # Errors
    /// What the machine lacks.
    pub fn set(hosts: usize, seed: u64) -> Result<Self, &'static str> {
        let ours = network::enter_new(OURS, PEERS)?;
        let ours_inside = network::current();
        let peers = network::enter_new(PEERS, OURS)?;
        let peers_inside = network::current();
        let hosts = (0..hosts).map(|_| Host::start(PEERS, seed)).collect();
        network::enter(&ours_inside);
        let links = Arc::new(Links::default());
        let stop = Arc::new(AtomicBool::new(false));
        let relay = Relay {
            ours,
            peers,
            links: Arc::clone(&links),
        };
        let told = Arc::clone(&stop);
        Ok(Self {
            hosts,
            links,
            namespaces: [ours_inside, peers_inside],
            stop,
            relay: thread::spawn(move || relay.run(&told)),
        })
    }

    /// Ends the relay, and checks that it has seen every packet.
    pub fn strike(self) {
        for namespace in &self.namespaces {
            network::enter(namespace);
            assert_eq!(Side::lost(), 0, "packets were lost beside the relay");
        }
        self.stop.store(true, Ordering::Relaxed);
        self.relay.join().unwrap();
    }
}
