use crate::source::{TextError, TextFile, disk, lines};
use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

/// What some programs write before UTF-8.
pub(super) const MARK: &[u8] = "\u{feff}".as_bytes();

/// Where the bytes are.
#[derive(Clone, Debug)]
pub(super) enum Input<'t> {
    Text(&'t str),
    File(TextFile),
}

impl<'t> Input<'t> {
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Input::Text(_) => None,
            Input::File(file) => Some(file.disk().path()),
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Input::Text(text) => text.len() as u64,
            Input::File(file) => file.disk().len(),
        }
    }

    /// The bytes of a batch where nobody asked for a number of records.
    pub(super) fn block(&self) -> u64 {
        match self {
            Input::Text(text) => lines::block(text.len()) as u64,
            Input::File(file) => file.block_bytes() as u64,
        }
    }

    /// All bytes in consecutive pieces, each with its offset.
    pub(super) fn pieces(&self, mut take: impl FnMut(u64, &[u8])) -> Result<(), TextError> {
        match self {
            Input::Text(text) => {
                take(0, text.as_bytes());
                Ok(())
            }
            // The mark of UTF-8 at the very beginning is not to fall apart.
            Input::File(file) => file.disk().pieces(file.block_bytes().max(MARK.len()), take),
        }
    }

    pub(super) fn read(&self, range: Range<u64>) -> Result<Cow<'t, [u8]>, TextError> {
        match self {
            // What is in memory can be counted by a `usize`.
            Input::Text(text) => Ok(Cow::Borrowed(&text.as_bytes()[range.start as usize..range.end as usize])),
            Input::File(file) => {
                let mut bytes = vec![0; disk::length(range.end - range.start)];
                file.disk().fill(&mut bytes, range.start)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}
