//! Who else holds a socket, looked up in /proc.
//!
//! A look goes through the descriptors of all processes, so it is kept and answers for every socket of this process: that
//! one is held is confirmed by reading again the one link that showed it; that one is not held stays true until the next
//! fork, as long as its number was not told.

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

/// A process that is older than this will not start another program any more.
const YOUTH: Duration = Duration::from_secs(1);

/// The last look, under a lock that is held while one is taken, so that all who come meanwhile share the next.
type Shared = Arc<Mutex<Option<Look>>>;
static LAST: ForkLock<Option<Shared>> = ForkLock::none();

/// Whether [`holders`] can tell: there is a /proc, and it shows this process.
pub fn knows_holders() -> bool {
    const YES: u8 = 1;
    const NO: u8 = 2;
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            let knows = Path::new("/proc/self/fd").exists();
            KNOWN.store(if knows { YES } else { NO }, Ordering::Relaxed);
            knows
        }
        known => known == YES,
    }
}

/// Who else holds the socket of a descriptor of ours. With `told` its number is known outside, and only what is seen from
/// `since` on counts. Processes of other users can't be looked into, and are taken not to hold it.
pub fn holders(fd: BorrowedFd<'_>, told: bool, since: Instant) -> Holders {
    let (Ok(socket), false) = (Inode::of(fd.as_raw_fd()), told && is_inheritable(fd)) else {
        return Holders::Lasting;
    };
    let last = Arc::clone(LAST.lock().get_or_insert_default());
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last
        .as_ref()
        .and_then(|look| look.answer(fd, socket, told, since));
    known.unwrap_or_else(|| last.insert(Look::take()).found(fd, socket))
}

/// Whether programs that this one starts inherit the descriptor.
fn is_inheritable(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) };
    flags & libc::FD_CLOEXEC == 0
}

/// What a socket is called in the file system of sockets.
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

    /// What a link to a descriptor says: `socket:[4711]`.
    fn of_link(link: &Path) -> Option<Self> {
        let target = link.read_link().ok()?;
        let number = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        number.parse().ok().map(Self)
    }
}

/// What all descriptors of all processes were, once.
struct Look {
    began: Instant,
    sharing: (u32, u32),
    /// Who holds sockets of this process, besides the one descriptor that it has.
    held: HashMap<Inode, Holder>,
    /// What is not in `held` is held by nobody; else whether another look may say more.
    seen: Seen,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    All,
    /// Without a free descriptor or memory nothing can be looked into.
    NotNow,
    /// There is no /proc.
    Never,
}

/// One of those who hold a socket, the one that stays longest.
enum Holder {
    /// This process by two descriptors at least.
    Here([RawFd; 2]),
    There {
        link: PathBuf,
        born: Duration,
    },
}

impl Look {
    fn take() -> Self {
        let mut look = Self {
            began: Instant::now(),
            sharing: fork::sharing(),
            held: HashMap::new(),
            seen: Seen::All,
        };
        if let Err(error) = look.all() {
            look.seen = match error.raw_os_error() {
                Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM) => Seen::NotNow,
                _ => Seen::Never,
            };
        }
        look
    }

    /// What it says of a socket, unless another look has to be taken.
    fn answer(&self, fd: BorrowedFd<'_>, socket: Inode, told: bool, since: Instant) -> Option<Holders> {
        match self.held.get(&socket) {
            Some(holder) => holder.still_holds(fd, socket).then(|| holder.stays()),
            None if self.seen != Seen::All => None,
            // What existed before the last fork, and has been nowhere else since.
            None if !told && self.sharing == fork::sharing() => Some(Holders::None),
            None if self.began >= since => Some(Holders::None),
            None => None,
        }
    }

    /// What it says of a socket, fresh as it is.
    fn found(&self, fd: BorrowedFd<'_>, socket: Inode) -> Holders {
        match (self.held.get(&socket), self.seen) {
            (Some(Holder::Here(numbers)), _) if !numbers.contains(&fd.as_raw_fd()) => Holders::Lasting,
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
                self.held.insert(socket, Holder::Here([other, number]));
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
                Some(Holder::Here(_)) => {}
                Some(Holder::There { born: older, .. }) if *older <= born => {}
                _ => drop(self.held.insert(socket, Holder::There { link, born })),
            }
        }
        Ok(())
    }
}

impl Holder {
    fn still_holds(&self, fd: BorrowedFd<'_>, socket: Inode) -> bool {
        match self {
            Self::Here(numbers) => {
                let mut others = numbers.iter().filter(|number| **number != fd.as_raw_fd());
                others.any(|number| Inode::of(*number).is_ok_and(|other| other == socket))
            }
            Self::There { link, .. } => Inode::of_link(link) == Some(socket),
        }
    }

    fn stays(&self) -> Holders {
        match self {
            Self::There { born, .. } if *born + YOUTH > since_boot() => Holders::Transient,
            Self::There { .. } | Self::Here(_) => Holders::Lasting,
        }
    }
}

fn is_shortage(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)
    )
}

/// A number that no descriptor of this process has, nor any above: asking for each below is quicker than listing them.
fn table_size() -> io::Result<RawFd> {
    let status = fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix("FDSize:"));
    size.and_then(|size| size.trim().parse().ok())
        .ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))
}

/// When a process was started, from the boot on. One that has ended meanwhile was born now: it is looked for again.
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

/// The time since the boot, as processes' starts are counted.
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

/// What the kernel counts the starts of processes in.
fn ticks_per_second() -> u64 {
    // SAFETY: no memory is involved.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) })
        .unwrap_or(0)
        .max(1)
}
