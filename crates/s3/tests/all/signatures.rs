//! A signature that is wrong, old, early, partial or of another kind opens nothing.

use crate::house;

use house::bad::{case, check};
use house::{Call, House};
use words::Reason;

const TARGET: &str = "/results/bad";

#[tokio::test]
async fn only_whole_signatures_of_now_open_anything() {
    let house = House::open().await;
    let rita = &house.rita;
    let put = || Call::put(TARGET, b"data");
    let mut forged = rita.clone();
    forged.secret.push('x');
    let mut stranger = rita.clone();
    stranger.id = "AKIDEXAMPLE".into();
    let mut altered = put().signed(rita);
    altered.target = "/results/other".into();
    let mut old = put();
    old.headers.push(("authorization".into(), "AWS AKID:c2ln".into()));
    let mut broken = put();
    broken.headers.push(("authorization".into(), "AWS4-HMAC-SHA256 nonsense".into()));
    let late = house::now().plus_ms(-16 * 60_000);
    let early = house::now().plus_ms(16 * 60_000);
    let mut both = put().presigned(rita, 60);
    both.headers.push((
        "authorization".into(),
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b".into(),
    ));
    let mut expires = put().presigned(rita, 60);
    expires.target = expires.target.replace("X-Amz-Expires=60", "X-Amz-Expires=600");
    let mut unhosted = put().signed(rita);
    let authorization = unhosted.headers.last_mut().unwrap();
    authorization.1 = authorization.1.replace("SignedHeaders=host;", "SignedHeaders=");
    check(
        &house,
        vec![
            case("nobody", put(), 403, "AccessDenied", Reason::Unauthenticated),
            case("wrong secret", put().signed(&forged), 403, "SignatureDoesNotMatch", Reason::SignatureWrong),
            case("made-up key", put().signed(&stranger), 403, "InvalidAccessKeyId", Reason::Unauthenticated),
            case("another path", altered, 403, "SignatureDoesNotMatch", Reason::SignatureWrong),
            case("version 2", old, 400, "InvalidRequest", Reason::NotOffered),
            case(
                "version 2 in the query",
                Call::put("/results/bad?Signature=a&AWSAccessKeyId=b&Expires=1", b"data"),
                400,
                "InvalidRequest",
                Reason::NotOffered,
            ),
            case("unreadable", broken, 400, "AuthorizationHeaderMalformed", Reason::Invalid),
            case("late", put().at(late).signed(rita), 403, "RequestTimeTooSkewed", Reason::ClockSkewed),
            case("early", put().at(early).signed(rita), 403, "RequestTimeTooSkewed", Reason::ClockSkewed),
            case(
                "presigned, over",
                put().at(late).presigned(rita, 60),
                403,
                "AccessDenied",
                Reason::CredentialEnded,
            ),
            case(
                "presigned, early",
                put().at(early).presigned(rita, 60),
                403,
                "RequestTimeTooSkewed",
                Reason::ClockSkewed,
            ),
            case(
                "presigned for too long",
                put().presigned(rita, 604_801),
                400,
                "AuthorizationQueryParametersError",
                Reason::Invalid,
            ),
            case("presigned, stretched", expires, 403, "SignatureDoesNotMatch", Reason::SignatureWrong),
            case("signed twice", both, 400, "AuthorizationHeaderMalformed", Reason::Invalid),
            case(
                "open header",
                put().with_unsigned("x-amz-meta-a", "b").signed(rita),
                403,
                "AccessDenied",
                Reason::SignatureWrong,
            ),
            case(
                "open header, presigned",
                put().with_unsigned("x-amz-copy-source", "results/a").presigned(rita, 60),
                403,
                "AccessDenied",
                Reason::SignatureWrong,
            ),
            case("host not signed", unhosted, 403, "AccessDenied", Reason::SignatureWrong),
            case(
                "token",
                put().with("x-amz-security-token", "t").signed(rita),
                400,
                "InvalidToken",
                Reason::Unauthenticated,
            ),
            case(
                "form",
                Call::post("/results", b"--x--")
                    .with("content-type", "multipart/form-data; boundary=x")
                    .signed(rita),
                501,
                "NotImplemented",
                Reason::NotOffered,
            ),
        ],
    )
    .await;
    house.close().await;
}
