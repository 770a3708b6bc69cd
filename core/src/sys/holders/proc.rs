//! Other holders of a socket, looked up in /proc.
//!
//! A search goes through the descriptors of all processes, so its result is kept and answers for every socket of this process:
//! "held" is confirmed by rereading the one link that showed it; "not held" stays true until the next fork, unless the
//! descriptor's number was given out.

use super::Holders;
use crate::sys::fork::{self, ForkLock};
use crate::sys::unix::descriptor::stat;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A process older than this is not expected to start another program.
const YOUTH: Duration = Duration::from_secs(1);

/// The last search. The lock is held during a search, so that all threads that wait for it share its result.
type Shared = Arc<Mutex<Option<Search>>>;
static LAST: ForkLock<Option<Shared>> = ForkLock::none();

/// Whether [`holders`] can know: there is a /proc, and it shows this process.
#[inline]
pub fn knows_holders() -> bool {
    match KNOWN.load(Ordering::Relaxed) {
        UNASKED => ask_for_proc(),
        known => known == YES,
    }
}

static KNOWN: AtomicU8 = AtomicU8::new(UNASKED);
const UNASKED: u8 = 0;
const YES: u8 = 1;
const NO: u8 = 2;

#[cold]
fn ask_for_proc() -> bool {
    let knows = Path::new("/proc/self/fd").exists();
    KNOWN.store(if knows { YES } else { NO }, Ordering::Relaxed);
    knows
}

/// The other holders of the socket of one of our descriptors. With `given_out` the program has its number, and only a
/// search that began at `since` or later counts. Processes of other users can't be searched, and are assumed not to
/// hold it.
pub fn holders(fd: BorrowedFd<'_>, given_out: bool, since: Instant) -> Holders {
    let (Ok(socket), false) = (Inode::of(fd.as_raw_fd()), given_out && is_inheritable(fd)) else {
        return Holders::Lasting;
    };
    let last = Arc::clone(LAST.lock().get_or_insert_default());
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last
        .as_ref()
        .and_then(|search| search.answer(fd, socket, given_out, since));
    known.unwrap_or_else(|| last.insert(Search::new()).found(fd, socket))
}

/// Whether programs that this one starts inherit the descriptor.
fn is_inheritable(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) };
    flags & libc::FD_CLOEXEC == 0
}

/// The inode number of a socket in the kernel's socket file system.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Inode(u64);

impl Inode {
    fn of(number: RawFd) -> io::Result<Self> {
        let stat = stat(number)?;
        if stat.st_mode & libc::S_IFMT == libc::S_IFSOCK {
            Ok(Self(stat.st_ino))
        } else {
            Err(io::Error::from_raw_os_error(libc::ENOTSOCK))
        }
    }

    /// The socket that a link in /proc names: `socket:[4711]`.
    fn of_link(link: &Path) -> Option<Self> {
        let target = link.read_link().ok()?;
        let number = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        number.parse().ok().map(Self)
    }
}

/// What one search has found.
struct Search {
    began: Instant,
    sharing: u32,
    /// The sockets of this process that have another holder besides one of our descriptors.
    held: HashMap<Inode, Holder>,
    seen: Seen,
}

/// How complete a search was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Complete: no other socket has another holder.
    All,
    /// Incomplete, for lack of a free descriptor or memory; another search may see more.
    NotNow,
    /// There is no /proc.
    Never,
}

/// Another holder of a socket; of several, the one expected to stay longest.
enum Holder {
    /// This process, through at least two descriptors.
    ThisProcess([RawFd; 2]),
    OtherProcess {
        link: PathBuf,
        born: Duration,
    },
}

