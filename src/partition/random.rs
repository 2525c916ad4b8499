use super::deal::{checked, deal};
use crate::stage::{Part, Partitioner};

/// Deals records out at random, evenly: breaks up what the order of the data hides. The same seed deals the same way.
///
/// By SplitMix64 (Steele, Lea and Flood, 2014).
///
/// ```
/// use microbatch::prelude::*;
///
/// let sizes = |seed| {
///     let deal = RandomPartitioner::new(4).seed(seed);
///     Pipeline::over(0..1000u32).partitioner(deal).process(|batch| batch.len()).run()
/// };
/// assert_eq!(sizes(7), sizes(7));
/// assert_eq!(sizes(7).iter().sum::<usize>(), 1000);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RandomPartitioner {
    count: usize,
    seed: u64,
}

impl RandomPartitioner {
    /// Into `count` partitions, with seed 0. Those that get no record make no batch.
    ///
    /// # Panics
    /// If `count` is 0, or more than 1,048,576.
    pub fn new(count: usize) -> Self {
        RandomPartitioner { count: checked(count, "RandomPartitioner"), seed: 0 }
    }

    /// Deals another way. Default 0.
    pub fn seed(self, seed: u64) -> Self {
        RandomPartitioner { seed, ..self }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl<D: IntoIterator<Item: Send>> Partitioner<D> for RandomPartitioner {
    type Batch = Vec<D::Item>;

    fn partition(&self, data: D, _: usize) -> Vec<Part<Vec<D::Item>>> {
        let mut state = self.seed;
        deal(data.into_iter(), self.count, |_| ((u128::from(split_mix(&mut state)) * self.count as u128) >> 64) as usize)
    }

    fn counts(&self) -> bool {
        true
    }
}
