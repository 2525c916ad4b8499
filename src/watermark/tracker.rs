use super::BoundedDisorder;
use crate::data::Timestamp;
use crate::stage::Watermark;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

/// Keeps a stream's watermark: the least over the source partitions that are not idle, which never goes back.
pub(crate) struct Tracker<'a> {
    watermark: Box<dyn Watermark + 'a>,
    partitions: BTreeMap<u32, Partition>,
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
        Tracker { watermark, partitions: BTreeMap::new(), now: Timestamp::MIN }
    }

    /// How far event time has come.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The greatest event time seen.
    pub(crate) fn latest(&self) -> Timestamp {
        self.partitions.values().map(|partition| partition.latest).max().unwrap_or(Timestamp::MIN)
    }

    /// A partition has given records up to this event time.
    pub(crate) fn reach(&mut self, partition: u32, latest: Timestamp, at: Instant) {
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
        self.now = self.now.max(reached.unwrap_or(Timestamp::MIN));
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
    fn save(&self, out: &mut Vec<u8>) -> Result<(), crate::saved::DamagedState> {
        let partition = |(number, p): (&u32, &Partition)| (*number, p.latest.as_micros(), p.watermark.as_micros());
        let partitions: Vec<(u32, i64, i64)> = self.partitions.iter().map(partition).collect();
        crate::saved::put(out, &(self.now.as_micros(), partitions))
    }

    fn load(&mut self, input: &mut &[u8]) -> Result<(), crate::saved::DamagedState> {
        let (now, partitions): (i64, Vec<(u32, i64, i64)>) = crate::saved::take(input)?;
        self.now = Timestamp::from_micros(now);
        let active = Instant::now();
        let partition = |(number, latest, watermark): (u32, i64, i64)| {
            (number, Partition { latest: Timestamp::from_micros(latest), watermark: Timestamp::from_micros(watermark), active })
        };
        self.partitions = partitions.into_iter().map(partition).collect();
        Ok(())
    }
}
