//! Traces: what is recorded, and that nothing that happens to the file or to the process disturbs the program.
//!
//! A trace belongs to a process, so each test runs a separate program: one of the ignored tests of this file.
#![allow(
    missing_docs,
    unsafe_code, // fork, kill, setrlimit
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use polysock::{
    start_trace, stop_trace, Events, Family, Kind, PollEntry, Protocol, Shutdown, Socket, SocketType,
    TraceData,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;
use support::{connection, listener, loopback, ms, start_blocked, LATE, LIMIT};

/// A new folder, which is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("polysock-trace-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    /// What was recorded, a file after the other; the empty lines at the end belong to no record.
    fn files(&self) -> Vec<Vec<String>> {
        let mut paths: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let lines = |path: &PathBuf| -> Vec<String> {
            let text = fs::read_to_string(path).unwrap();
            text.lines()
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect()
        };
        paths.iter().map(lines).collect()
    }

    /// The records of the only file.
    fn records(&self) -> Vec<String> {
        let mut files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(program: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", program, "--ignored", "--nocapture", "--test-threads=1"])
        .env("POLYSOCK_TRACE", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a program to its end.
fn run(program: &str) -> Folder {
    let folder = Folder::new(program);
    let done = start(program, &folder.0).wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert!(String::from_utf8_lossy(&done.stdout).contains("1 passed"));
    folder
}

/// The records that contain all of these words.
fn with<'r>(records: &'r [String], words: &[&str]) -> Vec<&'r str> {
    let has_all = |record: &&String| words.iter().all(|word| record.contains(word));
    records.iter().filter(has_all).map(String::as_str).collect()
}

fn one<'r>(records: &'r [String], words: &[&str]) -> &'r str {
    let found = with(records, words);
    assert_eq!(found.len(), 1, "{words:?}: {found:?}");
    found[0]
}

