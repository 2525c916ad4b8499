//! A month of flights out of New York: who is late, the longest delays, the busiest routes.
//!
//! `cargo run --release --example flights`, or `-- path/to/another.csv` with the same columns.

use microbatch::prelude::*;
use std::error::Error;
use std::fs::read_to_string;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/");

struct Flight<'t> {
    date: [&'t str; 3],
    carrier: &'t str,
    number: &'t str,
    route: (&'t str, &'t str),
    /// Minutes; none of a flight that did not depart.
    delay: Option<i32>,
}

impl<'t> Flight<'t> {
    fn parse(line: &'t str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split(',').collect();
        let [year, month, day, _, _, delay, _, carrier, number, _, origin, dest, ..] = fields[..] else {
            return Err(format!("{} columns where there should be 15", fields.len()));
        };
        let delay = match delay {
            "" | "NA" => None,
            minutes => Some(minutes.parse().map_err(|e| format!("departure delay `{minutes}`: {e}"))?),
        };
        Ok(Flight { date: [year, month, day], carrier, number, route: (origin, dest), delay })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| format!("{DATA}flights-2013-01.csv"));
    let text = read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let names = read_to_string(format!("{DATA}airlines.csv"))?;
    let names = Pipeline::over(Lines::of(&names)).flat_map(|line| line.split_once(',')).key_by(|name| name.0).map(|name| name.1);
    let names = names.integrator(Max).run();

    let rows = text.split_once('\n').map_or("", |(_header, rows)| rows);
    let (flights, stats) = Pipeline::over(Lines::of(rows))
        .try_map(Flight::parse)
        .dead_letter(|letter| eprintln!("line {}: {}", letter.position + 2, letter.error))
        .try_run_with_stats()?;

    let all = Pipeline::over(&flights).key_by(|f| f.carrier).integrator(Count).run();
    let departed = || Pipeline::over(&flights).filter(|f| f.delay.is_some());
    let delay = |f: &Flight| f.delay.unwrap_or(0);
    let late = |f: &Flight| if f.delay > Some(15) { 100.0 } else { 0.0 };
    let by_carrier =
        departed().key_by(|f| f.carrier).integrator((Field::of(delay, Mean), Field::of(delay, Max), Field::of(late, Mean))).run();
    println!("{:<28}{:>8}{:>12}{:>13}{:>10}", "carrier", "flights", "mean delay", "worst delay", "over 15");
    for (carrier, flights) in all.into_sorted() {
        let name = names.get(carrier).copied().flatten().unwrap_or(carrier);
        match by_carrier.get(carrier) {
            Some((mean, Some(worst), late)) => println!("{name:<28}{flights:>8}{mean:>8.1} min{worst:>9} min{late:>8.1} %"),
            _ => println!("{name:<28}{flights:>8}  none departed"),
        }
    }

    println!("\nthe ten longest delays");
    for f in departed().top_by_key(10, |f| f.delay).run() {
        let Flight { date, carrier, number, route: (origin, dest), .. } = f;
        println!("{}-{:0>2}-{:0>2}  {carrier}{number:<6}{origin} to {dest}{:>6} min", date[0], date[1], date[2], delay(f));
    }

    println!("\nthe busiest routes");
    let routes = Pipeline::over(&flights).key_by(|f| f.route).integrator(Count);
    for route in routes.then().top_by_key(10, |pane| pane.value).run() {
        println!("{} to {}{:>7} flights", route.key.0, route.key.1, route.value);
    }
    println!("\n{stats}");
    Ok(())
}
