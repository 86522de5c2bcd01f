//! What a program asks for when it sends somebody here to sign in.
//!
//! SPEC: OpenID Connect Core 1.0, 3.1.2; RFC 7636; RFC 9700, 2.1. Who is to be sent where is settled first: what comes
//! from an unknown program, or for another address, is told to the person and goes nowhere.

use http::request::Parts;
use minicbor::{Decode, Encode};
use region::Region;
use region::noun::issuer::IssuerRow;
use words::time::MINUTE_MS;
use words::{Reason, Refusal, Timestamp};

use super::{OauthError, oauth, program, refresh};
use crate::door::ActsDoor;
use crate::encode::pairs;

const PURPOSE: &str = "epic sign-in asked";
/// WHY: time to find a phone.
const ASKED_MS: i64 = 15 * MINUTE_MS;
/// WHY: bounds of what is carried back: a state or a nonce is some dozens of characters.
const TEXT_CHARS_MAX: usize = 1_024;

/// A sign-in for a program.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Asked {
    #[n(0)]
    pub client: String,
    #[n(1)]
    pub returns: String,
    #[n(2)]
    pub state: Option<String>,
    #[n(3)]
    pub nonce: Option<String>,
    /// SHA-256 of what the program will show, in base64url.
    #[n(4)]
    pub challenge: String,
    #[n(5)]
    pub scope: String,
    #[n(6)]
    ends: Timestamp,
}

/// Why it is not so.
pub enum Wrong {
    /// Told to the person: nobody knows that it came from a program of ours.
    Here(Refusal),
    /// Told to the program: the address to go on to.
    There(String),
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Here(refusal)
    }
}

impl Asked {
    /// Reads what the address says.
    pub async fn read(door: &ActsDoor, parts: &Parts, issuer: &IssuerRow) -> Result<Self, Wrong> {
        let all: Vec<(String, String)> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let text = |name: &str| one(&all, name);
        let strange = |says: &str| Refusal::with(Reason::Invalid, says);
        let client = text("client_id")?.ok_or_else(|| strange("no program is named"))?;
        let program = program(door, issuer, &client).await.map_err(|refusal| match refusal.reason {
            Reason::NotFound => Refusal::with(Reason::NotFound, "that program's people do not sign in here"),
            _ => refusal,
        })?;
        let returns = text("redirect_uri")?.ok_or_else(|| strange("it does not say where to go on"))?;
        if !program.returns.contains(&returns) {
            return Err(strange("the program wants you sent to an address that was not registered").into());
        }
        let state = text("state")?;
        let told = |error: OauthError| Wrong::There(back(issuer, &returns, state.as_deref(), error));
        let is = |name: &str, expected: &str| Ok::<_, Refusal>(text(name)?.as_deref() == Some(expected));
        if !is("response_type", "code")? {
            return Err(told(oauth("unsupported_response_type", "only the code flow is offered")));
        }
        if ["request", "request_uri", "registration"].iter().any(|name| has(&all, name)) {
            return Err(told(oauth("request_not_supported", "requests are not taken as objects")));
        }
        let scope = text("scope")?.unwrap_or_default();
        // WHY not as asked: what a program without a secret does not get is not promised to its people.
        let is_given = |word: &&str| *word != refresh::SCOPE || program.secret.is_some();
        let scope = scope.split(' ').filter(is_given).collect::<Vec<_>>().join(" ");
        if !scope.split(' ').any(|word| word == "openid") {
            return Err(told(oauth("invalid_scope", "it takes `openid`")));
        }
        if text("prompt")?.is_some_and(|prompt| prompt.split(' ').any(|word| word == "none")) {
            return Err(told(oauth("login_required", "people prove who they are at each sign-in")));
        }
        let challenge = text("code_challenge")?.filter(|challenge| challenge.len() == 43);
        let challenge = challenge.filter(|_| is("code_challenge_method", "S256").unwrap_or(false));
        let Some(challenge) = challenge else {
            return Err(told(oauth("invalid_request", "it takes a code_challenge by S256 (PKCE)")));
        };
        let nonce = text("nonce")?;
        let ends = door.region().now().plus_ms(ASKED_MS);
        Ok(Self { client: program.alias, returns, state, nonce, challenge, scope, ends })
    }

    /// As it travels in the page.
    pub fn text(&self, region: &Region) -> Result<String, Refusal> {
        let bytes = minicbor::to_vec(self).map_err(|_| Refusal::new(Reason::Unavailable))?;
        region.seal_text(PURPOSE, &bytes)
    }

    pub fn open(region: &Region, text: &str) -> Result<Self, Refusal> {
        let late = || {
            Refusal::with(Reason::TokenEnded, "the page was open for too long: begin again at the program")
        };
        let bytes = region.open_text(PURPOSE, text).map_err(|_| late())?;
        let asked: Self = minicbor::decode(&bytes).map_err(|_| late())?;
        if region.now() > asked.ends { Err(late()) } else { Ok(asked) }
    }

    /// Where the person goes on to, with their code.
    pub fn onward(&self, issuer: &IssuerRow, code: &str) -> String {
        let mut said = vec![("code", code), ("iss", issuer.url.as_str())];
        said.extend(self.state.as_deref().map(|state| ("state", state)));
        added(&self.returns, &said)
    }
}

/// SPEC: RFC 6749, 4.1.2.1; RFC 9207.
fn back(issuer: &IssuerRow, returns: &str, state: Option<&str>, error: OauthError) -> String {
    let mut said =
        vec![("error", error.code), ("error_description", error.says), ("iss", issuer.url.as_str())];
    said.extend(state.map(|state| ("state", state)));
    added(returns, &said)
}

fn added(returns: &str, said: &[(&str, &str)]) -> String {
    let mark = if returns.contains('?') { '&' } else { '?' };
    format!("{returns}{mark}{}", pairs(said))
}

/// SPEC: RFC 6749, 3.1: a parameter that is there twice means one of two things.
fn one(all: &[(String, String)], name: &str) -> Result<Option<String>, Refusal> {
    let mut found = all.iter().filter(|(of, _)| of == name).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) if value.len() <= TEXT_CHARS_MAX => {
            Ok(Some(value.clone()).filter(|value| !value.is_empty()))
        }
        (None, _) => Ok(None),
        _ => Err(Refusal::with(Reason::Invalid, format!("`{name}` is there twice, or is too long"))),
    }
}

fn has(all: &[(String, String)], name: &str) -> bool {
    all.iter().any(|(of, _)| of == name)
}
