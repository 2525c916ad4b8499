//! The same jobs under each policy of an engine, on one thread: in which order they are served, and how long they take on average, as a table;
//! and when each of their batches ran, as a picture.
//!
//! `cargo run --example schedulers`

use microbatch::prelude::*;
use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Name, batches, records in each (a tenth of a millisecond a record), priority, deadline in milliseconds.
type Job = (char, u32, u32, u8, u64);
const JOBS: [Job; 4] = [('L', 6, 40, 0, 300), ('M', 4, 20, 0, 200), ('S', 3, 5, 0, 250), ('u', 2, 10, 9, 60_000)];

/// A batch that ran: of which job, from when to when.
type Ran = (char, Instant, Instant);

/// Runs one job; the log gets each batch.
fn run(engine: &Engine, log: &Mutex<Vec<Ran>>, (name, batches, records, priority, deadline): Job) -> Duration {
    let began = Instant::now();
    let work = |batch: std::ops::Range<u32>| {
        let began = Instant::now();
        std::thread::sleep(Duration::from_micros(100) * (batch.end - batch.start));
        log.lock().unwrap().push((name, began, Instant::now()));
    };
    let over = Pipeline::over(0..batches * records).partitioner(Chunks::of(records as usize)).on(engine).priority(priority);
    over.process(work).integrator(Count).deadline(Duration::from_millis(deadline)).try_run().unwrap();
    began.elapsed()
}

/// The batches in the order in which they ran, and the mean response time of the jobs: all come while another one holds the thread.
fn served(engine: &Engine) -> (Vec<Ran>, Duration) {
    let (log, is_held) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let hold = |_| {
        is_held.store(true, Ordering::Release);
        while engine.waiting_runs() < JOBS.len() {
            std::thread::yield_now();
        }
    };
    let all = std::thread::scope(|callers| {
        callers.spawn(|| Pipeline::over(0..1u8).on(engine).process(hold).run());
        while !is_held.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        let started = JOBS.iter().enumerate().map(|(before, job)| {
            let caller = callers.spawn(|| run(engine, &log, *job));
            while engine.waiting_runs() <= before {
                std::thread::yield_now();
            }
            caller
        });
        started.collect::<Vec<_>>().into_iter().map(|caller| caller.join().unwrap()).sum::<Duration>()
    });
    (log.into_inner().unwrap(), all / JOBS.len() as u32)
}

/// How many characters stand for the longest of the runs.
const COLUMNS: u32 = 72;

/// How long it took from the first batch to the last.
fn span(ran: &[Ran]) -> Duration {
    ran.last().map_or(Duration::ZERO, |last| last.2 - ran[0].1)
}

/// A character for each `column` of time: the name of a job where a batch of it begins, then dashes to its end.
fn drawn(ran: &[Ran], column: Duration) -> String {
    let place = |at: Instant| ((at - ran[0].1).as_secs_f64() / column.as_secs_f64()).round() as usize;
    let mut line = vec![' '; COLUMNS as usize + 1];
    for (name, began, ended) in ran {
        line[place(*began)..place(*ended)].fill('-');
        line[place(*began)] = *name;
    }
    line.into_iter().collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let policies: [(&str, Box<dyn Scheduler>); 6] = [
        ("Fcfs", Box::new(Fcfs)),
        ("Sjf::pure()", Box::new(Sjf::pure())),
        ("Priority::strict()", Box::new(Priority::strict())),
        ("Deadline", Box::new(Deadline::new())),
        ("LongestFirst", Box::new(LongestFirst)),
        ("Fair", Box::new(Fair::new())),
    ];
    println!("| policy | order of the batches | mean response |\n|---|---|---|");
    let mut runs = Vec::new();
    for (name, policy) in policies {
        let engine = Engine::builder().threads(1).scheduler(policy).build()?;
        let (ran, mean) = served(&engine);
        let order: String = ran.iter().map(|(name, ..)| *name).collect();
        println!("| {name} | {order} | {mean:.1?} |");
        assert_eq!(order.len(), 15, "each batch once");
        match name {
            "Fcfs" => assert_eq!(order, "LLLLLLMMMMSSSuu"),
            "Priority::strict()" => assert_eq!(&order[..2], "uu"),
            "Deadline" => assert_eq!(order, "MMMMSSSLLLLLLuu"),
            _ => {}
        }
        runs.push((name, ran));
    }
    let longest = runs.iter().map(|(_, ran)| span(ran)).max().unwrap_or_default();
    println!("\nWhen each batch ran; a column is {:.1?}:", longest / COLUMNS);
    runs.iter().for_each(|(name, ran)| println!("{name:>18} {}", drawn(ran, longest / COLUMNS)));
    println!("{:>18} 0{:>width$.0?}", "", longest, width = COLUMNS as usize - 1);
    Ok(())
}
