//! The wake-up descriptor of a waiting thread, when it is closed or its number is reused behind our back.
//!
//! One test, since it looks for descriptors of this process by what they are.

use crate::support::alone::alone;
use crate::support::*;
use polysock::Kind;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::{mpsc, Arc};

fn wake_descriptors() -> Vec<i32> {
    let all = system::descriptors();
    let is_waker = |fd: i32, what: &str| {
        if cfg!(polysock_portable) {
            what.starts_with("pipe:") && system::is_read_only(fd)
        } else {
            what == "anon_inode:[eventfd]"
        }
    };
    let wakers = all.iter().filter(|(fd, what)| is_waker(*fd, what));
    wakers.map(|(fd, _)| *fd).collect()
}

#[test]
fn a_wake_descriptor_that_is_not_ours_any_more_is_left_alone() {
    alone(|| {
        limited(|| {
            let (client, server) = connection();
            client.fileno().unwrap(); // so that every call waits in poll
            let (client, server) = (Arc::new(client), Arc::new(server));
            let (mut foreign, mut other_end) = UnixStream::pair().unwrap();
            let (go, wait_for_go) = mpsc::channel::<()>();

            let before = wake_descriptors();
            let reader = Arc::clone(&client);
            let running = start_blocked(move || {
                for _ in 0..3 {
                    reader.within(LIMIT).recv(&mut [0]).unwrap();
                    wait_for_go.recv().unwrap();
                }
                reader.within(LIMIT).recv(&mut [0])
            });
            let wake_descriptors = || {
                wake_descriptors()
                    .into_iter()
                    .filter(|fd| !before.contains(fd))
                    .collect::<Vec<_>>()
            };
            let [first] = wake_descriptors()[..] else {
                panic!("one thread waits")
            };
            let next = std::fs::File::open("/dev/null").unwrap().as_raw_fd();
            assert!(
                next < first,
                "the numbers that the program is given next are not taken"
            );

            // Between two calls its number became another thing, which is readable: not read, and a new one made.
            server.send_all(b"1").unwrap();
            other_end.write_all(b"foreign!").unwrap();
            until("the call has ended", || !running.observer.polls());
            system::dup2(foreign.as_fd(), first);
            go.send(()).unwrap();
            running.wait_blocked();
            let mut text = [0; 8];
            foreign.set_nonblocking(true).unwrap();
            until("a new descriptor was made", || wake_descriptors().len() == 1);
            let [second] = wake_descriptors()[..] else {
                panic!("one thread waits")
            };
            assert_ne!(first, second);
            assert_eq!(
                system::identity(first).unwrap().1,
                system::identity_of(&foreign).1
            );

            // Closed altogether.
            server.send_all(b"2").unwrap();
            until("the call has ended", || !running.observer.polls());
            system::close(second);
            go.send(()).unwrap();
            until("a new descriptor was made", || wake_descriptors().len() == 1);
            running.wait_blocked();

            // Reused in the middle of a wait by a thing that is not readable: close writes nothing to it.
            assert_eq!(foreign.read(&mut text).unwrap(), 8);
            assert_eq!(&text, b"foreign!");
            let [third] = wake_descriptors()[..] else {
                panic!("one thread waits")
            };
            system::dup2(foreign.as_fd(), third);
            let closer = Arc::clone(&client);
            let closing = start(move || closer.close());
            until("the socket is closed", || client.is_closed());
            server.send_all(b"3").unwrap(); // ends the call that could not be woken
            closing.result().unwrap();
            other_end.set_nonblocking(true).unwrap();
            assert_eq!(
                other_end.read(&mut text).unwrap_err().kind(),
                std::io::ErrorKind::WouldBlock
            );
            go.send(()).unwrap();
            assert_eq!(kind(running.result()), Kind::Closed);
            // The thread has ended and did not close what is not its own.
            assert_eq!(
                system::identity(third).unwrap().1,
                system::identity_of(&foreign).1
            );
            system::close(first);
            system::close(third);
        });
    });
}
