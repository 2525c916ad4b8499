//! A source that can go back, and a sink that knows its epochs.

use crate::error::BoxError;
use crate::saved::Replay;
use crate::stage::{Epoch, Inbox, Pull, Source, TransactionalSink};
use crate::store::disk::{Crash, Disk};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Debug;

/// The numbers up to a last one.
#[derive(Debug)]
pub(crate) struct Log {
    at: u64,
    end: u64,
}

impl Log {
    pub(crate) fn to(end: u64) -> Self {
        Log { at: 0, end }
    }
}

impl Source for Log {
    type Item = u64;
    type Error = Infallible;

    fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, Infallible> {
        let end = self.end.min(self.at + max.min(5) as u64);
        (self.at..end).for_each(|n| inbox.push(n));
        self.at = end;
        Ok(if self.at == self.end { Pull::End } else { Pull::Ready })
    }
}

impl Replay for Log {
    type Offset = u64;

    fn offset(&self) -> u64 {
        self.at
    }

    fn seek(&mut self, offset: u64) -> Result<(), Infallible> {
        self.at = offset;
        Ok(())
    }
}

/// Survives what happens to the disk of the checkpoint, and takes an epoch once.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) epochs: BTreeMap<u64, Vec<String>>,
    /// An epoch that came again with other results.
    pub(crate) changed: Option<u64>,
    /// Where the checkpoint lies, and the epoch that came after an operation on it had failed.
    pub(crate) disk: Disk,
    pub(crate) after_failure: Option<u64>,
    /// What a crash at the moment of a delivery would leave of the checkpoint at least, and the epoch.
    pub(crate) moments: Vec<(u64, Vec<u8>)>,
}

impl Ledger {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.epochs.values().flatten().cloned().collect()
    }
}

impl<T: Debug> TransactionalSink<T> for &mut Ledger {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<T>) -> Result<(), BoxError> {
        if self.disk.has_failed() {
            self.after_failure = Some(epoch.number);
        }
        self.moments.push((epoch.number, self.disk.after(Crash::LosesAll)));
        let lines: Vec<String> = results.iter().map(|result| format!("{result:?}")).collect();
        let had = self.epochs.entry(epoch.number).or_insert_with(|| lines.clone());
        if *had != lines {
            self.changed = Some(epoch.number);
        }
        Ok(())
    }
}
