//! What a server's refusal means, in words that say whose turn it is.
//!
//! A server's own text is not passed on: it quotes keys and what was signed.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

/// WHY: bounds the walk over the causes of one error.
const CAUSES_MAX: usize = 16;

/// What is wrong between us and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the store has no such bucket")]
    NoBucket,
    #[error("the store does not know these keys")]
    Keys,
    #[error("the store does not let these keys do that")]
    Denied,
    #[error("the store's clock and ours differ too much")]
    Clock,
    #[error("the store has another region's name, or another address, for this bucket")]
    Region,
    #[error("the store is busy")]
    Busy,
    #[error("the store failed")]
    Failing,
    #[error("the store cannot be reached")]
    Unreachable,
    #[error("the store's certificate is not trusted")]
    Certificate,
    #[error("the store did not answer in time")]
    Slow,
    #[error("the connection to the store broke")]
    Cut,
    #[error("the store cannot do that")]
    Unable,
    #[error("it is not there any more, or was changed")]
    Gone,
    #[error("the store answered something that is no answer")]
    Strange,
}

impl Fault {
    /// What would make it a yes.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoBucket => "make the bucket first, or name the right one",
            Self::Keys => "put the keys that the store knows into the file of keys",
            Self::Denied => "let these keys list the bucket, and read, write and delete in it",
            Self::Clock => "set both clocks right, by NTP",
            Self::Region => "name the store's region and its own endpoint",
            Self::Busy | Self::Slow => "try again when the store is less busy, or give it more room",
            Self::Failing | Self::Cut | Self::Strange => "look at the store's own log, and try again",
            Self::Unreachable => "see that the store runs, and that the endpoint is right",
            Self::Certificate => "name the file of certificates that the store's is signed by",
            Self::Gone => "list it again",
            Self::Unable => "use a store that speaks all of what a region needs",
        }
    }

    /// The fault among an error's causes.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| cause.downcast_ref::<Self>().copied())
    }

    /// From a status and the code in its body.
    pub(super) fn answered(status: u16, code: &str) -> Self {
        match (status, code) {
            (_, "NoSuchBucket") => Self::NoBucket,
            (_, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "ExpiredToken")
            | (401, _) => Self::Keys,
            (_, "RequestTimeTooSkewed" | "RequestExpired") => Self::Clock,
            (_, "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect")
            | (300..=399, _) => Self::Region,
            (403, _) => Self::Denied,
            (429 | 503, _) | (_, "SlowDown") => Self::Busy,
            (501, _) | (_, "NotImplemented") => Self::Unable,
            (500..=599, _) => Self::Failing,
            _ => Self::Strange,
        }
    }

    /// From a connection that gave no answer.
    pub(super) fn unanswered(error: &HttpError) -> Self {
        let mut below = causes(error);
        if below.any(|cause| cause.is::<rustls::Error>() || cause.to_string().contains("certificate")) {
            return Self::Certificate;
        }
        match error.kind() {
            HttpErrorKind::Connect => Self::Unreachable,
            HttpErrorKind::Timeout => Self::Slow,
            HttpErrorKind::Request | HttpErrorKind::Interrupted => Self::Cut,
            _ => Self::Strange,
        }
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let below = |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    };
    std::iter::successors(Some(error), below).take(CAUSES_MAX)
}

/// An error of the storage crate in our words; what it says of names stays.
pub(super) fn told(error: object_store::Error) -> object_store::Error {
    use object_store::Error as Of;
    let is_about_a_name = matches!(
        error,
        Of::NotFound { .. } | Of::AlreadyExists { .. } | Of::Precondition { .. } | Of::NotModified { .. }
    );
    let fault = match causes(&error).find_map(|cause| cause.downcast_ref::<HttpError>()) {
        Some(unanswered) => Fault::unanswered(unanswered),
        None => read(&error),
    };
    match is_about_a_name && fault != Fault::NoBucket {
        true => error,
        false => Of::Generic { store: "S3", source: Box::new(fault) },
    }
}

/// WHY from text: the storage crate keeps status and body of a refusal to itself, but for its words.
fn read(error: &object_store::Error) -> Fault {
    let told: String = causes(error).map(|cause| format!("{cause}\n")).collect();
    let after = |start: &str| told.split_once(start).map_or("", |(_, rest)| rest);
    let code = after("<Code>").split('<').next().unwrap_or_default();
    let status = after("status code: ").get(..3).and_then(|status| status.parse().ok());
    if told.contains("Received redirect") {
        return Fault::Region;
    }
    Fault::answered(status.unwrap_or_default(), code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_whose_turn_it_is() {
        for (status, code, fault) in [
            (404, "NoSuchBucket", Fault::NoBucket),
            (403, "InvalidAccessKeyId", Fault::Keys),
            (403, "SignatureDoesNotMatch", Fault::Keys),
            (403, "RequestTimeTooSkewed", Fault::Clock),
            (403, "AccessDenied", Fault::Denied),
            (403, "", Fault::Denied),
            (301, "", Fault::Region),
            (400, "AuthorizationHeaderMalformed", Fault::Region),
            (503, "SlowDown", Fault::Busy),
            (500, "InternalError", Fault::Failing),
            (501, "", Fault::Unable),
            (418, "", Fault::Strange),
        ] {
            assert_eq!(Fault::answered(status, code), fault, "{status} {code}");
        }
    }
}