impl Search {
    fn new() -> Self {
        let mut search = Self {
            began: Instant::now(),
            sharing: fork::sharing(),
            held: HashMap::new(),
            seen: Seen::All,
        };
        if let Err(error) = search.all() {
            search.seen = match error.raw_os_error() {
                Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM) => Seen::NotNow,
                _ => Seen::Never,
            };
        }
        search
    }

    /// What the search says about a socket now; `None` if that takes another search.
    fn answer(&self, fd: BorrowedFd<'_>, socket: Inode, given_out: bool, since: Instant) -> Option<Holders> {
        match self.held.get(&socket) {
            Some(holder) => holder.still_holds(fd, socket).then(|| holder.stays()),
            None if self.seen != Seen::All => None,
            // No copy can have been made since the search.
            None if !given_out && self.sharing == fork::sharing() => Some(Holders::None),
            None if self.began >= since => Some(Holders::None),
            None => None,
        }
    }

    /// What the search says about a socket just after it.
    fn found(&self, fd: BorrowedFd<'_>, socket: Inode) -> Holders {
        match (self.held.get(&socket), self.seen) {
            (Some(Holder::ThisProcess(numbers)), _) if !numbers.contains(&fd.as_raw_fd()) => Holders::Lasting,
            (Some(holder), _) => holder.stays(),
            (None, Seen::All) => Holders::None,
            (None, Seen::NotNow) => Holders::Transient,
            (None, Seen::Never) => Holders::Lasting,
        }
    }

    fn all(&mut self) -> io::Result<()> {
        let me = fs::read_link("/proc/self")?;
        let mut ours = HashMap::new();
        for number in 0..table_size()? {
            let Ok(socket) = Inode::of(number) else { continue };
            if let Some(other) = ours.insert(socket, number) {
                self.held.insert(socket, Holder::ThisProcess([other, number]));
            }
        }
        for process in fs::read_dir("/proc")? {
            let name = process?.file_name();
            let is_number = name.to_str().is_some_and(|name| name.parse::<u32>().is_ok());
            if is_number && *name != *me.as_os_str() {
                self.process(&Path::new("/proc").join(name), &ours)?;
            }
        }
        Ok(())
    }

    fn process(&mut self, process: &Path, ours: &HashMap<Inode, RawFd>) -> io::Result<()> {
        let descriptors = match fs::read_dir(process.join("fd")) {
            Ok(descriptors) => descriptors,
            Err(error) if is_shortage(&error) => return Err(error),
            Err(_) => return Ok(()), // it has ended, or is another user's
        };
        let mut age = None;
        for descriptor in descriptors {
            let link = match descriptor {
                Ok(descriptor) => descriptor.path(),
                Err(error) if is_shortage(&error) => return Err(error),
                Err(_) => return Ok(()), // it has ended
            };
            let Some(socket) = Inode::of_link(&link).filter(|socket| ours.contains_key(socket)) else {
                continue;
            };
            let born = *age.get_or_insert_with(|| birth(process));
            match self.held.get(&socket) {
                Some(Holder::ThisProcess(_)) => {}
                Some(Holder::OtherProcess { born: older, .. }) if *older <= born => {}
                _ => drop(self.held.insert(socket, Holder::OtherProcess { link, born })),
            }
        }
        Ok(())
    }
}

impl Holder {
    fn still_holds(&self, fd: BorrowedFd<'_>, socket: Inode) -> bool {
        match self {
            Self::ThisProcess(numbers) => {
                let mut others = numbers.iter().filter(|number| **number != fd.as_raw_fd());
                others.any(|number| Inode::of(*number).is_ok_and(|other| other == socket))
            }
            Self::OtherProcess { link, .. } => Inode::of_link(link) == Some(socket),
        }
    }

    fn stays(&self) -> Holders {
        match self {
            Self::OtherProcess { born, .. } if *born + YOUTH > since_boot() => Holders::Transient,
            Self::OtherProcess { .. } | Self::ThisProcess(_) => Holders::Lasting,
        }
    }
}

fn is_shortage(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)
    )
}

/// A number above those of all descriptors of this process: checking each number below is quicker than listing them.
fn table_size() -> io::Result<RawFd> {
    let status = fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix("FDSize:"));
    size.and_then(|size| size.trim().parse().ok())
        .ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))
}

/// When a process was started, counted from boot. One that has ended meanwhile counts as started now, so that another
/// search is made.
fn birth(process: &Path) -> Duration {
    const STARTED: usize = 22 - 3; // proc_pid_stat(5) counts from 1; the third field follows the name in parentheses
    let stat = fs::read(process.join("stat")).unwrap_or_default();
    let stat = String::from_utf8_lossy(&stat);
    let ticks = stat
        .rsplit_once(')')
        .and_then(|(_, fields)| fields.split_whitespace().nth(STARTED)?.parse::<u64>().ok());
    ticks.map_or_else(since_boot, |ticks| {
        Duration::from_millis(ticks.saturating_mul(1000) / ticks_per_second())
    })
}

/// The time since boot, on the clock of process start times.
fn since_boot() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is ours to write. Linux has this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now) };
    let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), nanoseconds)
}

/// The unit in which the kernel counts process start times.
fn ticks_per_second() -> u64 {
    // SAFETY: no memory is involved.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) })
        .unwrap_or(0)
        .max(1)
}
