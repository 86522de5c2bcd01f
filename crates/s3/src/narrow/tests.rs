#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::IpAddr;

use proptest::prelude::*;
use serde_json::{Value, json};
use words::Reason;

use super::needs::{ACTIONS, Need, On, of_verb};
use super::pattern::fits;
use super::policy::{Policy, Question};
use super::read::read;
use crate::offered::VERBS;

fn question<'a>(action: &'a str, resource: &'a str, prefix: Option<&'a str>, from: &str) -> Question<'a> {
    Question { action, resource, prefix, address: from.parse().unwrap() }
}

/// As a ticket carries it.
fn carried(policy: &str) -> Policy {
    let policy = read(policy).unwrap_or_else(|refusal| panic!("{policy}: {refusal}"));
    let opened = Policy::open(&policy.write().unwrap()).unwrap();
    assert_eq!(opened, policy);
    opened
}

// Goal: no verb is left out. Method: every verb that is served, and every action of the table.
#[test]
fn every_verb_says_what_it_does() {
    let mut used = std::collections::BTreeSet::new();
    for verb in VERBS {
        let needs = of_verb(verb).unwrap_or_else(|| panic!("nobody has thought {verb} through"));
        assert!(!needs.is_empty(), "{verb} does nothing");
        used.extend(needs.iter().flat_map(|need| [Some(need.action), need.of_version]).flatten());
    }
    let more: [Need; 3] = [super::needs::BYPASS, super::needs::TAGS_READ, super::needs::TAGS_WRITTEN];
    used.extend(more.iter().flat_map(|need| [Some(need.action), need.of_version]).flatten());
    let known: Vec<&str> = ACTIONS.to_vec();
    assert_eq!(
        used.into_iter().collect::<Vec<_>>(),
        known,
        "actions that are asked for, and those that one may write"
    );
    assert!(of_verb("RestoreObject").is_none() && of_verb("getobject").is_none());
    assert!(of_verb("CopyObject").unwrap().iter().any(|need| need.on == On::Source));
}

#[test]
fn patterns_are_as_aws_has_them() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("*", "a/b", true),
        ("?", "", false),
        ("?", "è", true),
        ("??", "è", false),
        ("*è", "perchè", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-b-b-", false),
        ("home/*", "home/", true),
        ("home/*", "home", false),
        ("home/*", "home/../secret", true),
        ("home/*", "Home/a", false),
        ("a?c", "a*c", true),
        ("a[bc]", "ab", false),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }
}

