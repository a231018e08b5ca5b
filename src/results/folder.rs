//! A folder of results, written whole or not at all: its files are written under a temporary name beside it and renamed into
//! place. Knows nothing of what the files hold, except how to tell a results folder from anything else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Either of these in a folder says that it was written by this program.
const MARKS: [&str; 2] = ["results.json", "run-info.json"];

/// Files collected for a results folder.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    files: Vec<(String, Vec<u8>)>,
}

impl Folder {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file by its path within the folder, such as `figures/map.svg`.
    pub fn add(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.files.push((name.into(), bytes));
    }

    /// Writes all files so that `to` holds either all of them or what it held before. Files are readable by their owner only.
    /// Replacing takes two renames: whoever is killed between them leaves the earlier results beside `to`, and the next call
    /// puts them back before it begins.
    ///
    /// # Errors
    /// Where `to` exists and is neither empty nor a results folder, where a name leaves the folder or comes twice, or where
    /// the file system refuses; nothing is left behind then.
    pub fn write(&self, to: &Path) -> io::Result<()> {
        self.check_names()?;
        let name = to.file_name().ok_or_else(|| refused(format!("`{}` names no folder", to.display())))?;
        let beside = |suffix: &str| to.with_file_name(format!(".{}.{suffix}", name.to_string_lossy()));
        let (fresh, old) = (beside("new"), beside("old"));
        if !to.exists() && old.exists() {
            fs::rename(&old, to)?;
        }
        check_target(to)?;
        if let Some(parent) = to.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        // What an interrupted run left under these names is ours and worth nothing.
        remove(&fresh)?;
        let written = self.write_files(&fresh).and_then(|()| put_in_place(&fresh, to, &old));
        if written.is_err() {
            // The first error is the one to tell.
            let _ = remove(&fresh);
        }
        written
    }

    fn check_names(&self) -> io::Result<()> {
        let mut names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        for name in &names {
            let inside = Path::new(name).components().all(|c| matches!(c, Component::Normal(_)));
            if name.is_empty() || !inside {
                return Err(refused(format!("`{name}` is not a path within the results folder")));
            }
        }
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(refused(format!("`{}` would be written twice", pair[0]))),
            None => Ok(()),
        }
    }

    fn write_files(&self, folder: &Path) -> io::Result<()> {
        create_dir(folder)?;
        for (name, bytes) in &self.files {
            let path = folder.join(name);
            let mut missing: Vec<&Path> = path.ancestors().skip(1).take_while(|p| !p.exists()).collect();
            missing.reverse();
            for parent in missing {
                create_dir(parent)?;
            }
            let mut file = create_file(&path)?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        Ok(())
    }
}

/// Whether `folder` was written by this program.
#[must_use]
pub fn is_results(folder: &Path) -> bool {
    MARKS.iter().any(|mark| folder.join(mark).is_file())
}

fn check_target(to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_err() {
        return Ok(());
    }
    if !to.is_dir() || fs::symlink_metadata(to)?.is_symlink() {
        return Err(refused(format!("`{}` exists and is not a folder", to.display())));
    }
    if is_results(to) || fs::read_dir(to)?.next().is_none() {
        return Ok(());
    }
    Err(refused(format!("`{}` holds files that are not results of keyfleet; choose another folder", to.display())))
}

fn put_in_place(fresh: &PathBuf, to: &Path, old: &PathBuf) -> io::Result<()> {
    if !to.exists() {
        return fs::rename(fresh, to);
    }
    remove(old)?;
    fs::rename(to, old)?;
    if let Err(error) = fs::rename(fresh, to) {
        fs::rename(old, to)?;
        return Err(error);
    }
    remove(old)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn create_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

#[cfg(unix)]
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn refused(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
