use super::Step;
use crate::nexmark::answer::Put;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The greatest of each window, which is known by its end.
#[derive(Clone)]
pub struct Maxima<T>(BTreeMap<u64, T>);

impl<T> Default for Maxima<T> {
    fn default() -> Self {
        Maxima(BTreeMap::new())
    }
}

impl<T: Clone + Ord + Send + Serialize + DeserializeOwned + 'static> Step for Maxima<T> {
    type In = (u64, T);
    type Out = (u64, T);

    fn record(&mut self, (end, value): (u64, T), _: Put<'_, (u64, T)>) {
        match self.0.get_mut(&end) {
            Some(greatest) if *greatest >= value => {}
            Some(greatest) => *greatest = value,
            None => drop(self.0.insert(end, value)),
        }
    }

    fn advance(&mut self, time: u64, put: Put<'_, (u64, T)>) {
        while let Some(first) = self.0.first_entry()
            && *first.key() <= time
        {
            put(first.remove_entry());
        }
    }
}
