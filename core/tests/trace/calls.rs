//! What is recorded of calls, sockets and threads.

use crate::programs::{number, one, run, start, with, Folder};
use crate::support::{connection, listener, loopback, ms, start_blocked, LATE};
use polysock::{
    start_trace, stop_trace, Events, Family, Kind, PollEntry, Protocol, Shutdown, Socket, SocketType,
    TraceData,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;

#[test]
fn a_conversation_is_recorded() {
    let records = run("calls::program_conversation").records();
    assert_eq!(number(&records[0], "polysock_trace"), 1);
    assert!(records[0].contains(r#""language":"rust""#), "{}", records[0]);
    one(
        &records,
        &[
            r#""call":"bind","socket":1,"#,
            r#""to":"127.0.0.1:0""#,
            r#""local":"127.0.0.1:"#,
        ],
    );
    one(
        &records,
        &[r#""call":"listen""#, r#""backlog":1"#, r#""state":"LISTEN""#],
    );
    let connect = one(&records, &[r#""call":"connect""#, r#""state":"ESTABLISHED""#]);
    let accepted = one(&records, &[r#""how":"accept""#, r#""from":1"#]);
    let port = |record: &str, name| {
        record.split_once(&format!("\"{name}\":\"127.0.0.1:")).unwrap().1[..5].to_owned()
    };
    assert_eq!(port(connect, "local"), port(accepted, "peer"));

    let first = one(&records, &[r#""call":"sendall""#, r#""data":"hello""#]);
    assert_eq!(
        (
            number(first, "bytes"),
            number(first, "offset"),
            number(first, "asked")
        ),
        (5, 0, 5)
    );
    let second = one(&records, &[r#""call":"sendall""#, r#""data":" \u0000\u00ff\"""#]);
    assert_eq!((number(second, "bytes"), number(second, "offset")), (4, 5));
    let received = one(
        &records,
        &[
            r#""call":"recv""#,
            r#""offset":0"#,
            r#""data":"hello \u0000\u00ff\"""#,
        ],
    );
    assert_eq!(
        (
            number(received, "bytes"),
            number(received, "offset"),
            number(received, "asked")
        ),
        (9, 0, 100)
    );
    assert_eq!(number(first, "socket"), number(connect, "socket"));
    assert_eq!(number(received, "socket"), number(accepted, "socket"));

    let peeked = one(&records, &[r#""flags":"MSG_PEEK""#]);
    assert!(
        peeked.contains(r#""found":9"#) && !peeked.contains("offset"),
        "{peeked}"
    );
    one(&records, &[r#""option":"TCP_NODELAY","value":"true""#]);
    one(
        &records,
        &[r#""call":"setsockopt""#, r#""level":6,"option":1,"value":0"#],
    );
    one(
        &records,
        &[
            r#""call":"poll""#,
            r#""ready":[{"socket":3,"#,
            r#""events":"POLLIN"}]"#,
        ],
    );
    one(
        &records,
        &[
            r#""call":"recv""#,
            r#""error":"TimedOut""#,
            r#""timeout":1000000,"#,
            r#""waits":1"#,
        ],
    );
    one(
        &records,
        &[
            r#""call":"shutdown""#,
            r#""how":"SHUT_WR""#,
            r#""state":"FIN_WAIT"#,
        ],
    );
    one(
        &records,
        &[r#""call":"recv""#, r#""bytes":0,"state":"CLOSE_WAIT""#],
    );
    let sent = one(&records, &[r#""call":"sendto""#, r#""data":"datagram""#]);
    assert!(
        sent.contains(r#""local":"0.0.0.0:"#),
        "the port that the system chose: {sent}"
    );
    one(
        &records,
        &[
            r#""call":"recvfrom""#,
            r#""from":"127.0.0.1:"#,
            r#""data":"data""#,
            r#""flags_set":"MSG_TRUNC""#,
        ],
    );
    let closed = one(&records, &[r#""call":"close""#, r#""unread":3"#]);
    assert_eq!(number(closed, "socket"), number(connect, "socket"));
    assert!(!with(&records, &[r#""call":"drop""#]).is_empty());
    let closed_again = with(&records, &[r#""call":"close""#, r#""socket":3"#]);
    assert_eq!(
        closed_again.len(),
        1,
        "the second close does nothing: {closed_again:?}"
    );
}

#[test]
#[ignore = "a program of the tests above"]
fn program_conversation() {
    let (client, server) = connection();
    client.send_all("hello").unwrap();
    client.send_all(b" \x00\xff\"").unwrap();
    let mut room = [0; 100];
    server.peek(&mut room).unwrap();
    let mut entries = [PollEntry::new(&server, Events::READABLE)];
    assert_eq!(polysock::poll(&mut entries, LATE).unwrap(), 1);
    assert_eq!(server.recv(&mut room).unwrap(), 9);
    assert_eq!(
        server.within(ms(1)).recv(&mut room).unwrap_err().kind(),
        Kind::TimedOut
    );
    client.set_nodelay(true).unwrap();
    client
        .set_option(libc::IPPROTO_TCP, libc::TCP_NODELAY, &0_i32.to_ne_bytes())
        .unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(server.recv(&mut room).unwrap(), 0);

    let [one, other] =
        [(); 2].map(|()| Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap());
    other.bind(&loopback()).unwrap();
    one.send_to("datagram", &other.local_address().unwrap()).unwrap();
    assert_eq!(other.within(LATE).recv_from(&mut room[..4]).unwrap().count, 4);

    server.send_all("abc").unwrap();
    while client.available().unwrap() < 3 {}
    client.close().unwrap();
    server.close().unwrap();
    server.close().unwrap();
}

#[test]
fn threads_have_names_and_calls_have_places() {
    let records = run("calls::program_has_a_named_thread").records();
    one(&records, &[r#""event":"thread""#, r#""name":"speaker""#]);
    let module = one(&records, &[r#""event":"module","module":1"#]);
    let program = std::env::current_exe().unwrap();
    assert!(module.contains(program.to_str().unwrap()), "{module}");
    let sends = with(&records, &[r#""call":"send""#]);
    assert_eq!(sends.len(), 3);
    let [first, again, elsewhere] = [0, 1, 2].map(|call| number(sends[call], "place"));
    assert_eq!(first, again);
    assert_ne!(first, elsewhere);
    for place in [first, elsewhere] {
        let frames = one(
            &records,
            &[
                r#""event":"place""#,
                &format!("\"place\":{place},"),
                r#""frames":"1+"#,
            ],
        );
        assert!(
            !frames.contains("outside"),
            "the library is a part of the program: {frames}"
        );
    }
}

#[test]
#[ignore = "a program of the tests above"]
fn program_has_a_named_thread() {
    let (client, server) = connection();
    let speaker = std::thread::Builder::new().name("speaker".to_owned());
    let speaking = speaker
        .spawn(move || {
            for _ in 0..2 {
                client.send("the same place").unwrap();
            }
            client.send("another place").unwrap();
        })
        .unwrap();
    speaking.join().unwrap();
    server.within(LATE).recv_exact(&mut [0; 41]).unwrap();
}

#[test]
fn a_blocked_call_and_the_close_that_wakes_it_are_seen() {
    let records = run("calls::program_close_wakes").records();
    let begun = one(&records, &[r#""call":"accept""#, r#""begun":true"#]);
    let ended = one(&records, &[r#""call":"accept""#, r#""error":"Closed""#]);
    assert_eq!(number(begun, "time"), number(ended, "time"));
    assert_eq!(number(begun, "thread"), number(ended, "thread"));
    assert!(number(ended, "waited") >= 100_000_000);
    let close = one(&records, &[r#""call":"close""#, r#""woken":1"#]);
    assert_ne!(number(close, "thread"), number(ended, "thread"));
}

#[test]
#[ignore = "a program of the tests above"]
fn program_close_wakes() {
    let listener = Arc::new(listener(1).0);
    let waiting = start_blocked({
        let listener = Arc::clone(&listener);
        move || listener.accept().map(drop)
    });
    // Longer than a call may wait unseen.
    std::thread::sleep(ms(150));
    listener.close().unwrap();
    assert_eq!(waiting.result().unwrap_err().kind(), Kind::Closed);
}

#[test]
fn a_process_that_ends_in_order_says_so_and_why_a_port_was_in_use_is_recorded() {
    let records = run("calls::program_binds_ports_in_use").records();
    let last = records.last().unwrap();
    assert!(last.contains(r#""event":"exit""#), "{last}");
    let failed = with(&records, &[r#""error":"EADDRINUSE""#]);
    assert_eq!(failed.len(), 4, "{records:?}");
    assert!(failed[0].contains(r#""call":"bind""#), "{failed:?}");
    assert!(failed[0].contains(r#""in_use":"LISTEN""#), "{failed:?}");
    assert!(failed[1].contains(r#""in_use":"TIME_WAIT""#), "{failed:?}");
    assert!(failed[2].contains(r#""call":"listen""#), "{failed:?}");
    assert!(failed[2].contains(r#""in_use":"LISTEN""#), "{failed:?}");
    assert!(!failed[3].contains("in_use"), "of a datagram socket: {failed:?}");
}

#[test]
#[ignore = "a program of the tests above"]
fn program_binds_ports_in_use() {
    let refused = |result: polysock::Result<()>| {
        assert_eq!(result.unwrap_err().kind(), Kind::Os(libc::EADDRINUSE));
    };
    let tcp = || Socket::tcp(Family::IPV4).unwrap();
    let first = tcp();
    first.bind(&loopback()).unwrap();
    first.listen(1).unwrap();
    let address = first.local_address().unwrap();
    refused(tcp().bind(&address));

    let client = tcp();
    client.connect(&address).unwrap();
    let (server, _) = first.accept().unwrap();
    first.close().unwrap();
    server.close().unwrap();
    assert_eq!(client.recv(&mut [0]).unwrap(), 0);
    client.close().unwrap();
    refused(tcp().bind(&address));

    let [one, other] = [(); 2].map(|()| {
        let socket = tcp();
        socket.set_reuse_address(true).unwrap();
        socket
    });
    one.bind(&loopback()).unwrap();
    other.bind(&one.local_address().unwrap()).unwrap();
    one.listen(1).unwrap();
    refused(other.listen(1));

    let [one, other] =
        [(); 2].map(|()| Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap());
    one.bind(&loopback()).unwrap();
    refused(other.bind(&one.local_address().unwrap()));
}

#[test]
fn it_is_switched_by_calls_too() {
    let folder = Folder::new("calls");
    let done = start("calls::program_starts_and_stops", Path::new(""))
        .wait_with_output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    drop(folder);
}

#[test]
#[ignore = "a program of the tests above"]
fn program_starts_and_stops() {
    let (client, server) = connection();
    let mut room = [0; 64];
    let mut say = |text: &str| {
        client.send_all(text).unwrap();
        server.recv(&mut room).unwrap();
    };
    say("before");
    for (number, data) in [TraceData::First(3), TraceData::None, TraceData::All]
        .into_iter()
        .enumerate()
    {
        let folder = Folder::new(&format!("switched-{number}"));
        start_trace(&folder.0, data).unwrap();
        assert_eq!(start_trace(&folder.0, data).unwrap_err().kind(), Kind::Busy);
        say("during it");
        stop_trace();
        stop_trace();
        say("after");
        let records = folder.records();
        assert_eq!(
            with(&records, &[r#""how":"seen""#, r#""state":"ESTABLISHED""#]).len(),
            2,
            "{records:?}"
        );
        let recorded = match number {
            0 => r#""data":"dur"}"#,
            1 => r#""offset""#,
            _ => r#""data":"during it"}"#,
        };
        assert_eq!(with(&records, &[recorded]).len(), 2, "{records:?}");
        assert_eq!(
            with(&records, &[r#""data":""#]).len(),
            if number == 1 { 0 } else { 2 }
        );
        let text =
            fs::read_to_string(fs::read_dir(&folder.0).unwrap().next().unwrap().unwrap().path()).unwrap();
        assert!(
            text.ends_with("}\n") && !text.contains("\n\n"),
            "no room is left over"
        );
    }
    let missing = start_trace("/dev/null/folder", TraceData::All).unwrap_err();
    assert_eq!(missing.kind(), Kind::Os(libc::ENOTDIR), "{missing}");
    assert!(missing.to_string().contains("/dev/null/folder"), "{missing}");
    assert!(!polysock::is_tracing());
}
