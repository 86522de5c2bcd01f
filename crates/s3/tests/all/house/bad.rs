//! Bad input: each case gets its answer, and nothing is left behind.

use words::Reason;

use super::{Call, House};

pub struct Case {
    pub name: &'static str,
    pub call: Call,
    pub expected: (u16, &'static str, Reason),
}

pub fn case(name: &'static str, call: Call, status: u16, code: &'static str, reason: Reason) -> Case {
    Case { name, call, expected: (status, code, reason) }
}

/// Sends each, compares the answer, and looks whether anything was left.
pub async fn check(house: &House, cases: Vec<Case>) {
    for case in cases {
        let (status, code, reason) = case.expected;
        let answer = case.call.send(house.outside).await;
        let told = (answer.status, answer.code(), answer.reason().to_owned());
        assert_eq!(
            told,
            (status, code.to_owned(), reason.code().to_owned()),
            "{}: {}",
            case.name,
            answer.text()
        );
        assert!(answer.text().contains(reason.code()), "{}: {}", case.name, answer.text());
    }
    assert!(house.keys().await.is_empty(), "something was stored");
    assert_eq!(house.uploads().await, 0, "an upload was left");
}
