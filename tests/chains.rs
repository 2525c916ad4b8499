//! Chains of steps by record against the same chain over plain vectors, whatever the batches, the scheduler and the number of threads.
//!
//! `PROPTEST_RNG_SEED=7 cargo test --test chains` tries other inputs, `MICROBATCH_TIMES=10` ten times as many.

mod props;

use microbatch::fixed_hash;
use microbatch::prelude::*;
use props::holds;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The closures of the steps. Values and keys are small, so that keys repeat.
#[derive(Clone, Copy, Debug)]
struct Ops {
    factor: i64,
    modulus: i64,
    copies: i64,
}

impl Ops {
    fn map(self, x: i64) -> i64 {
        x.wrapping_mul(self.factor).wrapping_add(1) % 1_000_003
    }

    fn keeps(self, x: i64) -> bool {
        x.rem_euclid(self.modulus) != 0
    }

    fn many(self, x: i64) -> Vec<i64> {
        (0..x.rem_euclid(self.copies)).map(|i| x + i).collect()
    }

    fn key(self, x: i64) -> i64 {
        x.rem_euclid(self.modulus + 1)
    }

    /// Leaves some out.
    fn scan(self, state: &mut i64, x: i64) -> Option<i64> {
        *state = (*state * 3 + x) % 1_000_003;
        self.keeps(*state).then_some(*state)
    }

    /// Neither commutative nor associative.
    fn join(self, a: i64, b: i64) -> i64 {
        (a * 2 - b) % 1_000_003
    }
}

/// The oracle: batches of values with their keys, one vector after another.
struct Plain {
    batches: Vec<Vec<(Option<i64>, i64)>>,
}

impl Plain {
    fn each(self, mut step: impl FnMut(Option<i64>, i64) -> Vec<(Option<i64>, i64)>) -> Self {
        let mut one = |batch: Vec<(Option<i64>, i64)>| batch.into_iter().flat_map(|(key, x)| step(key, x)).collect();
        Plain { batches: self.batches.into_iter().map(&mut one).collect() }
    }

    fn map(self, f: impl Fn(i64) -> i64) -> Self {
        self.each(|key, x| vec![(key, f(x))])
    }

    fn filter(self, f: impl Fn(&i64) -> bool) -> Self {
        self.each(|key, x| if f(&x) { vec![(key, x)] } else { vec![] })
    }

    fn flat_map(self, f: impl Fn(i64) -> Vec<i64>) -> Self {
        self.each(|key, x| f(x).into_iter().map(|y| (key, y)).collect())
    }

    fn try_map(self, f: impl Fn(i64) -> Result<i64, String>) -> Self {
        self.each(|key, x| vec![(key, f(x).unwrap())])
    }

    fn key_by(self, f: impl Fn(&i64) -> i64) -> Self {
        self.each(|_, x| vec![(Some(f(&x)), x)])
    }

    /// By key through all batches; without a key from the start of each.
    fn scan(mut self, init: impl Fn() -> i64, f: impl Fn(&mut i64, i64) -> Option<i64>) -> Self {
        let mut states = HashMap::new();
        for (number, batch) in self.batches.iter_mut().enumerate() {
            for (key, x) in std::mem::take(batch) {
                let place = if key.is_some() { (key, 0) } else { (None, number) };
                batch.extend(f(states.entry(place).or_insert_with(&init), x).map(|y| (key, y)));
            }
        }
        self
    }

    /// One value a batch and key, in the order of the keys' first appearance.
    fn reduce(mut self, f: impl Fn(i64, i64) -> i64) -> Self {
        for batch in &mut self.batches {
            let mut totals: Vec<(Option<i64>, i64)> = Vec::new();
            for (key, x) in std::mem::take(batch) {
                match totals.iter_mut().find(|total| total.0 == key) {
                    Some(total) => total.1 = f(total.1, x),
                    None => totals.push((key, x)),
                }
            }
            *batch = totals;
        }
        self
    }

    fn values(self) -> Vec<i64> {
        self.batches.into_iter().flatten().map(|(_, x)| x).collect()
    }

    fn groups(self) -> Vec<(i64, Vec<i64>)> {
        let mut groups: Vec<(i64, Vec<i64>)> = Vec::new();
        for (key, x) in self.batches.into_iter().flatten() {
            let key = key.expect("a keyed chain");
            match groups.iter_mut().find(|group| group.0 == key) {
                Some(group) => group.1.push(x),
                None => groups.push((key, vec![x])),
            }
        }
        groups
    }
}

struct Shuffled(u64);

impl Scheduler for Shuffled {
    fn rank(&self, task: &Task) -> u64 {
        fixed_hash(&(self.0, task.seq))
    }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    ops: Ops,
    /// Of batches, or how many there are.
    size: usize,
    random: bool,
    order: u64,
    engine: usize,
}

