use super::Window;

/// When a pane was made, against the watermark. Of bounded data every pane is on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timing {
    /// Before its window was complete.
    Early,
    /// When its window was complete.
    OnTime,
    /// Again, for records that came late: the number of the repetition, from 1.
    Late(u32),
}

/// One result of one stage: of one key in one window. The panes of a stage are the records of the next.
///
/// ```
/// use microbatch::prelude::*;
///
/// let words = ["a", "b", "a"];
/// let most = Pipeline::over(&words).key_by(|w| **w).integrator(Count).then().top_by_key(1, |pane| pane.value).run();
/// assert_eq!((most[0].key, most[0].value), ("a", 2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pane<K, V> {
    /// The key; `()` where records have none.
    pub key: K,
    /// The window; [`Window::ALL`] where there are none.
    pub window: Window,
    /// When it was made.
    pub timing: Timing,
    /// How many panes of this key and window were made before.
    pub index: u32,
    /// Whether no other pane of this key and window follows.
    pub is_last: bool,
    /// The integrator's output.
    pub value: V,
}

impl<K, V> Pane<K, V> {
    /// The only pane of its key and window, on time.
    pub fn new(key: K, window: Window, value: V) -> Self {
        Pane { key, window, timing: Timing::OnTime, index: 0, is_last: true, value }
    }
}
