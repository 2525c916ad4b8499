//! Plain programs on one thread, those of `benches/nexmark`. Events of their own they borrow, and drop at the end.

use super::digest::Digest;
use super::{Event, Form, Job, Query, q0, q1, q2, q3, q4, q5, q6, q7, q8};
use crate::contestant::Contestant;

const NAME: &str = "sequential";

pub fn contestant(job: Job) -> Contestant {
    let Job { query, form, events } = job;
    match form {
        Form::Owned => Contestant::given(NAME, "", move || events.to_vec(), move |events| answer(query, &events), Digest::checksum),
        Form::Borrowed => Contestant::new(NAME, "", move || answer(query, events), Digest::checksum),
    }
}

fn answer(query: Query, events: &[Event]) -> Digest {
    match query {
        Query::PassThrough => Digest::of(|put| q0::sequential(events, put)),
        Query::Conversion => Digest::of(|put| q1::sequential(events, put)),
        Query::Selection => Digest::of(|put| q2::sequential(events, put)),
        Query::Local => Digest::of(|put| q3::sequential(events, put)),
        Query::AverageByCategory => Digest::of(|put| q4::sequential(events, put)),
        Query::Hot => Digest::of(|put| q5::sequential::<2, 5>(events, put)),
        Query::HotForLong => Digest::of(|put| q5::sequential::<1, 60>(events, put)),
        Query::AverageBySeller => Digest::of(|put| q6::sequential(events, put)),
        Query::Highest => Digest::of(|put| q7::sequential(events, put)),
        Query::NewUsers => Digest::of(|put| q8::sequential(events, put)),
    }
}
