use super::StoreError;
use super::error::StoreErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a durable stream keeps its state, and how often it is committed.
///
/// ```
/// use microbatch::Checkpoint;
/// use std::time::Duration;
///
/// let checkpoint = Checkpoint::at("state.redb")?.every(Duration::from_millis(100)).name("totals").version(2);
/// assert_eq!(checkpoint.path().to_str(), Some("state.redb"));
/// # Ok::<(), microbatch::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    every: Duration,
    name: String,
    version: u32,
}

impl Checkpoint {
    /// In this file, which is made if it is not there. Beside it, with `.epoch` after its name, a small file notes the last epoch, so that an old
    /// copy is refused. It is synced every few seconds: where the machine stops, and the commits of the last of them are damaged, too, that is not noticed.
    ///
    /// # Errors
    /// Where that is the name of a folder, or none.
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        if path.file_name().is_none() || path.is_dir() {
            return Err(StoreError::new(&path, StoreErrorKind::NoFile));
        }
        Ok(Checkpoint { path, every: Duration::from_secs(1), name: "default".into(), version: 1 })
    }

    /// The time between two commits, at least. Zero commits after each micro-batch. Default: a second.
    pub fn every(self, every: Duration) -> Self {
        Checkpoint { every, ..self }
    }

    /// The pipeline's name, which its sink is told with each epoch. Default: `default`.
    pub fn name(self, name: impl Into<String>) -> Self {
        Checkpoint { name: name.into(), ..self }
    }

    /// The version of the pipeline: to be changed with the closures, which nobody else can see. A file of another version is refused.
    /// Default: 1.
    pub fn version(self, version: u32) -> Self {
        Checkpoint { version, ..self }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn period(&self) -> Duration {
        self.every
    }

    pub(crate) fn pipeline(&self) -> &str {
        &self.name
    }

    /// What tells this pipeline from others: its name, its version and its steps.
    pub(crate) fn plan(&self, steps: &str) -> String {
        format!("`{}` version {} with the steps {steps}", self.name, self.version)
    }
}
