//! renoir, as in its own Nexmark: batches of 16 Ki, sources in parallel that take every so many of the events, watermarks by count.
//! Its windows by key begin with the first record of each key, and what comes out of several of its workers is in no order, so that its own
//! form of most queries does not give the answer that is asked for: what is stateful is a `rich_map_custom`, as in its optimised query 4.
//!
//! What is handed to its operators are functions by name where a closure would be generic over all operators before it: it would double their type
//! each time, and the work of the compiler.

use super::digest::Digest;
use super::given::{Given, Parts, interval};
use super::keys::{auction_in_time, bid_of_window, by_window, offer, out_of_window, seller, user};
use super::steps::{Averages, Hot, Maxima, Sales, Step, Users, Winners};
use super::winners::{Offer, Sold};
use super::{Event, Form, Job, Query, q0, q1, q2, q3, q4, q5};
use crate::contestant::Contestant;
use crate::rivals::renoir::{context, result};
use ::renoir::operator::{ElementGenerator, ExchangeData, Operator, StreamElement};
use ::renoir::{Replication, Stream, prelude::*};
use std::collections::VecDeque;
use std::hash::Hash;

const NAME: &str = "renoir";
const EVENTS_OF_A_BATCH: usize = 16 * 1024;

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
    let context = context();
    let part = move |index, _| parts.take(index as usize).into_iter().flatten();
    let events = context.stream_par_iter(part).batch_mode(BatchMode::fixed(EVENTS_OF_A_BATCH));
    let digests = match query {
        Query::PassThrough => digest(events.map(q0::Row)),
        Query::Conversion => digest(events.filter_map(|event| q1::row(event.borrow()))),
        Query::Selection => digest(events.filter_map(|event| q2::row(event.borrow()).filter(q2::is_meant))),
        Query::Local => {
            let sides = events.filter_map(seller);
            digest(stepped(sides.group_by(q3::Side::seller).drop_key(), Sales::default()))
        }
        Query::AverageByCategory => digest(averages(winners(events))),
        Query::Hot => digest(hot(events, Hot::of(2, 5))),
        Query::HotForLong => digest(hot(events, Hot::of(1, 60))),
        Query::AverageBySeller => {
            let sold = winners(events).group_by(|sold| sold.auction.seller).drop_key();
            digest(stepped(sold, Averages::default()))
        }
        Query::Highest => {
            let bids = timed(events).filter_map(bid_of_window);
            digest(greatest(stepped(bids, Maxima::default())).map(|(_, row)| row))
        }
        Query::NewUsers => {
            let sides = timed(events).filter_map(user);
            digest(stepped(sides.group_by(|(side, _)| side.person()).drop_key(), Users::default()))
        }
    };
    result(context, digests).into_iter().next().unwrap_or_default()
}

fn add<R: Hash>(digest: &mut Digest, row: R) {
    digest.add(&row);
}

/// Folded on each worker, and then on one.
fn digest<R: Hash + Send + 'static>(rows: Stream<impl Operator<Out = R> + 'static>) -> StreamOutput<Vec<Digest>> {
    rows.fold_assoc(Digest::default(), add::<R>, Digest::merge).collect_vec()
}

/// With times, and a watermark for so many events of a worker. Events come in the order of their times.
fn timed<E: Given>(events: Stream<impl Operator<Out = E> + 'static>) -> Stream<impl Operator<Out = E>> {
    events.add_timestamps(time::<E>, watermarks())
}

fn time<E: Given>(event: &E) -> i64 {
    event.borrow().timestamp() as i64
}

fn watermarks<E: Given>() -> impl FnMut(&E, &i64) -> Option<i64> + Clone + Send {
    let (mut seen, interval) = (0, interval());
    move |_, time| {
        seen = (seen + 1) % interval;
        (seen == 0).then_some(*time)
    }
}

fn winners<E: Given>(events: Stream<impl Operator<Out = E> + 'static>) -> Stream<impl Operator<Out = Sold>> {
    let offers = timed(events).filter_map(offer);
    stepped(offers.group_by(Offer::auction).drop_key(), Winners::default())
}

fn averages(sold: Stream<impl Operator<Out = Sold> + 'static>) -> Stream<impl Operator<Out = q4::Row>> {
    sold.group_by_fold(category, (0, 0), add_price, add_sums).unkey().map(flat)
}

fn category(sold: &Sold) -> usize {
    sold.auction.category
}

fn add_price((sum, count): &mut (u64, u64), sold: Sold) {
    (*sum, *count) = (*sum + sold.price as u64, *count + 1);
}

fn add_sums((sum, count): &mut (u64, u64), more: (u64, u64)) {
    (*sum, *count) = (*sum + more.0, *count + more.1);
}

fn flat((category, (sum, count)): (usize, (u64, u64))) -> q4::Row {
    (category, sum, count)
}

fn auction(bid: &(usize, u64)) -> usize {
    bid.0
}

fn hot<E: Given>(events: Stream<impl Operator<Out = E> + 'static>, hot: Hot) -> Stream<impl Operator<Out = q5::Row>> {
    let bids = timed(events).filter_map(auction_in_time);
    let tops = stepped(bids.group_by(auction).drop_key(), hot);
    greatest(tops.map(by_window)).map(out_of_window)
}

/// The greatest of all workers, on one.
fn greatest<T: Ord + ExchangeData>(windows: Stream<impl Operator<Out = (u64, T)> + 'static>) -> Stream<impl Operator<Out = (u64, T)>> {
    stepped(windows.replication(Replication::new_one()), Maxima::default())
}

fn stepped<S: Step>(stream: Stream<impl Operator<Out = S::In> + 'static>, step: S) -> Stream<impl Operator<Out = S::Out>> {
    stream.rich_map_custom(driven(step))
}

/// Drives an operator by what comes.
fn driven<S: Step, P: Operator<Out = S::In>>(mut step: S) -> impl FnMut(ElementGenerator<P>) -> StreamElement<S::Out> + Clone + Send {
    let mut ready = VecDeque::new();
    move |mut elements| loop {
        if let Some(element) = ready.pop_front() {
            return element;
        }
        let mut put = |row| ready.push_back(StreamElement::Item(row));
        match elements.next() {
            StreamElement::Item(record) | StreamElement::Timestamped(record, _) => step.record(record, &mut put),
            StreamElement::Watermark(time) => {
                step.advance(time as u64, &mut put);
                ready.push_back(StreamElement::Watermark(time));
            }
            StreamElement::FlushAndRestart => {
                step.advance(u64::MAX, &mut put);
                ready.push_back(StreamElement::FlushAndRestart);
            }
            StreamElement::FlushBatch => return StreamElement::FlushBatch,
            StreamElement::Terminate => return StreamElement::Terminate,
        }
    }
}
