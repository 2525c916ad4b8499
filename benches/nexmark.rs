//! The queries of Nexmark over events in memory, against plain sequential programs over the same events.
//!
//! `cargo bench --bench nexmark` for all queries, `-- q5 q7` for some, `-- --test` for a trial. Every answer is checked; medians of several
//! rounds, in turn in one process. Records are borrowed from the events, which are made before the clock starts; in
//! one column they are copies of their own, made before it too, that the queries drop.

mod nexmark {
    pub mod answer;
    pub mod events;
    pub mod measure;
    pub mod q0;
    pub mod q1;
    pub mod q2;
    pub mod q3;
    pub mod q4;
    pub mod q5;
    pub mod q6;
    pub mod q7;
    pub mod q8;
    pub mod record;
    pub mod winners;
}
#[path = "streams/ready.rs"]
mod ready;

use nexmark::measure::measure;
use nexmark::*;

const EVENTS: usize = 5_000_000;
const TRIAL: usize = 50;
const ROUNDS: usize = 5;

fn main() {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let (scale, rounds) = if flags.iter().any(|flag| flag == "--test") { (TRIAL, 1) } else { (1, ROUNDS) };
    let events = events::make(EVENTS / scale);
    println!(
        "Million events a second. The last column is what renoir is known to do on 2 cores of another machine, with records of its own.\n"
    );
    println!("| query | micro-batches of 64 Ki | of 4 Ki | of 64 Ki, owned | sequential | renoir, published |\n|---|---|---|---|---|---|");
    macro_rules! table {
        ($($query:ident $(<$slide:literal, $slides:literal>)?: $name:literal, $renoir:literal;)*) => { $(
            if words.is_empty() || words.iter().any(|word| word == stringify!($query)) {
                let name = format!("{}: {}", stringify!($query), $name);
                let sequential = $query::sequential$(::<$slide, $slides>)?;
                measure(
                    &name,
                    $renoir,
                    &events,
                    rounds,
                    $query::stream$(::<_, $slide, $slides>)?,
                    $query::stream$(::<_, $slide, $slides>)?,
                    sequential,
                );
            }
        )* };
    }
    table! {
        q0: "pass through", "18";
        q1: "currency conversion", "17";
        q2: "selection", "15";
        q3: "local item suggestion", "";
        q4: "average price by category", "";
        q5<2, 5>: "hot items, 10 s by 2 s", "4.6";
        q5<1, 60>: "hot items, 60 s by 1 s", "";
        q6: "average selling price by seller", "";
        q7: "highest bid", "12.4";
        q8: "new users", "";
    }
}
