//! Two pipelines on one engine, begun by two threads: a long one, and an urgent one that comes later and goes first.
//!
//! `cargo run --release --example shared_engine --features plot -- timeline.svg`

use microbatch::prelude::*;
use std::error::Error;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

const BATCH: usize = 5_000;

/// Work that takes a while: the length of the Collatz sequence from a number.
fn steps(start: u64) -> u32 {
    let mut number = start + 1;
    let mut steps = 0;
    while number != 1 {
        number = if number.is_multiple_of(2) { number / 2 } else { 3 * number + 1 };
        steps += 1;
    }
    steps
}

/// The longest sequence from a number below `numbers`.
fn longest(engine: &Engine, timeline: &Timeline, name: &'static str, priority: u8, numbers: u64) -> (Option<u32>, RunStats) {
    Pipeline::over(0..numbers)
        .partitioner(Chunks::of(BATCH))
        .on(engine)
        .name(name)
        .priority(priority)
        .observe(timeline)
        .map(steps)
        .integrator(Max)
        .run_with_stats()
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("timeline.svg"), PathBuf::from);
    let timeline = Timeline::new().title("A long pipeline and an urgent one on one engine");
    // The more urgent goes first, however much later it comes.
    let engine = Engine::builder().threads(2).scheduler(Priority::strict()).build()?;

    let (long, urgent) = thread::scope(|scope| {
        let long = scope.spawn(|| longest(&engine, &timeline, "long", 0, 1_000_000));
        let urgent = scope.spawn(|| {
            thread::sleep(Duration::from_millis(20));
            longest(&engine, &timeline, "urgent", 9, 150_000)
        });
        (long.join(), urgent.join())
    });
    for done in [long, urgent] {
        let (steps, stats) = done.map_err(|_| "a pipeline panicked")?;
        assert!(steps > Some(300));
        println!(
            "{:<8}{} batches, waited {:.1?} on average, {:.1?} at most",
            stats.name, stats.batches, stats.queue_wait, stats.longest_wait
        );
    }
    timeline.write_svg(&path)?;
    println!("the picture: {}", path.display());
    Ok(())
}
