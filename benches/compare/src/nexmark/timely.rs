//! timely dataflow: each worker is fed its events piece by piece, and what it is told of the time is the time of the next event. What is
//! stateful is a `unary_frontier` that acts as the frontier advances, as in the Nexmark of its authors.

use super::digest::Digest;
use super::given::{Given, Parts};
use super::keys::{auction_in_time, bid_of_window, by_window, offer, out_of_window, seller, user};
use super::q8::Side;
use super::steps::{Averages, Hot, Maxima, Sales, Step, Totals, Users, Winners};
use super::winners::{Offer, Sold};
use super::{Event, Form, Job, Query, q0, q1, q2, q3};
use crate::contestant::Contestant;
use crate::rivals::timely::{Gathered, keep, run};
use ::timely::dataflow::channels::pact::{Exchange, ParallelizationContract, Pipeline};
use ::timely::dataflow::operators::Operator;
use ::timely::dataflow::operators::vec::{Filter, Map};
use ::timely::dataflow::{InputHandleVec, StreamVec};
use ::timely::worker::Worker;
use std::hash::Hash;

const NAME: &str = "timely";

pub fn contestant(job: Job) -> Contestant {
    match job.form {
        Form::Owned => given::<Event>(job),
        Form::Borrowed => given::<&'static Event>(job),
    }
}

fn given<E: Given>(job: Job) -> Contestant {
    Contestant::given(NAME, "", move || Parts::<E>::of(job.events), move |parts| answer(job.query, parts), Digest::checksum)
}

fn answer<E: Given>(query: Query, parts: Parts<E>) -> Digest {
    let digests = run(move |worker, digest| {
        let mut input = InputHandleVec::new();
        worker.dataflow(|scope| build::<E>(query, input.to_stream(scope), digest));
        feed(parts.take(worker.index()), input, worker);
    });
    digests.into_iter().fold(Digest::default(), |mut all, digest| {
        all.merge(digest);
        all
    })
}

type Stream<'s, T> = StreamVec<'s, u64, T>;

fn feed<E: Given>(pieces: Vec<Vec<E>>, mut input: InputHandleVec<u64, E>, worker: &mut Worker) {
    for mut piece in pieces {
        input.advance_to(piece[0].borrow().timestamp());
        input.send_batch(&mut piece);
        worker.step();
    }
}

fn build<E: Given>(query: Query, events: Stream<'_, E>, digest: Gathered<Digest>) {
    match query {
        Query::PassThrough => add(events.map(q0::Row), digest),
        Query::Conversion => add(events.flat_map(|event| q1::row(event.borrow())), digest),
        Query::Selection => add(events.flat_map(|event| q2::row(event.borrow())).filter(q2::is_meant), digest),
        Query::Local => add(stepped(events.flat_map(seller), by(q3::Side::seller), Sales::default()), digest),
        Query::AverageByCategory => add(stepped(winners(events), by(|sold: &Sold| sold.auction.category), Totals::default()), digest),
        Query::Hot => add(hot(events, Hot::of(2, 5)), digest),
        Query::HotForLong => add(hot(events, Hot::of(1, 60)), digest),
        Query::AverageBySeller => add(stepped(winners(events), by(|sold: &Sold| sold.auction.seller), Averages::default()), digest),
        Query::Highest => {
            let bids = events.flat_map(bid_of_window);
            let local = stepped(bids, Pipeline, Maxima::default());
            add(stepped(local, by(|(end, _)| *end as usize), Maxima::default()).map(|(_, row)| row), digest);
        }
        Query::NewUsers => {
            add(stepped(events.flat_map(user), by(|(side, _): &(Side<String>, u64)| side.person()), Users::default()), digest)
        }
    }
}

/// Into the digest of the worker.
fn add<R: Hash + Clone + 'static>(rows: Stream<'_, R>, digest: Gathered<Digest>) {
    keep(rows, digest, |digest, batch| batch.drain(..).for_each(|row| digest.add(&row)));
}

fn winners<E: Given>(events: Stream<'_, E>) -> Stream<'_, Sold> {
    stepped(events.flat_map(offer), by(Offer::auction), Winners::default())
}

fn hot<E: Given>(events: Stream<'_, E>, hot: Hot) -> Stream<'_, super::q5::Row> {
    let tops = stepped(events.flat_map(auction_in_time), by(|(auction, _)| *auction), hot);
    stepped(tops.map(by_window), by(|(end, _)| *end as usize), Maxima::default()).map(out_of_window)
}

/// To the worker of a key.
fn by<T: 'static>(key: impl Fn(&T) -> usize + 'static) -> Exchange<T, impl FnMut(&T) -> u64> {
    Exchange::new(move |record| (key(record) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32)
}

fn stepped<'s, S: Step>(stream: Stream<'s, S::In>, pact: impl ParallelizationContract<u64, Vec<S::In>>, mut step: S) -> Stream<'s, S::Out> {
    stream.unary_frontier(pact, "step", move |capability, _| {
        let (mut held, mut now, mut rows) = (Some(capability), 0, Vec::new());
        move |(input, frontier), output| {
            let Some(capability) = &mut held else { return };
            input.for_each(|_, batch| batch.drain(..).for_each(|record| step.record(record, &mut |row| rows.push(row))));
            let time = frontier.frontier().first().copied();
            if time != Some(now) {
                step.advance(time.unwrap_or(u64::MAX), &mut |row| rows.push(row));
            }
            output.session(capability).give_iterator(rows.drain(..));
            match time {
                Some(time) => {
                    capability.downgrade(&time);
                    now = time;
                }
                None => held = None,
            }
        }
    })
}
