//! A source that can go back, and a sink that knows its epochs.

use microbatch::prelude::*;
use microbatch::{BoxError, Inbox, Pull};
use std::io;
use std::sync::mpsc::{Receiver, Sender};

/// The numbers from 0 on.
#[derive(Debug, Default)]
pub struct Log {
    pub end: u64,
    pub at: u64,
    /// It cannot be read on from here.
    pub fails_at: Option<u64>,
    /// It says when it is read first, and waits.
    pub signal: Option<(Sender<()>, Receiver<()>)>,
    /// It says when it has come here, and waits.
    pub stops_at: Option<(u64, Sender<()>, Receiver<()>)>,
}

impl Log {
    pub fn to(end: u64) -> Self {
        Log { end, ..Log::default() }
    }
}

impl Source for Log {
    type Item = u64;
    type Error = io::Error;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, io::Error> {
        if let Some((reached, go_on)) = self.signal.take() {
            reached.send(()).map_err(io::Error::other)?;
            go_on.recv().map_err(io::Error::other)?;
        }
        if let Some((_, reached, go_on)) = self.stops_at.take_if(|(at, ..)| self.at >= *at) {
            reached.send(()).map_err(io::Error::other)?;
            go_on.recv().map_err(io::Error::other)?;
        }
        let end = self.stops_at.as_ref().map_or(self.end, |(at, ..)| self.end.min(*at));
        let end = end.min(self.at + max.min(5) as u64);
        for n in self.at..end {
            if self.fails_at == Some(n) {
                return Err(io::Error::other("the log cannot be read"));
            }
            inbox.push(n);
            self.at = n + 1;
        }
        Ok(if self.at == self.end { Pull::End } else { Pull::Ready })
    }
}

impl Replay for Log {
    type Offset = u64;

    fn offset(&self) -> u64 {
        self.at
    }

    fn seek(&mut self, offset: u64) -> Result<(), io::Error> {
        self.at = offset;
        Ok(())
    }
}

/// Keeps the number of the last epoch it has with the results.
#[derive(Debug, Default)]
pub struct Ledger {
    pub epoch: u64,
    pub results: Vec<(u64, i64, u64)>,
    /// It fails once it gets this epoch or a later one ..
    pub fails_at: Option<u64>,
    /// .. having taken it.
    pub fails_after: bool,
}

impl TransactionalSink<Pane<u64, u64>> for &mut Ledger {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<Pane<u64, u64>>) -> Result<(), BoxError> {
        let fails = self.fails_at.is_some_and(|at| epoch.number >= at);
        if fails && !self.fails_after {
            return Err("the ledger is closed".into());
        }
        if epoch.number > self.epoch {
            self.epoch = epoch.number;
            self.results.extend(results.iter().map(|pane| (pane.key, pane.window.start.as_micros(), pane.value)));
        }
        if fails { Err("the ledger fell".into()) } else { Ok(()) }
    }
}
