//! Files for one test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that is removed at the end of its test.
pub struct Temporary(PathBuf);

impl Temporary {
    pub fn new(contents: impl AsRef<[u8]>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("microbatch-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, contents).unwrap();
        Temporary(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the file this long.
    pub fn truncate(&self, len: u64) {
        std::fs::File::options().write(true).open(&self.0).unwrap().set_len(len).unwrap();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
