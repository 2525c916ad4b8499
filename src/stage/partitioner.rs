use super::Parts;
use std::sync::Arc;

/// One batch, with its place.
#[derive(Clone, Debug)]
pub struct Part<B> {
    /// The partition it belongs to. Several batches may share one; [`RunStats`](crate::RunStats) adds up by it.
    pub partition: u32,
    /// How many records it holds; 0 where that is not known before it is read.
    pub records: usize,
    /// The records: anything that `into_iter` reads, or that a [`Processor`](crate::Processor) takes.
    pub batch: B,
}

/// Cuts data of type `D` into batches.
///
/// # Laws
/// * Every record of the data is in one batch, once.
/// * The cut is a function of the data and the settings: the same data are cut the same way, whatever `workers` is, or results
///   cease to be the same on every machine.
/// * Inside a batch records keep the order of the data; the order of the parts is the order in which results are merged.
///
/// # Example
/// Batches of equal weight rather than equal length:
/// ```
/// use microbatch::prelude::*;
///
/// struct ByBytes(usize);
///
/// impl<'a> Partitioner<&'a [String]> for ByBytes {
///     type Batch = &'a [String];
///     fn partition(&self, data: &'a [String], _workers: usize) -> Vec<Part<&'a [String]>> {
///         let mut parts = Vec::new();
///         let mut rest = data;
///         while !rest.is_empty() {
///             let mut bytes = 0;
///             let full = rest.iter().position(|s| { bytes += s.len(); bytes >= self.0 });
///             let (batch, after) = rest.split_at(full.map_or(rest.len(), |last| last + 1));
///             parts.push(Part { partition: parts.len() as u32, records: batch.len(), batch });
///             rest = after;
///         }
///         parts
///     }
/// }
///
/// let words: Vec<String> = ["a", "bcd", "ef", "g"].map(String::from).into();
/// let sizes = Pipeline::over(&words).partitioner(ByBytes(4)).process(|batch| batch.len()).run();
/// assert_eq!(sizes, [2, 2]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cut `{D}` into batches",
    label = "not a partitioner for this data",
    note = "parts take values, verbs take closures: `.partitioner(Chunks::of(4096))`, or `.partition_by(16, |record| ..)` to cut by key"
)]
pub trait Partitioner<D> {
    /// What one batch is.
    type Batch: Send;

    /// Cuts `data`. `workers` is the number of threads of the engine, for partitioners that divide their own work.
    fn partition(&self, data: D, workers: usize) -> Vec<Part<Self::Batch>>;

    /// The same batches, which need not exist before they are wanted: what a run asks for. Default: a list of them.
    fn parts(&self, data: D, workers: usize) -> Parts<Self::Batch> {
        self.partition(data, workers).into()
    }

    /// Whether [`Part::records`] is right for every part, so that results can be written straight to their places. Where it is not after
    /// all, the run panics. Default: no.
    fn counts(&self) -> bool {
        false
    }

    /// The same batches for chains whose steps see single records: very large ones may be in pieces already. Default: as they are.
    #[doc(hidden)]
    fn divided(&self, data: D, workers: usize) -> Parts<Self::Batch> {
        self.parts(data, workers)
    }

    /// Cuts data that lie in pieces where they do, and into parts of about so many records, where it is free to. Default: gives them back.
    ///
    /// # Errors
    /// The pieces, which are to be put together.
    #[doc(hidden)]
    fn pieces(&self, pieces: Vec<D>, _size: usize) -> Result<Parts<Self::Batch>, Vec<D>> {
        Err(pieces)
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<D, P: Partitioner<D> + ?Sized> Partitioner<D> for $pointer {
            type Batch = P::Batch;
            fn partition(&self, data: D, workers: usize) -> Vec<Part<P::Batch>> {
                (**self).partition(data, workers)
            }
            fn parts(&self, data: D, workers: usize) -> Parts<P::Batch> {
                (**self).parts(data, workers)
            }
            fn counts(&self) -> bool {
                (**self).counts()
            }
            fn divided(&self, data: D, workers: usize) -> Parts<P::Batch> {
                (**self).divided(data, workers)
            }
            fn pieces(&self, pieces: Vec<D>, size: usize) -> Result<Parts<P::Batch>, Vec<D>> {
                (**self).pieces(pieces, size)
            }
        }
    )* };
}

pointers!(&P, Box<P>, Arc<P>);
