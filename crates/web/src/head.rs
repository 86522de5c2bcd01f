//! The head of a request for an act: parsed once into what cannot be wrong.
//!
//! One spelling of everything, every header at most once. It verifies nothing
//! and must never guess: what it does not know is refused.

use data_encoding::HEXLOWER;
use http::request::Parts;
use http::{HeaderMap, Method};
use region::expected::Digest;
use words::act::Body;
use words::noun::Attempt;
use words::{Act, Id, Reason, Refusal, Secret};

use crate::{ACT_HEADER, ACTS_PATH, encode};
use gate::identify::signed::{Headers, Message};

/// WHY: an access key id and an attempt's id, with their names.
pub const QUERY_CHARS_MAX: usize = 256;
/// WHY: clients make up UUIDs, or digests of what they ask.
const IDEMPOTENCY_CHARS_MAX: usize = 255;
/// WHY: `[::1]:65535` and names of this machine.
const HOST_CHARS_MAX: usize = 255;

/// What tells who asks.
#[derive(Debug)]
pub enum Proof {
    /// Signed with the person's own key.
    Signed(Headers),
    /// In a session that they signed in for.
    Session(Secret<String>),
}

/// A request for an act, as its head says it.
#[derive(Debug)]
pub struct Head {
    pub act: Act,
    path: String,
    query: String,
    pub host: String,
    pub proof: Proof,
    pub digest: Option<String>,
    /// The act's fields, where the body is a stream.
    pub fields: Option<String>,
    /// The access key id through which the person acts.
    pub credential: Option<String>,
    /// Given again, it takes no second effect.
    pub attempt: Option<Id<Attempt>>,
    /// What it is done upon, as a look told it.
    pub expected: Option<Digest>,
}

impl Head {
    pub fn read(parts: &Parts) -> Result<Self, Refusal> {
        let path = parts.uri.path();
        let name = path.strip_prefix(ACTS_PATH).unwrap_or_default();
        let act = Act::parse(name).ok_or_else(|| Refusal::with(Reason::NotOffered, "no such act"))?;
        if parts.method != Method::POST {
            return Err(Refusal::with(Reason::NotOffered, "acts are posted"));
        }
        let query = parts.uri.query().unwrap_or_default();
        let Asked { credential, attempt, upon } = Asked::read(query)?;
        let headers = &parts.headers;
        let proof = proof(headers)?;
        let attempt = match (&proof, one(headers, "idempotency-key")?) {
            (_, None) => attempt,
            (Proof::Session(_), Some(key)) if attempt.is_none() => Some(attempt_of(&key)?),
            // WHY: a signature covers the query, and this header it does not.
            (Proof::Signed(_) | Proof::Session(_), Some(_)) => {
                return Err(Refusal::with(
                    Reason::Invalid,
                    "name the attempt once; where you sign, in the query",
                ));
            }
        };
        let expected = match (&proof, one(headers, "if-match")?) {
            (_, None) => upon,
            (Proof::Session(_), Some(tag)) if upon.is_none() => Some(digest_of(&tag)?),
            // WHY: a signature does not cover it, so whoever is in between could take it away.
            (Proof::Signed(_) | Proof::Session(_), Some(_)) => {
                return Err(Refusal::with(
                    Reason::Invalid,
                    "say once upon what; where you sign, as `upon` in the query",
                ));
            }
        };
        let head = Self {
            act,
            path: path.to_owned(),
            query: query.to_owned(),
            host: host(headers)?,
            proof,
            digest: one(headers, "content-digest")?,
            fields: one(headers, ACT_HEADER)?,
            credential,
            attempt,
            expected,
        };
        head.fits()?;
        Ok(head)
    }

