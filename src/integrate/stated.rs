use super::{Gather, Integrated};
use crate::keyed::NoKey;
use crate::stage::Integrator;

/// A gather whose memory can be taken apart into states by key. Not to be implemented outside the crate.
pub trait Stated<T, Ky>: Gather<T, Ky> {
    /// A key's state.
    type State;
    /// The states by key, in the order of the keys in the data.
    fn states(&self, memory: Self::Memory) -> Vec<(Ky, Self::State)>;
}

impl<T, I: Integrator<T>> Stated<T, NoKey> for Integrated<I> {
    type State = I::State;

    fn states(&self, memory: I::State) -> Vec<(NoKey, I::State)> {
        vec![(NoKey, memory)]
    }
}
