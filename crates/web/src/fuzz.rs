//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes; what
//! has one spelling must write back the same.

use crate::client::Address;
use crate::head::{Asked, Head, Proof};
use crate::problem::Problem;
use crate::tar;

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] =
    [("address", address), ("head", head), ("problem", problem), ("query", query), ("tar", tar_files)];

/// Where a person says that a region listens: on this machine, and in one meaning.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string().parse::<Address>().ok(), Some(address));
    }
}

/// A request's head in lines: `METHOD target`, then `name: value`.
pub fn head(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or_default();
    let request = http::Request::builder().method(method).uri(target);
    let headers = lines.filter_map(|line| line.split_once(": "));
    let request = headers.fold(request, |request, (name, value)| request.header(name, value));
    let Ok(request) = request.body(()) else {
        return;
    };
    if let Ok(head) = Head::read(&request.into_parts().0) {
        let message = head.message();
        let is_session = matches!(head.proof, Proof::Session(_));
        assert!(is_session || message.content_digest.is_some() != message.epic_act.is_some());
    }
}

/// What reads, writes back the same.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(asked) = Asked::read(text) {
        assert_eq!(asked.write(), text);
    }
}

pub fn tar_files(bytes: &[u8]) {
    let mut files = tar::Reader::new(bytes);
    while let Ok(Some((name, file))) = files.next_file() {
        assert!(tar::is_plain(&name) && file.len() <= bytes.len());
    }
}

pub fn problem(bytes: &[u8]) {
    if let Ok(problem) = serde_json::from_slice::<Problem>(bytes) {
        let _said = problem.refusal();
    }
}
