//! Sessions, asked for in the words of AWS's Security Token Service.
//!
//! Stock SDKs turn an identity provider's token into a temporary key here, by
//! configuration alone, and do so again before it ends. A role is a project:
//! `arn:epic:iam::<project>:role/member`. Who asks with a token is a stranger
//! until it is believed; its body is bounded, and it is written nowhere. A session
//! may be asked for with a policy, which travels in its ticket (`narrow`).
//! SPEC: AWS STS API, AssumeRoleWithWebIdentity, GetSessionToken, GetCallerIdentity.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use region::Region;
use region::session::bounds::BOUNDS_BYTES_MAX;
use region::session::{Begun, Bounds, Holder};
use s3s::route::S3Route;
use s3s::{Body, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use words::act::SessionBegin;
use words::limit::TOKEN_CHARS_MAX;
use words::{Actor, Kind, Reason, Refusal};

use crate::ask::Caller;
use crate::auth::{Admission, anonymous};
use crate::error::{self, LEAF, REASON};
use crate::guard::answer::escaped;
use crate::guard::hold::Hold;
use crate::guard::name::{self, Pair};
use crate::guard::whole::Whole;
use crate::narrow;

/// WHY: the longest token, percent-encoded where it must be, the longest policy, each byte of it encoded, and a few short
/// names.
pub const FORM_BYTES_MAX: u64 = TOKEN_CHARS_MAX as u64 + POLICY_BYTES_MAX + 4_096;
const POLICY_BYTES_MAX: u64 = 3 * 4 * narrow::POLICY_CHARS_MAX as u64;
/// WHY: a form of some kilobytes comes in one piece; who drips it holds a place among those who sign in.
const FORM_WAIT: Duration = Duration::from_secs(5);
const FORM: &str = "application/x-www-form-urlencoded";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Whether a request is for a session: a form, posted to the door itself.
pub fn is_asked(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    // WHY first: every request is asked, and few are posted to the door itself.
    if *method != Method::POST || uri.path() != "/" || uri.query().is_some() {
        return false;
    }
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM)
}

/// The ways beside the protocol's own verbs.
pub struct Ways {
    pub whole: Whole,
    pub admission: Admission,
}

#[async_trait::async_trait]
impl S3Route for Ways {
    fn is_match(&self, method: &Method, uri: &Uri, headers: &HeaderMap, more: &mut http::Extensions) -> bool {
        is_asked(method, uri, headers) || self.whole.is_match(method, uri, headers, more)
    }

    async fn check_access(&self, request: &mut S3Request<Body>) -> S3Result<()> {
        match request.method == Method::POST {
            // What it is asks for a signature or a token itself.
            true => Ok(()),
            false => self.whole.check_access(request).await,
        }
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        match request.method == Method::POST {
            true => asked(&self.admission, request).await,
            false => self.whole.call(request).await,
        }
    }
}

async fn asked(admission: &Admission, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
    let caller = request.extensions.get::<Caller>().copied().ok_or_else(anonymous)?;
    let own = request.credentials.as_ref().map(|credentials| credentials.access_key.clone());
    let hold = request.extensions.get::<Arc<Hold>>().cloned();
    let limit = usize::try_from(FORM_BYTES_MAX).unwrap_or(usize::MAX);
    let body = tokio::time::timeout(FORM_WAIT, Limited::new(request.input, limit).collect()).await;
    let form = match body {
        Ok(Ok(body)) => read_form(&body.to_bytes())?,
        Ok(Err(_)) | Err(_) => return Ok(no(&Reason::BodyCut.into())),
    };
    let answered = match own {
        None => with_token(admission, caller, &form).await,
        Some(own) => {
            let holder = admission.known(&own, &request.headers, caller, hold.as_ref()).await?;
            signed(&admission.region, &holder, &form).await
        }
    };
    Ok(answered.unwrap_or_else(|refusal| no(&refusal)))
}

fn read_form(bytes: &Bytes) -> Result<Vec<Pair>, S3Error> {
    // WHY strictly: what is put in the place of a broken letter would be part of a policy.
    let text = std::str::from_utf8(bytes)
        .map_err(|_| error::invalid(S3ErrorCode::InvalidRequest, "a form is UTF-8"))?;
    name::pairs(Some(text))
}

