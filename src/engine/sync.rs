//! What the coordination of runs is made of. `tests/interleavings.rs` puts the like of it in this place, to try orders of events.

pub(super) use rayon::Scope;
pub(super) use rayon::current_thread_index;
pub(super) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(super) use std::thread_local;
pub(super) use std::time::Instant;
