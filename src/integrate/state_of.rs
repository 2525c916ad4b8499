use crate::stage::{Arrival, Integrator};

/// An integrator whose result is its state: for states that are merged further, and finished later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateOf<'i, I>(pub(crate) &'i I);

impl<T, I: Integrator<T>> Integrator<T> for StateOf<'_, I> {
    type State = I::State;
    type Output = I::State;

    fn arrival(&self) -> Arrival {
        self.0.arrival()
    }

    fn exact(&self) -> bool {
        self.0.exact()
    }

    fn init(&self) -> I::State {
        self.0.init()
    }

    fn init_for(&self, expected: usize) -> I::State {
        self.0.init_for(expected)
    }

    #[inline]
    fn fold(&self, state: &mut I::State, value: T) {
        self.0.fold(state, value)
    }

    fn merge(&self, state: &mut I::State, other: I::State) {
        self.0.merge(state, other)
    }

    fn weight(&self, state: &I::State) -> usize {
        self.0.weight(state)
    }

    fn finish(&self, state: I::State) -> I::State {
        state
    }
}