/// Whoever an identity token means.
async fn with_token(
    admission: &Admission,
    caller: Caller,
    form: &[Pair],
) -> Result<S3Response<Body>, Refusal> {
    let region = &admission.region;
    let action = name::value(form, "Action").unwrap_or_default();
    if action != "AssumeRoleWithWebIdentity" {
        return Err(Refusal::with(Reason::Unauthenticated, "what is asked for takes a signature"));
    }
    let bounds = bounds_of(form)?;
    let token = name::value(form, "WebIdentityToken").unwrap_or_default();
    let project = project_of(name::value(form, "RoleArn").unwrap_or_default())?;
    let actor = region.sign_in_to_s3(token, caller.address, caller.place).await?;
    let _share = admission
        .shares
        .take(&actor.person.to_string())
        .ok_or_else(|| Refusal::with(Reason::Unavailable, "too many requests of this person at once"))?;
    let packed = bounds.as_ref().map(packed).unwrap_or_default();
    let holder = Holder { actor, bounds };
    let deed = SessionBegin { project, seconds: seconds(form)? };
    let begun = region.begin_session_within(&holder, deed).await?;
    let label = name::value(form, "RoleSessionName").unwrap_or_default();
    let role = format!(
        "<AssumedRoleUser><Arn>{}</Arn><AssumedRoleId>{}:{}</AssumedRoleId></AssumedRoleUser>",
        arn(&begun.project.to_string(), &holder.actor),
        begun.access_key_id,
        escaped(label),
    );
    Ok(told(action, &(role + &packed + &credentials(&begun)), begun.leaf.map(|leaf| leaf.to_string())))
}

/// Whoever signed with a key.
async fn signed(region: &Region, holder: &Holder, form: &[Pair]) -> Result<S3Response<Body>, Refusal> {
    let actor = &holder.actor;
    let action = name::value(form, "Action").unwrap_or_default();
    let used = actor.credential.as_ref().ok_or(Refusal::new(Reason::Unauthenticated))?;
    match action {
        "GetCallerIdentity" | "GetSessionToken" if policies(form).next().is_some() => {
            Err(Refusal::with(Reason::NotOffered, "a policy: it goes with AssumeRoleWithWebIdentity"))
        }
        "GetCallerIdentity" => {
            let project = used.project.to_string();
            let says = format!(
                "<Arn>{}</Arn><UserId>{}</UserId><Account>{project}</Account>",
                arn(&project, actor),
                actor.person
            );
            Ok(told(action, &says, None))
        }
        "GetSessionToken" => {
            let deed = SessionBegin { project: used.project.to_string(), seconds: seconds(form)? };
            // What this one was narrowed to, the next one is too.
            let begun = region.begin_session_within(holder, deed).await?;
            Ok(told(action, &credentials(&begun), begun.leaf.map(|leaf| leaf.to_string())))
        }
        _ => Err(Refusal::with(
            Reason::NotOffered,
            "AssumeRoleWithWebIdentity, GetSessionToken and GetCallerIdentity are",
        )),
    }
}

/// Whatever is named like a policy. WHY in any letters: what one would take away must not stay in silence.
fn policies(form: &[Pair]) -> impl Iterator<Item = &Pair> {
    let start = |name: &str| name.get(.."policy".len()).map(str::to_ascii_lowercase);
    form.iter().filter(move |(name, _)| start(name).as_deref() == Some("policy"))
}

/// What a session is to be narrowed to; none: nothing beside the region's own rules.
fn bounds_of(form: &[Pair]) -> Result<Option<Bounds>, Refusal> {
    let mut found = policies(form);
    let Some((name, text)) = found.next() else {
        return Ok(None);
    };
    // WHY the other one: what comes beside a policy, before it or after, is asked for too.
    let beside = found.next().map(|(other, _)| other);
    match [Some(name), beside].into_iter().flatten().find(|name| *name != "Policy") {
        Some(other) => Err(Refusal::with(
            Reason::NotOffered,
            format!("`{other}`: policies have no names here, write one out as `Policy`"),
        )),
        None if beside.is_some() => {
            Err(Refusal::with(Reason::Invalid, format!("{}it is there twice", narrow::ABOUT)))
        }
        None => narrow::bounds(text).map(Some),
    }
}

/// SPEC: AssumeRoleWithWebIdentity, `PackedPolicySize`: how much of what a ticket holds is taken, in hundredths.
fn packed(bounds: &Bounds) -> String {
    let hundredths = (bounds.written().len() * 100).div_ceil(BOUNDS_BYTES_MAX);
    format!("<PackedPolicySize>{hundredths}</PackedPolicySize>")
}

/// `planet` of `arn:epic:iam::planet:role/member`; SDKs of AWS may write `aws` for `epic`.
pub fn project_of(arn: &str) -> Result<String, Refusal> {
    let wrong = || Refusal::with(Reason::Invalid, "a role is `arn:epic:iam::<project>:role/member`");
    let parts: Vec<_> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", "epic" | "aws", "iam", "", project, "role/member"] if !project.is_empty() => {
            Ok((*project).to_owned())
        }
        _ => Err(wrong()),
    }
}

fn arn(project: &str, actor: &Actor) -> String {
    format!("arn:epic:sts::{project}:assumed-role/member/{}", actor.person)
}

fn seconds(form: &[Pair]) -> Result<Option<u64>, Refusal> {
    let Some(text) = name::value(form, "DurationSeconds") else {
        return Ok(None);
    };
    let wrong = || Refusal::with(Reason::Invalid, "DurationSeconds is a number");
    text.parse().map(Some).map_err(|_| wrong())
}

fn credentials(begun: &Begun) -> String {
    format!(
        "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
         <SessionToken>{}</SessionToken><Expiration>{}</Expiration></Credentials>",
        begun.access_key_id,
        begun.secret.expose(),
        begun.ticket.expose(),
        begun.ends
    )
}

