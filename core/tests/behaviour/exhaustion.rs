//! No descriptors left. One test, since the limit is the process's.

use crate::support::alone::alone;
use crate::support::*;
use polysock::{Kind, Socket};
use std::fs::File;
use std::sync::{mpsc, Arc};

#[test]
fn without_descriptors_accept_says_so_and_waiting_works() {
    alone(|| {
        limited(|| {
            let (listener, address) = listener(8);
            let listener = Arc::new(listener);
            let clients: Vec<_> = (0..3).map(|_| Socket::tcp(address.family()).unwrap()).collect();
            clients[0].within(LATE).connect(&address).unwrap();
            let (idle, idle_peer) = connection();
            let (idle, idle_peer) = (Arc::new(idle), Arc::new(idle_peer));

            let reader = Arc::clone(&idle);
            let (go, wait_for_go) = mpsc::channel();
            let waiting = start(move || {
                wait_for_go.recv().unwrap();
                let (timed_out, took) = timed(|| reader.within(ms(120)).recv(&mut [0]));
                assert_eq!(kind(timed_out), Kind::TimedOut);
                assert!(took >= ms(120));
                reader.recv(&mut [0])
            });
            let (writer, _full_peer) = unix_pair(libc::SOCK_STREAM);
            fill(&writer);
            let writer = Arc::new(writer);
            let (gates, senders): (Vec<_>, Vec<_>) = (0..2)
                .map(|_| {
                    let writer = Arc::clone(&writer);
                    let (go, wait_for_go) = mpsc::channel();
                    let sending = start(move || {
                        wait_for_go.recv().unwrap();
                        writer.send_all(b"more")
                    });
                    (go, sending)
                })
                .unzip();

            let old = system::limit_descriptors(100);
            let mut filler = Vec::new();
            while let Ok(file) = File::open("/dev/null") {
                filler.push(file);
            }
            // The connection that can't be accepted waits, each time.
            for _ in 0..3 {
                assert_eq!(kind(listener.accept()), Kind::Os(libc::EMFILE));
                assert_eq!(kind(listener.within(LATE).accept()), Kind::Os(libc::EMFILE));
            }
            assert_eq!(kind(Socket::tcp(address.family())), Kind::Os(libc::EMFILE));

            // A thread that can't have a wake-up descriptor still waits, in time, and is woken by close.
            go.send(()).unwrap();
            waiting.wait_blocked();
            #[cfg(target_os = "linux")]
            let before = waiting.observer.sleeps();
            assert_eq!(kind(idle_peer.within(ms(300)).recv(&mut [0])), Kind::TimedOut);
            #[cfg(target_os = "linux")]
            {
                let slices = waiting.observer.sleeps() - before;
                assert!(slices <= 14, "{slices} slices in 300 ms");
            }
            waiting.wait_blocked();
            idle.close().unwrap();
            assert_eq!(kind(waiting.result()), Kind::Closed);

            // So are those that wait for room and for the write lock.
            gates.iter().for_each(|go| go.send(()).unwrap());
            senders.iter().for_each(Running::wait_blocked);
            writer.close().unwrap();
            for sending in senders {
                assert_eq!(kind(sending.result()), Kind::Closed);
            }

            filler.clear();
            system::limit_descriptors(old);
            for client in &clients[1..] {
                client.within(LATE).connect(&address).unwrap();
            }
            for _ in &clients {
                listener.within(LATE).accept().unwrap();
            }
        });
    });
}
