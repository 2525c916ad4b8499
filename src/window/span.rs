use crate::data::{Timestamp, Window};
use std::time::Duration;

/// The microseconds of a setting.
///
/// # Panics
/// If there are none, or more than there are to the end of time.
pub(super) fn micros(span: Duration, what: &str) -> i64 {
    assert!(span >= Duration::from_micros(1), "{what} is {span:?}: it must be a microsecond at least");
    i64::try_from(span.as_micros()).unwrap_or_else(|_| panic!("{what} is {span:?}: time has only 2^63 microseconds"))
}

/// From `start` on, so many microseconds; of that, what lies between the first time and the last.
#[inline]
pub(super) fn span(start: i128, micros: i64) -> Window {
    let limited = |micros: i128| Timestamp::from_micros(micros.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64);
    Window::new(limited(start), limited(start + i128::from(micros)))
}

/// The last multiple of `step` from `origin` on that is no later than `at`. It may lie before the first time.
#[inline]
pub(super) fn floor(at: i64, origin: i64, step: i64) -> i128 {
    let past = match at.checked_sub(origin) {
        Some(since) => i128::from(since.rem_euclid(step)),
        // An origin may be further off than a number of 64 bits tells.
        None => (i128::from(at) - i128::from(origin)).rem_euclid(i128::from(step)),
    };
    i128::from(at) - past
}