fn told(action: &str, says: &str, leaf: Option<String>) -> S3Response<Body> {
    let request = leaf.clone().unwrap_or_default();
    let text = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{says}</{action}Result>\
         <ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata></{action}Response>"
    );
    let mut response = written(StatusCode::OK, text);
    if let Some(leaf) = leaf.and_then(|leaf| HeaderValue::from_str(&leaf).ok()) {
        response.headers.insert(LEAF, leaf);
    }
    response
}

/// A refusal in the words of this service, which are not those of S3.
fn no(refusal: &Refusal) -> S3Response<Body> {
    let (code, status) = code(refusal);
    let kind = if status.is_server_error() { "Receiver" } else { "Sender" };
    let text = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{kind}</Type><Code>{code}</Code>\
         <Message>{}</Message></Error></ErrorResponse>",
        escaped(&error::message(refusal))
    );
    let mut response = written(status, text);
    response.headers.insert(REASON, HeaderValue::from_static(refusal.reason.code()));
    response
}

fn code(refusal: &Refusal) -> (&'static str, StatusCode) {
    let is_policy = refusal.detail.starts_with(narrow::ABOUT);
    match (refusal.reason, refusal.kind()) {
        (Reason::TooLarge, _) if is_policy => ("PackedPolicyTooLarge", StatusCode::BAD_REQUEST),
        (_, Kind::Invalid) if is_policy => ("MalformedPolicyDocument", StatusCode::BAD_REQUEST),
        (Reason::TokenWrong, _) => ("InvalidIdentityToken", StatusCode::BAD_REQUEST),
        (Reason::TokenEnded, _) => ("ExpiredTokenException", StatusCode::BAD_REQUEST),
        (Reason::SessionEnded, _) => ("ExpiredToken", StatusCode::FORBIDDEN),
        (Reason::NotOffered, _) => ("InvalidAction", StatusCode::BAD_REQUEST),
        (_, Kind::Invalid) => ("ValidationError", StatusCode::BAD_REQUEST),
        // SDKs ask again after it.
        (_, Kind::Unavailable) => ("ServiceUnavailable", StatusCode::SERVICE_UNAVAILABLE),
        (_, Kind::Unauthenticated | Kind::Denied | Kind::NotFound | Kind::Conflict) => {
            ("AccessDenied", StatusCode::FORBIDDEN)
        }
    }
}

fn written(status: StatusCode, text: String) -> S3Response<Body> {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n");
    let mut response = S3Response::with_status(Body::from(Bytes::from(text)), status);
    let headers = &mut response.headers;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_project() {
        for (arn, expected) in [
            ("arn:epic:iam::planet:role/member", Some("planet")),
            ("arn:aws:iam::planet:role/member", Some("planet")),
            ("arn:epic:iam::planet:role/admin", None),
            ("arn:epic:iam::planet:role/member:more", None),
            ("arn:epic:iam:::role/member", None),
            ("arn:epic:sts::planet:role/member", None),
            ("planet", None),
            ("", None),
        ] {
            assert_eq!(project_of(arn).ok().as_deref(), expected, "{arn}");
        }
    }

    const OPEN: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

    // Goal: a policy is taken as one, or refused; never passed over. Method: each way to name one.
    #[test]
    fn a_policy_is_never_passed_over() {
        let form = |names: &[&str]| -> Vec<Pair> {
            names.iter().map(|name| ((*name).to_owned(), OPEN.to_owned())).collect()
        };
        assert!(bounds_of(&form(&["Action", "RoleArn"])).is_ok_and(|bounds| bounds.is_none()));
        assert!(bounds_of(&form(&["Action", "Policy"])).is_ok_and(|bounds| bounds.is_some()));
        assert!(bounds_of(&[("Policy".to_owned(), String::new())]).is_err());
        for wrong in [
            &["Policy", "Policy"][..],
            &["Policy", "PolicyArns.member.1.arn"],
            &["PolicyArns.member.1.arn", "Policy"],
            &["policy"],
            &["POLICY", "Policy"],
            &["PolicyDocument"],
        ] {
            assert!(bounds_of(&form(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_form_is_posted_to_the_door_itself() {
        for (method, path, media, expected) in [
            (Method::POST, "/", "application/x-www-form-urlencoded", true),
            (Method::POST, "/", "application/x-www-form-urlencoded; charset=utf-8", true),
            (Method::POST, "/", "Application/X-WWW-Form-Urlencoded;charset=UTF-8", true),
            (Method::POST, "/?delete", "application/x-www-form-urlencoded", false),
            (Method::POST, "/bucket", "application/x-www-form-urlencoded", false),
            (Method::PUT, "/", "application/x-www-form-urlencoded", false),
            (Method::POST, "/", "multipart/form-data", false),
            (Method::POST, "/", "", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
            assert_eq!(
                is_asked(&method, &Uri::from_static(path), &headers),
                expected,
                "{method} {path} {media}"
            );
        }
    }
}
