//! What tells a durable pipeline from others.

use super::durable::Durable;
use crate::data::fixed_hash;
use std::any::type_name;
use std::fmt;

/// The steps, the windows, the key and the integrator of a stage, and of those before.
pub(super) fn steps<M: Durable, C: fmt::Debug, Ky, Wi: fmt::Debug, I>(input: &M, chain: &C, windows: &Wi) -> String {
    format!("{}{chain:?}, {windows:?}, {} into {}", input.stages(), plain_name::<Ky>(), plain_name::<I>())
}

/// What tells state of one type from state of another, whose bytes may look alike; the names of the types would be too long to be read. Those of this
/// crate's own are left out: they may change while the bytes do not.
pub(super) fn form<R>(_: &R) -> String {
    let own = concat!(env!("CARGO_CRATE_NAME"), "::");
    let mut of_users = words(type_name::<R>()).filter(|word| !word.starts_with(own)).map(last).collect::<Vec<_>>();
    of_users.retain(|word| word.contains(char::is_alphanumeric));
    format!("state of the form {:08x}", fixed_hash(&of_users) >> 32)
}

/// The name of a type without those of the modules that it lies in, which may change from build to build.
fn plain_name<T>() -> String {
    words(type_name::<T>()).map(last).collect()
}

/// Names with the modules that they lie in, each with the sign behind it.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split_inclusive(|letter: char| !(letter.is_alphanumeric() || "_:{}".contains(letter)))
}

fn last(word: &str) -> &str {
    word.rsplit("::").next().unwrap_or(word)
}
