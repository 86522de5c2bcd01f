//! The file system under a local bucket, read as it is.

use std::fs;
use std::io;
use std::path::{Path as DiskPath, PathBuf};
use std::time::{Duration, SystemTime};

use words::Timestamp;

/// WHY: folders below a bucket are `cells/<id>/index/<generation>/<kind>/<sub>` at the deepest;
/// a deeper one is not ours, and a loop of links must end.
const DEPTH_MAX: usize = 12;

/// Calls back for every file below a folder, links not followed.
pub(super) fn each_file(
    folder: &DiskPath,
    found: &mut dyn FnMut(&DiskPath, &fs::Metadata) -> io::Result<()>,
) -> io::Result<()> {
    let mut waiting: Vec<(PathBuf, usize)> = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let about = match entry.metadata() {
                // WHY: a writer may finish and remove its staging file while we look.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                about => about?,
            };
            match about.is_dir() {
                true if depth < DEPTH_MAX => waiting.push((entry.path(), depth + 1)),
                true => return Err(io::Error::other("folders nest too deep")),
                false => found(&entry.path(), &about)?,
            }
        }
    }
    Ok(())
}

/// `name#1` as the storage crate stages writes.
fn is_leftover(file: &DiskPath) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let staged = name.and_then(|name| name.rsplit_once('#')).map(|(_, number)| number);
    staged.is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
}

pub(super) fn clear_leftovers(folder: &DiskPath, before: Timestamp) -> io::Result<usize> {
    let since = Duration::from_millis(before.ms().max(0).unsigned_abs());
    let before = SystemTime::UNIX_EPOCH + since;
    let mut cleared = 0;
    each_file(folder, &mut |file, about| {
        if is_leftover(file) && about.modified()? < before {
            fs::remove_file(file)?;
            cleared += 1;
        }
        Ok(())
    })?;
    Ok(cleared)
}

pub(super) fn names(root: &DiskPath) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    each_file(root, &mut |file, _| {
        let below = file.strip_prefix(root).unwrap_or(file);
        names.push(below.to_string_lossy().into_owned());
        Ok(())
    })?;
    Ok(names)
}
