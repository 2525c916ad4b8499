//! The acceptance tests of the call sites, kept as they were given: neither formatted nor linted.

#[allow(clippy::all)]
#[rustfmt::skip]
#[path = "contract/contract_bounded.rs"]
mod contract_bounded;

#[allow(clippy::all)]
#[rustfmt::skip]
#[path = "contract/contract_engine.rs"]
mod contract_engine;

#[allow(clippy::all)]
#[rustfmt::skip]
#[path = "contract/contract_unbounded.rs"]
mod contract_unbounded;
