use super::{Folder, Reads, late_file, names};
use serde::{Deserialize, Serialize};
use std::io;

/// A place in a folder, and what is a place in its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FolderPlace<P> {
    /// How many files were done, and the one that is being read.
    done: u64,
    current: Option<(Vec<u8>, P)>,
}

/// Files that can be read again from a place.
pub(in crate::source) trait Replays: Reads {
    type Place;

    /// The place after what has been given.
    fn place(file: &Self::File) -> Self::Place;

    /// How many bytes are before it.
    fn offset(place: &Self::Place) -> u64;

    fn seek(file: &mut Self::File, place: Self::Place) -> io::Result<()>;
}

impl<R: Replays> Folder<R, R::File> {
    pub(in crate::source) fn place(&self) -> FolderPlace<R::Place> {
        let current = self.current.as_ref();
        FolderPlace { done: self.done, current: current.map(|open| (open.name.as_encoded_bytes().to_vec(), R::place(&open.file))) }
    }

    pub(in crate::source) fn seek(&mut self, place: FolderPlace<R::Place>) -> io::Result<()> {
        self.names = names(&self.folder)?;
        self.done = place.done;
        let Some((saved, at)) = place.current else {
            self.current = None;
            return Ok(());
        };
        let name = self.names.iter().find(|name| name.as_encoded_bytes() == saved).cloned();
        let Some(name) = name else {
            let (folder, name) = (self.folder.display(), String::from_utf8_lossy(&saved).into_owned());
            let what = format!("{folder} has no file {name} any more, which was read up to byte {}", R::offset(&at));
            let remedy = "bring it back, or start anew with another checkpoint; only files with earlier names may be deleted";
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{what}: {remedy}")));
        };
        let mut open = self.open(&name)?;
        R::seek(&mut open.file, at)?;
        // Which they are is not known any more, but that one of them was not read is.
        if let Some(late) = self.names.range(..name.clone()).nth(place.done as usize) {
            return Err(late_file(&self.folder.join(late), &self.folder.join(&name)));
        }
        self.current = Some(open);
        Ok(())
    }
}
