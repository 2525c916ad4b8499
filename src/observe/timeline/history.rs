//! What was recorded, in order and ready to be drawn.

use super::event::{Event, Lane};
use super::recording::Recording;
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub(super) struct History {
    /// By start, the longer first. Times are nanoseconds since the first of them arrived; lanes are numbered as in `lanes`.
    pub(super) events: Vec<Event>,
    /// Callers first, then by worker.
    pub(super) lanes: Vec<Lane>,
    /// Pipelines, those of one name as one.
    pub(super) pipelines: Groups,
    /// From the first arrival to the last end, in nanoseconds; at least 1.
    pub(super) span: u64,
}

/// Numbers, as of pipelines, and which of them go by one label.
pub(super) struct Groups {
    pub(super) labels: Vec<String>,
    members: BTreeMap<u32, usize>,
}

impl History {
    pub(super) fn of(recording: &Recording) -> Self {
        let (mut events, threads) = (recording.events(), recording.lanes());
        let (lanes, places) = lanes(threads, &events);
        let first = events.iter().map(|event| event.arrived).min().unwrap_or(0);
        for event in &mut events {
            event.lane = places[event.lane as usize];
            event.arrived -= first;
            event.started -= first;
            event.ended -= first;
        }
        events.sort_by_key(|event| (event.started, Reverse(event.ended)));
        let span = events.iter().map(|event| event.ended).max().unwrap_or(0).max(1);
        let pipelines = Groups::by_name(&events);
        History { lanes, pipelines, span, events }
    }

    /// The label of the pipeline and the number of the batch.
    pub(super) fn title(&self, event: &Event) -> String {
        let label = self.pipelines.label(event.pipeline);
        match event.offset {
            0 => format!("{label}, batch {}", event.seq),
            offset => format!("{label}, batch {} from record {offset}", event.seq),
        }
    }

    /// The events of each group of pipelines.
    pub(super) fn by_pipeline(&self) -> Vec<Vec<&Event>> {
        let mut groups = vec![Vec::new(); self.pipelines.labels.len()];
        self.events.iter().for_each(|event| groups[self.pipelines.group(event.pipeline)].push(event));
        groups
    }
}

/// How many of these batches wait from which time on.
pub(super) fn waiting(events: &[&Event]) -> Vec<(u64, usize)> {
    let mut changes: Vec<(u64, bool)> = events.iter().flat_map(|event| [(event.arrived, true), (event.started, false)]).collect();
    // At one time those arrive first that start then, so that there are never fewer than none.
    changes.sort_by_key(|(time, arrives)| (*time, !arrives));
    let mut waiting = 0;
    let mut steps: Vec<(u64, usize)> = Vec::new();
    for (time, arrives) in changes {
        waiting = if arrives { waiting + 1 } else { waiting - 1 };
        match steps.last_mut() {
            Some(last) if last.0 == time => last.1 = waiting,
            _ => steps.push((time, waiting)),
        }
    }
    steps
}

/// The lanes of threads, and which one each thread has. Callers of which one is done before the next begins share a lane: a service may have a new
/// thread for each call.
fn lanes(threads: Vec<Lane>, events: &[Event]) -> (Vec<Lane>, Vec<u32>) {
    let mut times = vec![(u64::MAX, 0); threads.len()];
    for event in events {
        let (first, last) = &mut times[event.lane as usize];
        (*first, *last) = (event.started.min(*first), event.ended.max(*last));
    }
    let mut order: Vec<usize> = (0..threads.len()).collect();
    order.sort_by_key(|thread| (threads[*thread].worker, times[*thread].0));
    let (mut lanes, mut places): (Vec<(Lane, u64)>, _) = (Vec::new(), vec![0; threads.len()]);
    for thread in order {
        let (lane, (first, last)) = (&threads[thread], times[thread]);
        let free = lanes.iter().position(|(other, ended)| lane.worker == 0 && other.worker == 0 && *ended <= first);
        let place = free.unwrap_or(lanes.len());
        match lanes.get_mut(place) {
            Some((shared, ended)) => (shared.threads, *ended) = (shared.threads + 1, last),
            None => lanes.push((lane.clone(), last)),
        }
        places[thread] = place as u32;
    }
    (lanes.into_iter().map(|(lane, _)| lane).collect(), places)
}

impl Groups {
    fn by_name(events: &[Event]) -> Self {
        let (mut labels, mut numbers, mut members) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for event in events {
            members.entry(event.pipeline).or_insert_with(|| {
                let label = if event.name.is_empty() { format!("pipeline {}", event.pipeline) } else { event.name.to_string() };
                *numbers.entry(label).or_insert_with_key(|label| {
                    labels.push(label.clone());
                    labels.len() - 1
                })
            });
        }
        Groups { labels, members }
    }

    pub(super) fn by_partition(events: &[Event]) -> Self {
        let mut members: BTreeMap<u32, usize> = events.iter().map(|event| (event.partition, 0)).collect();
        members.values_mut().enumerate().for_each(|(rank, group)| *group = rank);
        Groups { labels: members.keys().map(|partition| format!("partition {partition}")).collect(), members }
    }

    pub(super) fn group(&self, member: u32) -> usize {
        self.members.get(&member).copied().unwrap_or(0)
    }

    pub(super) fn label(&self, member: u32) -> &str {
        self.labels.get(self.group(member)).map_or("", |label| label)
    }
}
