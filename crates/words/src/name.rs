//! Names that people choose: data, never paths.

use std::fmt;
use std::str::FromStr;

use crate::limit::{BUCKET_NAME_CHARS_MAX, BUCKET_NAME_CHARS_MIN, OBJECT_KEY_BYTES_MAX};

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error(
        "a bucket name has 3 to 63 characters a-z, 0-9, `.` and `-`, and starts and ends with a letter or digit"
    )]
    Bucket,
    #[error("an object key is not empty")]
    KeyEmpty,
    #[error("an object key has at most 1,024 bytes")]
    KeyLong,
    #[error("an object key holds no NUL")]
    KeyNul,
    #[error("an alias has 2 to 63 characters a-z, 0-9 and `-`, and starts with a letter")]
    Alias,
}

/// An S3 bucket name, unique within its project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

/// An S3 object key: any UTF-8 of 1 to 1,024 bytes without NUL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

/// A short name for commands (`planet`); unique per noun in the region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(String);

impl BucketName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ObjectKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Alias {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = NameError;

    fn from_str(from: &str) -> Result<Self, NameError> {
        let edge = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
        let bytes = from.as_bytes();
        let is_sized = (BUCKET_NAME_CHARS_MIN..=BUCKET_NAME_CHARS_MAX).contains(&bytes.len());
        let is_plain = bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
        if is_sized && is_plain && edge(bytes.first()) && edge(bytes.last()) && !from.contains("..") {
            return Ok(Self(from.to_owned()));
        }
        Err(NameError::Bucket)
    }
}

impl FromStr for ObjectKey {
    type Err = NameError;

    fn from_str(from: &str) -> Result<Self, NameError> {
        if from.is_empty() {
            return Err(NameError::KeyEmpty);
        }
        if from.len() > OBJECT_KEY_BYTES_MAX {
            return Err(NameError::KeyLong);
        }
        if from.contains('\0') {
            return Err(NameError::KeyNul);
        }
        Ok(Self(from.to_owned()))
    }
}

impl FromStr for Alias {
    type Err = NameError;

    fn from_str(from: &str) -> Result<Self, NameError> {
        let bytes = from.as_bytes();
        let is_plain = bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let starts = bytes.first().is_some_and(u8::is_ascii_lowercase);
        // WHY: 26 characters are an id's length; an alias must not be taken for one.
        if (2..=63).contains(&bytes.len()) && bytes.len() != crate::id::ID_TEXT_CHARS && is_plain && starts {
            return Ok(Self(from.to_owned()));
        }
        Err(NameError::Alias)
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A key often names a person, so it does not print by accident.
impl fmt::Debug for ObjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[..]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bucket_names_follow_s3() {
        for good in ["abc", "a-b.c", "0ab"] {
            assert!(good.parse::<BucketName>().is_ok(), "{good}");
        }
        for bad in ["ab", "Abc", "a_b", "-ab", "ab-", "a..b", "", "a/b"] {
            assert!(bad.parse::<BucketName>().is_err(), "{bad}");
        }
        assert!("a".repeat(64).parse::<BucketName>().is_err());
    }

    proptest! {
        // Goal: any UTF-8 is a key. Method: any text that S3 allows.
        #[test]
        fn any_text_is_a_key(written in "[^\0]{1,255}") {
            prop_assert_eq!(written.parse::<ObjectKey>().map(|key| key.as_str().to_owned()), Ok(written));
        }
    }

    #[test]
    fn keys_are_bounded() {
        assert_eq!("".parse::<ObjectKey>(), Err(NameError::KeyEmpty));
        assert_eq!("a\0".parse::<ObjectKey>(), Err(NameError::KeyNul));
        assert!("k".repeat(1_024).parse::<ObjectKey>().is_ok());
        assert_eq!("k".repeat(1_025).parse::<ObjectKey>(), Err(NameError::KeyLong));
    }
}
