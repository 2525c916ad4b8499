//! Where a query leaves its answer.

/// Takes the rows of an answer.
pub type Put<'p, R> = &'p mut dyn FnMut(R);
