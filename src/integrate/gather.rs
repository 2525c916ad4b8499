use super::Collect;
use crate::data::Rope;
use crate::keyed::NoKey;
use crate::stage::{Arrival, Integrator, Values};

/// No integrator: values go on one by one, in the order of the data.
#[derive(Clone, Copy, Debug)]
pub struct Each;

/// An integrator at the end of a chain.
///
/// A wrapper, since a crate downstream could implement `Integrator` for [`Each`].
#[derive(Clone, Copy, Debug)]
pub struct Integrated<I>(pub I);

/// The end of a chain: what becomes of its values of type `T` with keys of type `Ky`. Not to be implemented outside the crate.
pub trait Gather<T, Ky> {
    /// What values are folded into.
    type Memory: Send;
    /// The result.
    type Output;

    /// Whether a memory costs much to fill and to merge, so that there should be few.
    const COSTLY: bool = false;

    /// Whether values must come in the order of the data.
    fn in_order(&self) -> bool;
    /// Whether merging in other groups leaves the result the same to the bit.
    fn exact(&self) -> bool;
    /// Whether one memory may take in lanes that do not follow each other, so that there need be no more memories than workers: the order
    /// of values makes no difference, but to the order of the keys, and regrouping is exact. Default: no.
    fn is_shared(&self) -> bool {
        false
    }
    /// What comes into a shared memory is of this lane from now on, which is after all lanes before.
    fn enter(&self, _memory: &mut Self::Memory, _lane: u32) {}
    /// The memory of no values, with room for about so many.
    fn memory(&self, expected: usize) -> Self::Memory;
    /// Takes one value in.
    fn fold(&self, memory: &mut Self::Memory, key: Ky, value: T);
    /// Takes in what comes after.
    fn merge(&self, memory: &mut Self::Memory, other: Self::Memory);
    /// The same; may give back a memory of no values whose allocations are of use once more.
    fn merge_and_reuse(&self, memory: &mut Self::Memory, other: Self::Memory) -> Option<Self::Memory> {
        self.merge(memory, other);
        None
    }
    /// The memory of no values which only lists what comes, to be merged as if it had come later; or, where nobody can tell, any other.
    /// Default: any other.
    fn draft(&self, expected: usize) -> Self::Memory {
        self.memory(expected)
    }
    /// Called by a worker on a memory into which it folds no more; may give back one of no values whose allocations are of use once more.
    fn seal(&self, memory: &mut Self::Memory) -> Option<Self::Memory>;
    /// How much work `combine` has with it, in values.
    fn weight(&self, memory: &Self::Memory) -> usize;
    /// Merges all memories of a run, in their order.
    fn combine(&self, memories: Vec<Self::Memory>) -> Self::Memory;
    /// The memory of all values at once, where it is no more than a vector of them.
    fn whole(&self, _values: &mut dyn Values<T>) -> Option<Self::Memory> {
        None
    }
    /// The result.
    fn finish(&self, memory: Self::Memory) -> Self::Output;
}

impl<T: Send, Ky> Gather<T, Ky> for Each {
    type Memory = Rope<T>;
    type Output = Vec<T>;

    fn in_order(&self) -> bool {
        true
    }

    fn exact(&self) -> bool {
        true
    }

    fn memory(&self, expected: usize) -> Rope<T> {
        Rope::with_room(expected)
    }

    #[inline]
    fn fold(&self, memory: &mut Rope<T>, _: Ky, value: T) {
        memory.push(value);
    }

    fn merge(&self, memory: &mut Rope<T>, other: Rope<T>) {
        memory.append(other);
    }

    fn seal(&self, _: &mut Rope<T>) -> Option<Rope<T>> {
        None
    }

    fn weight(&self, memory: &Rope<T>) -> usize {
        Integrator::<T>::weight(&Collect, memory)
    }

    fn combine(&self, memories: Vec<Rope<T>>) -> Rope<T> {
        Integrator::<T>::combine(&Collect, memories)
    }

    fn whole(&self, values: &mut dyn Values<T>) -> Option<Rope<T>> {
        Collect.whole(values)
    }

    fn finish(&self, memory: Rope<T>) -> Vec<T> {
        memory.into_vec()
    }
}

impl<T, I: Integrator<T>> Gather<T, NoKey> for Integrated<I> {
    type Memory = I::State;
    type Output = I::Output;

    fn in_order(&self) -> bool {
        self.0.arrival() == Arrival::InOrder
    }

    fn exact(&self) -> bool {
        self.0.exact()
    }

    fn memory(&self, expected: usize) -> I::State {
        self.0.init_for(expected)
    }

    #[inline]
    fn fold(&self, memory: &mut I::State, _: NoKey, value: T) {
        self.0.fold(memory, value);
    }

    fn merge(&self, memory: &mut I::State, other: I::State) {
        self.0.merge(memory, other);
    }

    fn seal(&self, memory: &mut I::State) -> Option<I::State> {
        self.0.seal(memory);
        None
    }

    fn weight(&self, memory: &I::State) -> usize {
        self.0.weight(memory)
    }

    fn combine(&self, memories: Vec<I::State>) -> I::State {
        self.0.combine(memories)
    }

    fn whole(&self, values: &mut dyn Values<T>) -> Option<I::State> {
        self.0.whole(values)
    }

    fn finish(&self, memory: I::State) -> I::Output {
        self.0.finish(memory)
    }
}