fn inputs() -> impl Strategy<Value = (Vec<i64>, Case)> {
    let ops = (-3i64..4, 1i64..6, 1i64..4).prop_map(|(factor, modulus, copies)| Ops { factor, modulus, copies });
    let case = (ops, 1usize..50, any::<bool>(), any::<u64>(), 0usize..4);
    let case = case.prop_map(|(ops, size, random, order, engine)| Case { ops, size, random, order, engine });
    (vec(-20i64..20, 0..200), case)
}

impl Case {
    fn partitioner(&self) -> Box<dyn Partitioner<Vec<i64>, Batch = Vec<i64>>> {
        if self.random { Box::new(RandomPartitioner::new(self.size).seed(self.order)) } else { Box::new(Chunks::of(self.size)) }
    }

    fn plain(&self, data: &[i64]) -> Plain {
        let batches = Pipeline::over(data.to_vec()).partitioner(self.partitioner()).process(|batch| batch).run();
        Plain { batches: batches.into_iter().map(|batch| batch.into_iter().map(|x| (None, x)).collect()).collect() }
    }

    /// Of 1, 2, 3 and 8 threads.
    fn engine(&self) -> &'static Engine {
        static ENGINES: OnceLock<[Engine; 4]> = OnceLock::new();
        &ENGINES.get_or_init(|| [1, 2, 3, 8].map(|threads| Engine::builder().threads(threads).build().unwrap()))[self.engine]
    }
}

/// The same chain on a pipeline and on the oracle.
macro_rules! steps {
    ($chain:expr, $ops:ident:) => { $chain };
    ($chain:expr, $ops:ident: map $($rest:ident)*) => { steps!($chain.map(move |x| $ops.map(x)), $ops: $($rest)*) };
    ($chain:expr, $ops:ident: filter $($rest:ident)*) => { steps!($chain.filter(move |x| $ops.keeps(*x)), $ops: $($rest)*) };
    ($chain:expr, $ops:ident: flat_map $($rest:ident)*) => { steps!($chain.flat_map(move |x| $ops.many(x)), $ops: $($rest)*) };
    ($chain:expr, $ops:ident: try_map $($rest:ident)*) => { steps!($chain.try_map(move |x| Ok::<_, String>($ops.map(x))), $ops: $($rest)*) };
    ($chain:expr, $ops:ident: key_by $($rest:ident)*) => { steps!($chain.key_by(move |x| $ops.key(*x)), $ops: $($rest)*) };
    ($chain:expr, $ops:ident: scan $($rest:ident)*) => { steps!($chain.scan(|| 0, move |state, x| $ops.scan(state, x)), $ops: $($rest)*) };
    ($chain:expr, $ops:ident: reduce $($rest:ident)*) => { steps!($chain.reduce(move |a, b| $ops.join(a, b)), $ops: $($rest)*) };
}

macro_rules! pipeline {
    ($data:ident, $case:ident) => {
        Pipeline::over($data).partitioner($case.partitioner()).scheduler(Shuffled($case.order)).on($case.engine())
    };
}

/// Values come in the order of the batches.
macro_rules! check {
    ($($step:ident)*) => {
        holds(line!().into(), 100, &inputs(), |(data, case)| {
            let ops = case.ops;
            let expected = steps!(case.plain(&data), ops: $($step)*).values();
            assert_eq!(steps!(pipeline!(data, case), ops: $($step)*).try_run().unwrap(), expected);
        })
    };
}

/// Groups come in the order of first appearance, and the values of each in the order of the batches.
macro_rules! check_groups {
    ($($step:ident)*) => {
        holds(line!().into(), 100, &inputs(), |(data, case)| {
            let ops = case.ops;
            let expected = steps!(case.plain(&data), ops: $($step)*).groups();
            let groups = steps!(pipeline!(data, case), ops: $($step)*).integrator(Collect).try_run().unwrap();
            assert_eq!(groups.into_iter().collect::<Vec<_>>(), expected);
        })
    };
}

#[test]
fn steps_that_look_at_one_record_commute_with_cutting() {
    check!(map);
    check!(filter flat_map);
    check!(flat_map map filter try_map);
    check!(try_map flat_map try_map);
    check!(flat_map flat_map filter filter);
}

#[test]
fn without_a_key_state_begins_anew_in_each_batch() {
    check!(scan);
    check!(filter scan map);
    check!(scan flat_map scan);
    check!(try_map scan filter reduce);
    check!(reduce);
    check!(flat_map reduce map);
    check!(reduce reduce);
    check!(reduce scan);
}

#[test]
fn by_key_state_runs_through_all_batches() {
    check!(key_by scan);
    check!(map key_by scan filter scan);
    check!(flat_map key_by filter scan try_map);
    check!(scan key_by scan);
    check!(key_by scan key_by scan);
    check!(key_by scan reduce);
    check!(key_by reduce scan);
}

#[test]
fn a_key_goes_with_its_values() {
    check!(key_by reduce);
    check_groups!(key_by);
    check_groups!(map key_by map filter flat_map);
    check_groups!(key_by flat_map try_map scan);
    check_groups!(key_by map key_by reduce);
    check_groups!(reduce key_by);
    check_groups!(scan key_by reduce map scan);
}
