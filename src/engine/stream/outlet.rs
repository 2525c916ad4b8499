//! A sink on a thread of its own.

use crate::error::BoxError;
use crossbeam_channel::bounded;
use std::panic::resume_unwind;
use std::thread;

/// Runs `work` with a hand that passes lots on to `take`, on a thread of its own: what one micro-batch made is taken while the next one runs. The hand
/// waits while the lot before is not done with, so that none pile up. Returns what `work` does, and how taking ended.
///
/// # Errors
/// Where the operating system refuses a thread.
///
/// # Panics
/// If `take` does, once `work` is done, which hears that nothing more is taken.
pub(crate) fn beside<T: Send, R>(
    mut take: impl FnMut(T) -> Result<(), BoxError> + Send,
    work: impl FnOnce(&mut dyn FnMut(T) -> Result<(), BoxError>) -> R,
) -> Result<(R, Result<(), BoxError>), BoxError> {
    // Without room for a lot: it goes from hand to hand.
    let (sender, lots) = bounded(0);
    thread::scope(|scope| {
        let taker = thread::Builder::new().name("microbatch-sink".into());
        let taker = taker.spawn_scoped(scope, move || lots.into_iter().try_for_each(&mut take))?;
        let done = work(&mut |lot| sender.send(lot).map_err(|_| "it takes no more".into()));
        drop(sender);
        let taken = taker.join().unwrap_or_else(|payload| resume_unwind(payload));
        Ok((done, taken))
    })
}
