//! Tuples of integrators: each gets a clone of every value, which for borrowed data is free.

use crate::stage::{Arrival, Integrator};

macro_rules! tuples {
    ($(($($i:ident $s:ident $n:tt),+; $l:ident $t:ident $m:tt))*) => { $(
        impl<T: Clone, $($i: Integrator<T>,)+ $l: Integrator<T>> Integrator<T> for ($($i,)+ $l) {
            type State = ($($i::State,)+ $l::State);
            type Output = ($($i::Output,)+ $l::Output);

            fn arrival(&self) -> Arrival {
                let any = self.$m.arrival() == Arrival::Any $(&& self.$n.arrival() == Arrival::Any)+;
                if any { Arrival::Any } else { Arrival::InOrder }
            }

            fn exact(&self) -> bool {
                self.$m.exact() $(&& self.$n.exact())+
            }

            fn init(&self) -> Self::State {
                ($(self.$n.init(),)+ self.$m.init())
            }

            fn init_for(&self, expected: usize) -> Self::State {
                ($(self.$n.init_for(expected),)+ self.$m.init_for(expected))
            }

            #[inline]
            fn fold(&self, state: &mut Self::State, value: T) {
                $(self.$n.fold(&mut state.$n, value.clone());)+
                self.$m.fold(&mut state.$m, value);
            }

            #[inline]
            fn merge(&self, state: &mut Self::State, other: Self::State) {
                $(self.$n.merge(&mut state.$n, other.$n);)+
                self.$m.merge(&mut state.$m, other.$m);
            }

            #[inline]
            fn without(&self, all: Self::State, first: &Self::State) -> Option<Self::State> {
                Some(($(self.$n.without(all.$n, &first.$n)?,)+ self.$m.without(all.$m, &first.$m)?))
            }

            fn seal(&self, state: &mut Self::State) {
                $(self.$n.seal(&mut state.$n);)+
                self.$m.seal(&mut state.$m);
            }

            fn weight(&self, state: &Self::State) -> usize {
                self.$m.weight(&state.$m) $(+ self.$n.weight(&state.$n))+
            }

            fn combine(&self, states: Vec<Self::State>) -> Self::State {
                $(let mut $s = Vec::with_capacity(states.len());)+
                let mut $t = Vec::with_capacity(states.len());
                for state in states {
                    $($s.push(state.$n);)+
                    $t.push(state.$m);
                }
                ($(self.$n.combine($s),)+ self.$m.combine($t))
            }

            fn finish(&self, state: Self::State) -> Self::Output {
                ($(self.$n.finish(state.$n),)+ self.$m.finish(state.$m))
            }
        }
    )* };
}

tuples! {
    (A a 0; B b 1)
    (A a 0, B b 1; C c 2)
    (A a 0, B b 1, C c 2; D d 3)
    (A a 0, B b 1, C c 2, D d 3; E e 4)
    (A a 0, B b 1, C c 2, D d 3, E e 4; F f 5)
    (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5; G g 6)
    (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6; H h 7)
}
