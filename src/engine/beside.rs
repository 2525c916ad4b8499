//! Help for a run that works on one thread, in the midst of a task.

use super::Inner;
use super::crew::{InTask, Slot};
use crossbeam_channel::bounded;

/// Does work on all of these, on this thread and on as many others as are free now; none waits for a slot, and one that helps leaves as soon as
/// another run could use it.
pub(super) fn share<L: Send>(engine: &Inner, lanes: Vec<L>, work: impl Fn(L) + Sync) {
    let helpers = lanes.len().min(engine.pool.current_num_threads()).saturating_sub(1);
    let (sender, queue) = bounded(lanes.len());
    for lane in lanes {
        // There is room for all of them, and the receiver lives.
        let _ = sender.send(lane);
    }
    let help = || {
        let _in_task = InTask::begin();
        while let Ok(lane) = queue.try_recv() {
            work(lane);
            if engine.slots.waiting() > 0 {
                break;
            }
        }
    };
    engine.pool.in_place_scope(|scope| {
        for _ in 0..helpers {
            if !engine.slots.try_take() {
                break;
            }
            let slot = Slot(engine);
            scope.spawn(|_| {
                let _slot = slot;
                help();
            });
        }
        while let Ok(lane) = queue.try_recv() {
            work(lane);
        }
    });
}
