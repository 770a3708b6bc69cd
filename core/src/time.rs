//! How long a call may take: a [`Timeout`] as given by users, a [`Deadline`] as kept by calls.

use std::time::{Duration, Instant};

/// How long a call may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// Forever.
    Never,
    /// Not at all: a call that can't be done at once fails with `WouldBlock`.
    NonBlocking,
    /// This long, counted from the start of the call.
    After(Duration),
}

impl From<Duration> for Timeout {
    /// A zero duration means [`Timeout::NonBlocking`].
    fn from(duration: Duration) -> Self {
        if duration.is_zero() {
            Self::NonBlocking
        } else {
            Self::After(duration)
        }
    }
}

impl From<Option<Duration>> for Timeout {
    fn from(duration: Option<Duration>) -> Self {
        duration.map_or(Self::Never, Self::from)
    }
}

/// A moment on the monotonic clock, kept for a whole call, however often it is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// No moment: wait forever.
    Never,
    /// No waiting at all.
    NonBlocking,
    /// This moment.
    At(Instant),
}

/// What is left until a [`Deadline`].
pub(crate) enum Left {
    Forever,
    Some(Duration),
    Nothing,
}

impl Deadline {
    /// The deadline of a call that starts now. A timeout beyond the clock's range means forever.
    pub fn after(timeout: impl Into<Timeout>) -> Self {
        match timeout.into() {
            Timeout::Never => Self::Never,
            Timeout::NonBlocking => Self::NonBlocking,
            Timeout::After(duration) => Instant::now().checked_add(duration).map_or(Self::Never, Self::At),
        }
    }

    pub(crate) fn left(self) -> Left {
        match self {
            Self::Never => Left::Forever,
            Self::NonBlocking => Left::Nothing,
            Self::At(_) => self.left_at(Instant::now()),
        }
    }

    fn left_at(self, now: Instant) -> Left {
        match self {
            Self::Never => Left::Forever,
            Self::NonBlocking => Left::Nothing,
            Self::At(moment) => match moment.checked_duration_since(now) {
                Some(left) if !left.is_zero() => Left::Some(left),
                _ => Left::Nothing,
            },
        }
    }

    /// This deadline or the moment, whichever is earlier.
    pub(crate) fn or_earlier(self, moment: Instant) -> Self {
        match self {
            Self::At(own) => Self::At(own.min(moment)),
            Self::Never | Self::NonBlocking => Self::At(moment),
        }
    }

    /// Whether the moment has passed. `NonBlocking` never passes: it only forbids waiting.
    pub(crate) fn passed(self) -> bool {
        matches!(self, Self::At(moment) if moment <= Instant::now())
    }
}

/// How long one call may take: a timeout that becomes a deadline when the call first has to wait.
///
/// What it does before then takes microseconds, and reading the clock would cost a call that finds data a few percent.
#[derive(Clone, Copy)]
pub(crate) struct LazyDeadline {
    timeout: Timeout,
    deadline: Option<Deadline>,
}

impl LazyDeadline {
    pub(crate) fn new(timeout: Timeout) -> Self {
        Self {
            timeout,
            deadline: None,
        }
    }

    pub(crate) fn is_never(&self) -> bool {
        self.timeout == Timeout::Never
    }

    pub(crate) fn may_wait(&self) -> bool {
        self.timeout != Timeout::NonBlocking
    }

    /// Whether it is at least this long.
    #[inline]
    pub(crate) fn is_at_least(&self, shortest: Duration) -> bool {
        matches!(self.timeout, Timeout::After(duration) if duration >= shortest)
    }

    /// All of it, if it is a time.
    #[inline]
    pub(crate) fn time(&self) -> Option<Duration> {
        match self.timeout {
            Timeout::After(time) => Some(time),
            Timeout::Never | Timeout::NonBlocking => None,
        }
    }

    /// The clock runs from this moment if it did not yet.
    pub(crate) fn start_at(&mut self, now: Instant) {
        self.left_at(now);
    }

    /// What is left at the moment `now`, from which the clock runs if it did not yet.
    #[inline]
    pub(crate) fn left_at(&mut self, now: Instant) -> Left {
        match (self.deadline, self.timeout) {
            (None, Timeout::After(duration)) => {
                self.deadline = Some(now.checked_add(duration).map_or(Deadline::Never, Deadline::At));
                Left::Some(duration)
            }
            (None, Timeout::Never) => Left::Forever,
            (None, Timeout::NonBlocking) => Left::Nothing,
            (Some(deadline), _) => deadline.left_at(now),
        }
    }

    /// The moment; the clock runs from the first time it is asked for.
    pub(crate) fn deadline(&mut self) -> Deadline {
        *self.deadline.get_or_insert_with(|| Deadline::after(self.timeout))
    }

    /// Begins anew.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.timeout);
    }

    /// What is left of it, as the timeout of another call.
    pub(crate) fn left(&self) -> Timeout {
        self.deadline.map_or(self.timeout, Timeout::from)
    }
}

impl From<Deadline> for Timeout {
    /// The time that is left; a deadline that passed leaves the shortest wait there is, not `NonBlocking`,
    /// so that the call still ends with `TimedOut`.
    fn from(deadline: Deadline) -> Self {
        match deadline.left() {
            Left::Forever => Self::Never,
            Left::Some(left) => Self::After(left),
            Left::Nothing if deadline == Deadline::NonBlocking => Self::NonBlocking,
            Left::Nothing => Self::After(Duration::from_nanos(1)),
        }
    }
}
