//! The twenty most frequent words of a novel.
//!
//! `cargo run --release --example word_count`, or `-- path/to/a.txt`.

use microbatch::prelude::*;
use std::error::Error;

const NOVEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/moby-dick.txt");

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| NOVEL.to_string());
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;

    let letters = |c: char| !c.is_alphabetic() && c != '\'';
    let (counts, stats) = Pipeline::over(Lines::of(&text))
        .flat_map(|line| line.split(letters))
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .key_by(|word| word.to_lowercase())
        .integrator(Count)
        .run_with_stats();

    let words: u64 = counts.iter().map(|(_, count)| count).sum();
    println!("{words} words, {} different ones", counts.len());
    let entries: Vec<(String, u64)> = counts.into_sorted();
    for (word, count) in Pipeline::over(&entries).top_by_key(20, |entry| entry.1).run() {
        println!("{word:<8}{count:>7}{:>7.2} %", *count as f64 * 100.0 / words as f64);
    }
    println!("\n{stats}");
    Ok(())
}
