//! What S3 lets be chosen and this region does not: answered as it is, and wished for only as it is.

use crate::{house, need};

use house::{BUCKET, Call, House};
use region::twin::Soil;
use s3::{Front, Limits};

/// What a bucket says of itself: the parameter, and what must stand in the answer.
const TRUE_ANSWERS: [(&str, u16, &str); 14] = [
    ("acl", 200, "<Permission>FULL_CONTROL</Permission>"),
    ("policy", 404, "<Code>NoSuchBucketPolicy</Code>"),
    ("policyStatus", 200, "<IsPublic>false</IsPublic>"),
    ("website", 404, "<Code>NoSuchWebsiteConfiguration</Code>"),
    ("replication", 404, "<Code>ReplicationConfigurationNotFoundError</Code>"),
    ("tagging", 404, "<Code>NoSuchTagSet</Code>"),
    ("cors", 404, "<Code>NoSuchCORSConfiguration</Code>"),
    ("lifecycle", 404, "<Code>NoSuchLifecycleConfiguration</Code>"),
    ("logging", 200, "BucketLoggingStatus"),
    ("notification", 200, "NotificationConfiguration"),
    ("accelerate", 200, "AccelerateConfiguration"),
    ("requestPayment", 200, "<Payer>BucketOwner</Payer>"),
    ("ownershipControls", 200, "<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>"),
    ("publicAccessBlock", 200, "<RestrictPublicBuckets>true</RestrictPublicBuckets>"),
];

#[tokio::test]
async fn a_bucket_says_what_is_so() {
    let house = House::open().await;
    for (parameter, status, said) in TRUE_ANSWERS {
        let answer = house.call(Call::get(&format!("/{BUCKET}?{parameter}="))).await;
        assert_eq!(answer.status, status, "{parameter}: {}", answer.text());
        assert!(answer.text().contains(said), "{parameter}: {}", answer.text());
        assert!(!answer.text().contains("AllUsers"), "{parameter}");
        assert_eq!(status == 404, !answer.reason().is_empty(), "{parameter}");
        let none = house.call(Call::get(&format!("/nobodys-bucket?{parameter}="))).await;
        assert_eq!((none.status, none.code()), (404, "NoSuchBucket".into()), "{parameter}");
    }
    let encryption = house.call(Call::get(&format!("/{BUCKET}?encryption="))).await;
    assert_eq!((encryption.status, encryption.code()), (501, "NotImplemented".into()));
    assert!(encryption.text().contains("ChaCha20-Poly1305"), "{}", encryption.text());
    assert_eq!(house.call(Call::put("/results/a", b"a")).await.status, 200);
    let of_object = house.call(Call::get("/results/a?acl=")).await;
    assert!(of_object.text().contains("FULL_CONTROL"), "{}", of_object.text());
    assert_eq!(house.call(Call::get("/results/none?acl=")).await.code(), "NoSuchKey");
    house.close().await;
}

fn acl(id: &str, grants: &str) -> String {
    format!(
        "<AccessControlPolicy><Owner><ID>{id}</ID></Owner><AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
    )
}

fn grant(id: &str, permission: &str) -> String {
    let xsi = r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser""#;
    format!("<Grant><Grantee {xsi}><ID>{id}</ID></Grantee><Permission>{permission}</Permission></Grant>")
}

fn block(last: bool) -> String {
    format!(
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
         <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>{last}</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
    )
}

