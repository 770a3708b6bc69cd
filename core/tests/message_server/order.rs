//! The order of messages and sends, under many workers and from many threads.

use super::support::*;
use polysock::{Connection, Framing};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Callbacks of one connection never run at the same time, and see its messages in order.
#[test]
fn the_order_of_each_connection_is_kept_by_many_workers() {
    limited(|| {
        let seen = Arc::new(Mutex::new(HashMap::<u64, usize>::new()));
        let (server, _called) = {
            let seen = Arc::clone(&seen);
            start(
                Some(Framing::lines()),
                options(),
                move |connection, line, reply| {
                    let number: usize = std::str::from_utf8(line).unwrap().parse().unwrap();
                    let expected = *seen.lock().unwrap().entry(connection.key()).or_default();
                    assert_eq!(number, expected);
                    // Long enough now and then for others to take over.
                    if number % 16 == 0 {
                        std::thread::sleep(ms(3)); // the callback's work
                    }
                    *seen.lock().unwrap().get_mut(&connection.key()).unwrap() += 1;
                    reply.send(line)
                },
            )
        };
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let client = connect(&server);
                    let lines: String = (0..200).map(|number| format!("{number}\n")).collect();
                    for piece in lines.as_bytes().chunks(7) {
                        client.send_all(piece).unwrap();
                    }
                    assert_answered(&client, b"", lines.as_bytes());
                });
            }
        });
        assert_eq!(server.stop(LATE).unwrap(), 0);
    });
}

/// What a callback sends comes between the replies before and after it; what others send keeps its own order.
#[test]
fn sends_and_replies_keep_their_order() {
    limited(|| {
        let known = Arc::new(Mutex::new(None::<Arc<Connection>>));
        let (server, _called) = {
            let known = Arc::clone(&known);
            start(
                Some(Framing::lines()),
                options(),
                move |connection, line, reply| {
                    *known.lock().unwrap() = Some(Arc::clone(connection));
                    reply.send(b"r1")?;
                    connection.send(b"s1")?;
                    reply.send(line)?;
                    connection.send(b"s2")
                },
            )
        };
        let client = connect(&server);
        assert_answered(&client, b"a\nb\n", b"r1\ns1\na\ns2\nr1\ns1\nb\ns2\n");
        let connection = known.lock().unwrap().clone().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let connection = &connection;
                scope.spawn(move || {
                    for number in 0..500 {
                        let line = format!("{thread} {number}");
                        connection
                            .send_with(line.as_bytes(), LATE, &mut polysock::NativeCaller)
                            .unwrap();
                    }
                });
            }
            let mut next = [0; 4];
            for _ in 0..2000 {
                let line = line(&client).unwrap();
                let words = String::from_utf8(line).unwrap();
                let (thread, number) = words.split_once(' ').unwrap();
                let thread: usize = thread.parse().unwrap();
                assert_eq!(number.parse(), Ok(next[thread]));
                next[thread] += 1;
            }
        });
    });
}

/// A message of one connection is passed on to all others.
#[test]
fn a_callback_sends_on_other_connections() {
    limited(|| {
        let all = Arc::new(Mutex::new(Vec::<Arc<Connection>>::new()));
        let (server, _called) = {
            let all = Arc::clone(&all);
            start(
                Some(Framing::lines()),
                options(),
                move |connection, line, reply| {
                    let mut all = all.lock().unwrap();
                    if line == b"join" {
                        all.push(Arc::clone(connection));
                        return reply.send(b"joined");
                    }
                    all.iter().try_for_each(|other| other.send(line))
                },
            )
        };
        let clients: Vec<_> = (0..10).map(|_| connect(&server)).collect();
        for client in &clients {
            assert_answered(client, b"join\n", b"joined\n");
        }
        clients[3].send_all(b"to all\n").unwrap();
        for client in &clients {
            assert_answered(client, b"", b"to all\n");
        }
    });
}
