use std::time::{Duration, SystemTime};

/// Event time: microseconds since the Unix epoch, or since any epoch of the source's choosing.
///
/// ```
/// assert_eq!(microbatch::Timestamp::from_secs(2).as_micros(), 2_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first of all times.
    pub const MIN: Self = Timestamp(i64::MIN);
    /// The last of all times.
    pub const MAX: Self = Timestamp(i64::MAX);

    /// A time in microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// A time in milliseconds; beyond the range of microseconds, the first or last time.
    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis.saturating_mul(1_000))
    }

    /// A time in seconds; beyond the range of microseconds, the first or last time.
    pub const fn from_secs(secs: i64) -> Self {
        Timestamp(secs.saturating_mul(1_000_000))
    }

    /// So many microseconds later, or the last time.
    pub(crate) const fn later(self, micros: i64) -> Self {
        Timestamp(self.0.saturating_add(micros))
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

/// Microseconds since the Unix epoch; beyond their range, the first or last time.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Timestamp(micros(since)),
            Err(before) => Timestamp(-micros(before.duration())),
        }
    }
}
