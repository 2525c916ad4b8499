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

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}
