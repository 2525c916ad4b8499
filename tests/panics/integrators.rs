//! A panic in any method of an integrator.

use super::{Case, check};
use microbatch::prelude::*;

/// Panics in one of its methods; its state is the last record.
struct Last<'c, 'e>(&'c Case<'e>, &'static str);

impl Last<'_, '_> {
    fn boom(&self, method: &str, n: u64) {
        if self.1 == method {
            self.0.boom(n);
        }
    }
}

impl Integrator<u64> for Last<'_, '_> {
    type State = u64;
    type Output = u64;
    fn arrival(&self) -> Arrival {
        self.boom("arrival", 20);
        Arrival::InOrder
    }
    fn exact(&self) -> bool {
        self.boom("exact", 20);
        true
    }
    fn init(&self) -> u64 {
        self.boom("init", 20);
        0
    }
    fn fold(&self, state: &mut u64, value: u64) {
        self.boom("fold", value);
        *state = value;
    }
    fn merge(&self, state: &mut u64, other: u64) {
        self.boom("merge", 20);
        *state = other;
    }
    fn seal(&self, state: &mut u64) {
        self.boom("seal", *state);
    }
    fn weight(&self, _: &u64) -> usize {
        self.boom("weight", 20);
        // Heavy: combined inside the pool.
        100_000
    }
    fn combine(&self, states: Vec<u64>) -> u64 {
        self.boom("combine", 20);
        states.into_iter().reduce(|mut a, b| (self.merge(&mut a, b), a).1).unwrap_or_default()
    }
    fn finish(&self, state: u64) -> u64 {
        self.boom("finish", 20);
        state
    }
}

#[test]
fn in_an_integrator() {
    check("init", 0, |c| c.end(over!(c).integrator(Last(c, "init"))));
    check("init of no record", 0, |c| {
        c.end(Pipeline::over(0..0u64).on(c.engine).accumulate(|| c.payload.throw(), |_: &mut (), _| (), |_, _| ()))
    });
    check("fold", 5, |c| c.end(over!(c).integrator(Last(c, "fold"))));
    check("fold by key", 5, |c| c.end(over!(c).key_by(|n| n % 2).integrator(Last(c, "fold"))));
    check("seal", 9, |c| c.end(over!(c).integrator(Last(c, "seal"))));
    check("merge", 9, |c| c.end(over!(c).integrator(Last(c, "merge"))));
    check("merge by key", 9, |c| c.end(over!(c).key_by(|n| n % 2).integrator(Last(c, "merge"))));
    check("combine", 9, |c| c.end(over!(c).integrator(Last(c, "combine"))));
    check("finish", 9, |c| c.end(over!(c).integrator(Last(c, "finish"))));
    check("finish by key", 9, |c| c.end(over!(c).key_by(|n| n % 2).integrator(Last(c, "finish"))));
    check("inside a tuple", 5, |c| c.end(over!(c).integrator((Sum, Last(c, "fold")))));
    check("accumulate", 5, |c| c.end(over!(c).accumulate(|| 0, |_, n| _ = c.boom(n), |_, _| ())));
    check("accumulate's merge", 9, |c| c.end(over!(c).accumulate(|| 0, |_, _| (), |_, _| c.payload.throw())));
    check("merge as a verb", 9, |c| c.end(over!(c).process(|batch| batch.start).merge(|_, b| (c.boom(b), b).1)));
    check("field", 5, |c| c.end(over!(c).integrator((Field::of(|n: &u64| (c.boom(*n), *n).1, Max), Count))));
    check("a second stage", 5, |c| {
        c.end(
            Pipeline::over(0..40u64)
                .key_by(|n| *n)
                .integrator(Count)
                .then()
                .partitioner(Chunks::of(4))
                .on(c.engine)
                .map(|pane| c.boom(pane.key)),
        )
    });
}

/// The answers about an integrator are asked for outside of any batch.
#[test]
fn in_what_an_integrator_says_of_itself() {
    check("exact", 0, |c| c.end(over!(c).integrator(Last(c, "exact"))));
    check("weight", 9, |c| c.end(over!(c).integrator(Last(c, "weight"))));
    // Only asked where batches do not run in the order of the data.
    check("arrival", 0, |c| c.end(over!(c).scheduler(Priority::by(|task| u64::from(task.seq))).integrator(Last(c, "arrival"))));
}

#[test]
fn in_a_merge_inside_a_lane() {
    // 300 batches are 100 lanes of three: batches 198 to 200 are one.
    check("merge", 200, |c| {
        let merge = |all: &mut u64, more: u64| {
            (
                if more == 200 {
                    c.payload.throw()
                },
                *all = more,
            )
                .1
        };
        c.end(Pipeline::over(0..300u64).partitioner(Chunks::of(1)).on(c.engine).accumulate(|| 0, |all, n| *all = n, merge))
    });
}
