//! Panics of users' `Serialize` and `Deserialize`.

use super::DamagedState;
use crate::error::message;
use std::any::type_name;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// The type of the value that was at work when a panic came by.
    static AT: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Notes the type of a value that is made into bytes, or out of them, where that panics. Where it does not, it does nothing.
pub(super) struct Naming<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Naming<T> {
    pub(super) fn begin() -> Self {
        Naming(PhantomData)
    }

    pub(super) fn end(self) {
        mem::forget(self);
    }
}

impl<T: ?Sized> Drop for Naming<T> {
    fn drop(&mut self) {
        AT.set(Some(type_name::<T>()));
    }
}

/// Writes or reads values: a panic is an error that names the value's type.
pub(crate) fn contained<R>(work: impl FnOnce() -> Result<R, DamagedState>) -> Result<R, DamagedState> {
    AT.set(None);
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(DamagedState::panicked(AT.take(), message(payload))))
}
