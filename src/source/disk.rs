use super::text_error::TextError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What several threads can read from at once.
#[cfg(any(unix, windows))]
type Handle = File;
/// Elsewhere a read moves the one position of the file, and threads take turns.
#[cfg(not(any(unix, windows)))]
type Handle = std::sync::Mutex<File>;

#[cfg(unix)]
fn read_at(handle: &Handle, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(handle, buffer, offset)
}

#[cfg(windows)]
fn read_at(handle: &Handle, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(handle, buffer, offset)
}

#[cfg(not(any(unix, windows)))]
fn read_at(handle: &Handle, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = handle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.seek(SeekFrom::Start(offset))?;
    file.read(buffer)
}

/// Only a regular file has a length, and bytes that can be read again.
pub(super) fn check(path: &Path) -> Result<(), TextError> {
    let metadata = fs::metadata(path).map_err(|error| TextError::open(path, error))?;
    match () {
        () if metadata.is_dir() => Err(TextError::directory(path)),
        () if !metadata.is_file() => Err(TextError::special(path)),
        () => Ok(()),
    }
}

/// An open file of known length, read at positions.
#[derive(Debug)]
pub(super) struct Disk {
    handle: Handle,
    path: PathBuf,
    len: u64,
}

impl Disk {
    /// The length is that of now: what is appended later is not read.
    pub(super) fn open(path: &Path) -> Result<Self, TextError> {
        let failed = |error| TextError::open(path, error);
        // Before it is opened: to open a pipe waits for its other end.
        check(path)?;
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        Ok(Disk { handle: Handle::from(file), path: path.to_path_buf(), len })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Fills `buffer` with the bytes from `offset` on, which end where the file ended when it was opened, or before.
    pub(super) fn fill(&self, mut buffer: &mut [u8], mut offset: u64) -> Result<(), TextError> {
        while !buffer.is_empty() {
            match read_at(&self.handle, buffer, offset) {
                Ok(0) => return Err(TextError::shrunk(&self.path, self.len, offset)),
                Ok(read) => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TextError::read(&self.path, offset, error)),
            }
        }
        Ok(())
    }

    /// The whole file in consecutive pieces of `size` bytes, each with its offset.
    pub(super) fn pieces(&self, size: usize, mut take: impl FnMut(u64, &[u8])) -> Result<(), TextError> {
        let mut buffer = vec![0; length(self.len.min(size as u64))];
        let mut offset = 0;
        while offset < self.len {
            buffer.truncate(length(self.len - offset));
            self.fill(&mut buffer, offset)?;
            take(offset, &buffer);
            offset += buffer.len() as u64;
        }
        Ok(())
    }
}

/// A number of bytes in memory; what no memory holds is left for the allocation to refuse.
pub(super) fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
