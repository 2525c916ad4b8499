//! Partitioners: what each promises of its cut, over every kind of data, and what it refuses.

mod props;

use microbatch::fixed_hash;
use microbatch::prelude::*;
use props::holds;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::panic::catch_unwind;

/// A record's place in the data, and its key.
type Record = (usize, i16);

/// Cuts data whose records ascend, and checks what every partitioner promises; then the batches with their partitions.
fn cut<D, P>(data: D, partitioner: &P) -> Vec<(u32, Vec<D::Item>)>
where
    D: IntoIterator<Item: Ord + Clone + Debug> + Clone,
    P: Partitioner<D, Batch: IntoIterator<Item = D::Item>>,
{
    let cut = |workers| {
        let parts = partitioner.partition(data.clone(), workers);
        let open = |part: Part<P::Batch>| (part.partition, part.records, part.batch.into_iter().collect::<Vec<_>>());
        parts.into_iter().map(open).collect::<Vec<_>>()
    };
    let parts = cut(1);
    assert_eq!(cut(2), parts, "the number of workers has no influence");
    assert_eq!(cut(64), parts, "the number of workers has no influence");
    let mut all = Vec::new();
    for (_, records, batch) in &parts {
        assert_eq!(*records, batch.len());
        assert!(!batch.is_empty(), "no batch without a record");
        assert!(batch.is_sorted(), "in a batch records keep the order of the data");
        all.extend(batch.iter().cloned());
    }
    assert!(parts.is_sorted_by(|a, b| a.0 < b.0), "partitions ascend");
    all.sort();
    assert_eq!(all, data.into_iter().collect::<Vec<_>>(), "each record in one batch, once");
    parts.into_iter().map(|(partition, _, batch)| (partition, batch)).collect()
}

fn records(keys: Vec<i16>) -> Vec<Record> {
    keys.into_iter().enumerate().collect()
}

/// Keys of which some are equal, few or many.
fn data() -> impl Strategy<Value = Vec<Record>> {
    (0u32..16).prop_flat_map(|bits| vec(any::<i16>().prop_map(move |key| key >> bits), 0..300)).prop_map(records)
}

/// By place and key, so that the cut of borrowed data can be compared with that of owned.
fn owned(parts: Vec<(u32, Vec<&Record>)>) -> Vec<(u32, Vec<Record>)> {
    parts.into_iter().map(|(partition, batch)| (partition, batch.into_iter().copied().collect())).collect()
}

fn partitions_of_keys(parts: &[(u32, Vec<Record>)]) -> HashMap<i16, HashSet<u32>> {
    let mut found: HashMap<i16, HashSet<u32>> = HashMap::new();
    for (partition, batch) in parts {
        batch.iter().for_each(|record| _ = found.entry(record.1).or_default().insert(*partition));
    }
    found
}

#[test]
fn chunks_are_consecutive() {
    holds(0, 500, &(data(), 1usize..400), |(data, size)| {
        let parts = cut(data.clone(), &Chunks::of(size));
        assert_eq!(owned(cut(&data[..], &Chunks::of(size))), parts);
        let expected: Vec<Vec<Record>> = data.chunks(size).map(<[_]>::to_vec).collect();
        assert_eq!(parts.into_iter().map(|(_, batch)| batch).collect::<Vec<_>>(), expected);
        assert_eq!(cut(data.clone(), &Chunks::default()).len(), usize::from(!data.is_empty()));
    });
}

#[test]
fn equal_keys_meet_by_their_hash() {
    holds(0, 500, &(data(), 1usize..100), |(data, count)| {
        let partitioner = HashPartitioner::new(count, |r: &Record| r.1);
        let parts = cut(data.clone(), &partitioner);
        assert_eq!(owned(cut(&data[..], &partitioner)), parts);
        for (key, partitions) in partitions_of_keys(&parts) {
            let place = (u128::from(fixed_hash(&key)) * count as u128) >> 64;
            assert_eq!(partitions, HashSet::from([place as u32]));
        }
    });
    let words = ["a", "bc", ""];
    let strings = words.map(String::from);
    let borrowed = cut_words(&words, &HashPartitioner::new(1000, |w: &&str| *w));
    assert_eq!(borrowed, cut_words(&strings, &HashPartitioner::new(1000, |w: &String| w.clone())));
}

fn cut_words<'a, T>(words: &'a [T], partitioner: &impl Partitioner<&'a [T], Batch = Vec<&'a T>>) -> Vec<(u32, usize)> {
    partitioner.partition(words, 1).into_iter().map(|part| (part.partition, part.records)).collect()
}

