//! The laws of integrators, for every built-in one.

mod props;

use microbatch::prelude::*;
use props::holds;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use std::fmt::Debug;
use std::time::Duration;

/// Folds each part into a state of its own.
fn states<T: Clone, I: Integrator<T>>(integrator: &I, parts: &[&[T]]) -> Vec<I::State> {
    parts.iter().map(|part| folded(integrator, part)).collect()
}

fn folded<T: Clone, I: Integrator<T>>(integrator: &I, values: &[T]) -> I::State {
    let mut state = integrator.init();
    values.iter().for_each(|value| integrator.fold(&mut state, value.clone()));
    state
}

fn merged<T, I: Integrator<T>>(integrator: &I, mut first: I::State, second: I::State) -> I::State {
    integrator.merge(&mut first, second);
    first
}

fn sealed<T, I: Integrator<T>>(integrator: &I, mut state: I::State) -> I::State {
    integrator.seal(&mut state);
    state
}

/// All laws, on values split anywhere into up to four parts. `same` compares where merging in other groups may round; an integrator that
/// says it is exact must give equal results.
fn check_with<T, I>(integrator: I, values: impl Strategy<Value = T>, same: fn(&I::Output, &I::Output) -> bool)
where
    T: Clone + Debug,
    I: Integrator<T, Output: Debug>,
{
    let exact = integrator.exact();
    holds(0, 200, &(vec(values, 0..150), any::<[u16; 3]>()), |(values, cuts)| {
        let mut cuts = cuts.map(|cut| usize::from(cut) % (values.len() + 1));
        cuts.sort();
        let [a, b, c] = cuts;
        let parts = [&values[..a], &values[a..b], &values[b..c], &values[c..]];
        let whole = || folded(&integrator, &values);
        let expected = integrator.finish(whole());
        let is = |law: &str, state: I::State| {
            let output = integrator.finish(state);
            let equal = if exact { format!("{output:?}") == format!("{expected:?}") } else { same(&output, &expected) };
            assert!(equal, "{law}: {output:?} is not {expected:?}");
        };
        is("init before", merged(&integrator, integrator.init(), whole()));
        is("init after", merged(&integrator, whole(), integrator.init()));
        is("seal", sealed(&integrator, whole()));
        let four = || states(&integrator, &parts);
        let in_turn = |states: Vec<I::State>| states.into_iter().reduce(|first, second| merged(&integrator, first, second)).unwrap();
        is("split, merged from the left", in_turn(four()));
        let from_the_right = four().into_iter().rev().reduce(|second, first| merged(&integrator, first, second)).unwrap();
        is("split, merged from the right", from_the_right);
        is("combine", integrator.combine(four()));
        let seal = |states: Vec<I::State>| states.into_iter().map(|state| sealed(&integrator, state)).collect::<Vec<_>>();
        is("combine after seal", integrator.combine(seal(four())));
        is("merge after seal", in_turn(seal(four())));
        is("combine of one", integrator.combine(vec![whole()]));
        if let Some(end) = values.get(c..) {
            // What folds on where others were merged.
            let mut state = in_turn(states(&integrator, &parts[..3]));
            end.iter().for_each(|value| integrator.fold(&mut state, value.clone()));
            is("fold after merge", state);
        }
        let first = || folded(&integrator, &values[..b]);
        if let Some(rest) = integrator.without(merged(&integrator, first(), whole()), &first()) {
            is("what came first is taken out", rest);
        }
        if integrator.arrival() == Arrival::Any {
            let backwards = four().into_iter().rev().reduce(|second, first| merged(&integrator, second, first)).unwrap();
            is("merged backwards", backwards);
            let mut reversed = values.clone();
            reversed.reverse();
            is("folded backwards", folded(&integrator, &reversed));
        }
        let none = integrator.finish(integrator.combine(Vec::new()));
        assert_eq!(format!("{none:?}"), format!("{:?}", integrator.finish(integrator.init())));
    });
}

/// For integrators whose results are equal in whatever groups they were merged, whether they say so or not.
fn check<T, I>(integrator: I, values: impl Strategy<Value = T>)
where
    T: Clone + Debug,
    I: Integrator<T, Output: Debug + PartialEq>,
{
    check_with(integrator, values, |a, b| a == b);
}

fn near(a: &f64, b: &f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-6 * (1.0 + a.abs())
}

