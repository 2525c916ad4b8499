use super::{Operator, Rec, StateSize, Watch};
use crate::data::{Timestamp, Window};
use crate::keyed::{By, Slot};
use crate::stage::{Assign, TooLate};
use std::sync::atomic::{AtomicU32, Ordering};

/// Each value with its slice of event time as a part of its key; records that are too late are left out here.
///
/// The last step of a chain that ends in windows. Made anew for each micro-batch, which knows how far event time had come before it.
pub(crate) struct Windowed<'c, C, Wi> {
    prev: &'c C,
    windows: &'c Wi,
    /// How far event time had come.
    before: Timestamp,
    /// Records that may be too late, unless they join a window that is open: they are numbered, so that each can be left out by itself.
    doubtful: AtomicU32,
}

/// How a slice lies to the time before a micro-batch.
#[derive(Clone, Copy)]
enum Place {
    OnTime,
    /// A window of it was complete.
    Late,
    /// All of them were gone.
    Gone,
}

impl<'c, C, Wi> Windowed<'c, C, Wi> {
    pub(crate) fn new(prev: &'c C, windows: &'c Wi, before: Timestamp) -> Self {
        Windowed { prev, windows, before, doubtful: AtomicU32::new(0) }
    }

    fn place<At>(&self, slice: Window) -> Place
    where
        Wi: Assign<At>,
    {
        // No window ends before its slices do.
        if slice.end > self.before {
            return Place::OnTime;
        }
        let (mut first, mut last) = (Timestamp::MAX, Timestamp::MIN);
        self.windows.windows(slice, &mut |window| {
            first = first.min(window.end);
            last = last.max(window.end);
        });
        if first > self.before {
            Place::OnTime
        } else if last.later(self.windows.lateness()) > self.before {
            Place::Late
        } else {
            Place::Gone
        }
    }

    /// Emits a record with its slot, if it is to be folded.
    #[inline]
    fn put<At: Copy, Ky, V, E>(
        &self,
        seen: &mut Seen,
        batch: u64,
        rec: Rec<At, Ky, V>,
        emit: &mut impl FnMut(Rec<At, By<Slot<Ky>>, V>) -> Result<(), E>,
    ) -> Result<(), E>
    where
        Wi: Assign<At> + TooLate<V>,
    {
        let dropped = seen.dropped;
        match self.slot(seen, batch, rec.at, rec.key) {
            Some(key) => emit(Rec { at: rec.at, key, value: rec.value }),
            None => {
                // In a gap between windows it is not too late.
                if seen.dropped > dropped {
                    self.windows.set_aside(rec.value);
                }
                Ok(())
            }
        }
    }

    /// The slot of a record, if it is to be folded.
    #[inline]
    fn slot<Ky, At>(&self, seen: &mut Seen, batch: u64, at: At, key: Ky) -> Option<By<Slot<Ky>>>
    where
        Wi: Assign<At>,
    {
        if let Some(slice) = seen.on_time
            && self.windows.holds(slice, &at)
        {
            return Some(By(Slot::again(slice, key)));
        }
        self.slot_elsewhere(seen, batch, at, key)
    }

    /// The slot of a record that is not in the slice of the record before, or late.
    #[inline(never)]
    fn slot_elsewhere<Ky, At>(&self, seen: &mut Seen, batch: u64, at: At, key: Ky) -> Option<By<Slot<Ky>>>
    where
        Wi: Assign<At>,
    {
        let (slice, place) = match seen.late_in {
            Some((slice, place)) if self.windows.holds(slice, &at) => (slice, place),
            _ => {
                let slice = self.windows.slice(at)?;
                (slice, self.place(slice))
            }
        };
        (seen.on_time, seen.late_in) = match place {
            Place::OnTime => (Some(slice), None),
            _ => (None, Some((slice, place))),
        };
        let nth = match place {
            Place::OnTime => 0,
            // By batch first, as batches may run at the same time.
            _ if self.windows.joins() => batch << 32 | u64::from(self.doubtful.fetch_add(1, Ordering::Relaxed).wrapping_add(1)),
            Place::Late => {
                seen.late += 1;
                0
            }
            Place::Gone => {
                seen.late += 1;
                seen.dropped += 1;
                return None;
            }
        };
        Some(By(Slot { start: slice.start, end: slice.end, nth, key }))
    }
}

/// What was seen of a batch.
#[derive(Default)]
struct Seen {
    /// The slice that was met last: of records on time ..
    on_time: Option<Window>,
    /// .. or of others.
    late_in: Option<(Window, Place)>,
    late: u64,
    dropped: u64,
}

impl<B, E, C, Wi> Operator<B, E> for Windowed<'_, C, Wi>
where
    C: Operator<B, E>,
    Wi: Assign<C::At> + TooLate<C::Value>,
{
    type At = C::At;
    type Key = By<Slot<C::Key>>;
    type Value = C::Value;
    type Local = C::Local;
    const ORDERED: bool = C::ORDERED;
    const IN_PIECES: bool = C::IN_PIECES;
    const TIMED: bool = C::TIMED;

    #[inline]
    fn drive<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        batch: B,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, Self::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut seen, number) = (Seen::default(), watch.batch());
        let done = self.prev.drive(local, batch, watch, &mut |rec| self.put(&mut seen, number, rec, emit));
        if seen.late > 0 {
            watch.late(seen.late, seen.dropped);
        }
        done
    }

    fn pass<W: Watch<E>>(
        &self,
        local: &mut C::Local,
        watermark: Timestamp,
        watch: &mut W,
        emit: &mut impl FnMut(Rec<C::At, Self::Key, C::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut seen, number) = (Seen::default(), watch.batch());
        let done = self.prev.pass(local, watermark, watch, &mut |rec| self.put(&mut seen, number, rec, emit));
        if seen.late > 0 {
            watch.late(seen.late, seen.dropped);
        }
        done
    }

    fn size(local: &C::Local) -> StateSize {
        C::size(local)
    }
}
