use super::whole::WholeRecords;
use crate::data::fixed_hash;
use crate::source::FilePlace;
use serde::{Deserialize, Serialize};
use std::io;

/// A place between two records of a file, and what is to be found before it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CsvPlace {
    file: FilePlace,
    /// The first record, where it has been read.
    opening: Option<OpeningPlace>,
    /// Whether the last record before the place had an end.
    ended: bool,
}

/// Where the first record is, which says what the others are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct OpeningPlace {
    /// How many bytes of the file there are up to its end.
    bytes: u64,
    print: u64,
}

impl CsvPlace {
    /// How many bytes are before it.
    pub(in crate::source::csv) fn offset(&self) -> u64 {
        self.file.offset
    }
}

impl OpeningPlace {
    pub(super) fn of(bytes: &[u8]) -> Self {
        OpeningPlace { bytes: bytes.len() as u64, print: fixed_hash(bytes) }
    }
}

impl WholeRecords {
    /// The place after what has been given.
    pub(in crate::source::csv) fn place(&self) -> CsvPlace {
        CsvPlace { file: self.file.place(), opening: self.opening.as_ref().map(|opening| opening.place), ended: self.ended }
    }

    /// Goes to a place, and reads the first record again.
    ///
    /// # Errors
    /// Where the file is shorter, or other bytes are before the place than were, or the first record is another.
    pub(in crate::source::csv) fn seek(&mut self, place: CsvPlace) -> io::Result<()> {
        self.file.seek(place.file)?;
        let mut opening = None;
        if let Some(known) = place.opening {
            let bytes = self.file.beginning(known.bytes)?;
            if OpeningPlace::of(&bytes).print != known.print {
                let what = "the first record of the file is another than was read: bring back the file that was read, or start anew with another checkpoint";
                return Err(self.file.error(what));
            }
            opening = Some(self.opening_of(&bytes)?);
        }
        self.begin(opening, place.ended);
        Ok(())
    }
}
