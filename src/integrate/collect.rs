use super::concat::concat;
use crate::data::Rope;
use crate::stage::{Arrival, Integrator, Values};

/// Every value, in the order of the data.
///
/// What a pipeline without an integrator returns; as a part, it collects by key too.
///
/// ```
/// use microbatch::prelude::*;
///
/// let by_parity = Pipeline::over(0..6u64).key_by(|n| n % 2).integrator(Collect).run();
/// assert_eq!(by_parity.get(&1), Some(&vec![1, 3, 5]));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Collect;

impl<T: Send> Integrator<T> for Collect {
    type State = Rope<T>;
    type Output = Vec<T>;

    fn arrival(&self) -> Arrival {
        Arrival::InOrder
    }

    fn exact(&self) -> bool {
        true
    }

    fn init(&self) -> Rope<T> {
        Rope::default()
    }

    fn init_for(&self, expected: usize) -> Rope<T> {
        Rope::with_room(expected)
    }

    #[inline]
    fn fold(&self, state: &mut Rope<T>, value: T) {
        state.push(value);
    }

    fn merge(&self, state: &mut Rope<T>, other: Rope<T>) {
        state.append(other);
    }

    /// Moving a value is less work than merging one.
    fn weight(&self, state: &Rope<T>) -> usize {
        state.len() / 8
    }

    fn combine(&self, states: Vec<Rope<T>>) -> Rope<T> {
        Rope::from_pieces(vec![concat(Rope::concat(states).into_pieces())])
    }

    fn whole(&self, values: &mut dyn Values<T>) -> Option<Rope<T>> {
        Some(Rope::from_pieces(vec![values.all()?]))
    }

    fn finish(&self, state: Rope<T>) -> Vec<T> {
        state.into_vec()
    }
}
