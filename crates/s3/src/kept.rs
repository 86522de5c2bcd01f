//! What a client says of an object and gets back with it: user metadata and the headers S3 keeps.
//!
//! They are data, kept word for word beside the object.

use s3s::dto::{Metadata, Timestamp, TimestampFormat};
use s3s::{S3ErrorCode, S3Result};
use words::limit::METADATA_BYTES_MAX;
use words::{Reason, Refusal};

use crate::error;

const USER: &str = "x-amz-meta-";
const CACHE_CONTROL: &str = "cache-control";
const DISPOSITION: &str = "content-disposition";
const ENCODING: &str = "content-encoding";
const LANGUAGE: &str = "content-language";
const EXPIRES: &str = "expires";
/// Set by a copy that replaces metadata; it wins over the object's own.
const MEDIA: &str = "content-type";
/// A transfer's framing, not the object's encoding.
const FRAMING: &str = "aws-chunked";

/// What a request says, in its own fields.
#[derive(Default)]
pub struct Said {
    pub user: Option<Metadata>,
    pub cache_control: Option<String>,
    pub disposition: Option<String>,
    pub encoding: Option<String>,
    pub language: Option<String>,
    pub expires: Option<Timestamp>,
    pub media: Option<String>,
}

/// Takes what a request says of an object out of its input.
macro_rules! said {
    ($input:expr) => {
        $crate::kept::Said {
            user: $input.metadata.take(),
            cache_control: $input.cache_control.take(),
            disposition: $input.content_disposition.take(),
            encoding: $input.content_encoding.take(),
            language: $input.content_language.take(),
            expires: $input.expires.take(),
            media: $input.content_type.take(),
        }
    };
}
pub(crate) use said;

impl Said {
    /// As rows keep it.
    pub fn pairs(self) -> S3Result<Vec<(String, String)>> {
        let mut user: Vec<_> = self.user.into_iter().flatten().collect();
        user.sort();
        let size_bytes: usize = user.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size_bytes > METADATA_BYTES_MAX {
            let refusal = Refusal::with(Reason::TooLarge, "user metadata has at most 2 KB");
            return Err(error::error(S3ErrorCode::MetadataTooLarge, &refusal));
        }
        let encoding = self.encoding.and_then(|encoding| unframed(&encoding));
        let expires = self.expires.as_ref().and_then(http_date);
        let own = [
            (CACHE_CONTROL, self.cache_control),
            (DISPOSITION, self.disposition),
            (ENCODING, encoding),
            (LANGUAGE, self.language),
            (EXPIRES, expires),
            (MEDIA, self.media),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let user = user.into_iter().map(|(name, value)| (format!("{USER}{name}"), value));
        Ok(own.chain(user).collect())
    }

    /// What a row keeps, back in fields.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let mut said = Self::default();
        for (name, value) in pairs {
            let value = value.clone();
            match name.as_str() {
                CACHE_CONTROL => said.cache_control = Some(value),
                DISPOSITION => said.disposition = Some(value),
                ENCODING => said.encoding = Some(value),
                LANGUAGE => said.language = Some(value),
                EXPIRES => said.expires = Timestamp::parse(TimestampFormat::HttpDate, &value).ok(),
                MEDIA => said.media = Some(value),
                name => {
                    if let Some(name) = name.strip_prefix(USER) {
                        said.user.get_or_insert_default().insert(name.to_owned(), value);
                    }
                }
            }
        }
        said
    }
}

fn unframed(encoding: &str) -> Option<String> {
    let rest: Vec<_> =
        encoding.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != FRAMING).collect();
    (!rest.is_empty()).then(|| rest.join(","))
}

fn http_date(at: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    at.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}
