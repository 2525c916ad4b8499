//! What is to be run, and how a run can end.

use super::Engine;
use super::broken::Broken;
use super::limit::Limit;
use super::settings::Settings;
use std::fmt;

/// What is to be run, apart from the batches.
pub struct Plan<'p, 's, C, G, P> {
    pub(crate) engine: &'p Engine,
    pub(crate) chain: &'p C,
    pub(crate) gather: &'p G,
    pub(crate) policy: &'p P,
    pub(crate) settings: &'p Settings<'s>,
    pub(crate) limit: &'p Limit,
    /// Whether anybody wants to know of times.
    pub(crate) measure: bool,
    /// Whether a policy judges failures batch by batch.
    pub(crate) judged: bool,
    /// Whether the partitioner vouches for the sizes of the batches.
    pub(crate) counted: bool,
    /// Whether what comes before a failure is kept.
    pub(crate) keeps: bool,
    /// When other threads help, where nobody else wants the calling one.
    pub(crate) helpers: Helpers,
}

/// When other threads help with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Helpers {
    Never,
    /// When the first batches have shown that it is worth their while.
    WherePaid,
    /// From the start: that is known of the micro-batches before.
    AtOnce,
}

impl<C, G, P> fmt::Debug for Plan<'_, '_, C, G, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<M, E> fmt::Debug for Halt<M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Halt").field("batch", &self.broken.batch).finish_non_exhaustive()
    }
}

impl<'p, 's, C, P> Plan<'p, 's, C, (), P> {
    /// The same with an end, and maybe another chain.
    pub(crate) fn ending_in<'q, C2, G>(&self, chain: &'q C2, gather: &'q G) -> Plan<'q, 's, C2, G, P>
    where
        'p: 'q,
    {
        let Plan { engine, policy, settings, limit, measure, judged, counted, keeps, helpers, .. } = *self;
        Plan { engine, chain, gather, policy, settings, limit, measure, judged, counted, keeps, helpers }
    }
}

/// A run that ended early.
pub struct Halt<M, E> {
    pub(crate) broken: Broken<E>,
    /// What was made of the records before, where that was to be kept.
    pub(crate) before: Option<M>,
}

impl<M, E> From<Broken<E>> for Halt<M, E> {
    fn from(broken: Broken<E>) -> Self {
        Halt { broken, before: None }
    }
}
