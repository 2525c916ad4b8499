//! Pages that explain: which part to choose, and what follows.

#[doc = include_str!("../docs/event_time.md")]
pub mod event_time {}

#[doc = include_str!("../docs/choosing_a_trigger.md")]
pub mod choosing_a_trigger {}

#[doc = include_str!("../docs/back_pressure.md")]
pub mod back_pressure {}

// The pictures themselves come first, so that the page's references mean them here, where there are no files beside it.
#[doc = include_str!("../docs/pictures.md")]
#[doc = include_str!("../docs/choosing_a_policy.md")]
pub mod choosing_a_policy {}

#[cfg(feature = "checkpoint")]
#[doc = include_str!("../docs/exactly_once.md")]
pub mod exactly_once {}
