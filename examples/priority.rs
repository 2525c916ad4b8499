//! A policy of one's own decides what runs first: flights by airport, the busiest airport last, or a chosen one first.
//!
//! `cargo run --example priority`

use microbatch::prelude::*;
use std::error::Error;
use std::sync::Mutex;

const FLIGHTS: &str = include_str!("data/flights-2013-01.csv");
const AIRPORTS: [&str; 3] = ["EWR", "JFK", "LGA"];

/// The batches of one partition go before all others.
struct First {
    partition: u32,
}

impl Scheduler for First {
    fn rank(&self, task: &Task) -> u64 {
        u64::from(task.partition != self.partition)
    }
}

/// The airports in the order in which their batches were run.
fn order(engine: &Engine, rows: &[(&str, &str)], policy: &dyn Scheduler) -> Vec<String> {
    let order = Mutex::new(Vec::new());
    Pipeline::over(rows)
        .partitioner(RangePartitioner::at(["F", "K"], |row: &(&str, &str)| row.0))
        .scheduler(policy)
        .on(engine)
        .process(|batch| order.lock().unwrap().push(format!("{} ({})", batch[0].0, batch.len())))
        .integrator(Count)
        .run();
    order.into_inner().unwrap()
}

fn main() -> Result<(), Box<dyn Error>> {
    let rows = FLIGHTS.lines().skip(1).filter_map(|line| Some((line.split(',').nth(10)?, line)));
    let rows: Vec<(&str, &str)> = rows.collect();
    // One thread, so that the order is exactly that of the ranks.
    let engine = Engine::builder().threads(1).build()?;

    let shown = |name: &str, policy: &dyn Scheduler| {
        let order = order(&engine, &rows, policy);
        println!("{name:<24}{}", order.join(", "));
        order
    };
    shown("first come first served", &Fcfs);
    shown("shortest first", &Sjf::pure());
    shown("longest first", &LongestFirst);
    for (partition, airport) in (0..).zip(AIRPORTS) {
        let order = shown(&format!("{airport} first, a policy"), &First { partition });
        assert!(order[0].starts_with(airport));
    }
    Ok(())
}
