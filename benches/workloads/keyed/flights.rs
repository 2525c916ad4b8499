//! A month of real flights, many times over: each copy of a key lies elsewhere in memory, as in a file that was read.

use super::state::{Average, of_average};
use super::{Visit, against, by_hand, contestant, of_groups};
use microbatch::prelude::*;

const COPIES: usize = 120;

struct Flight<'t> {
    carrier: &'t str,
    tail: &'t str,
    origin: &'t str,
    destination: &'t str,
    miles: u64,
}

impl<'t> Flight<'t> {
    fn parse(line: &'t str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, _, _, _, _, _, _, carrier, _, tail, origin, destination, _, miles, _] = fields[..] else { return None };
        Some(Flight { carrier, tail, origin, destination, miles: miles.parse().ok()? })
    }
}

fn text(scale: usize) -> String {
    include_str!("../../../examples/data/flights-2013-01.csv").repeat((COPIES / scale).max(1))
}

/// The header of each copy is no flight.
fn flights(text: &str) -> Vec<Flight<'_>> {
    text.lines().filter_map(Flight::parse).collect()
}

pub fn by_carrier(scale: usize, name: &str, visit: Visit<'_>) {
    let text = text(scale);
    let flights = flights(&text);
    let run = || Pipeline::over(&flights).key_by(|flight| flight.carrier).map(|flight| flight.miles).integrator((Mean, Count)).run();
    let ours = contestant("microbatch", run, |groups| of_groups(&groups, |(mean, count)| of_average(*mean, *count)));
    visit(name, flights.len(), &against(ours, by_hand::any::<Average, _, _, _>(&flights, |flight| (flight.carrier, flight.miles))));
}

pub fn by_route(scale: usize, name: &str, visit: Visit<'_>) {
    let text = text(scale);
    let flights = flights(&text);
    let run = || Pipeline::over(&flights).key_by(|flight| (flight.origin, flight.destination)).integrator(Count).run();
    let ours = contestant("microbatch", run, |groups| of_groups(&groups, |count| *count));
    let by_hand = by_hand::any::<u64, _, _, _>(&flights, |flight| ((flight.origin, flight.destination), 1));
    visit(name, flights.len(), &against(ours, by_hand));
}

pub fn by_tail(scale: usize, name: &str, visit: Visit<'_>) {
    let text = text(scale);
    let flights = flights(&text);
    let run = || Pipeline::over(&flights).key_by(|flight| flight.tail).map(|flight| flight.miles).integrator(Sum).run();
    let ours = contestant("microbatch", run, |groups| of_groups(&groups, |sum| *sum));
    visit(name, flights.len(), &against(ours, by_hand::any::<u64, _, _, _>(&flights, |flight| (flight.tail, flight.miles))));
}
