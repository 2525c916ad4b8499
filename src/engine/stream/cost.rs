use std::time::Duration;

/// What weight a micro-batch has against the one after it.
const DECAY: f64 = 0.98;

/// What micro-batches cost: a + b n, fitted by least squares over those that ran, the more the later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    weight: f64,
    n: f64,
    t: f64,
    nn: f64,
    nt: f64,
}

impl Cost {
    /// A micro-batch of so many records took so long.
    pub(crate) fn learn(&mut self, records: usize, taken: Duration) {
        let (n, t) = (records as f64, taken.as_nanos() as f64);
        for (sum, more) in [(&mut self.weight, 1.0), (&mut self.n, n), (&mut self.t, t), (&mut self.nn, n * n), (&mut self.nt, n * t)] {
            *sum = *sum * DECAY + more;
        }
    }

    /// a, and b in nanoseconds. Where all have been of one size, nothing can be told apart: then all is b.
    pub(crate) fn fit(&self) -> (Duration, f64) {
        if self.n <= 0.0 {
            return (Duration::ZERO, 0.0);
        }
        let spread = self.weight * self.nn - self.n * self.n;
        let slope = (self.weight * self.nt - self.n * self.t) / spread;
        let least = 1e-9 * self.weight * self.nn;
        let b = if spread > least { slope.clamp(0.0, self.t / self.n) } else { self.t / self.n };
        let a = ((self.t - b * self.n) / self.weight).max(0.0);
        (Duration::from_nanos(a as u64), b)
    }
}

#[cfg(test)]
mod tests {
    use super::Cost;
    use std::time::Duration;

    #[test]
    fn both_costs_are_found() {
        let mut cost = Cost::default();
        for n in 1..100 {
            cost.learn(n * 10, Duration::from_nanos(5_000 + 7 * n as u64 * 10));
        }
        let (a, b) = cost.fit();
        assert!((a.as_nanos() as f64 - 5_000.0).abs() < 5.0 && (b - 7.0).abs() < 0.01, "{a:?} {b}");
    }

    #[test]
    fn batches_of_one_size_tell_no_fixed_cost() {
        let mut cost = Cost::default();
        (0..10).for_each(|_| cost.learn(100, Duration::from_nanos(1_000)));
        assert_eq!(cost.fit(), (Duration::ZERO, 10.0));
        assert_eq!(Cost::default().fit(), (Duration::ZERO, 0.0));
    }
}
