use super::Pipeline;
use super::deliver::Delivers;
use crate::data::StreamProgress;
use crate::engine::{self, Control, Driver};
use crate::error::{BuildError, BuildErrorKind, RunError, message};
use crate::stage::Sink;
use std::fmt;
use std::sync::Arc;

/// Streams on threads of their own.
impl<'a, M, T, C, X, Ky, At, Wi, I> Pipeline<'a, M, T, C, X, Ky, At, Wi, I> {
    /// Runs on a thread of its own, into a sink on another, until the source ends or the handle says so: the sink takes what one micro-batch made while
    /// the next one runs. Nothing may be borrowed. Where the handle is dropped, the stream runs on.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let (sender, source) = channel(100);
    /// let (results, squares) = channel(100);
    /// let handle = Pipeline::stream(source).map(|n: u64| n * n).spawn(results)?;
    /// sender.send(3)?;
    /// assert_eq!(Pipeline::stream(squares).into_iter().next(), Some(9));
    /// handle.stop();
    /// handle.join()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Where the operating system refuses a thread.
    pub fn spawn<R, E, S>(self, mut sink: S) -> Result<StreamHandle<E>, BuildError>
    where
        Self: Delivers<Emit = R, Error = E> + Send + 'static,
        R: Send,
        E: Send + 'static,
        S: Sink<R> + 'static,
    {
        let control = Arc::new(Control::default());
        let theirs = control.clone();
        let thread = engine::start(move || into_sink_aside(self, &mut sink, &theirs)).map_err(BuildErrorKind::Driver)?;
        Ok(StreamHandle { control, thread })
    }
}

/// Runs into a sink on a thread of its own, and finishes it.
fn into_sink_aside<P: Delivers<Emit: Send, Error: Send>>(
    pipeline: P,
    sink: &mut impl Sink<P::Emit>,
    control: &Control,
) -> Result<StreamProgress, RunError<P::Error>> {
    let failed = |cause| RunError::Sink { cause };
    let write = |results| sink.write(results).map_err(failed);
    let panicked = |payload| RunError::Panicked { message: message(payload), batch: control.progress().batches };
    let done = engine::aside("microbatch-sink", write, panicked, |writer| {
        let mut refused = None;
        let done = pipeline.deliver(control, |results| {
            // Where nothing leaves for long, a failure is heard of all the same.
            let given = if results.is_empty() { writer.is_free().map(drop) } else { writer.give(results.into_vec()) };
            given.map_err(|error| {
                refused = Some(error);
                "it takes no more".into()
            })
        });
        // Why the sink takes no more says more than that it does not.
        refused.map_or_else(|| writer.wait(), Err).and(done)
    });
    let progress = done.map_err(|cause| failed(cause.into()))??;
    sink.finish().map_err(failed)?;
    Ok(progress)
}

/// A stream that runs on a thread of its own.
#[must_use = "without `.join()` nobody hears how the stream ends"]
pub struct StreamHandle<E> {
    control: Arc<Control>,
    thread: Driver<Result<StreamProgress, RunError<E>>>,
}

impl<E> StreamHandle<E> {
    /// How far it has come, as of the last micro-batch.
    pub fn progress(&self) -> StreamProgress {
        self.control.snapshot()
    }

    /// Ends it after the micro-batch that runs. What waits is left out, and windows that are open do not leave.
    pub fn stop(&self) {
        self.control.stop();
    }

    /// Takes no more from the source; ends it after what was taken, as if the source had ended. What senders have put into a channel is taken
    /// still; who sends into it later gets his record back.
    pub fn drain(&self) {
        self.control.drain();
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end. Where its source waits for a record at that time, this waits for it, too.
    ///
    /// # Errors
    /// What the stream ended with. A panic of the sink is an error, too.
    pub fn join(self) -> Result<StreamProgress, RunError<E>> {
        let StreamHandle { control, thread } = self;
        // How far it has come is known once it has ended.
        thread.join().unwrap_or_else(|payload| Err(RunError::Panicked { message: message(payload), batch: control.progress().batches }))
    }
}

impl<E> fmt::Debug for StreamHandle<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamHandle").field("is_finished", &self.is_finished()).finish_non_exhaustive()
    }
}