    /// Fields travel in the body, but for acts whose body is a stream.
    fn fits(&self) -> Result<(), Refusal> {
        let is_stream = self.act.row().body == Body::Upload;
        // SPEC: RFC 9110, 13.1.1: what it is not compared with is not done.
        if self.expected.is_some() && self.act.row().body != Body::None {
            return Err(Refusal::with(
                Reason::NotOffered,
                "acts that carry bytes are done upon nothing that was shown",
            ));
        }
        // WHY: an answer remembered for an attempt says nothing of the bytes that came with it this time.
        if is_stream && self.attempt.is_some() {
            return Err(Refusal::with(
                Reason::Invalid,
                "an attempt carries no body: send the bytes without it",
            ));
        }
        let fits = match (self.digest.is_some(), self.fields.is_some()) {
            (true, false) => !is_stream,
            (false, true) => is_stream,
            // In a session nothing is signed, so there is nothing to compare a digest with.
            (false, false) => !is_stream && matches!(self.proof, Proof::Session(_)),
            // What is sent is then compared with it (RFC 9530), whoever asks.
            (true, true) => is_stream,
        };
        let says =
            if is_stream { "fields travel in `Epic-Act`" } else { "the body needs a `Content-Digest`" };
        if fits { Ok(()) } else { Err(Refusal::with(Reason::Invalid, says)) }
    }

    /// What the signature covers.
    pub fn message(&self) -> Message<'_> {
        Message {
            method: "POST",
            authority: &self.host,
            path: &self.path,
            query: &self.query,
            content_digest: self.digest.as_deref(),
            epic_act: self.fields.as_deref(),
        }
    }
}

/// What the query says; it is covered by the signature, unlike other headers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub credential: Option<String>,
    pub attempt: Option<Id<Attempt>>,
    pub upon: Option<Digest>,
}

impl Asked {
    /// `credential=..&attempt=..&upon=..`, in this order, each or none.
    pub fn read(query: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::with(Reason::Invalid, "the query is `credential=..&attempt=..&upon=..`");
        if query.len() > QUERY_CHARS_MAX {
            return Err(wrong());
        }
        let mut asked = Self::default();
        for part in query.split('&').filter(|_| !query.is_empty()) {
            match part.split_once('=') {
                Some(("credential", id)) if is_plain(id) => asked.credential = Some(id.to_owned()),
                Some(("attempt", id)) => asked.attempt = Some(id.parse().map_err(|_| wrong())?),
                Some(("upon", text)) => asked.upon = Some(encode::digest(text).ok_or_else(wrong)?),
                Some(_) | None => return Err(wrong()),
            }
        }
        // WHY: one spelling only, so the query must be what we would have written.
        if asked.write() == query { Ok(asked) } else { Err(wrong()) }
    }

    pub fn write(&self) -> String {
        let credential = self.credential.iter().map(|id| format!("credential={id}"));
        let attempt = self.attempt.iter().map(|id| format!("attempt={id}"));
        let upon = self.upon.iter().map(|digest| format!("upon={}", HEXLOWER.encode(digest)));
        credential.chain(attempt).chain(upon).collect::<Vec<_>>().join("&")
    }
}

/// What tells who asks: a signature or a session, and never both.
fn proof(headers: &HeaderMap) -> Result<Proof, Refusal> {
    let session = one(headers, "authorization")?;
    match (session, one(headers, "signature-input")?, one(headers, "signature")?) {
        (None, Some(input), Some(signature)) => Ok(Proof::Signed(Headers { input, signature })),
        (Some(session), None, None) => {
            let ticket = session.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let wrong =
                || Refusal::with(Reason::Unauthenticated, "a session goes as `Authorization: Bearer`");
            ticket.map(|(_, ticket)| Proof::Session(Secret::new(ticket.to_owned()))).ok_or_else(wrong)
        }
        (Some(_), _, _) => {
            Err(Refusal::with(Reason::Invalid, "sign the request, or name a session: not both"))
        }
        (None, _, _) => {
            Err(Refusal::with(Reason::Unauthenticated, "the request is not signed, and names no session"))
        }
    }
}

/// The session that a request names.
pub fn session(headers: &HeaderMap) -> Result<Secret<String>, Refusal> {
    match proof(headers)? {
        Proof::Session(ticket) => Ok(ticket),
        Proof::Signed(_) => Err(Refusal::with(Reason::Invalid, "that is asked for in a session")),
    }
}

