use super::EpochFiles;
use super::manifest::{EpochFile, Manifest};
use super::place::place;
use crate::error::BoxError;
use crate::saved::crc32;
use crate::stage::{Epoch, TransactionalSink};

/// What a pipeline has in the folder.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pipeline: String,
    manifest: Manifest,
    last: Option<EpochFile>,
}

impl<F> EpochFiles<F> {
    /// What there is of a pipeline; read, and cleaned up, at its first epoch.
    fn written(&mut self, epoch: &Epoch) -> Result<&mut Written, BoxError> {
        let pipeline = &epoch.pipeline;
        if self.written.as_ref().is_none_or(|written| written.pipeline != *pipeline) {
            let manifest = Manifest::new(&self.folder, pipeline);
            let last = manifest.recover(epoch.number)?;
            self.written = Some(Written { pipeline: pipeline.clone(), manifest, last });
        }
        self.written.as_mut().ok_or_else(|| "there is no manifest".into())
    }
}

impl Written {
    /// Whether the epoch is there already.
    fn has(&self, epoch: &EpochFile) -> Result<bool, BoxError> {
        let refused = |what: &str| {
            let (number, folder) = (epoch.epoch, epoch.path.display());
            let remedy = "give each run that begins anew a folder, or a pipeline's name, of its own";
            Err(format!("epoch {number} cannot be written to {folder}: {what}; {remedy}").into())
        };
        match &self.last {
            None => Ok(false),
            Some(last) if last == epoch => Ok(true),
            Some(last) if last.epoch < epoch.epoch => Ok(false),
            Some(last) if last.epoch == epoch.epoch => refused("the manifest lists it with other lines, so it is of another run"),
            // Only the last epoch is ever delivered again; an older one is of no consequence if it is the same.
            Some(_) if self.manifest.read()?.0.contains(epoch) => Ok(true),
            Some(_) => refused("the manifest lists later ones, and none like it, so they are of another run"),
        }
    }
}

impl<T, F: Fn(&T) -> String + Send> TransactionalSink<T> for EpochFiles<F> {
    fn deliver(&mut self, epoch: &Epoch, results: Vec<T>) -> Result<(), BoxError> {
        let text = self.text(&results)?;
        let written = self.written(epoch)?;
        let whole = EpochFile {
            path: written.manifest.place(epoch.number),
            epoch: epoch.number,
            lines: text.lines().count() as u64,
            bytes: text.len() as u64,
            checksum: crc32(text.as_bytes()),
        };
        if !written.has(&whole)? {
            // A file that is there and not listed was moved there before a crash: it is written again, with the same lines.
            place(&whole.path, text.as_bytes())?;
            written.manifest.append(&whole)?;
            written.last = Some(whole);
        }
        Ok(())
    }
}
