//! Durable streams over a simulated disk that fails, forgets and tears: each operation of a small run is one that goes wrong, and what is run again
//! over what is left comes to what an uninterrupted run comes to.
//!
//! `MICROBATCH_TIMES=n` for n times as many seeds of what a crash leaves.

mod crashes;
mod errors;
mod log;
mod runs;