// Goal: a wish is taken where it says what is so, and refused with one line of why where it does not.
#[tokio::test]
async fn a_wish_is_taken_only_where_it_says_what_is_so() {
    let house = House::open().await;
    assert_eq!(house.call(Call::put("/results/a", b"a")).await.status, 200);
    let own = house.call(Call::get(&format!("/{BUCKET}?acl="))).await.all("ID").remove(0);
    let private = acl(&own, &grant(&own, "FULL_CONTROL"));
    let all = "http://acs.amazonaws.com/groups/global/AllUsers";
    let xsi = r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group""#;
    let public =
        format!("<Grant><Grantee {xsi}><URI>{all}</URI></Grantee><Permission>READ</Permission></Grant>");
    let of = |value: &str, outer: &str, inner: &str| format!("<{outer}><{inner}>{value}</{inner}></{outer}>");
    let ownership = |value: &str| {
        format!(
            "<OwnershipControls><Rule><ObjectOwnership>{value}</ObjectOwnership></Rule></OwnershipControls>"
        )
    };
    let logging = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>b</TargetBucket><TargetPrefix>p</TargetPrefix></LoggingEnabled></BucketLoggingStatus>";
    let topic = "<NotificationConfiguration><TopicConfiguration><Topic>t</Topic><Event>s3:ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>";
    let cors = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>";
    for (target, body, is_so) in [
        (format!("/{BUCKET}?acl="), private.clone(), true),
        (format!("/{BUCKET}?acl="), acl(&own, &public), false),
        (format!("/{BUCKET}?acl="), acl(&own, &grant("somebody", "READ")), false),
        (format!("/{BUCKET}/a?acl="), private, true),
        (format!("/{BUCKET}/a?acl="), acl(&own, &public), false),
        (format!("/{BUCKET}?ownershipControls="), ownership("BucketOwnerEnforced"), true),
        (format!("/{BUCKET}?ownershipControls="), ownership("ObjectWriter"), false),
        (format!("/{BUCKET}?publicAccessBlock="), block(true), true),
        (format!("/{BUCKET}?publicAccessBlock="), block(false), false),
        (
            format!("/{BUCKET}?requestPayment="),
            of("BucketOwner", "RequestPaymentConfiguration", "Payer"),
            true,
        ),
        (
            format!("/{BUCKET}?requestPayment="),
            of("Requester", "RequestPaymentConfiguration", "Payer"),
            false,
        ),
        (format!("/{BUCKET}?accelerate="), of("Suspended", "AccelerateConfiguration", "Status"), true),
        (format!("/{BUCKET}?accelerate="), of("Enabled", "AccelerateConfiguration", "Status"), false),
        (format!("/{BUCKET}?logging="), "<BucketLoggingStatus></BucketLoggingStatus>".into(), true),
        (format!("/{BUCKET}?logging="), logging.into(), false),
        (
            format!("/{BUCKET}?notification="),
            "<NotificationConfiguration></NotificationConfiguration>".into(),
            true,
        ),
        (format!("/{BUCKET}?notification="), topic.into(), false),
        (format!("/{BUCKET}?cors="), cors.into(), false),
    ] {
        let answer = house.call(Call::put(&target, body.as_bytes())).await;
        let told = (answer.status, answer.reason().to_owned());
        let expected = if is_so { (200, String::new()) } else { (501, "not_offered".to_owned()) };
        assert_eq!(told, expected, "{target} {body}: {}", answer.text());
    }
    let canned = Call::put(&format!("/{BUCKET}?acl="), b"").with("x-amz-acl", "private");
    assert_eq!(house.call(canned).await.status, 200);
    let canned = Call::put(&format!("/{BUCKET}?acl="), b"").with("x-amz-acl", "public-read");
    assert_eq!(house.call(canned).await.status, 501);
    for parameter in ["policy", "website", "replication", "tagging", "cors"] {
        let gone = house.call(Call::delete(&format!("/{BUCKET}?{parameter}="))).await;
        assert_eq!(gone.status, 204, "{parameter}: {}", gone.text());
    }
    house.close().await;
}

// Goal: the region's own words about pages are told for every bucket, taken when repeated, and changed by nobody.
#[tokio::test]
async fn cors_is_the_region_s_to_say() {
    let front = Front::new(Vec::new(), vec!["https://console.epic.example".parse().unwrap()]);
    let house = House::fronted(Soil::new(7), Limits::default(), front).await;
    let target = format!("/{BUCKET}?cors=");
    let told = house.call(Call::get(&target)).await;
    assert_eq!(
        (told.status, told.all("AllowedOrigin")),
        (200, vec!["https://console.epic.example".to_owned()])
    );
    let rule = told.all("CORSRule").remove(0);
    let same = format!("<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>");
    assert_eq!(house.call(Call::put(&target, same.as_bytes())).await.status, 200);
    let wider = same.replace("https://console.epic.example", "*");
    assert_eq!(house.call(Call::put(&target, wider.as_bytes())).await.status, 501);
    assert_eq!(house.call(Call::delete(&target)).await.status, 501);
    house.close().await;
}

// Goal: a form is refused before its bytes are taken, with the way that works.
#[tokio::test]
async fn a_form_is_refused_with_what_to_use_instead() {
    let house = House::open().await;
    let form = Call::post(&format!("/{BUCKET}"), b"--a\r\n\r\n--a--")
        .with("content-type", "multipart/form-data; boundary=a");
    let answer = house.call(form).await;
    assert_eq!((answer.status, answer.reason()), (501, "not_offered"));
    assert!(answer.text().contains("presigned PUT"), "{}", answer.text());
    house.close().await;
}

// Goal: what stock clients ask of a bucket is answered as they read it; a bucket in the host is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_clients_read_what_a_bucket_says() {
    let Some(python) = need::python("boto3, awscli") else {
        return;
    };
    let front = Front::new(vec!["s3.epic.test".parse().unwrap()], Vec::new());
    let house = House::fronted(Soil::new(7), Limits::default(), front).await;
    let as_carla = |command: &mut tokio::process::Command| {
        command
            .env("EPIC_PORT", house.outside.port().to_string())
            .env("EPIC_CONTROLLER_ID", &house.carla.id)
            .env("EPIC_CONTROLLER_SECRET", &house.carla.secret);
    };
    house.script(&python, "bucket_words.py", as_carla).await;
    house.close().await;
}
