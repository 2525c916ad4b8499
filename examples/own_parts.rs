//! Parts of one's own: a partitioner by day, a processor that makes a histogram, an integrator that merges histograms.
//!
//! `cargo run --example own_parts`

use microbatch::prelude::*;
use std::convert::Infallible;

const FLIGHTS: &str = include_str!("data/flights-2013-01.csv");

/// Day of the month, and minutes of delay.
type Departure = (u8, i32);

/// Consecutive records of one day make a batch.
struct ByDay;

impl<'a> Partitioner<&'a [Departure]> for ByDay {
    type Batch = &'a [Departure];

    fn partition(&self, data: &'a [Departure], _workers: usize) -> Vec<Part<&'a [Departure]>> {
        data.chunk_by(|a, b| a.0 == b.0).map(|batch| Part { partition: u32::from(batch[0].0), records: batch.len(), batch }).collect()
    }
}

/// How many delays fall between a power of two minutes and the next; the first bin is of those on time.
type Histogram = [u64; 12];

struct Bins;

impl<'a> Processor<&'a [Departure]> for Bins {
    type Output = Histogram;
    type Error = Infallible;

    fn process(&self, batch: &'a [Departure]) -> Result<Histogram, Infallible> {
        let mut bins = [0; 12];
        for (_, delay) in batch {
            bins[(32 - (*delay).max(0).leading_zeros() as usize).min(11)] += 1;
        }
        Ok(bins)
    }
}

struct Merged;

impl Integrator<Histogram> for Merged {
    type State = Histogram;
    type Output = Histogram;

    fn exact(&self) -> bool {
        true
    }

    fn init(&self) -> Histogram {
        [0; 12]
    }

    fn fold(&self, state: &mut Histogram, value: Histogram) {
        self.merge(state, value);
    }

    fn merge(&self, state: &mut Histogram, other: Histogram) {
        state.iter_mut().zip(other).for_each(|(bin, more)| *bin += more);
    }

    fn finish(&self, state: Histogram) -> Histogram {
        state
    }
}

fn main() {
    let departure = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(5)?.parse().ok()?))
    };
    let departures: Vec<Departure> = Pipeline::over(Lines::of(FLIGHTS)).flat_map(departure).run();
    let pipeline = Pipeline::over(&departures).partitioner(ByDay).processor(Bins).integrator(Merged);
    let (histogram, stats) = pipeline.run_with_stats();

    let most = histogram.iter().max().copied().unwrap_or(1);
    for (bin, count) in histogram.into_iter().enumerate() {
        let label = if bin == 0 { "on time".to_string() } else { format!("{} min or more", 1 << (bin - 1)) };
        println!("{label:<18}{count:>7} {}", "#".repeat((count * 60 / most) as usize));
    }
    println!("\n{stats}");
    assert_eq!(histogram.iter().sum::<u64>(), departures.len() as u64);
}
