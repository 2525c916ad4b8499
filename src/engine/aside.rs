//! A thread beside the caller's, which does one job at a time.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// The thread that works aside, for who gives it jobs.
#[derive(Debug)]
pub(crate) struct Aside<J, F> {
    jobs: Sender<J>,
    done: Receiver<Result<(), F>>,
    is_busy: bool,
}

/// Calls `run` on this thread with one that works aside, which ends before this returns. After a job that fails or panics it does no other.
///
/// # Errors
/// Where the operating system refuses the thread.
pub(crate) fn aside<J: Send, F: Send, R>(
    name: &str,
    mut work: impl FnMut(J) -> Result<(), F> + Send,
    panicked: impl Fn(Box<dyn Any + Send>) -> F + Send,
    run: impl FnOnce(&mut Aside<J, F>) -> R,
) -> io::Result<R> {
    let (jobs, next) = bounded::<J>(1);
    let (report, done) = bounded(1);
    let work_off = move || {
        for job in next {
            let worked = catch_unwind(AssertUnwindSafe(|| work(job))).unwrap_or_else(|payload| Err(panicked(payload)));
            let is_over = worked.is_err();
            // Where nobody asks any more, the one who gave it is unwinding.
            if report.send(worked).is_err() || is_over {
                break;
            }
        }
    };
    thread::scope(|scope| {
        thread::Builder::new().name(name.into()).spawn_scoped(scope, work_off)?;
        Ok(run(&mut Aside { jobs, done, is_busy: false }))
    })
}

impl<J, F> Aside<J, F> {
    /// Whether it has no job, for who has other work to do meanwhile.
    ///
    /// # Errors
    /// How the last one failed.
    pub(crate) fn is_free(&mut self) -> Result<bool, F> {
        if let Ok(done) = self.done.try_recv() {
            self.is_busy = false;
            done?;
        }
        Ok(!self.is_busy)
    }

    /// Waits until it has no job.
    ///
    /// # Errors
    /// How the last one failed.
    pub(crate) fn wait(&mut self) -> Result<(), F> {
        match self.is_busy.then(|| self.done.recv()) {
            Some(Ok(done)) => {
                self.is_busy = false;
                done
            }
            _ => Ok(()),
        }
    }

    /// Waits until it has no job, and gives it one.
    ///
    /// # Errors
    /// How the last one failed: then this one is not done.
    pub(crate) fn give(&mut self, job: J) -> Result<(), F> {
        self.wait()?;
        self.is_busy = self.jobs.send(job).is_ok();
        Ok(())
    }
}
