//! The pair of keys by which an S3 server knows us, read from a file that nobody else may read.
//!
//! The file is the one that S3 tools know (`aws_access_key_id = ..`), so that
//! it need not be written twice. Keys never come from arguments, the
//! environment or the network.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use words::Secret;

/// WHY: two keys and a token take some two thousand bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("cannot read `{}`", file.display())]
    Unread {
        file: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("`{}` may be read by others", .0.display())]
    Open(PathBuf),
    #[error("`{}` has no `aws_access_key_id` with an `aws_secret_access_key`", .0.display())]
    Missing(PathBuf),
}

impl KeysError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unread { .. } => "name the file that holds the bucket's keys: `--bucket-keys FILE`",
            Self::Open(_) => "make it yours alone: `chmod 600` it",
            Self::Missing(_) => {
                "write two lines in it: `aws_access_key_id = ..` and `aws_secret_access_key = ..`"
            }
        }
    }
}

/// Who we are at an S3 server.
#[derive(Debug)]
pub struct Keys {
    pub(super) id: String,
    pub(super) secret: Secret<String>,
    /// Of temporary keys only.
    pub(super) token: Option<Secret<String>>,
}

impl Keys {
    pub fn new(id: String, secret: Secret<String>) -> Self {
        Self { id, secret, token: None }
    }

    /// Reads them; the first pair counts.
    pub fn read(file: &Path) -> Result<Self, KeysError> {
        let unread = |cause| KeysError::Unread { file: file.to_path_buf(), cause };
        let mut open = File::open(file).map_err(unread)?;
        if open.metadata().map_err(unread)?.mode() & 0o077 != 0 {
            return Err(KeysError::Open(file.to_path_buf()));
        }
        let mut text = String::new();
        open.by_ref().take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(unread)?;
        Self::parse(&Secret::new(text)).ok_or_else(|| KeysError::Missing(file.to_path_buf()))
    }

    fn parse(text: &Secret<String>) -> Option<Self> {
        let value = |name: &str| {
            let lines = text.expose().lines().filter_map(|line| line.split_once('='));
            let mut values = lines.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
            values.next().filter(|value| !value.is_empty()).map(str::to_owned)
        };
        Some(Self {
            id: value("aws_access_key_id")?,
            secret: Secret::new(value("aws_secret_access_key")?),
            token: value("aws_session_token").map(Secret::new),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_a_private_file_with_a_whole_pair_counts() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("keys");
        let read = |text: &str, mode: u32| {
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            Keys::read(&file)
        };
        let whole = "[default]\naws_access_key_id = a\naws_secret_access_key=b=c\n";
        let keys = read(whole, 0o600).unwrap();
        assert_eq!((keys.id.as_str(), keys.secret.expose().as_str()), ("a", "b=c"));
        assert!(!format!("{keys:?}").contains("b=c"), "a secret is never printed");
        for mode in [0o644, 0o640, 0o604] {
            assert!(matches!(read(whole, mode), Err(KeysError::Open(_))), "{mode:o}");
        }
        for text in ["", "aws_access_key_id = a", "aws_access_key_id =\naws_secret_access_key = b"] {
            assert!(matches!(read(text, 0o600), Err(KeysError::Missing(_))), "{text}");
        }
        fs::remove_file(&file).unwrap();
        assert!(matches!(Keys::read(&file), Err(KeysError::Unread { .. })));
    }
}