#[test]
fn ranges_are_ordered_between_them() {
    holds(0, 500, &(data(), 1usize..100, vec(any::<i16>(), 0..10)), |(data, count, mut bounds)| {
        let sampled = RangePartitioner::new(count, |r: &Record| r.1);
        let parts = cut(data.clone(), &sampled);
        assert_eq!(owned(cut(&data[..], &sampled)), parts);
        assert!(parts.len() <= count);
        check_ranges(&parts);
        bounds.sort();
        let given = RangePartitioner::at(bounds.clone(), |r: &Record| r.1);
        let parts = cut(data.clone(), &given);
        assert_eq!(owned(cut(&data[..], &given)), parts);
        check_ranges(&parts);
        for (partition, batch) in parts {
            // A key equal to a bound belongs above it.
            assert!(batch.iter().all(|record| bounds.iter().filter(|bound| **bound <= record.1).count() == partition as usize));
        }
    });
}

fn check_ranges(parts: &[(u32, Vec<Record>)]) {
    let keys = |batch: &[Record]| batch.iter().map(|record| record.1).collect::<Vec<_>>();
    for pair in parts.windows(2) {
        assert!(keys(&pair[0].1).into_iter().max() < keys(&pair[1].1).into_iter().min());
    }
}

#[test]
fn sampled_ranges_are_of_about_equal_size() {
    let data: Vec<Record> = records((0..20_000u32).map(|n| (n.wrapping_mul(40_503) % 32_749) as i16).collect());
    let parts = cut(data, &RangePartitioner::new(16, |r: &Record| r.1));
    assert_eq!(parts.len(), 16);
    assert!(parts.iter().all(|(_, batch)| (800..1800).contains(&batch.len())));
}

#[test]
fn the_same_seed_deals_the_same_way_another_another() {
    holds(0, 500, &(data(), 1usize..100, any::<u64>()), |(data, count, seed)| {
        let deal = RandomPartitioner::new(count).seed(seed);
        let parts = cut(data.clone(), &deal);
        assert_eq!(owned(cut(&data[..], &deal)), parts);
        assert_eq!(cut(data, &RandomPartitioner::new(count).seed(seed)), parts);
    });
    let deal = |seed| cut(0..10_000u32, &RandomPartitioner::new(10).seed(seed));
    assert_ne!(deal(1), deal(2));
    assert_eq!(deal(0), cut(0..10_000u32, &RandomPartitioner::new(10)));
    assert!(deal(1).iter().all(|(_, batch)| (800..1200).contains(&batch.len())), "evenly");
}

macro_rules! check_ranges_of {
    ($($data:expr),* $(,)?) => { $(
        for size in [1, 2, 7, 255, 256, 257, usize::MAX] {
            cut($data, &Chunks::of(size));
        }
        cut($data, &Chunks::default());
        cut($data, &RandomPartitioner::new(3));
        cut($data, &HashPartitioner::new(3, |n: &_| i128::from(*n)));
        cut($data, &RangePartitioner::new(3, |n: &_| i128::from(*n)));
        cut($data, &RangePartitioner::at([0, 100], |n: &_| i128::from(*n)));
    )* };
}

#[test]
#[allow(clippy::reversed_empty_ranges)]
fn ranges_of_integers_are_cut_to_the_ends_of_their_types() {
    check_ranges_of!(0..0u8, 0..1u8, 0..=0u8, 0..=u8::MAX, 0..u8::MAX, u8::MAX..=u8::MAX, 5..=4u8, 9..2u8);
    check_ranges_of!(i8::MIN..=i8::MAX, i8::MIN..i8::MAX, -1..=1i8, i8::MIN..=i8::MIN, 5..-5i8, i8::MAX..=i8::MIN);
    check_ranges_of!(u16::MAX - 600..=u16::MAX, i16::MIN..=i16::MIN + 600, i16::MAX - 600..i16::MAX);
    check_ranges_of!(u32::MAX - 600..=u32::MAX, i32::MIN..=i32::MIN + 600, i32::MAX - 600..=i32::MAX);
    check_ranges_of!(u64::MAX - 600..=u64::MAX, i64::MIN..i64::MIN + 600, i64::MAX - 600..=i64::MAX, -300..=300i64);
    let mut read = 0..=3u8;
    read.by_ref().for_each(drop);
    assert_eq!(Pipeline::over(read).run(), [0u8; 0], "a range that was read to its end is empty");
}

