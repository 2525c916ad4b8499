//! What is computed of the values of a key, as one writes it by hand.

/// The state of a key.
pub trait State<V>: Default + Send {
    fn fold(&mut self, value: V);
    fn merge(&mut self, other: Self);
    /// What its result adds to a checksum.
    fn digest(&self) -> u64;
}

macro_rules! sums {
    ($($number:ty, $digest:expr);*) => { $(
        impl State<$number> for $number {
            #[inline]
            fn fold(&mut self, value: $number) {
                *self += value;
            }

            #[inline]
            fn merge(&mut self, other: $number) {
                *self += other;
            }

            fn digest(&self) -> u64 {
                $digest(*self)
            }
        }
    )* };
}

sums!(u64, u64::from; f64, f64::to_bits);

#[derive(Default)]
pub struct Average {
    sum: u64,
    count: u64,
}

impl State<u64> for Average {
    #[inline]
    fn fold(&mut self, value: u64) {
        self.sum += value;
        self.count += 1;
    }

    #[inline]
    fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn digest(&self) -> u64 {
        of_average(self.sum as f64 / self.count as f64, self.count)
    }
}

pub fn of_average(mean: f64, count: u64) -> u64 {
    mean.to_bits().wrapping_add(count)
}

pub struct Extent {
    least: u64,
    greatest: u64,
}

impl Default for Extent {
    fn default() -> Self {
        Extent { least: u64::MAX, greatest: 0 }
    }
}

impl State<u64> for Extent {
    #[inline]
    fn fold(&mut self, value: u64) {
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    #[inline]
    fn merge(&mut self, other: Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    fn digest(&self) -> u64 {
        of_extent(self.least, self.greatest)
    }
}

pub fn of_extent(least: u64, greatest: u64) -> u64 {
    least.wrapping_mul(31).wrapping_add(greatest)
}

/// The `K` greatest, greatest first: of so few, the place is found by going through them.
#[derive(Default)]
pub struct Best<const K: usize>(Vec<u64>);

impl<const K: usize> State<u64> for Best<K> {
    #[inline]
    fn fold(&mut self, value: u64) {
        if self.0.len() == K {
            if value <= self.0[K - 1] {
                return;
            }
            self.0.pop();
        }
        let place = self.0.iter().position(|known| *known < value).unwrap_or(self.0.len());
        self.0.insert(place, value);
    }

    fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|value| self.fold(value));
    }

    fn digest(&self) -> u64 {
        of_best(&self.0)
    }
}

pub fn of_best(values: &[u64]) -> u64 {
    values.iter().fold(values.len() as u64, |all, value| all.rotate_left(7) ^ value)
}

/// How many, their sum, and that of their squares: what a standard deviation takes.
#[derive(Default)]
pub struct Moments {
    count: u64,
    sum: u64,
    squares: u64,
}

impl State<u64> for Moments {
    #[inline]
    fn fold(&mut self, value: u64) {
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
    }

    #[inline]
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    fn digest(&self) -> u64 {
        self.count ^ self.sum.rotate_left(20) ^ self.squares.rotate_left(40)
    }
}
