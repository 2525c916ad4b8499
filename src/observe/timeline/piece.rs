//! Bars of one lane: batches, and neighbours that are narrower than a pixel as one.

use super::event::Event;
use super::palette::COLOURS;

pub(super) struct Piece {
    pub(super) first: Event,
    pub(super) batches: usize,
    pub(super) records: u64,
    pub(super) ended: u64,
    pub(super) failed: bool,
    /// Time inside batches, in nanoseconds, by colour.
    busy: [u64; COLOURS.len()],
}

impl Piece {
    fn new(event: &Event) -> Self {
        Piece { first: *event, batches: 0, records: 0, ended: event.started, failed: event.failed, busy: [0; COLOURS.len()] }
    }

    fn add(&mut self, event: &Event, colour: usize) {
        self.batches += 1;
        self.records += event.records;
        self.failed |= event.failed;
        self.ended = self.ended.max(event.ended);
        self.busy[colour] += event.busy();
    }

    pub(super) fn length(&self) -> u64 {
        self.ended - self.first.started
    }

    /// The colour that has most of its time.
    pub(super) fn colour(&self) -> usize {
        (0..COLOURS.len()).max_by_key(|colour| (self.busy[*colour], COLOURS.len() - colour)).unwrap_or(0)
    }

    /// The part of its length that lies inside batches: 0 to 1.
    pub(super) fn share(&self) -> f64 {
        self.busy.iter().sum::<u64>() as f64 / self.length().max(1) as f64
    }

    /// Whether a batch lies so near that they cannot be told apart. What is narrower than a pixel takes in any colour, so there are never
    /// more pieces than a few a pixel.
    fn takes(&self, event: &Event, colour: usize, pixel: u64) -> bool {
        let alike = self.busy[colour] > 0 && self.colour() == colour && self.failed == event.failed;
        let narrow = event.busy() < pixel && (self.batches > 1 || self.length() < pixel);
        narrow && event.started.saturating_sub(self.ended) < pixel && (alike || self.length() < pixel)
    }
}

/// The bars of events that are in the order of their starts. `pixel` is the time it shows, in nanoseconds.
pub(super) fn pieces<'e>(events: impl IntoIterator<Item = &'e Event>, pixel: u64, colour: impl Fn(&Event) -> usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for event in events {
        let colour = colour(event);
        if !pieces.last().is_some_and(|piece| piece.takes(event, colour, pixel)) {
            pieces.push(Piece::new(event));
        }
        if let Some(piece) = pieces.last_mut() {
            piece.add(event, colour);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{Event, pieces};

    fn event(started: u64, ended: u64, partition: u32) -> Event {
        Event { pipeline: 0, name: "", seq: 0, offset: 0, partition, lane: 0, records: 10, arrived: 0, started, ended, failed: false }
    }

    fn check(events: &[Event], expected: &[(u64, u64, usize, usize)]) {
        let pieces = pieces(events, 100, |event| event.partition as usize);
        let found: Vec<_> = pieces.iter().map(|piece| (piece.first.started, piece.ended, piece.batches, piece.colour())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_as_wide_as_a_pixel_stands_alone() {
        check(&[event(0, 100, 0), event(100, 200, 0), event(200, 350, 1)], &[(0, 100, 1, 0), (100, 200, 1, 0), (200, 350, 1, 1)]);
    }

    #[test]
    fn narrow_neighbours_of_one_colour_are_one() {
        check(&[event(0, 60, 0), event(60, 120, 0), event(120, 180, 0), event(280, 290, 0)], &[(0, 180, 3, 0), (280, 290, 1, 0)]);
    }

    #[test]
    fn inside_a_pixel_the_longest_colour_wins() {
        check(&[event(0, 20, 0), event(20, 70, 1), event(70, 120, 1), event(120, 130, 2)], &[(0, 120, 3, 1), (120, 130, 1, 2)]);
    }

    #[test]
    fn many_narrow_batches_are_a_few_pieces_a_pixel() {
        let events: Vec<_> = (0..100_000).map(|n| event(n, n + 1, n as u32 % 7)).collect();
        assert!(pieces(&events, 100, |event| event.partition as usize).len() <= 1_001);
    }
}