/// SPEC: IAM, "Example policies", and S3, "Identity-based policy examples": as they stand there, but for ids.
#[test]
fn the_examples_of_aws_are_judged_as_they_say() {
    let home = carried(
        r#"{"Version":"2012-10-17","Statement":[
            {"Sid":"AllowListingOfUserFolder","Action":["s3:ListBucket"],"Effect":"Allow","Resource":["arn:aws:s3:::home"],
             "Condition":{"StringLike":{"s3:prefix":["rita/*"]}}},
            {"Sid":"HomeDirObjectAccess","Effect":"Allow","Action":["s3:DeleteObjectVersion","s3:DeleteObject","s3:PutObject",
             "s3:GetObjectVersion","s3:GetObject"],"Resource":["arn:aws:s3:::home/rita/*"]}]}"#,
    );
    let here = "192.0.2.7";
    for (action, resource, prefix, expected) in [
        ("ListBucket", "home", Some("rita/"), true),
        ("ListBucket", "home", Some("rita/a"), true),
        ("ListBucket", "home", Some("rita"), false),
        ("ListBucket", "home", Some(""), false),
        ("ListBucket", "home", None, false),
        ("ListBucket", "other", Some("rita/"), false),
        ("GetObject", "home/rita/a", None, true),
        ("GetObject", "home/dina/a", None, false),
        ("GetObjectTagging", "home/rita/a", None, false),
        ("DeleteBucket", "home", None, false),
    ] {
        assert_eq!(
            home.allows(&question(action, resource, prefix, here)),
            expected,
            "{action} {resource} {prefix:?}"
        );
    }
    let network = carried(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},
            {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24","2001:DB8:1234:5678::/64"]}}}]}"#,
    );
    for (from, expected) in [
        ("192.0.2.7", true),
        ("::ffff:192.0.2.7", true),
        ("203.0.113.255", true),
        ("198.51.100.1", false),
        ("2001:db8:1234:5678::1", true),
        ("2001:db8:1234:5679::1", false),
    ] {
        assert_eq!(network.allows(&question("GetObject", "a/b", None, from)), expected, "{from}");
    }
    let denied = carried(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["S3:get*","s3:PUTOBJECT"],"Resource":"arn:aws:s3:::*"},
            {"Effect":"Deny","Action":"s3:GetObject*","Resource":"arn:aws:s3:::raw/secret/*"}]}"#,
    );
    for (action, resource, expected) in [
        ("GetObject", "raw/open/a", true),
        ("GetObject", "raw/secret/a", false),
        ("GetObjectVersion", "raw/secret/a", false),
        ("PutObject", "raw/secret/a", true),
        ("GetBucketLocation", "raw", true),
        ("ListAllMyBuckets", "", false),
    ] {
        assert_eq!(denied.allows(&question(action, resource, None, here)), expected, "{action} {resource}");
    }
}

const ALLOW: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*""#;