/// A value, and something to tell equal ones apart.
fn tied() -> impl Strategy<Value = (i32, u32)> {
    (-3i32..4, any::<u32>())
}

type Tied = (i32, u32);

fn number() -> impl Strategy<Value = i64> {
    -1_000_000i64..1_000_000
}

fn float() -> impl Strategy<Value = f64> {
    -1e6..1e6f64
}

#[test]
fn sums_obey() {
    check(Sum, 0u8..2);
    check(Sum, 0u64..u64::from(u32::MAX));
    check(Sum, number());
    check(Sum, (0u64..1 << 40).prop_map(Duration::from_nanos));
    check(Sum, 0u128..1 << 100);
    check_with(Sum, float(), near);
    check_with(Sum, (-1000i16..1000).prop_map(f32::from), |a, b| a == b);
}

#[test]
fn counts_and_means_obey() {
    check(Count, any::<String>());
    check_with(Mean, number(), near);
    check_with(Mean, float(), near);
    check_with(Mean, any::<u8>(), near);
}

#[test]
fn extremes_obey() {
    check(Min, number());
    check(Max, number());
    // Which of equal ones it is shows in the second field.
    check(Field::of(|t: &Tied| Cased(t.0, t.1), Min), tied());
    check(Field::of(|t: &Tied| Cased(t.0, t.1), Max), tied());
}

/// Ordered by the first field alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cased(i32, u32);

impl Ord for Cased {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Cased {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[test]
fn what_keeps_values_obeys() {
    check(Collect, number());
    check(Sort, number());
    check(Sort, tied().prop_map(|t| Cased(t.0, t.1)));
    check(Sort::by_key(|t: &Tied| t.0), tied());
    for k in [0, 1, 2, 10, 1000, usize::MAX] {
        check(TopK::by_key(k, |t: &Tied| t.0), tied());
        check(TopK::by_key(k, |n: &i64| *n), number());
    }
}

#[test]
fn closures_obey() {
    check(Accumulate::new(|| 0i64, |sum, x: i64| *sum += x, |sum, other| *sum += other), number());
    check_with(Accumulate::new(|| 0.0, |sum, x: f64| *sum += x, |sum, other| *sum += other), float(), near);
    check(Merge::new(|a: String, b: String| a + &b), any::<String>());
    check(Merge::new(|a: i64, b: i64| a.max(b)), number());
    check(Field::of(|t: &Tied| t.1, Max), tied());
    check(Field::of(|t: &Tied| i64::from(t.0), Sum), tied());
}

#[test]
fn tuples_obey() {
    let top = || TopK::by_key(3, |n: &i64| *n);
    let concat = || Field::of(|n: &i64| n.to_string(), Merge::new(|a: String, b: String| a + &b));
    check((Sum, Count), number());
    check((Count, Min, Collect), number());
    check((Sum, Count, Min, Max), number());
    check((Sum, Sort, Min, Max, Collect), number());
    check((Sum, Count, Min, Max, top(), concat()), number());
    check((Sum, Count, Min, Max, top(), Sort, Collect), number());
    check((Sum, Count, Min, Max, top(), Sort, Collect, concat()), number());
    check(((Sum, Count), (Min, (Max, Sort))), number());
    check_with((Sum, Mean), float(), |a, b| near(&a.0, &b.0) && near(&a.1, &b.1));
}

#[test]
fn pointers_to_integrators_obey() {
    check(Box::new(Sort), number());
    let top = &TopK::by_key(3, |n: &i64| *n);
    check(top, number());
    check(std::sync::Arc::new((Collect, Sum)), number());
    let chosen: Box<dyn Integrator<i64, State = i64, Output = i64>> = Box::new(Sum);
    check(chosen, number());
}

/// A user's own: how many values are below, inside and above a range.
struct Spread(i64, i64);

impl Integrator<i64> for Spread {
    type State = [u64; 3];
    type Output = [u64; 3];

    fn exact(&self) -> bool {
        true
    }

    fn init(&self) -> [u64; 3] {
        [0; 3]
    }

    fn fold(&self, state: &mut [u64; 3], value: i64) {
        state[usize::from(value >= self.0) + usize::from(value > self.1)] += 1;
    }

    fn merge(&self, state: &mut [u64; 3], other: [u64; 3]) {
        state.iter_mut().zip(other).for_each(|(n, more)| *n += more);
    }

