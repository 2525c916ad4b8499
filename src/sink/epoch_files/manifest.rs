use super::place::not_written;
use crate::data::sync_name;
use crate::saved::crc32;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is to be done where a file is not what it was ..
const RETURN: &str = "Bring it back from a copy";
/// .. and where it is the manifest.
const REMEDY: &str = "Bring it back from a copy; or give the run that begins anew a folder, or a pipeline's name, of its own";

/// One epoch that is complete, as a manifest lists it.
///
/// See [`EpochFiles`](crate::EpochFiles) for how it is made, and [`EpochFile::all`] for how to read what a stream has written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EpochFile {
    /// Where its lines are.
    pub path: PathBuf,
    /// The number of the epoch.
    pub epoch: u64,
    /// How many lines there are.
    pub lines: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The CRC-32 of the bytes.
    pub checksum: u32,
}

impl EpochFile {
    /// The epochs of a pipeline that are complete, in their order; none where there is no manifest.
    ///
    /// # Errors
    /// Where the manifest cannot be read, or is damaged; also where it does not list several of the files that are there, as it was cut off then.
    ///
    /// ```
    /// use microbatch::EpochFile;
    ///
    /// assert!(EpochFile::all(std::env::temp_dir().join("microbatch-none"), "totals")?.is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn all(folder: impl AsRef<Path>, pipeline: &str) -> io::Result<Vec<EpochFile>> {
        let manifest = Manifest::new(folder.as_ref(), pipeline);
        // Who writes meanwhile lists each file before the next: of those that are seen first, all but one are listed.
        let files = manifest.files()?;
        let epochs = manifest.read()?.0;
        let unlisted = unlisted(&files, &epochs);
        if unlisted.len() > 1 { Err(manifest.cut_off(unlisted[0])) } else { Ok(epochs) }
    }

    /// Its text.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not what the manifest says.
    pub fn read(&self) -> io::Result<String> {
        let not_read =
            |error: io::Error| io::Error::new(error.kind(), format!("{} cannot be read: {error}. {RETURN}", self.path.display()));
        let bytes = fs::read(&self.path).map_err(not_read)?;
        let is_whole = (bytes.len() as u64, crc32(&bytes)) == (self.bytes, self.checksum);
        let text = String::from_utf8(bytes).ok().filter(|_| is_whole);
        let changed = format_args!("it is not what the manifest says: it was changed after it was written. {RETURN}");
        text.ok_or_else(|| damaged(&self.path, changed))
    }

    fn line(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let line = format!("{name} {} {} {} {:08x}", self.epoch, self.lines, self.bytes, self.checksum);
        format!("{line} {:08x}\n", crc32(line.as_bytes()))
    }

    fn of(folder: &Path, line: &str) -> Option<EpochFile> {
        let (line, sum) = line.rsplit_once(' ')?;
        if u32::from_str_radix(sum, 16).ok()? != crc32(line.as_bytes()) {
            return None;
        }
        let mut fields = line.split(' ');
        let path = folder.join(fields.next()?);
        let [epoch, lines, bytes] = [fields.next()?.parse().ok()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?];
        let checksum = u32::from_str_radix(fields.next()?, 16).ok()?;
        Some(EpochFile { path, epoch, lines, bytes, checksum })
    }
}

/// The list of the epochs of a pipeline.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    folder: PathBuf,
    name: String,
    path: PathBuf,
}

impl Manifest {
    pub(super) fn new(folder: &Path, pipeline: &str) -> Self {
        let name = name(pipeline);
        Manifest { folder: folder.to_path_buf(), path: folder.join(format!("{name}.manifest")), name }
    }

    /// Where the lines of an epoch belong.
    pub(super) fn place(&self, epoch: u64) -> PathBuf {
        self.folder.join(format!("{}-{epoch:08}.txt", self.name))
    }