/// A number in a record.
fn number(record: &str, name: &str) -> u64 {
    let (_, rest) = record
        .split_once(&format!("\"{name}\":"))
        .unwrap_or_else(|| panic!("no {name} in {record}"));
    rest.split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_conversation_is_recorded() {
    let records = run("program_conversation").records();
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
    let records = run("program_has_a_named_thread").records();
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
    let records = run("program_close_wakes").records();
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
fn nothing_is_lost_when_the_program_is_killed() {
    let folder = Folder::new("killed");
    let mut program = start("program_waits_forever", &folder.0);
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    lines
        .find(|line| line.as_deref().unwrap().contains("waiting"))
        .unwrap()
        .unwrap();
    let end = Instant::now() + LIMIT;
    while with(&folder.files().concat(), &[r#""begun":true"#]).is_empty() {
        assert!(Instant::now() < end);
        std::thread::sleep(ms(10));
    }
    // SAFETY: no memory is involved.
    unsafe { libc::kill(program.id().try_into().unwrap(), libc::SIGTERM) };
    program.wait().unwrap();
    let records = folder.records();
    one(&records, &[r#""call":"sendall""#, r#""data":"last""#]);
    one(&records, &[r#""call":"recv""#, r#""begun":true"#]);
    assert!(with(&records, &[r#""event":"exit""#]).is_empty());
}

#[test]
#[ignore = "a program of the tests above"]
fn program_waits_forever() {
    let (client, server) = connection();
    server.send_all("last").unwrap();
    println!("waiting");
    server.recv(&mut [0]).unwrap();
    drop(client);
}

#[test]
fn a_process_that_ends_in_order_says_so_and_why_a_port_was_in_use_is_recorded() {
    let records = run("program_binds_ports_in_use").records();
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
fn a_program_may_change_its_directory_and_close_every_descriptor() {
    let records = run("program_closes_everything").records();
    let sent = with(&records, &[r#""call":"send""#]);
    assert_eq!(sent.len(), 2000, "more than one window holds");
    let ended = with(&records, &[r#""event":"ended""#]);
    assert!(ended.is_empty(), "{ended:?}");
}

#[test]
#[ignore = "a program of the tests above"]
fn program_closes_everything() {
    let (client, server) = connection();
    let keep = [0, 1, 2, client.fileno().unwrap(), server.fileno().unwrap()];
    client.send("first").unwrap();
    std::env::set_current_dir("/").unwrap();
    for number in (0..1024).filter(|number| !keep.contains(number)) {
        // SAFETY: no memory is involved, and the descriptors of the test harness are not used any more.
        unsafe { libc::close(number) };
    }
    let mut room = [0; 64];
    for _ in 1..2000 {
        client.send("again and again").unwrap();
        server.recv(&mut room).unwrap();
    }
}

#[test]
fn a_program_that_becomes_another_user_goes_on_when_its_trace_can_not() {
    // SAFETY: no memory is involved.
    if unsafe { libc::geteuid() } != 0 {
        support::skipped::skip("a_program_that_becomes_another_user", "root");
        return;
    }
    let records = run("program_becomes_another_user").records();
    let ended = one(&records, &[r#""event":"ended""#]);
    assert!(ended.contains(r#""error":"EACCES""#), "{ended}");
    one(&records, &[r#""call":"send""#, r#""data":"still root""#]);
    assert!(!with(&records, &[r#""data":"no longer""#]).is_empty());
}

#[test]
#[ignore = "a program of the tests above"]
fn program_becomes_another_user() {
    let (client, server) = connection();
    client.send("still root").unwrap();
    server.recv(&mut [0; 64]).unwrap();
    // SAFETY: no memory is involved.
    assert_eq!(unsafe { libc::setresuid(65534, 65534, 65534) }, 0);
    for _ in 0..2000 {
        client.send("no longer").unwrap();
        server.recv(&mut [0; 64]).unwrap();
    }
    assert!(!polysock::is_tracing());
}

#[test]
fn a_process_that_becomes_another_program_continues_in_another_file() {
    let files = run("program_executes_another").files();
    assert_eq!(files.len(), 2, "{files:?}");
    let pids: Vec<_> = files.iter().map(|records| number(&records[0], "pid")).collect();
    assert_eq!(pids[0], pids[1]);
    let all = files.concat();
    one(&all, &[r#""call":"send""#, r#""data":"the first""#]);
    assert!(!with(&all, &[r#""call":"connect""#]).is_empty());
    assert_eq!(
        with(&all, &[r#""event":"exit""#]).len(),
        1,
        "the second program's"
    );
}

#[test]
#[ignore = "a program of the tests above"]
fn program_executes_another() {
    use std::os::unix::process::CommandExt;
    let (client, _server) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
    client.send("the first").unwrap();
    let failed = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "program_conversation",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .exec();
    panic!("{failed}");
}

#[test]
fn a_forked_child_has_a_file_of_its_own() {
    let files = run("program_forks").files();
    assert_eq!(files.len(), 2, "{files:?}");
    let [parent, child] = if files[0][0].contains("forked_from") {
        [&files[1], &files[0]]
    } else {
        [&files[0], &files[1]]
    };
    assert!(!parent[0].contains("forked_from"));
    one(
        child,
        &[r#""how":"seen""#, r#""sent":6"#, r#""peer":"127.0.0.1:"#],
    );
    let sent = one(child, &[r#""call":"sendall""#, r#""data":"child""#]);
    assert_eq!(number(sent, "offset"), 6);
    assert!(with(parent, &[r#""data":"child""#]).is_empty());
    one(parent, &[r#""call":"recv_exact""#, r#""data":"parentchild""#]);
}

#[test]
#[ignore = "a program of the tests above"]
fn program_forks() {
    let (client, server) = connection();
    client.send_all("parent").unwrap();
    // SAFETY: the child makes one call and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let sent = client.send_all("child").is_ok();
        // SAFETY: as above.
        unsafe { libc::_exit(i32::from(!sent)) };
    }
    server.within(LATE).recv_exact(&mut [0; 11]).unwrap();
    let mut status = 0;
    // SAFETY: `status` is ours.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0);
}

#[test]
fn a_full_disk_ends_the_trace_and_not_the_program() {
    let records = run("program_fills_the_disk").records();
    let ended = one(&records, &[r#""event":"ended""#]);
    assert!(ended.contains(r#""error":"EFBIG""#), "{ended}");
    assert!(records.last().unwrap().contains(r#""event":"ended""#));
    assert!(with(&records, &[r#""call":"send""#]).len() < 2000);
}

#[test]
#[ignore = "a program of the tests above"]
fn program_fills_the_disk() {
    let (client, server) = connection();
    let limit = libc::rlimit {
        rlim_cur: 150 << 10,
        rlim_max: 150 << 10,
    };
    // SAFETY: `limit` is ours. A write beyond it would end this process with SIGXFSZ.
    let code = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
    assert_eq!(code, 0);
    let mut room = [0; 64];
    for _ in 0..2000 {
        client.send("again and again").unwrap();
        server.recv(&mut room).unwrap();
    }
    assert!(!polysock::is_tracing());
}

#[test]
fn without_descriptors_records_are_counted_and_the_trace_goes_on() {
    let records = run("program_has_no_descriptors").records();
    let lost = one(&records, &[r#""event":"lost""#]);
    assert!(number(lost, "records") > 0);
    one(&records, &[r#""data":"at last""#]);
}

#[test]
#[ignore = "a program of the tests above"]
fn program_has_no_descriptors() {
    let (client, server) = connection();
    let mut files = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        files.push(file);
    }
    let mut room = [0; 64];
    for _ in 0..2000 {
        client.send("again and again").unwrap();
        server.recv(&mut room).unwrap();
    }
    drop(files);
    client.send("at last").unwrap();
}

#[test]
fn it_is_switched_by_calls_too() {
    let folder = Folder::new("calls");
    let done = start("program_starts_and_stops", Path::new(""))
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
