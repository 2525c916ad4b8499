use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text file that cannot be read, or a line of it. Opaque: ask with the `is_` methods. An error of the operating system is its
/// [`source`](std::error::Error::source).
///
/// ```
/// use microbatch::TextFile;
///
/// let error = TextFile::open("no-such-file.txt").unwrap_err();
/// assert!(error.is_io());
/// assert_eq!((error.path(), error.offset()), ("no-such-file.txt".as_ref(), None));
/// assert_eq!(error.to_string(), "`no-such-file.txt` cannot be opened (entity not found): check the path, and that it may be read");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct TextError(Arc<TextErrorKind>);

#[derive(Debug, thiserror::Error)]
enum TextErrorKind {
    #[error("`{}` cannot be opened ({}): check the path, and that it may be read", path.display(), source.kind())]
    Open { path: PathBuf, source: io::Error },
    #[error("`{}` is a directory: give the path of a file in it", path.display())]
    Directory { path: PathBuf },
    #[error("`{}` is no regular file, so its length is not known: copy what it gives into a file first", path.display())]
    Special { path: PathBuf },
    #[error("`{}` cannot be read at byte {offset} ({}): the block that needs it is lost; check the disk, and run again", path.display(), source.kind())]
    Read { path: PathBuf, offset: u64, source: io::Error },
    #[error("`{}` had {len} bytes when it was opened, and has no byte {offset} now: let nothing shorten it during a run", path.display())]
    Shrunk { path: PathBuf, len: u64, offset: u64 },
    #[error("`{}` is not UTF-8 at byte {offset}: convert the file, or leave such lines out", path.display())]
    Utf8 { path: PathBuf, offset: u64 },
}

impl TextError {
    pub(super) fn open(path: &Path, source: io::Error) -> Self {
        TextErrorKind::Open { path: path.into(), source }.into()
    }

    pub(super) fn directory(path: &Path) -> Self {
        TextErrorKind::Directory { path: path.into() }.into()
    }

    pub(super) fn special(path: &Path) -> Self {
        TextErrorKind::Special { path: path.into() }.into()
    }

    pub(super) fn read(path: &Path, offset: u64, source: io::Error) -> Self {
        TextErrorKind::Read { path: path.into(), offset, source }.into()
    }

    pub(super) fn shrunk(path: &Path, len: u64, offset: u64) -> Self {
        TextErrorKind::Shrunk { path: path.into(), len, offset }.into()
    }

    pub(super) fn utf8(path: &Path, offset: u64) -> Self {
        TextErrorKind::Utf8 { path: path.into(), offset }.into()
    }

    /// Whether the operating system refused to open the file, or to read it.
    pub fn is_io(&self) -> bool {
        matches!(*self.0, TextErrorKind::Open { .. } | TextErrorKind::Read { .. })
    }

    /// Whether the path is that of a directory, a pipe or a device.
    pub fn is_not_a_file(&self) -> bool {
        matches!(*self.0, TextErrorKind::Directory { .. } | TextErrorKind::Special { .. })
    }

    /// Whether the file was shorter when it was read than when it was opened.
    pub fn is_shrunk(&self) -> bool {
        matches!(*self.0, TextErrorKind::Shrunk { .. })
    }

    /// Whether there are bytes that are not UTF-8.
    pub fn is_utf8(&self) -> bool {
        matches!(*self.0, TextErrorKind::Utf8 { .. })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        match &*self.0 {
            TextErrorKind::Open { path, .. }
            | TextErrorKind::Directory { path }
            | TextErrorKind::Special { path }
            | TextErrorKind::Read { path, .. }
            | TextErrorKind::Shrunk { path, .. }
            | TextErrorKind::Utf8 { path, .. } => path,
        }
    }

    /// The byte of the file, from 0, where the file was read: the first that could not be had, or that is not UTF-8.
    pub fn offset(&self) -> Option<u64> {
        match *self.0 {
            TextErrorKind::Open { .. } | TextErrorKind::Directory { .. } | TextErrorKind::Special { .. } => None,
            TextErrorKind::Read { offset, .. } | TextErrorKind::Shrunk { offset, .. } | TextErrorKind::Utf8 { offset, .. } => Some(offset),
        }
    }
}

impl From<TextErrorKind> for TextError {
    fn from(kind: TextErrorKind) -> Self {
        TextError(Arc::new(kind))
    }
}
