use crate::stage::Source;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A source that can go back to where it was.
///
/// # Laws
/// * After `seek(o)` it gives the records that it gave after [`offset`](Self::offset) was `o`, in the same order.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
/// use microbatch::{Inbox, Pull};
/// use std::convert::Infallible;
///
/// struct Log { records: Vec<u64>, at: usize }
///
/// impl Source for Log {
///     type Item = u64;
///     type Error = Infallible;
///     fn pull(&mut self, max: usize, inbox: &mut Inbox<u64>) -> Result<Pull, Infallible> {
///         let end = self.records.len().min(self.at + max);
///         inbox.append(self.records[self.at..end].to_vec());
///         self.at = end;
///         Ok(if end == self.records.len() { Pull::End } else { Pull::Ready })
///     }
/// }
///
/// impl Replay for Log {
///     type Offset = usize;
///     fn offset(&self) -> usize { self.at }
///     fn seek(&mut self, offset: usize) -> Result<(), Infallible> {
///         self.at = offset;
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read again from an offset, so a restart would lose records",
    label = "this source does not implement `Replay`",
    note = "exactly once needs a replayable source: a file, a log, or your own `Source` with `Replay`; without one, end the pipeline with `.for_each(..)` (at most once)"
)]
pub trait Replay: Source {
    /// A place in the source.
    type Offset: Serialize + DeserializeOwned + Send;

    /// The place after the last record that it gave.
    fn offset(&self) -> Self::Offset;

    /// Goes to a place.
    ///
    /// # Errors
    /// Where there is no such place any more, as in a file that has become shorter.
    fn seek(&mut self, offset: Self::Offset) -> Result<(), Self::Error>;

    /// What was given before this place is committed and delivered: it will not be gone back to, and may be forgotten.
    ///
    /// It is called between two pulls, some time after the commit, for the last place of several; after the end of the source only when the
    /// stream is run again. Default: nothing is forgotten.
    ///
    /// # Errors
    /// Where it cannot be forgotten: the stream ends with [`RunError::Source`](crate::RunError::Source).
    fn acknowledge(&mut self, offset: Self::Offset) -> Result<(), Self::Error> {
        let _ = offset;
        Ok(())
    }

    /// Whether nothing more will come before what it has given is [acknowledged](Self::acknowledge), as in a buffer that is full: then a micro-batch is made of
    /// what waits, and committed, though its trigger has not fired and no commit is due.
    ///
    /// It is called after each pull; a source around another one asks that one. Default: no.
    fn waits_for_commit(&self) -> bool {
        false
    }
}