    /// The numbers of the epochs whose files are there, listed or not.
    fn files(&self) -> io::Result<Vec<u64>> {
        // Others may have files whose names are much like theirs.
        let named = self.named(".txt")?.into_iter().filter(|(number, path)| *path == self.place(*number));
        Ok(named.map(|(number, _)| number).collect())
    }

    /// The files of epochs whose names end like this.
    fn named(&self, ends: &str) -> io::Result<Vec<(u64, PathBuf)>> {
        let begins = format!("{}-", self.name);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut named = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let number = name.and_then(|name| name.strip_prefix(&begins)?.strip_suffix(ends)?.parse().ok());
            named.extend(number.map(|number| (number, path)));
        }
        named.sort();
        Ok(named)
    }

    /// Files that no crash leaves behind.
    fn cut_off(&self, unlisted: u64) -> io::Error {
        let file = self.place(unlisted);
        let what = format_args!("{} is there, and it does not list that one: it has lost its end. {REMEDY}", file.display());
        damaged(&self.path, what)
    }

    /// Cleans up what a crash has left before this epoch is delivered, and says which one is the last.
    ///
    /// # Errors
    /// Where no crash can have left it: each epoch is listed before the next is written, so that this one alone may be there and not be listed.
    pub(super) fn recover(&self, epoch: u64) -> io::Result<Option<EpochFile>> {
        let (mut epochs, whole) = self.read()?;
        if let Some(unlisted) = unlisted(&self.files()?, &epochs).into_iter().find(|unlisted| *unlisted != epoch) {
            return Err(self.cut_off(unlisted));
        }
        self.named(".txt.part")?.into_iter().try_for_each(|(_, path)| fs::remove_file(path))?;
        if self.path.exists() {
            let file = OpenOptions::new().write(true).open(&self.path)?;
            if file.metadata()?.len() > whole {
                file.set_len(whole)?;
            }
            // What was read may have been written and not synced, by a process that was killed in between.
            file.sync_all()?;
            sync_name(&self.path)?;
        }
        Ok(epochs.pop())
    }

    /// All epochs, and how many bytes of the file they take. Half of a last line is what a crash has left: one without an end, or with bytes that were to
    /// come, of a disk that wrote the length first.
    pub(super) fn read(&self) -> io::Result<(Vec<EpochFile>, u64)> {
        let bytes = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let (mut epochs, mut whole) = (Vec::new(), 0);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let is_last = whole + line.len() == bytes.len();
            let is_half = is_last && (!line.ends_with(b"\n") || line.contains(&0));
            let text = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            match text.and_then(|text| EpochFile::of(&self.folder, text)) {
                Some(epoch) => epochs.push(epoch),
                None if is_half => break,
                None => {
                    let number = epochs.len() + 1;
                    return Err(damaged(&self.path, format_args!("line {number} is none of a manifest, so it was damaged. {REMEDY}")));
                }
            }
            whole += line.len();
        }
        Ok((epochs, whole as u64))
    }

    /// Lists an epoch.
    pub(super) fn append(&self, epoch: &EpochFile) -> io::Result<()> {
        let is_new = !self.path.exists();
        let append = || {
            let mut file: File = OpenOptions::new().append(true).create(true).open(&self.path)?;
            file.write_all(epoch.line().as_bytes())?;
            file.sync_all()?;
            if is_new { sync_name(&self.path) } else { Ok(()) }
        };
        append().map_err(|error| not_written(&self.path, error))
    }
}

/// The epochs whose files are there, and that are not listed.
fn unlisted(files: &[u64], epochs: &[EpochFile]) -> Vec<u64> {
    let listed: BTreeSet<u64> = epochs.iter().map(|epoch| epoch.epoch).collect();
    files.iter().copied().filter(|file| !listed.contains(file)).collect()
}

fn damaged(path: &Path, what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", path.display()))
}

/// A pipeline's name as that of a file: what is neither a letter, a digit, `-`, `_` nor `.` is written as `%` and its byte.
fn name(pipeline: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    pipeline.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }).collect()
}
