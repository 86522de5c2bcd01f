//! Problems: a refusal as RFC 9457 JSON, and back.
//!
//! The reason's code is the same on every door; the texts are for people.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use words::reason::Language;
use words::{Act, Kind, Reason, Refusal};

use crate::REASONS_PATH;

/// A refusal as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where the region says more of it, in both languages.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is the matter, in one clause.
    pub title: String,
    pub status: u16,
    /// The machine-readable reason.
    pub reason: String,
    pub detail: String,
    /// What would make it a yes.
    pub hint: String,
    pub act: Option<String>,
}

impl Problem {
    pub fn new(refusal: &Refusal, act: Option<Act>) -> Self {
        let reason = refusal.reason;
        Self {
            kind: format!("{REASONS_PATH}{}", reason.code()),
            title: reason.text(Language::English).to_owned(),
            status: status(reason).as_u16(),
            reason: reason.code().to_owned(),
            detail: refusal.detail.clone(),
            hint: refusal.hint().to_owned(),
            act: act.map(|act| act.name().to_owned()),
        }
    }

    /// The refusal it tells of, if its reason is one of ours.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(Refusal::with(Reason::parse(&self.reason)?, self.detail.clone()))
    }
}

/// The status of a reason.
pub fn status(reason: Reason) -> StatusCode {
    match (reason, reason.kind()) {
        (Reason::TooLarge, _) => StatusCode::PAYLOAD_TOO_LARGE,
        (Reason::PreconditionFailed, _) => StatusCode::PRECONDITION_FAILED,
        (_, Kind::Unauthenticated) => StatusCode::UNAUTHORIZED,
        (_, Kind::Denied) => StatusCode::FORBIDDEN,
        (_, Kind::NotFound) => StatusCode::NOT_FOUND,
        (_, Kind::Conflict) => StatusCode::CONFLICT,
        (_, Kind::Invalid) => StatusCode::BAD_REQUEST,
        (_, Kind::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_its_problem() {
        for reason in Reason::ALL {
            let refusal = Refusal::with(*reason, "words of the person");
            let problem = Problem::new(&refusal, Some(Act::ObjectGet));
            assert_eq!(problem.refusal(), Some(refusal));
            assert!((400..600).contains(&problem.status));
            assert_eq!(problem.status >= 500, reason.kind() == Kind::Unavailable);
        }
    }
}
