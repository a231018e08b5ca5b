//! A log on disk: reads its segments, tiles, checkpoint and public key, one file at a time. Believes nothing of what it reads;
//! whether it holds together is for `verify` to find out.

use super::ledger::{SEGMENT, segment_path};
use super::seal::{SealError, SealKey};
use super::tiles::{Tile, WIDTH, within};
use super::tree::{Hash, leaf_hash};
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// No file of a log is longer: a full segment of records of a kilobyte each.
const LONGEST: u64 = SEGMENT * 1_024;

/// Why a log cannot be read.
#[derive(Debug)]
pub enum LogError {
    /// The folder is not a log.
    NoLog(PathBuf),
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// Its segments are sealed, and no key was given.
    Sealed,
    /// There is no such record or tree.
    Beyond(u64),
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLog(path) => write!(f, "{} is not an audit log: it has no segment/", path.display()),
            Self::File(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Sealed => f.write_str("the log's segments are sealed: give the key with --unseal"),
            Self::Beyond(size) => write!(f, "the log holds {size} records"),
        }
    }
}

/// A log's folder, and what its segments are unsealed with.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    sealed: bool,
    key: Option<SealKey>,
}

impl Log {
    /// Opens the log in `path`, or in `audit` below it. `key` unseals segments.
    ///
    /// # Errors
    /// Where there is no log, or its segments are sealed and no key is given.
    pub fn open(path: &Path, key: Option<SealKey>) -> Result<Self, LogError> {
        let below = path.join("audit");
        let folder = if below.join("segment").is_dir() { below } else { path.to_owned() };
        if !folder.join("segment").is_dir() {
            return Err(LogError::NoLog(path.to_owned()));
        }
        let sealed = folder.join(segment_path(0, true)).exists();
        if sealed && key.is_none() { Err(LogError::Sealed) } else { Ok(Self { folder, sealed, key }) }
    }

    /// Whether its segments are sealed; the lowest row of tiles is not there then.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// The text of a small file such as `checkpoint`; `None` where it is not there.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn text(&self, name: &str) -> Result<Option<String>, LogError> {
        Ok(self.file(name)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The records of a segment, each with its end of line; `None` after the last one.
    ///
    /// # Errors
    /// Where it cannot be read. That it cannot be unsealed is its inner error.
    pub fn segment(&self, number: u64) -> Result<Option<Result<Vec<u8>, SealError>>, LogError> {
        let bytes = self.file(&segment_path(number, self.sealed))?;
        Ok(bytes.map(|bytes| match &self.key {
            Some(key) if self.sealed => key.unseal(number, &bytes),
            _ => Ok(bytes),
        }))
    }

    /// Whether there are segments after this one, so that a missing one is no end.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn goes_on_after(&self, number: u64) -> Result<bool, LogError> {
        let folder = self.folder.join("segment");
        let entries = fs::read_dir(&folder).map_err(|error| LogError::File(folder, error))?;
        let named = |entry: io::Result<fs::DirEntry>| {
            entry.ok()?.file_name().to_string_lossy().split('.').next()?.parse::<u64>().ok()
        };
        Ok(entries.filter_map(named).any(|found| found > number))
    }

    /// The hashes of a tile, as many as there are: the full tile, else the widest partial one. `None` where it is not there.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn tile(&self, level: u32, number: u64) -> Result<Option<Vec<Hash>>, LogError> {
        let path = Tile { level, number, width: WIDTH }.path();
        let mut bytes = self.file(&path)?;
        if bytes.is_none()
            && let Ok(partial) = fs::read_dir(self.folder.join(format!("{path}.p")))
        {
            let widths = partial.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok());
            let widest = widths.filter(|width| *width < WIDTH).max();
            bytes = match widest {
                Some(width) => self.file(&Tile { level, number, width }.path())?,
                None => None,
            };
        }
        Ok(bytes.map(|bytes| bytes.as_chunks().0.to_vec()))
    }

    /// The hash of a complete subtree, from tiles, or in a sealed log from the records themselves.
    ///
    /// # Errors
    /// Where something cannot be read, or `size` records are not there.
    pub fn subtree(&self, height: u32, number: u64, size: u64) -> Result<Hash, LogError> {
        let mut trouble = None;
        let hash = within(height, number, |level, from, to| {
            let tile =
                if level == 0 && self.sealed { self.leaves(from / WIDTH) } else { self.tile(level, from / WIDTH) };
            let found = tile.map_err(|error| trouble = Some(error)).ok()??;
            let first = from - from % WIDTH;
            found.get((from - first) as usize..(to - first) as usize).map(<[Hash]>::to_vec)
        });
        hash.ok_or_else(|| trouble.unwrap_or(LogError::Beyond(size)))
    }

    /// What would stand in a tile of the lowest row.
    fn leaves(&self, number: u64) -> Result<Option<Vec<Hash>>, LogError> {
        let per_segment = SEGMENT / WIDTH;
        let Some(Ok(segment)) = self.segment(number / per_segment)? else { return Ok(None) };
        let first = (number % per_segment * WIDTH) as usize;
        let lines = segment.split_inclusive(|byte| *byte == b'\n').skip(first).take(WIDTH as usize);
        Ok(Some(lines.map(|line| leaf_hash(bare(line))).collect()))
    }

    /// A record by its number, as it stands there.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn record(&self, number: u64) -> Result<Option<Vec<u8>>, LogError> {
        let Some(Ok(segment)) = self.segment(number / SEGMENT)? else { return Ok(None) };
        let mut lines = segment.split_inclusive(|byte| *byte == b'\n');
        Ok(lines.nth((number % SEGMENT) as usize).map(|line| bare(line).to_vec()))
    }

    fn file(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        let path = self.folder.join(name);
        let read = || -> io::Result<Vec<u8>> {
            let (mut bytes, mut file) = (Vec::new(), fs::File::open(&path)?);
            file.by_ref().take(LONGEST + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > LONGEST { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
        };
        match read() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LogError::File(path, error)),
        }
    }
}

/// A line without its end.
pub(super) fn bare(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}