/// The digest in a tag of ours; a weak tag, a list or `*` says less than it takes.
fn digest_of(tag: &str) -> Result<Digest, Refusal> {
    let text = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    text.and_then(encode::digest)
        .ok_or_else(|| Refusal::with(Reason::Invalid, "`If-Match` holds the `ETag` of a look, and no other"))
}

/// A client's own name for an attempt as ours.
///
/// SPEC: draft-ietf-httpapi-idempotency-key-header: any text that the client makes up.
fn attempt_of(key: &str) -> Result<Id<Attempt>, Refusal> {
    let is_plain =
        (1..=IDEMPOTENCY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_plain {
        return Err(Refusal::with(Reason::Invalid, "an Idempotency-Key has 1 to 255 visible characters"));
    }
    let mut id = [0; 16];
    id.copy_from_slice(seal::sha256(key.as_bytes()).split_at(16).0);
    Ok(Id::from_bytes(id))
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub fn host(headers: &HeaderMap) -> Result<String, Refusal> {
    let wrong = || Refusal::with(Reason::Invalid, "the request names no host");
    let host = one(headers, "host")?.ok_or_else(wrong)?;
    if host.len() > HOST_CHARS_MAX { Err(wrong()) } else { Ok(host) }
}

/// A header that may stand once, as text.
fn one(headers: &HeaderMap, name: &str) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let text = text
        .ok_or_else(|| Refusal::with(Reason::Invalid, format!("header `{name}` must stand once, as text")))?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Goal: a query has one spelling. Method: any text; what reads, writes back the same.
        #[test]
        fn a_query_has_one_spelling(query in "(credential=[A-Za-z0-9]{0,3}|attempt=[a-z2-7]{26}|upon=[0-9a-fA-F]{64}|&|[a-z=]{0,4}){0,4}") {
            if let Ok(asked) = Asked::read(&query) {
                prop_assert_eq!(asked.write(), query);
            }
        }
    }

    #[test]
    fn an_attempt_carries_no_body() {
        let head = |act: &str, fields: &str, query: &str| {
            parts(|request| {
                let request = request.uri(format!("{ACTS_PATH}{act}{query}"));
                request.header("signature-input", "a").header("signature", "b").header(fields, "c")
            })
        };
        let attempt = format!("?attempt={}", "a".repeat(26));
        for act in ["object.put", "upload.part"] {
            assert!(Head::read(&head(act, "epic-act", "")).is_ok());
            assert_eq!(reason(&head(act, "content-digest", "")), Reason::Invalid);
            assert_eq!(reason(&head(act, "epic-act", &attempt)), Reason::Invalid);
        }
        assert!(Head::read(&head("person.show", "content-digest", &attempt)).is_ok());
    }

    fn parts(build: impl FnOnce(http::request::Builder) -> http::request::Builder) -> Parts {
        let request =
            http::Request::builder().method("POST").uri("/v1/acts/person.show").header("host", "127.0.0.1:1");
        build(request).body(()).unwrap().into_parts().0
    }

    fn reason(parts: &Parts) -> Reason {
        Head::read(parts).unwrap_err().reason
    }

    #[test]
    fn a_head_is_whole_or_refused() {
        let signed =
            |request: http::request::Builder| request.header("signature-input", "a").header("signature", "b");
        assert!(Head::read(&parts(|request| signed(request).header("content-digest", "c"))).is_ok());
        assert_eq!(reason(&parts(|request| request)), Reason::Unauthenticated);
        assert_eq!(reason(&parts(signed)), Reason::Invalid);
        assert_eq!(reason(&parts(|request| signed(request).header("epic-act", "c"))), Reason::Invalid);
        assert_eq!(reason(&parts(|request| signed(request).uri("/v1/acts/person.eat"))), Reason::NotOffered);
        assert_eq!(reason(&parts(|request| signed(request).method("GET"))), Reason::NotOffered);
        assert_eq!(reason(&parts(|request| signed(request).header("signature", "twice"))), Reason::Invalid);
        assert_eq!(
            reason(&parts(|request| signed(request).uri("/v1/acts/person.show?credential=a&credential=b"))),
            Reason::Invalid
        );
    }
}