    fn finish(&self, state: [u64; 3]) -> [u64; 3] {
        state
    }
}

#[test]
fn an_integrator_of_the_users_own_obeys() {
    check(Spread(-1000, 1000), number());
    check((Spread(0, 10), Sum), number());
}

#[test]
fn they_say_truly_what_they_promise() {
    fn of<T, I: Integrator<T>>(integrator: &I, _: T) -> (Arrival, bool) {
        (integrator.arrival(), integrator.exact())
    }
    assert_eq!(of(&Sum, 1u8), (Arrival::Any, true));
    assert_eq!(of(&Sum, &1i64), (Arrival::Any, true));
    assert_eq!(of(&Sum, Duration::ZERO), (Arrival::Any, true));
    assert_eq!(of(&Sum, &0.5), (Arrival::Any, false));
    assert_eq!(of(&Count, ()), (Arrival::Any, true));
    assert_eq!(of(&Mean, 1u8), (Arrival::Any, true));
    assert_eq!(of(&Mean, 1.0f32), (Arrival::Any, false));
    assert_eq!(of(&Collect, ()), (Arrival::InOrder, true));
    assert_eq!(of(&Sort, 1), (Arrival::InOrder, true));
    assert_eq!(of(&TopK::by_key(1, |n: &u8| *n), 1u8), (Arrival::InOrder, true));
    assert_eq!(of(&Merge::new(|a: u8, _| a), 1u8), (Arrival::InOrder, false));
    assert_eq!(of(&(Sum, Count), 1u8), (Arrival::Any, true));
    assert_eq!(of(&(Sum, Mean), 1u8), (Arrival::Any, true));
    assert_eq!(of(&(Sum, Mean), 1.0f64), (Arrival::Any, false));
    assert_eq!(of(&(Sum, Collect), 1u8), (Arrival::InOrder, true));
    assert_eq!(of(&Field::of(|n: &u8| f64::from(*n), Sum), 1u8), (Arrival::Any, false));
}

#[test]
fn the_greatest_are_the_earliest_of_equal_ones() {
    let words = ["bb", "aa", "c", "dd", "eee", "ff"];
    let longest = |k| Pipeline::over(&words).partitioner(Chunks::of(2)).copied().top_by_key(k, |w| w.len()).run();
    assert_eq!(longest(0), [""; 0]);
    assert_eq!(longest(1), ["eee"]);
    assert_eq!(longest(3), ["eee", "bb", "aa"]);
    assert_eq!(longest(usize::MAX), ["eee", "bb", "aa", "dd", "ff", "c"]);
}

/// More than one thread sorts, as the engine does it: inside a pool, with states that hold nothing among them.
#[test]
fn large_sorted_states_combine_in_a_pool() {
    check_large(&[50_000, 50_000, 50_000], true);
    check_large(&[1, 100_000], true);
    check_large(&[0, 70_000, 0, 70_000, 0], true);
    check_large(&[0, 70_000], true);
}

/// `combine` is a law of its own: a wrapper may leave `seal` to its default.
#[test]
fn large_states_that_were_not_sealed_combine_in_a_pool() {
    check_large(&[50_000, 50_000, 50_000], false);
    check_large(&[0, 70_000, 0], false);
}

fn check_large(lengths: &[u32], seal: bool) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let sort = Sort::by_key(|t: &(u32, u32)| t.0);
    let total: u32 = lengths.iter().sum();
    // A few hundred keys in no order, each many times; the second field is the place.
    let values: Vec<(u32, u32)> = (0..total).map(|n| (n.wrapping_mul(2_654_435_761) >> 23, n)).collect();
    let mut rest = &values[..];
    let mut states = Vec::new();
    for length in lengths {
        let (part, after) = rest.split_at(*length as usize);
        let state = folded(&sort, part);
        states.push(if seal { sealed(&sort, state) } else { state });
        rest = after;
    }
    let output = sort.finish(pool.install(|| sort.combine(states)));
    let mut expected = values.clone();
    expected.sort_by_key(|value| value.0);
    assert!(output == expected, "{lengths:?}, {seal}: not sorted, or not stable");
}

/// A batch of which nothing was left made `Sort` panic: cutting an empty piece stepped by 0.
#[test]
fn sorting_bears_batches_of_which_nothing_is_left() {
    let engine = Engine::builder().threads(2).build().unwrap();
    let sorted = Pipeline::over(0..200_000u32).filter(|n| *n >= 5_000).sort().on(&engine).run();
    assert!(sorted == (5_000..200_000).collect::<Vec<_>>());
}
