//! An ordered parallel map over a lazy iterator, against the same map in a loop.

use crate::medians;
use microbatch::prelude::*;

pub fn table(scale: usize, rounds: usize) {
    println!("| work an item | sequential | stream | factor |\n|---|---|---|---|");
    for work in [50u64, 500, 5_000, 50_000] {
        let items = 100_000_000 / (work + 100) / scale as u64;
        let mut sequential = || (0..items).map(|n| spin(n, work)).fold(0u64, |all, n| all.rotate_left(1) ^ n);
        let mut stream = || Pipeline::stream(0..items).map(move |n| spin(n, work)).into_iter().fold(0u64, |all, n| all.rotate_left(1) ^ n);
        let times = medians(rounds, &mut [&mut sequential, &mut stream]);
        let each = |time: std::time::Duration| time.as_nanos() as f64 / items as f64;
        println!(
            "| {:.2} us | {:.2} us | {:.2} us | {:.2} |",
            each(times[0]) / 1e3,
            each(times[0]) / 1e3,
            each(times[1]) / 1e3,
            times[0].as_secs_f64() / times[1].as_secs_f64()
        );
    }
}

fn spin(mut n: u64, rounds: u64) -> u64 {
    for _ in 0..rounds {
        n = (n ^ (n >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    }
    n
}
