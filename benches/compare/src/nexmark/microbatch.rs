//! Its queries are those of `benches/nexmark`.

use super::digest::Digest;
use super::given::Given;
use super::{BATCH, Event, Form, Job, Query, q0, q1, q2, q3, q4, q5, q6, q7, q8};
use crate::contestant::Contestant;
use crate::ready::Ready;

pub fn contestant(job: Job) -> Contestant {
    match job.form {
        Form::Owned => given::<Event>(job),
        Form::Borrowed => given::<&'static Event>(job),
    }
}

fn given<E: Given>(job: Job) -> Contestant {
    let prepare = move || E::batches(job.events);
    Contestant::given("microbatch", "", prepare, move |source| answer(job.query, source), Digest::checksum)
}

fn answer<E: Given>(query: Query, source: Ready<E>) -> Digest {
    match query {
        Query::PassThrough => Digest::of(|put| q0::stream(source, BATCH, put)),
        Query::Conversion => Digest::of(|put| q1::stream(source, BATCH, put)),
        Query::Selection => Digest::of(|put| q2::stream(source, BATCH, put)),
        Query::Local => Digest::of(|put| q3::stream(source, BATCH, put)),
        Query::AverageByCategory => Digest::of(|put| q4::stream(source, BATCH, put)),
        Query::Hot => Digest::of(|put| q5::stream::<E, 2, 5>(source, BATCH, put)),
        Query::HotForLong => Digest::of(|put| q5::stream::<E, 1, 60>(source, BATCH, put)),
        Query::AverageBySeller => Digest::of(|put| q6::stream(source, BATCH, put)),
        Query::Highest => Digest::of(|put| q7::stream(source, BATCH, put)),
        Query::NewUsers => Digest::of(|put| q8::stream(source, BATCH, put)),
    }
}
