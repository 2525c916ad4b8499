use super::BoundedDisorder;
use crate::data::Timestamp;
use crate::stage::Watermark;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

/// As far as records can bring event time.
const LAST: Timestamp = Timestamp::from_micros(i64::MAX - 1);

/// Keeps a stream's watermark: the least over the source partitions that are not idle, which never goes back.
pub(crate) struct Tracker<'a> {
    watermark: Box<dyn Watermark + 'a>,
    partitions: BTreeMap<u32, Partition>,
    /// Whether what is known of partitions is from a later stage, as the records of the source have no event time.
    is_later: bool,
    now: Timestamp,
}

/// A source partition.
#[derive(Clone, Copy, Debug)]
struct Partition {
    latest: Timestamp,
    watermark: Timestamp,
    /// When it last gave a record.
    active: Instant,
}

impl<'a> Tracker<'a> {
    pub(crate) fn new(watermark: Option<Box<dyn Watermark + 'a>>) -> Self {
        let watermark = watermark.unwrap_or_else(|| Box::new(BoundedDisorder::default()));
        Tracker { watermark, partitions: BTreeMap::new(), is_later: false, now: Timestamp::MIN }
    }

    /// How far event time has come.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The greatest event time seen.
    pub(crate) fn latest(&self) -> Timestamp {
        self.partitions.values().map(|partition| partition.latest).max().unwrap_or(Timestamp::MIN)
    }

    /// A partition has given records up to this event time; none is of the records of a later stage, which count where those of the source
    /// have no time: panes may lie ahead of it.
    pub(crate) fn reach(&mut self, partition: Option<u32>, latest: Timestamp, at: Instant) {
        if partition.is_none() && !self.is_later && !self.partitions.is_empty() {
            return;
        }
        if partition.is_none() != self.is_later {
            self.partitions.clear();
            self.is_later = partition.is_none();
        }
        let partition = partition.unwrap_or(0);
        let fresh = Partition { latest, watermark: Timestamp::MIN, active: at };
        let known = self.partitions.entry(partition).or_insert(fresh);
        known.latest = known.latest.max(latest);
        known.active = at;
        known.watermark = known.watermark.max(self.watermark.at(known.latest));
    }

    /// Brings the watermark up to date, and returns it.
    pub(crate) fn advance(&mut self, at: Instant) -> Timestamp {
        let idle_after = self.watermark.idle_after();
        let is_active = |partition: &&Partition| idle_after.is_none_or(|limit| at.duration_since(partition.active) < limit);
        let least = self.partitions.values().filter(is_active).map(|partition| partition.watermark).min();
        // Where all are idle, nothing holds back what the last of them has reached.
        let reached = least.or_else(|| self.partitions.values().map(|partition| partition.watermark).max());
        // The end of time is left to the end of the source: windows that reach there take records until then.
        self.now = self.now.max(reached.unwrap_or(Timestamp::MIN).min(LAST));
        self.now
    }
}

impl fmt::Debug for Tracker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker").field("now", &self.now).field("partitions", &self.partitions).finish_non_exhaustive()
    }
}

#[cfg(feature = "checkpoint")]
impl crate::saved::Saved for Tracker<'_> {
    fn save(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        let partition = |(number, p): (&u32, &Partition)| (*number, p.latest, p.watermark);
        let partitions: Vec<(u32, Timestamp, Timestamp)> = self.partitions.iter().map(partition).collect();
        pieces.write(&[], |out| crate::saved::put(out, &(self.now, self.is_later, partitions)))
    }

    fn load(&mut self, pieces: &mut crate::saved::Pieces) -> Result<(), crate::saved::DamagedState> {
        let (now, is_later, partitions): (Timestamp, bool, Vec<(u32, Timestamp, Timestamp)>) = pieces.read(&[], crate::saved::take)?;
        self.is_later = is_later;
        self.now = now;
        let active = Instant::now();
        let partition = |(number, latest, watermark)| (number, Partition { latest, watermark, active });
        self.partitions = partitions.into_iter().map(partition).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use std::convert::Infallible;
    use std::time::Duration;

    /// Seconds, each from two partitions that are not 0, and pulled all at once.
    struct Seconds(std::ops::Range<i64>);

    impl Source for Seconds {
        type Item = i64;
        type Error = Infallible;

        fn pull(&mut self, _: usize, inbox: &mut Inbox<i64>) -> Result<Pull, Infallible> {
            for second in self.0.by_ref() {
                (1..3).for_each(|partition| inbox.push_from(partition, second));
            }
            Ok(Pull::End)
        }
    }

    /// Records wait by partition, so that the first micro-batches were of one alone: event time ran ahead of the other, which then came too late.
    #[test]
    fn a_partition_that_waits_for_the_first_time_is_not_passed_by() {
        let mut counts = Vec::new();
        let report = Pipeline::stream(Seconds(0..20))
            .event_time(|second| Timestamp::from_secs(*second))
            .window(Tumbling::of(Duration::from_secs(5)))
            .trigger(Records::of(4))
            .integrator(Count)
            .for_each(|pane| counts.push(pane.value))
            .unwrap();
        assert_eq!((counts, report.late), (vec![10; 4], 0));
    }

    /// How many results each micro-batch gives.
    struct Counts<'c>(&'c mut Vec<usize>);

    impl<T> Sink<T> for Counts<'_> {
        fn write(&mut self, results: Vec<T>) -> Result<(), crate::BoxError> {
            self.0.push(results.len());
            Ok(())
        }
    }

    /// The times that a later stage gave to panes counted as those of source partition 0, which then held the others back to the end.
    #[test]
    fn event_time_of_a_later_stage_says_nothing_about_the_source() {
        let mut counts = Vec::new();
        Pipeline::stream(Seconds(0..20))
            .event_time(|second| Timestamp::from_secs(*second))
            .window(Tumbling::of(Duration::from_secs(5)))
            .trigger(Records::of(4))
            .integrator(Count)
            .then()
            .event_time(|pane| pane.window.start)
            .window(Tumbling::of(Duration::from_secs(5)))
            .integrator(Count)
            .run_into(Counts(&mut counts))
            .unwrap();
        assert_eq!(counts, [1; 4]);
    }
}
