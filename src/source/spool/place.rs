use super::identity::Identity;
use super::log::Log;
use serde::{Deserialize, Serialize};

/// A place between two records of a spool.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SpoolPlace {
    spool: u64,
    /// The number of the record after it.
    number: u64,
}

impl SpoolPlace {
    pub(super) fn new(log: &Log, number: u64) -> Self {
        SpoolPlace { spool: log.identity().number(), number }
    }

    /// The number of the record after it, or why the place is none in this spool.
    pub(super) fn find(self, log: &Log) -> Result<u64, super::SpoolError> {
        let (first, end, number) = (log.first(), log.safe(), self.number);
        let remedy = "bring back the folder that was read, or start anew with another checkpoint";
        if self.spool != log.identity().number() {
            let (this, that) = (log.identity(), Identity::from_number(self.spool));
            let what = format!("it is spool {this}, made anew, and the stream goes on with record {number} of spool {that}: {remedy}");
            return Err(super::SpoolError::other(log.folder(), what));
        }
        if !(first..=end).contains(&number) {
            let what = format!("it has the records {first} to {end}, and the stream goes on with record {number}: {remedy}");
            return Err(super::SpoolError::missing(log.folder(), what));
        }
        Ok(number)
    }

    pub(super) fn number(self) -> u64 {
        self.number
    }
}
