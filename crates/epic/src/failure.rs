//! How a command ends when it does not end well: whose fault, what, the way out.

use std::error::Error;
use std::process::ExitCode;

use serde_json::{Value, json};
use store::custody::CustodyError;
use web::Problem;
use web::client::CallError;
use words::{Kind, Reason, Refusal};

use crate::paint;
use crate::settings::Settings;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Something about the command.
    Yours = 1,
    /// Something about the region or this machine.
    Ours = 2,
    /// The region says no.
    Refused = 3,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    pub fault: Fault,
    pub says: String,
    pub hint: String,
    pub reason: Option<String>,
    /// Where it is wrong, if that is a place in files.
    pub place: Option<String>,
    /// Nobody reads any more: no failure at all.
    pub is_pipe: bool,
}

impl Failure {
    pub fn new(fault: Fault, says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { fault, says: says.into(), hint: hint.into(), reason: None, place: None, is_pipe: false }
    }

    pub fn yours(says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Fault::Yours, says, hint)
    }

    pub fn ours(says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Fault::Ours, says, hint)
    }

    /// Something about a file.
    pub fn file(tried: &str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Self::yours(
            format!("cannot {tried} `{}`: {cause}", path.display()),
            "check the path and its permissions",
        )
    }

    /// Standard output; a reader that has gone is fine.
    pub fn output(cause: &std::io::Error) -> Self {
        let is_pipe = cause.kind() == std::io::ErrorKind::BrokenPipe;
        Self { is_pipe, ..Self::ours(format!("cannot write the answer: {cause}"), "") }
    }

    /// What went wrong below, with its causes, in one line.
    pub fn chain(error: &dyn Error, hint: &str) -> Self {
        let mut says = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !says.ends_with(&text) {
                says = format!("{says}: {text}");
            }
            next = cause.source();
        }
        Self::ours(says, hint)
    }

    /// Tells the person, in the one form, and gives the exit code.
    pub fn end(&self, settings: &Settings) -> ExitCode {
        if self.is_pipe {
            return ExitCode::SUCCESS;
        }
        if settings.is_json {
            eprintln!("{}", self.json());
        } else {
            eprint!("{}", self.text(settings));
        }
        ExitCode::from(self.fault as u8)
    }

    fn json(&self) -> Value {
        let mut told = json!({ "error": self.says, "hint": self.hint, "reason": self.reason });
        if let Some(place) = &self.place {
            told["place"] = Value::from(place.as_str());
        }
        told
    }

    fn text(&self, settings: &Settings) -> String {
        let paint = paint::Paint::new(settings.is_err_coloured);
        let reason = self.reason.as_ref().map(|code| paint.dim(&format!(" [{code}]"))).unwrap_or_default();
        let mut text = format!("{} {}{reason}\n", paint.bad("error:"), self.says);
        if !self.hint.is_empty() {
            text += &format!("\n{} {}\n", paint.good("hint:"), self.hint);
        }
        text
    }
}

fn fault(reason: Reason) -> Fault {
    match reason.kind() {
        Kind::Unauthenticated | Kind::Denied | Kind::NotFound | Kind::Conflict => Fault::Refused,
        Kind::Invalid => Fault::Yours,
        Kind::Unavailable => Fault::Ours,
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let failure = Self::new(fault(refusal.reason), refusal.to_string(), refusal.hint());
        Self { reason: Some(refusal.reason.code().to_owned()), ..failure }
    }
}

impl From<&Problem> for Failure {
    fn from(problem: &Problem) -> Self {
        if let Some(refusal) = problem.refusal() {
            return refusal.into();
        }
        // WHY: a newer region may have reasons that this binary does not know.
        let failure = Self::new(Fault::Refused, problem.title.clone(), problem.hint.clone());
        Self { reason: Some(problem.reason.clone()), ..failure }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let hint = match &error {
            CallError::Refused(problem) => return Self::from(problem.as_ref()),
            CallError::Address(_) => {
                return Self::yours(error.to_string(), "set it with `--region-url`");
            }
            CallError::Unproven { .. } => {
                "name its authority with `--ca-file`, and the host as its certificate has it"
            }
            CallError::Unreachable { .. } => "start it with `epic up`, or name it with `--region-url`",
            CallError::Broken(_) | CallError::Unwritten | CallError::Strange { .. } => {
                "try again; what took effect is in the ledger"
            }
        };
        Self::chain(&error, hint)
    }
}

impl From<CustodyError> for Failure {
    fn from(error: CustodyError) -> Self {
        Self { fault: Fault::Yours, ..Self::chain(&error, error.hint()) }
    }
}
