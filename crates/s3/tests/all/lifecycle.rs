//! Lifecycle over S3: the controller's rules, told back as they hold, and nothing half done.

use crate::house;

use house::{BUCKET, Call, House};

fn rule(inner: &str) -> String {
    format!("<Rule>{inner}<Status>Enabled</Status></Rule>")
}

fn body(rules: &str) -> String {
    format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>")
}

const PLAIN: &str =
    "<ID>tmp</ID><Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>3</Days></Expiration>";
const RICH: &str = "<ID>rich</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>use</Key><Value>demo</Value></Tag>\
    <ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays>\
    <NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>";
const UPLOADS: &str = "<Filter></Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>\
    </AbortIncompleteMultipartUpload>";
const DATED: &str =
    "<ID>day</ID><Prefix>old/</Prefix><Expiration><Date>2027-02-01T00:00:00.000Z</Date></Expiration>";

async fn put(house: &House, xml: &str) -> house::Answer {
    let call = Call::put(&format!("/{BUCKET}?lifecycle="), body(xml).as_bytes());
    call.signed(&house.carla).send(house.outside).await
}

// Goal: what was set is what is told, by whichever client. Method: set each kind, read it, set what was read again.
#[tokio::test]
async fn rules_are_told_back_as_they_were_set() {
    let house = House::open().await;
    let target = format!("/{BUCKET}?lifecycle=");
    let all = [PLAIN, RICH, UPLOADS, DATED].map(rule).concat();
    let set = put(&house, &all).await;
    assert_eq!(set.status, 200, "{}", set.text());
    assert!(set.header("x-epic-leaf").is_some());
    let told = house.call(Call::get(&target)).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(told.all("ID"), ["tmp", "rich", "rule-3", "day"]);
    assert_eq!((told.all("Days"), told.all("NoncurrentDays")), (vec!["3".into()], vec!["7".into()]));
    assert_eq!(
        (told.all("Key"), told.all("NewerNoncurrentVersions")),
        (vec!["use".into()], vec!["2".into()])
    );
    assert_eq!((told.all("DaysAfterInitiation"), told.all("Date").len()), (vec!["2".into()], 1));
    let again: String = told.all("Rule").iter().map(|rule| format!("<Rule>{rule}</Rule>")).collect();
    assert_eq!(put(&house, &again).await.status, 200);
    assert_eq!(house.call(Call::get(&target)).await.text(), told.text());
    let by_rita = house.call(Call::put(&target, body(&rule(PLAIN)).as_bytes())).await;
    assert_eq!((by_rita.status, by_rita.reason()), (403, "role_missing"));
    let dropped = house.call(Call::delete(&target)).await;
    assert_eq!((dropped.status, dropped.reason()), (403, "role_missing"));
    let dropped = Call::delete(&target).signed(&house.carla).send(house.outside).await;
    assert_eq!(dropped.status, 204, "{}", dropped.text());
    assert_eq!(house.call(Call::get(&target)).await.code(), "NoSuchLifecycleConfiguration");
    house.close().await;
}

// Goal: nothing is half done. Method: each thing that is not done, beside a rule that would be.
#[tokio::test]
async fn what_a_rule_cannot_do_is_refused_by_name() {
    let house = House::open().await;
    let expires = "<Expiration><Days>1</Days></Expiration>";
    let storage = "<Days>1</Days><StorageClass>GLACIER</StorageClass>";
    let tag = "<Tag><Key>a</Key><Value>b</Value></Tag>";
    for (inner, status, word) in [
        (format!("<Filter></Filter><Transition>{storage}</Transition>"), 501, "Transition"),
        (
            format!(
                "<Filter></Filter>{expires}<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>"
            ),
            501,
            "Transition",
        ),
        (expires.to_owned(), 400, "filter"),
        (format!("<Filter><Prefix>a</Prefix>{tag}</Filter>{expires}"), 400, "And"),
        (format!("<Prefix>a</Prefix><Filter></Filter>{expires}"), 400, "filter"),
        ("<Filter></Filter><Expiration><Days>0</Days></Expiration>".to_owned(), 400, "days"),
        ("<Filter></Filter><Expiration><Days>-1</Days></Expiration>".to_owned(), 400, "positive"),
        (
            "<Filter></Filter><Expiration><Days>1</Days><Date>2027-02-01T00:00:00.000Z</Date></Expiration>"
                .to_owned(),
            400,
            "one",
        ),
        (
            "<Filter></Filter><Expiration><Date>2027-02-01T00:00:01.000Z</Date></Expiration>".to_owned(),
            400,
            "midnight",
        ),
        (
            format!(
                "<Filter>{tag}</Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
            ),
            400,
            "uploads",
        ),
        ("<Filter></Filter>".to_owned(), 400, "ends nothing"),
        (format!("<Filter></Filter>{expires}<Surprise>1</Surprise>"), 400, "Malformed"),
    ] {
        let answer = put(&house, &(rule(PLAIN) + &rule(&inner))).await;
        assert_eq!(answer.status, status, "{inner}: {}", answer.text());
        assert!(answer.text().contains(word), "{inner}: {}", answer.text());
    }
    let none = house.call(Call::get(&format!("/{BUCKET}?lifecycle="))).await;
    assert_eq!(none.code(), "NoSuchLifecycleConfiguration", "nothing was kept of them");
    house.close().await;
}
