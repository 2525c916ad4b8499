use super::{FolderLines, late_file, names};
use crate::saved::Replay;
use crate::source::FilePlace;
use serde::{Deserialize, Serialize};
use std::io;

/// A place in a folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FolderPlace {
    /// How many files were done, and the one that is being read.
    done: u64,
    current: Option<(Vec<u8>, FilePlace)>,
}

impl Replay for FolderLines {
    type Offset = FolderPlace;

    fn offset(&self) -> FolderPlace {
        let current = self.current.as_ref();
        FolderPlace { done: self.done, current: current.map(|open| (open.name.as_encoded_bytes().to_vec(), open.file.place())) }
    }

    fn seek(&mut self, place: FolderPlace) -> io::Result<()> {
        self.names = names(&self.folder)?;
        self.done = place.done;
        let Some((saved, at)) = place.current else {
            self.current = None;
            return Ok(());
        };
        let name = self.names.iter().find(|name| name.as_encoded_bytes() == saved).cloned();
        let Some(name) = name else {
            let (folder, name) = (self.folder.display(), String::from_utf8_lossy(&saved).into_owned());
            let what = format!("{folder} has no file {name} any more, which was read up to byte {}", at.offset);
            let remedy = "bring it back, or start anew with another checkpoint; only files with earlier names may be deleted";
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{what}: {remedy}")));
        };
        let mut open = self.open(&name)?;
        open.file.seek(at)?;
        if open.file.len()? > open.file.offset() {
            open.file.check_line_end()?;
        }
        // Which they are is not known any more, but that one of them was not read is.
        if let Some(late) = self.names.range(..name.clone()).nth(place.done as usize) {
            return Err(late_file(&self.folder.join(late), &self.folder.join(&name)));
        }
        self.current = Some(open);
        Ok(())
    }
}
