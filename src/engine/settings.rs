//! What a pipeline is set to.

use super::{Admission, Engine};
use crate::data::{CancelToken, HotKeys};
use crate::stage::{Observer, Scheduler, Trigger, Watermark};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// What is looked at once a batch at most: boxes, so that setting one changes no type.
pub struct Settings<'a> {
    /// Where the pipeline is written: what is learnt of its runs is kept under this.
    pub(crate) origin: &'static Location<'static>,
    pub(crate) engine: Option<Engine>,
    pub(crate) scheduler: Option<Box<dyn Scheduler + 'a>>,
    pub(crate) observers: Vec<Box<dyn Observer + 'a>>,
    pub(crate) name: &'static str,
    pub(crate) priority: u8,
    pub(crate) deadline: Option<Duration>,
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) relaxed: bool,
    /// Where the hottest keys are looked for, if they are.
    pub(crate) hot_keys: Option<Arc<HotKeys>>,
}

/// What a stream is set to besides.
#[derive(Default)]
pub struct Pacing<'a> {
    pub(crate) trigger: Option<Box<dyn Trigger + 'a>>,
    pub(crate) watermark: Option<Box<dyn Watermark + 'a>>,
    pub(crate) admission: Admission,
    /// Whether the end of the source is not the end of time.
    pub(crate) keeps_open: bool,
}

impl fmt::Debug for Pacing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacing").field("admission", &self.admission).finish_non_exhaustive()
    }
}

impl Default for Settings<'_> {
    #[track_caller]
    fn default() -> Self {
        Settings {
            origin: Location::caller(),
            engine: None,
            scheduler: None,
            observers: Vec::new(),
            name: "",
            priority: 0,
            deadline: None,
            cancel: None,
            relaxed: false,
            hot_keys: None,
        }
    }
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("priority", &self.priority).field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
