//! Single files, all of them written whole or none: each under a temporary name beside its own, then all are renamed. Knows nothing of
//! what they hold.

use super::folder::create_file;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Whether files can be written there, as far as that shows beforehand: a long run is not to end with a name that cannot be used.
///
/// # Errors
/// Where a name is none of a file, its folder is not there, or two are the same.
pub fn can_write<'p>(paths: impl Iterator<Item = &'p Path> + Clone) -> io::Result<()> {
    for (number, path) in paths.clone().enumerate() {
        let folder = parent(path);
        if path.file_name().is_none() || path.is_dir() {
            return Err(refused(format!("`{}` is not the name of a file", path.display())));
        }
        if !folder.is_dir() {
            return Err(refused(format!("there is no folder `{}`", folder.display())));
        }
        if paths.clone().skip(number + 1).any(|other| other == path) {
            return Err(refused(format!("`{}` would be written twice", path.display())));
        }
    }
    Ok(())
}

/// Writes files so that a reader finds each whole or as it was before. Files are readable by their owner only. Where one cannot be
/// written, none is put in place.
///
/// # Errors
/// What the file system says; nothing is left behind then. Renaming several files is not one step: should it fail in between, those
/// before are in place.
pub fn write_files(files: &[(PathBuf, Vec<u8>)]) -> io::Result<()> {
    let fresh: Vec<PathBuf> = files.iter().map(|(path, _)| beside(path)).collect();
    let written = files.iter().zip(&fresh).try_for_each(|((_, bytes), fresh)| {
        // What an interrupted run left under this name is ours and worth nothing.
        match fs::remove_file(fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = create_file(fresh)?;
        file.write_all(bytes)?;
        file.sync_all()
    });
    let placed =
        written.and_then(|()| files.iter().zip(&fresh).try_for_each(|((path, _), fresh)| fs::rename(fresh, path)));
    if placed.is_err() {
        // The first error is the one to tell.
        fresh.iter().for_each(|fresh| drop(fs::remove_file(fresh)));
    }
    placed
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.new"))
}

fn refused(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
