//! The texts that a scenario is made of: its file, the files it extends, and `--set`. Reads with a size limit and only inside
//! the scenario's own folder, so that a stranger's scenario is safe to check. Knows nothing of TOML.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// No text that a person writes is longer (4 MiB); what is longer is refused unread.
pub const MAX_BYTES: u64 = 4 << 20;
/// No list of keys that a run can hold is longer (512 MiB: ten million lines of fifty bytes).
pub(super) const LISTED_BYTES: u64 = 512 << 20;
/// Databases of cities, the largest that name a country, have half of it (256 MiB).
pub(super) const DATABASE_BYTES: u64 = 256 << 20;

/// One text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user would write it, or `--set`.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// Whether messages may quote it: the scenario itself, but not the files that it only names.
    pub quoted: bool,
}

/// A stretch of a source, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into the list of sources.
    pub source: usize,
    /// First byte.
    pub start: usize,
    /// After the last byte.
    pub end: usize,
}

impl Source {
    /// A text of the scenario itself.
    pub(super) const fn new(name: String, text: String) -> Self {
        Self { name, text, quoted: true }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    #[must_use]
    pub fn line_column(&self, byte: usize) -> (usize, usize) {
        let byte = floor_char(&self.text, byte);
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.bytes().filter(|b| *b == b'\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The byte at which a line and a column begin, both from 1; the end where there are none such.
    pub(super) fn byte(&self, line: usize, column: usize) -> usize {
        let start = match line {
            0 | 1 => 0,
            _ => self.text.match_indices('\n').nth(line - 2).map_or(self.text.len(), |(at, _)| at + 1),
        };
        let rest = self.text[start..].split('\n').next().unwrap_or_default();
        start + rest.char_indices().nth(column.max(1) - 1).map_or(rest.len(), |(at, _)| at)
    }
}

/// The nearest character boundary at or before `byte`.
pub(super) fn floor_char(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

/// Where a scenario's files may lie.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// As the user wrote it; prefixes the names in messages.
    shown: PathBuf,
    /// Canonical, where the folder exists.
    real: PathBuf,
}

impl Folder {
    /// The folder of `main`.
    pub(super) fn of(main: &Path) -> Self {
        let shown = main.parent().unwrap_or_else(|| Path::new("")).to_path_buf();
        let here = if shown.as_os_str().is_empty() { Path::new(".") } else { &shown };
        let real = here.canonicalize().unwrap_or_else(|_| here.to_path_buf());
        Self { shown, real }
    }

    /// Reads `name`, which the file `from` mentions (both relative to this folder). Gives the path relative to this folder and
    /// the text. `ending` keeps other kinds of files (keys, password files) from being read, and quoted, by mistake.
    pub(super) fn read(&self, from: &Path, name: &str, ending: &str) -> Result<(PathBuf, String), String> {
        self.read_most(from, name, (ending, MAX_BYTES))
    }

    /// As [`Folder::read`], a file of at most so many bytes, which no person wrote.
    pub(super) fn read_most(
        &self,
        from: &Path,
        name: &str,
        (ending, most): (&str, u64),
    ) -> Result<(PathBuf, String), String> {
        let (relative, real) = self.find(from, name, ending)?;
        let text = read_limited(&real, most).map_err(|unread| format!("cannot read \"{name}\": {}", unread.reason))?;
        Ok((relative, text))
    }

    /// As [`Folder::read_most`], a file that is no text.
    pub(super) fn read_bytes(&self, name: &str, (ending, most): (&str, u64)) -> Result<Vec<u8>, String> {
        let (_, real) = self.find(Path::new(""), name, ending)?;
        bytes_limited(&real, most).map_err(|unread| format!("cannot read \"{name}\": {}", unread.reason))
    }

    /// The file called `name`: relative to this folder, and where it really lies.
    fn find(&self, from: &Path, name: &str, ending: &str) -> Result<(PathBuf, PathBuf), String> {
        let relative = self.inside(from, name)?;
        if relative.extension().and_then(|e| e.to_str()) != Some(ending) {
            return Err(format!("\"{name}\" does not end in .{ending}"));
        }
        let path = self.real.join(&relative);
        let real = path.canonicalize().map_err(|e| format!("cannot read \"{name}\": {}", plain(&e)))?;
        if !real.starts_with(&self.real) {
            return Err(format!("\"{name}\" leads outside the scenario's folder"));
        }
        // Opening a pipe would wait for ever.
        if !real.is_file() {
            return Err(format!("\"{name}\" is not a file"));
        }
        Ok((relative, real))
    }

    /// How a path relative to this folder is shown.
    pub(super) fn shown(&self, relative: &Path) -> String {
        self.shown.join(relative).display().to_string()
    }

    fn inside(&self, from: &Path, name: &str) -> Result<PathBuf, String> {
        let outside = || format!("\"{name}\" lies outside the scenario's folder");
        let mut path = from.parent().unwrap_or_else(|| Path::new("")).to_path_buf();
        for part in Path::new(name).components() {
            match part {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                Component::ParentDir => {
                    if !path.pop() {
                        return Err(outside());
                    }
                }
                Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
        }
        Ok(path)
    }
}

/// Why there is no text.
#[derive(Debug)]
pub(super) struct Unread {
    /// Completes "cannot read x: ".
    pub(super) reason: String,
    /// Whether the file could be read, and what stands in it is no text that a person wrote.
    pub(super) content: bool,
}

/// Reads a text of at most `most` bytes.
pub(super) fn read_limited(path: &Path, most: u64) -> Result<String, Unread> {
    String::from_utf8(bytes_limited(path, most)?).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        Unread { reason: format!("it is not UTF-8 text (line {line})"), content: true }
    })
}

/// Reads a file of at most `most` bytes.
fn bytes_limited(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let io = |error: std::io::Error| Unread { reason: plain(&error), content: false };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_dir() {
        return Err(Unread { reason: "it is a folder".into(), content: false });
    }
    let too_long = || {
        let kind = match most {
            LISTED_BYTES => "no inventory",
            DATABASE_BYTES => "no database of countries",
            _ => "no scenario",
        };
        Unread { reason: format!("it is longer than {} MiB, {kind} is", most >> 20), content: true }
    };
    if metadata.len() > most {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > most {
        return Err(too_long());
    }
    Ok(bytes)
}

/// The error without the operating system's number, which differs between systems.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        kind => kind.to_string(),
    }
}