#[test]
fn whole_types_of_64_bits_are_cut_in_few_batches() {
    let parts = Chunks::default().partition(0..=u64::MAX, 1);
    assert!(parts.len() <= 1 << 21);
    assert_eq!(parts.iter().map(|part| part.records as u128).sum::<u128>(), 1 << 64);
    assert!(parts.windows(2).all(|pair| *pair[0].batch.end() + 1 == *pair[1].batch.start()));
    let halves = Chunks::of(usize::MAX).partition(i64::MIN..=i64::MAX, 1);
    assert_eq!(halves.iter().map(|part| part.batch.clone()).collect::<Vec<_>>(), [i64::MIN..=i64::MAX - 1, i64::MAX..=i64::MAX]);
}

#[test]
fn data_of_extreme_shapes_are_cut_as_any() {
    check_shape(vec![]);
    check_shape(vec![7]);
    check_shape(vec![7; 1000]);
    check_shape((0..1000).collect());
    check_shape((0..1000).rev().collect());
    check_shape(vec![i16::MIN, i16::MAX, 0, i16::MIN, i16::MAX]);
}

fn check_shape(keys: Vec<i16>) {
    let data = records(keys);
    let key = |r: &Record| r.1;
    for count in [1, 2, 3, 1000, 100_000] {
        cut(data.clone(), &Chunks::of(count));
        cut(data.clone(), &RandomPartitioner::new(count));
        cut(data.clone(), &HashPartitioner::new(count, key));
        cut(&data[..], &RangePartitioner::new(count, key));
    }
    cut(data.clone(), &Chunks::of(usize::MAX));
    assert_eq!(cut(data.clone(), &RangePartitioner::at([], key)).len(), usize::from(!data.is_empty()));
    check_ranges(&cut(data.clone(), &RangePartitioner::at([7, 7, 7], key)));
    let constant = cut(data.clone(), &HashPartitioner::new(64, |_: &Record| "the same"));
    assert_eq!(constant.len(), usize::from(!data.is_empty()));
    assert!(cut(data.clone(), &RangePartitioner::new(64, |_: &Record| ())).len() <= 1);
    // The data themselves as the key: the most different keys there can be.
    let all = cut(data.clone(), &RangePartitioner::new(7, |r: &Record| *r));
    assert_eq!(all.into_iter().flat_map(|(_, batch)| batch).collect::<Vec<_>>(), data);
}

#[test]
fn equal_bounds_leave_a_partition_empty() {
    let parts = cut(records(vec![5, 10, 15]), &RangePartitioner::at([10, 10], |r: &Record| r.1));
    assert_eq!(parts, [(0, vec![(0, 5)]), (2, vec![(1, 10), (2, 15)])]);
}

/// What it says when it is built.
fn check_refusal<T>(build: impl FnOnce() -> T + std::panic::UnwindSafe, message: &str) {
    let payload = catch_unwind(build).err().expect("a refusal");
    let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a message");
    assert_eq!(text, message);
}

#[test]
fn what_can_never_cut_is_refused_when_it_is_built() {
    let none = |what| format!("a {what} with 0 partitions has no place for any record: give at least 1");
    let many = |what| format!("a {what} has at most 1048576 partitions, not 4294967296");
    check_refusal(|| Chunks::of(0), "a batch of 0 records never ends the data: give a size of at least 1");
    check_refusal(|| RandomPartitioner::new(0), &none("RandomPartitioner"));
    check_refusal(|| RandomPartitioner::new(1 << 32), &many("RandomPartitioner"));
    check_refusal(|| HashPartitioner::new(0, |r: &Record| r.1), &none("HashPartitioner"));
    check_refusal(|| HashPartitioner::new(1 << 32, |r: &Record| r.1), &many("HashPartitioner"));
    check_refusal(|| RangePartitioner::new(0, |r: &Record| r.1), &none("RangePartitioner"));
    check_refusal(|| RangePartitioner::new(1 << 32, |r: &Record| r.1), &many("RangePartitioner"));
    check_refusal(|| _ = Pipeline::over(0..1u8).partition_by(0, |n| *n), &none("HashPartitioner"));
    check_refusal(|| _ = Pipeline::over(0..1u8).range_by(0, |n| *n), &none("RangePartitioner"));
    let descending = "bound 2 of a RangePartitioner is less than bound 1: give bounds in ascending order";
    check_refusal(|| RangePartitioner::at([1, 5, 4, 9], |r: &Record| r.1), descending);
}
