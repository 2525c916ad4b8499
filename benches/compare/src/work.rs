//! What is to be done, and on which data. Data live until the end of the program, since most rivals ask for `'static`.

use crate::data::{self, Folder};
use std::path::Path;

pub type Row = (u32, u64);

#[derive(Clone, Copy)]
pub enum Work {
    /// The sum of all.
    Sum(&'static [u64]),
    /// A sum a key.
    Keyed(&'static [Row]),
    /// All in ascending order.
    Sort(&'static [u64]),
    /// `3 n + 1` of each, in the order of the data.
    Collect(&'static [u64]),
    /// Those that 3 does not divide, in any order.
    Filter(&'static [u64]),
    /// The ten greatest, greatest first.
    Top(&'static [u64]),
    /// How often each word is in a file. Words are what whitespace leaves.
    Words(&'static Path),
    /// Least, mean, greatest and number of temperatures by station, of a file of `Station;12.3`.
    Stations(&'static Path),
}

impl Work {
    /// As the Python script knows it.
    pub fn verb(self) -> &'static str {
        match self {
            Work::Sum(_) => "sum",
            Work::Keyed(_) => "keyed",
            Work::Sort(_) => "sort",
            Work::Collect(_) => "collect",
            Work::Filter(_) => "filter",
            Work::Top(_) => "top",
            Work::Words(_) => "words",
            Work::Stations(_) => "stations",
        }
    }

    /// The records of data in memory; 0 for files.
    pub fn records(self) -> usize {
        match self {
            Work::Sum(data) | Work::Sort(data) | Work::Collect(data) | Work::Filter(data) | Work::Top(data) => data.len(),
            Work::Keyed(rows) => rows.len(),
            Work::Words(_) | Work::Stations(_) => 0,
        }
    }
}

/// A row of the table: its name, how many of what, and how its data are made.
pub struct Plan {
    pub name: &'static str,
    size: usize,
    make: fn(usize, &Folder) -> Work,
}

impl Plan {
    pub fn make(&self, scale: f64, folder: &Folder) -> Work {
        (self.make)(((self.size as f64 * scale) as usize).max(1), folder)
    }
}

pub const PLANS: [Plan; 12] = [
    Plan { name: "sum, 100 M u64", size: 100_000_000, make: |n, _| Work::Sum(data::small(n)) },
    Plan { name: "sum by key, 20 M rows, 100 keys", size: 20_000_000, make: |n, _| Work::Keyed(data::uniform(n, 100)) },
    Plan { name: "sum by key, 20 M rows, 10 thousand keys", size: 20_000_000, make: |n, _| Work::Keyed(data::uniform(n, 10_000)) },
    Plan { name: "sum by key, 20 M rows, 1 million keys", size: 20_000_000, make: |n, _| Work::Keyed(data::uniform(n, 1_000_000)) },
    Plan { name: "sum by key, 20 M rows, 10 million keys", size: 20_000_000, make: |n, _| Work::Keyed(data::uniform(n, 10_000_000)) },
    Plan { name: "sum by key, 20 M rows, Zipf over 1 million keys", size: 20_000_000, make: |n, _| Work::Keyed(data::zipf(n)) },
    Plan { name: "sort, 20 M u64", size: 20_000_000, make: |n, _| Work::Sort(data::large(n)) },
    Plan { name: "map and collect in order, 20 M", size: 20_000_000, make: |n, _| Work::Collect(data::small(n)) },
    Plan { name: "filter and collect, 20 M", size: 20_000_000, make: |n, _| Work::Filter(data::small(n)) },
    Plan { name: "top 10 of 20 M", size: 20_000_000, make: |n, _| Work::Top(data::large(n)) },
    Plan { name: "word count, a file of 835 MB", size: 700, make: |n, folder| Work::Words(data::novels(n, folder)) },
    Plan { name: "weather by station, a file of 50 M rows", size: 50_000_000, make: |n, folder| Work::Stations(data::weather(n, folder)) },
];
