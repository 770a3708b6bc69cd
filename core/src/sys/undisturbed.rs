//! Work that a program does not notice, done in the middle of one of its calls.

use std::cell::Cell;
use std::io;
use std::mem::MaybeUninit;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

thread_local! {
    // Without a destructor, so that nothing is registered.
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
    static LENT: Cell<*mut Mask> = const { Cell::new(ptr::null_mut()) };
}

/// Whether this thread is inside [`undisturbed`].
#[inline]
pub fn is_undisturbed() -> bool {
    AT_WORK.get()
}

/// The signals that the thread will have blocked when [`undisturbed`] ends: at first those that it had before.
pub struct Mask(libc::sigset_t);

/// Runs `work` so that the program does not notice: no signal handler runs meanwhile, which might interrupt it, make calls or
/// leave it by longjmp(3); the thread is not cancelled; errno stays what it is. `None` if it panicked, or if the thread is
/// inside already.
pub fn undisturbed<T>(work: impl FnOnce(&mut Mask) -> T) -> Option<T> {
    if AT_WORK.replace(true) {
        return None;
    }
    let errno = errno();
    let cancellable = set_cancellable(CANCEL_DISABLED);
    let mut mask = Mask::replace_by_all();
    // The panic's payload is forgotten: its destructor may panic too.
    let result = catch_unwind(AssertUnwindSafe(|| work(&mut mask)))
        .map_err(std::mem::forget)
        .ok();
    AT_WORK.set(false);
    // SAFETY: the mask was filled by the system, and changed by nothing but sigaddset(3) and sigdelset(3).
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask.0, ptr::null_mut()) };
    set_cancellable(cancellable);
    set_errno(errno);
    result
}

/// Lends `work` the mask without passing it: [`with_lent`] finds it.
pub fn lend<T>(mask: &mut Mask, work: impl FnOnce() -> T) -> T {
    let _end = Back(LENT.replace(ptr::from_mut(mask)));
    work()
}

/// Whether this thread is inside [`lend`], and not inside [`with_lent`].
#[inline]
pub fn is_lent() -> bool {
    !LENT.get().is_null()
}

/// Runs `work` with the mask that is lent. `None` if there is none. Its frame is not part of its caller's, which may be on a small stack.
#[inline(never)]
pub fn with_lent<T>(work: impl FnOnce(&mut Mask) -> T) -> Option<T> {
    let mask = LENT.replace(ptr::null_mut());
    let _end = Back(mask);
    // SAFETY: it is null or the mask of the enclosing `lend`, which does not use it meanwhile; nor does anything else, since it is
    // not lent now.
    unsafe { mask.as_mut() }.map(work)
}

/// Puts back what was lent before.
struct Back(*mut Mask);

impl Drop for Back {
    fn drop(&mut self) {
        LENT.set(self.0);
    }
}

impl Mask {
    fn replace_by_all() -> Self {
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::zeroed();
        // SAFETY: the set is ours to write.
        unsafe { libc::sigfillset(all.as_mut_ptr()) };
        // SAFETY: both sets are ours, and the first was filled just now.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
        // SAFETY: it was filled by the call; before that it was zero, which is an empty set.
        Self(unsafe { before.assume_init() })
    }

    /// Blocks SIGPIPE; returns whether this changes anything.
    pub fn block_sigpipe(&mut self) -> bool {
        // SAFETY: the set is initialized and SIGPIPE a valid signal.
        let blocked = unsafe { libc::sigismember(&raw const self.0, libc::SIGPIPE) } == 1;
        // SAFETY: as above.
        unsafe { libc::sigaddset(&raw mut self.0, libc::SIGPIPE) };
        !blocked
    }

    /// Unblocks it: a pending one is delivered when [`undisturbed`] ends.
    pub fn unblock_sigpipe(&mut self) {
        // SAFETY: the set is initialized and SIGPIPE a valid signal.
        unsafe { libc::sigdelset(&raw mut self.0, libc::SIGPIPE) };
    }
}

/// What a pending SIGPIPE will do; `None` if there is none.
pub fn pending_sigpipe() -> Option<&'static str> {
    // SAFETY: a zeroed set is valid memory for the call that fills it.
    let mut pending: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is ours.
    unsafe { libc::sigpending(&raw mut pending) };
    // SAFETY: the set was filled just now.
    if unsafe { libc::sigismember(&raw const pending, libc::SIGPIPE) } != 1 {
        return None;
    }
    // SAFETY: a zeroed action is valid memory for the call that fills it.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: without a new action the call only reads.
    unsafe { libc::sigaction(libc::SIGPIPE, ptr::null(), &raw mut action) };
    Some(match action.sa_sigaction {
        libc::SIG_DFL => "kills",
        libc::SIG_IGN => "ignored",
        _ => "handled",
    })
}

/// `PTHREAD_CANCEL_DISABLE`.
const CANCEL_DISABLED: libc::c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };

fn set_cancellable(state: libc::c_int) -> libc::c_int {
    extern "C" {
        fn pthread_setcancelstate(state: libc::c_int, before: *mut libc::c_int) -> libc::c_int;
    }
    let mut before = state;
    // SAFETY: `before` is ours to write.
    unsafe { pthread_setcancelstate(state, &raw mut before) };
    before
}

/// Ends this thread if it was cancelled, as close(2) does before it closes anything.
#[cfg(target_os = "linux")] // where programs can have promises
pub fn act_on_cancellation() {
    extern "C-unwind" {
        fn pthread_testcancel();
    }
    // SAFETY: no memory is involved. The caller has nothing to drop.
    unsafe { pthread_testcancel() };
}

/// This thread's errno.
pub fn errno() -> libc::c_int {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Sets it.
pub fn set_errno(errno: libc::c_int) {
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as place;
    #[cfg(any(target_os = "linux", target_os = "dragonfly"))]
    use libc::__errno_location as place;
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as place;
    // SAFETY: the address of this thread's errno.
    unsafe { *place() = errno };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_and_the_mask_are_as_before_and_a_panic_ends_there() {
        set_errno(libc::E2BIG);
        let before = undisturbed(|mask| {
            assert!(is_undisturbed());
            assert_eq!(undisturbed(|_| ()), None);
            set_errno(libc::EIO);
            // SAFETY: no memory is involved. It is blocked here, and ignored below.
            unsafe { libc::raise(libc::SIGPIPE) };
            assert_eq!(pending_sigpipe(), Some("ignored")); // by the test harness
            mask.block_sigpipe()
        });
        assert_eq!(before, Some(true));
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::E2BIG));
        assert!(pending_sigpipe().is_some());
        assert_eq!(undisturbed(|mask| mask.block_sigpipe()), Some(false));
        undisturbed(Mask::unblock_sigpipe);
        assert!(pending_sigpipe().is_none());
        assert!(!is_undisturbed());
        assert_eq!(undisturbed(|_| -> () { panic!("on purpose") }), None);
        assert!(!is_undisturbed());
    }
}
