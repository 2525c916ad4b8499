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
    /// How many it has that are not done.
    held: usize,
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
    let (report, done) = bounded(2);
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
        Ok(run(&mut Aside { jobs, done, held: 0 }))
    })
}

impl<J, F> Aside<J, F> {
    /// Whether it has no job, for who has other work to do meanwhile.
    ///
    /// # Errors
    /// How the last one failed.
    pub(crate) fn is_free(&mut self) -> Result<bool, F> {
        while let Ok(done) = self.done.try_recv() {
            self.held -= 1;
            done?;
        }
        Ok(self.held == 0)
    }

    /// Waits until it has no job.
    ///
    /// # Errors
    /// How the last one failed.
    pub(crate) fn wait(&mut self) -> Result<(), F> {
        self.wait_for(0)
    }

    /// Gives it a job, and waits until it has begun with it. The job lies ready when the one before is done: to wake each other for it may take the two
    /// threads longer than the job.
    ///
    /// # Errors
    /// How the last one failed: then this one is not done.
    pub(crate) fn give(&mut self, job: J) -> Result<(), F> {
        if self.jobs.send(job).is_err() {
            // It has ended: with a failure that nobody has heard of yet.
            return self.wait_for(0);
        }
        self.held += 1;
        self.wait_for(1)
    }

    /// Waits until it has no more than so many jobs.
    fn wait_for(&mut self, most: usize) -> Result<(), F> {
        while self.held > most {
            match self.done.recv() {
                Ok(done) => {
                    self.held -= 1;
                    done?;
                }
                // It does no more.
                Err(_) => self.held = 0,
            }
        }
        Ok(())
    }
}
