use crate::contestant::Contestant;
use std::time::{Duration, Instant};

/// What a contestant took, round by round.
pub struct Entry {
    pub rival: &'static str,
    pub form: &'static str,
    times: Vec<Duration>,
}

impl Entry {
    pub fn rounds(&self) -> usize {
        self.times.len()
    }

    pub fn median(&self) -> Duration {
        self.times[self.times.len() / 2]
    }

    pub fn least(&self) -> Duration {
        self.times[0]
    }

    pub fn most(&self) -> Duration {
        self.times[self.times.len() - 1]
    }
}

/// Lets all do the work in turn, in one order and then in the other, after a round that does not count. All must give the same answer.
/// Who has spent `patience` takes no further rounds, once there is one that counts.
pub fn alternate(mut contestants: Vec<Contestant>, rounds: usize, patience: Duration) -> Vec<Entry> {
    let mut entries: Vec<Entry> = contestants.iter().map(|c| Entry { rival: c.rival, form: c.form, times: vec![] }).collect();
    let mut spent = vec![Duration::ZERO; contestants.len()];
    let mut answer = None;
    let mut order: Vec<usize> = (0..contestants.len()).collect();
    for round in 0..=rounds {
        for &i in &order {
            if round > 1 && spent[i] >= patience {
                continue;
            }
            let began = Instant::now();
            let (time, checksum) = (contestants[i].run)();
            spent[i] += began.elapsed();
            assert_eq!(*answer.get_or_insert(checksum), checksum, "{} {} differs from the first", entries[i].rival, entries[i].form);
            if round > 0 {
                entries[i].times.push(time);
            }
        }
        order.reverse();
    }
    entries.iter_mut().for_each(|entry| entry.times.sort());
    entries
}