// Goal: what is not offered is refused by its name when it is asked for. Method: the rest of the language, and tricks.
#[test]
fn everything_else_is_refused_by_its_name() {
    let in_statement = |more: &str| format!(r#"{{"Statement":[{{{ALLOW},{more}}}]}}"#);
    let on = |effect: &str, action: &str, resource: &str| {
        format!(r#"{{"Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}}}"#)
    };
    let prefixed = |action: &str| {
        format!(
            r#"{{"Statement":{{"Effect":"Deny","Action":"{action}","Resource":"*","Condition":{{"StringLike":{{"s3:prefix":"a/*"}}}}}}}}"#
        )
    };
    let from = |network: &str| {
        in_statement(&format!(r#""Condition":{{"IpAddress":{{"aws:SourceIp":"{network}"}}}}"#))
    };
    let many = vec![json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }); 11];
    for (policy, named) in [
        (String::new(), "no JSON"),
        ("[]".into(), "object"),
        ("{}".into(), "Statement"),
        (r#"{"Statement":[]}"#.into(), "Statement"),
        (json!({ "Statement": many }).to_string(), "Statement"),
        (r#"{"Version":"2013-01-01","Statement":[]}"#.into(), "Version"),
        (format!(r#"{{"Id":"a","Statement":{{{ALLOW}}}}}"#), "Id"),
        (format!(r#"{{"statement":{{{ALLOW}}}}}"#), "statement"),
        (format!(r#"{{"Statement":{{{ALLOW}}}}} x"#), "no JSON"),
        (format!(r#"{{"Statement":{{{ALLOW}}},"Statement":{{{ALLOW}}}}}"#), "twice"),
        (in_statement(r#""Effect":"Deny""#), "twice"),
        (in_statement(r#""\u0045ffect":"Deny""#), "twice"),
        (in_statement(r#""NotAction":"s3:GetObject""#), "NotAction"),
        (in_statement(r#""NotResource":"*""#), "NotResource"),
        (in_statement(r#""Principal":"*""#), "Principal"),
        (in_statement(r#""Sid":1"#), "Sid"),
        (in_statement(r#""Condition":{}"#), "Condition"),
        (in_statement(r#""Condition":{"Bool":{"aws:SecureTransport":"true"}}"#), "Bool"),
        (
            in_statement(r#""Condition":{"IpAddressIfExists":{"aws:SourceIp":"192.0.2.1"}}"#),
            "IpAddressIfExists",
        ),
        (in_statement(r#""Condition":{"IpAddress":{"aws:VpcSourceIp":"192.0.2.1"}}"#), "aws:VpcSourceIp"),
        (
            in_statement(
                r#""Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.1","AWS:sourceip":"192.0.2.2"}}"#,
            ),
            "twice",
        ),
        (in_statement(r#""Condition":{"StringLike":{"s3:prefix":"a/*"}}"#), "s3:prefix"),
        (in_statement(r#""Condition":{"StringNotLike":{"s3:prefix":"a/*"}}"#), "StringNotLike"),
        (prefixed("s3:List*"), "s3:prefix"),
        (prefixed("s3:ListBucketMultipartUploads"), "s3:prefix"),
        (from("192.0.2.0/33"), "aws:SourceIp"),
        (from("192.0.2.300"), "aws:SourceIp"),
        (from("192.0.2.0/"), "aws:SourceIp"),
        (from("::ffff:192.0.2.0/120"), "version 4"),
        (from(""), "aws:SourceIp"),
        (on("allow", "s3:*", "*"), "Effect"),
        (on("Allow", "s3:GetObjekt", "*"), "s3:GetObjekt"),
        (on("Deny", "s3:RestoreObject", "*"), "s3:RestoreObject"),
        (on("Allow", "s3:", "*"), "s3:"),
        (on("Allow", "iam:*", "*"), "iam:*"),
        (on("Allow", "GetObject", "*"), "GetObject"),
        (on("Allow", "s3:GetObject\\u0000", "*"), "s3:GetObject"),
        (on("Deny", "\\u017f3:*", "*"), "\u{17f}3:*"),
        (on("Deny", "s3:\\u212a*", "*"), "\u{212a}"),
        (on("Allow", "s3:*", "arn:aws:s3:::"), "arn:aws:s3:::"),
        (on("Allow", "s3:*", "arn:aws:s3:eu:1:bucket"), "arn:aws:s3:eu"),
        (on("Allow", "s3:*", "arn:*:s3:::bucket"), "arn:*:s3"),
        (on("Allow", "s3:*", "ARN:aws:s3:::bucket"), "ARN:aws"),
        (on("Allow", "s3:*", "bucket/*"), "bucket/*"),
        (on("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*"), "${aws:username}"),
        (r#"{"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}"#.into(), "Action"),
        (r#"{"Statement":{"Effect":"Allow","Action":["s3:*",1],"Resource":"*"}}"#.into(), "Action"),
        (r#"{"Statement":{"Effect":"Allow","Action":"s3:*"}}"#.into(), "Resource"),
        (r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":[["*"]]}}"#.into(), "Resource"),
        ("[".repeat(2_000), "no JSON"),
        (format!(r#"{{"Statement":{{{ALLOW},"Sid":"{}"}}}}"#, "a".repeat(2_048)), "2048"),
    ] {
        let refusal = read(&policy).expect_err(&policy);
        assert!(refusal.detail.contains(named), "{policy}: {}", refusal.detail);
        assert!(refusal.detail.starts_with(super::ABOUT), "{policy}: {}", refusal.detail);
        assert!(
            [Reason::Invalid, Reason::NotOffered, Reason::TooLarge].contains(&refusal.reason),
            "{policy}"
        );
    }
    assert!(
        read(
            r#"{"Version":"2012-10-17","Statement":{"Sid":"x","Effect":"Allow","Action":"*","Resource":"*"}}"#
        )
        .is_ok()
    );
}

// Goal: what cannot be read back refuses. Method: a written policy, cut and with networks that are none.
#[test]
fn what_cannot_be_read_back_is_no_policy() {
    use super::policy::{Condition, Effect, Statement};
    let whole = carried(
        r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}}"#,
    );
    let written = whole.write().unwrap().written().to_vec();
    for end in 0..written.len() {
        let cut = region::session::Bounds::new(written.get(..end).unwrap().to_vec()).unwrap();
        assert!(Policy::open(&cut).is_err(), "{end}");
    }
    let statement = Statement {
        effect: Effect::Deny,
        actions: vec!["*".into()],
        resources: vec!["*".into()],
        conditions: vec![Condition::From(vec!["nowhere".into()])],
    };
    let unsound = Policy { statements: vec![statement] };
    assert!(Policy::open(&unsound.write().unwrap()).is_err());
}

/// A pattern, by trying every way: slow, and nothing to get wrong.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some('*'), _) => naive(&pattern[1..], text) || (!text.is_empty() && naive(pattern, &text[1..])),
        (Some('?'), Some(_)) => naive(&pattern[1..], &text[1..]),
        (Some(own), Some(other)) if own == other => naive(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn like(pattern: &str, text: &str) -> bool {
    naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

fn listed(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

/// Whether the leading bits of two addresses of one version are the same, written out as text.
fn lies_in(network: &str, address: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(own) => format!("{:032b}", u32::from(own)),
        IpAddr::V6(own) => format!("{:0128b}", u128::from(own)),
    };
    let (own, length) = network.split_once('/').unwrap_or((network, "999"));
    let (own, address) = (bits(own.parse().unwrap()), bits(address));
    let length = length.parse::<usize>().unwrap().min(own.len());
    own.len() == address.len() && own[..length] == address[..length]
}

/// What AWS's documentation says of a policy, read from its JSON by itself.
fn oracle(policy: &Value, asked: &Question<'_>) -> bool {
    let statements = match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let applies = |statement: &&Value| {
        let action = format!("s3:{}", asked.action).to_lowercase();
        let is_action = listed(&statement["Action"]).iter().any(|own| like(&own.to_lowercase(), &action));
        let arn = format!("arn:aws:s3:::{}", asked.resource);
        let is_resource = listed(&statement["Resource"]).iter().any(|own| like(own, &arn));
        let operators = statement["Condition"].as_object().cloned().unwrap_or_default();
        let is_met = operators.iter().all(|(operator, keys)| {
            keys.as_object().unwrap().values().all(|values| {
                let values = listed(values);
                match operator.as_str() {
                    "IpAddress" => values.iter().any(|own| lies_in(own, asked.address)),
                    "NotIpAddress" => !values.iter().any(|own| lies_in(own, asked.address)),
                    "StringEquals" => asked.prefix.is_some_and(|said| values.contains(&said)),
                    "StringLike" => asked.prefix.is_some_and(|said| values.iter().any(|own| like(own, said))),
                    _ => panic!("{operator}"),
                }
            })
        });
        is_action && is_resource && is_met
    };
    let effects: Vec<_> = statements.iter().filter(applies).map(|own| own["Effect"].clone()).collect();
    !effects.contains(&json!("Deny")) && effects.contains(&json!("Allow"))
}

/// Something once, or a list of it.
fn some(of: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![of.clone().prop_map(Value::from), prop::collection::vec(of, 1..4).prop_map(Value::from)]
}

fn networks() -> impl Strategy<Value = Value> {
    let v4 = ("192\\.0\\.2\\.[0-9]", 22..=32_u8).prop_map(|(address, bits)| format!("{address}/{bits}"));
    let v6 = ("2001:db8::[0-9a-f]", 120..=128_u8).prop_map(|(address, bits)| format!("{address}/{bits}"));
    some(prop_oneof![v4, v6, "192\\.0\\.2\\.[0-9]"].boxed())
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    let actions = prop::sample::select(vec![
        "s3:*",
        "*",
        "s3:Get*",
        "S3:getobject",
        "s3:ListBucket",
        "s3:List*",
        "s3:PutObject",
        "s3:*Object",
        "s3:Ge?Object",
    ]);
    let resource = prop_oneof![
        Just("*".to_owned()),
        "[ab?*]{1,3}(/[ab*?/]{0,4})?".prop_map(|pattern| format!("arn:aws:s3:::{pattern}")),
    ];
    let plain = (effect, some(actions.prop_map(str::to_owned).boxed()), some(resource.boxed()));
    let from = prop::option::of((any::<bool>(), networks()));
    let prefix = prop::option::of((any::<bool>(), some("[ab*?/]{0,3}".boxed())));
    (plain, from, prefix).prop_map(|((effect, actions, resources), from, prefix)| {
        let mut condition = serde_json::Map::new();
        if let Some((is_inside, networks)) = from {
            let name = if is_inside { "IpAddress" } else { "NotIpAddress" };
            condition.insert(name.to_owned(), json!({ "aws:SourceIp": networks }));
        }
        let is_listing = actions == "s3:ListBucket" || actions == json!(["s3:ListBucket"]);
        if let Some((is_exact, prefixes)) = prefix.filter(|_| is_listing) {
            let name = if is_exact { "StringEquals" } else { "StringLike" };
            condition.insert(name.to_owned(), json!({ "s3:prefix": prefixes }));
        }
        let mut statement = json!({ "Effect": effect, "Action": actions, "Resource": resources });
        if !condition.is_empty() {
            statement["Condition"] = Value::Object(condition);
        }
        statement
    })
}

proptest! {
    // Goal: a policy means what AWS says it means. Method: small policies against an evaluator that knows nothing of ours.
    #[test]
    fn a_policy_is_judged_as_by_another_hand(
        statements in prop::collection::vec(statement(), 1..5),
        action in prop::sample::select(vec!["GetObject", "PutObject", "ListBucket", "ListAllMyBuckets", "GetBucketAcl"]),
        resource in "[ab]{0,3}(/[ab/]{0,4})?",
        prefix in prop::option::of("[ab/]{0,3}"),
        address in prop_oneof!["192\\.0\\.2\\.[0-9]", "2001:db8::[0-9a-f]"],
    ) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let prefix = prefix.filter(|_| action == "ListBucket");
        let asked = question(action, &resource, prefix.as_deref(), &address);
        prop_assert_eq!(carried(&policy.to_string()).allows(&asked), oracle(&policy, &asked), "{} {:?}", policy, asked);
    }

    // Goal: a pattern fits what it says. Method: short ones over few letters, by trying every way.
    #[test]
    fn a_pattern_fits_as_by_another_hand(pattern in "[abè*?]{0,8}", text in "[abè*?]{0,10}") {
        prop_assert_eq!(fits(&pattern, &text), like(&pattern, &text));
    }

    // Goal: a policy only takes away. Method: one more denial never allows more, one statement fewer of them never less.
    #[test]
    fn a_denial_only_takes_away(statements in prop::collection::vec(statement(), 1..4), resource in "[ab]{1,2}/[ab]{0,2}") {
        let asked = question("GetObject", &resource, None, "192.0.2.1");
        let without: Vec<_> = statements.iter().filter(|own| own["Effect"] == "Allow").cloned().collect();
        prop_assume!(!without.is_empty());
        let all = carried(&json!({ "Statement": statements }).to_string()).allows(&asked);
        let open = carried(&json!({ "Statement": without }).to_string()).allows(&asked);
        prop_assert!(!all || open);
    }

    // Goal: any text is answered, and nothing longer is carried than fits. Method: text, and JSON that is nearly one.
    #[test]
    fn any_text_is_answered(text in ".{0,300}", name in "[A-Za-z]{0,9}", value in "\\PC{0,40}") {
        let _told = read(&text);
        let near = json!({ "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*", name: value } }).to_string();
        if let Ok(policy) = read(&near) {
            prop_assert!(policy.write().unwrap().written().len() <= region::session::bounds::BOUNDS_BYTES_MAX);
        }
    }
}
