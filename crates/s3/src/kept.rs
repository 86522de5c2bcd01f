//! What a client says of an object and gets back with it: user metadata and the headers S3 keeps.
//!
//! They are data, kept word for word beside the object.

pub mod word;

use http::HeaderMap;
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
/// Bytes that come sealed to the project's key: what is stored is inside.
const SEALED: &str = "crypt4gh";

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

/// Takes what a request says of an object out of it.
macro_rules! said {
    ($ask:expr) => {
        $crate::kept::Said {
            user: $crate::kept::user(&$ask.headers),
            cache_control: $ask.input.cache_control.take(),
            disposition: $ask.input.content_disposition.take(),
            encoding: $ask.input.content_encoding.take(),
            language: $ask.input.content_language.take(),
            expires: $ask.input.expires.take(),
            media: $ask.input.content_type.take(),
        }
    };
}
pub(crate) use said;

/// WHY not as the protocol crate reads it: it drops what stands between encoded words.
pub fn user(headers: &HeaderMap) -> Option<Metadata> {
    let own = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(USER).filter(|name| !name.is_empty())?;
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        Some((name.to_owned(), word::decode(value)))
    });
    Some(own.collect::<Metadata>()).filter(|own| !own.is_empty())
}

impl Said {
    /// How the bytes come sealed, if the request says so; that is then no encoding of what is stored.
    ///
    /// SPEC: RFC 9110, 8.4: encodings are listed in the order in which they were applied.
    pub fn sealed(&mut self) -> S3Result<Option<String>> {
        let Some(encoding) = self.encoding.take().and_then(|encoding| unframed(&encoding)) else {
            return Ok(None);
        };
        let mut parts: Vec<_> = encoding.split(',').collect();
        let is_sealed = parts.pop_if(|last| last.eq_ignore_ascii_case(SEALED)).is_some();
        if parts.iter().any(|part| part.eq_ignore_ascii_case(SEALED)) {
            let says = "content-encoding: crypt4gh is the last one, and once";
            return Err(error::invalid(S3ErrorCode::InvalidRequest, says));
        }
        self.encoding = Some(parts.join(",")).filter(|rest| !rest.is_empty());
        Ok(is_sealed.then(|| SEALED.to_owned()))
    }

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
