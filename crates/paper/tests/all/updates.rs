//! PAdES: PDFs that pyHanko signed, and what was done to them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use paper::signed::{Fault, Kind};

use crate::kit::{self, Job, Key, Person, Wanted, checked, original};

/// Above the text, as wide as a stamp.
const FREE: [i32; 4] = [71, 780, 300, 830];

fn job() -> Job {
    Job::default()
}

/// Signed as these jobs say, one after the other; None where pyHanko is missing.
fn signed(jobs: &[Job]) -> Option<Vec<u8>> {
    static PERSON: LazyLock<Person> = LazyLock::new(|| {
        let wanted = Wanted { key: Key::Rsa, ..Wanted::default() };
        kit::bench().unwrap().person(wanted)
    });
    // WHY: most begin alike, and pyHanko takes a third of a second for each.
    static DONE: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);
    let bench = kit::bench()?;
    let mut pdf = original().to_vec();
    for (at, job) in jobs.iter().enumerate() {
        let name = format!("{:?}", &jobs[..=at]);
        let done = DONE.lock().unwrap().get(&name).cloned();
        pdf = done.map_or_else(|| bench.sign(&PERSON, &pdf, job), Some)?;
        DONE.lock().unwrap().insert(name, pdf.clone());
    }
    Some(pdf)
}

fn holds(jobs: &[Job], signatures: usize) {
    let Some(pdf) = signed(jobs) else { return };
    let found = checked(&pdf).unwrap();
    assert_eq!((found.kind, found.signatures.len()), (Kind::Pades, signatures));
    assert!(
        found.signatures.iter().all(|signer| signer.name == "Maria Rossi" && signer.claimed_at.is_some())
    );
}

fn refused(jobs: &[Job], expected: Fault) {
    let Some(pdf) = signed(jobs) else { return };
    assert_eq!(checked(&pdf).unwrap_err(), expected, "{:?}", jobs.last().unwrap().also);
}

#[test]
fn signed_pdfs_hold_in_all_their_forms() {
    holds(&[job()], 1);
    holds(&[Job { sub_filter: "adobe", ..job() }], 1);
    holds(&[Job { digest: "sha512", ..job() }], 1);
    // pyHanko takes a salt as long as fits.
    refused(&[Job { pss: true, ..job() }], Fault::Weak);
    holds(&[Job { is_packed: true, ..job() }], 1);
    holds(&[Job { is_packed: true, also: vec!["packed object"], ..job() }], 1);
    holds(&[Job { place: Some(FREE), ..job() }], 1);
    holds(&[Job { also: vec!["extra object"], ..job() }], 1);
}

#[test]
fn several_signatures_hold_one_after_the_other() {
    let second = Job { field: Some("Firma2"), place: Some(FREE), ..job() };
    holds(&[job(), second.clone()], 2);
    holds(&[Job { place: Some([310, 780, 500, 830]), ..job() }, Job { is_packed: true, ..second }], 2);
}

#[test]
fn proofs_may_follow_and_nothing_else() {
    let after = |what| Job { field: None, also: vec![what], ..job() };
    holds(&[job(), after("proofs")], 1);
    let stamped = Job { sub_filter: "time", field: Some("Marca"), ..job() };
    holds(&[job(), stamped.clone()], 1);
    holds(&[job(), after("proofs"), stamped.clone(), Job { field: Some("Firma2"), ..job() }], 2);
    refused(std::slice::from_ref(&stamped), Fault::NotSigned);
    refused(&[job(), Job { also: vec!["contents"], ..stamped }], Fault::ChangesWhatIsRead);
    refused(&[job(), after("extra object")], Fault::ChangedAfterSigning);
    refused(&[job(), after("contents")], Fault::ChangesWhatIsRead);
    refused(&[job(), after("text field")], Fault::ChangesWhatIsRead);
}

#[test]
fn what_changes_the_document_is_refused_though_signed() {
    for what in [
        "contents",
        "contents in place",
        "resources",
        "rotate",
        "note",
        "link",
        "open action",
        "language",
        "text field",
    ] {
        refused(&[Job { also: vec![what], ..job() }], Fault::ChangesWhatIsRead);
    }
    // The first signer saw another page than the second.
    let there = Job { also: vec!["contents"], ..job() };
    refused(&[there, Job { field: Some("Firma2"), ..job() }], Fault::ChangesWhatIsRead);
}

#[test]
fn a_stamp_on_the_text_is_refused() {
    for place in [[71, 700, 300, 760], [0, 0, 595, 842], [71, 10, 300, 60], [300, 700, 71, 760]] {
        refused(&[Job { place: Some(place), ..job() }], Fault::ChangesWhatIsRead);
    }
}

#[test]
fn a_signature_stays_as_it_was_and_counts_once() {
    let first = Job { place: Some(FREE), ..job() };
    let second = |what| Job { field: Some("Firma2"), also: vec![what], ..job() };
    refused(&[first.clone(), second("stamp")], Fault::ChangedAfterSigning);
    refused(&[first.clone(), second("forget")], Fault::ChangesWhatIsRead);
    refused(&[first, second("twice")], Fault::Malformed);
    refused(&[job(), second("forget")], Fault::ChangesWhatIsRead);
}

/// An update written by hand: objects by number, and what the trailer says besides.
fn update(objects: &[(u32, &str)], trailer: &str) -> Vec<u8> {
    let original = original();
    let text = |from: usize| String::from_utf8_lossy(&original[from..]).into_owned();
    let tail = text(original.len() - 300);
    let size = tail.split("/Size ").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let prev = tail.split("startxref\n").nth(1).unwrap().split('\n').next().unwrap().to_owned();
    let root = tail.split("/Root ").nth(1).unwrap().split(" R").next().unwrap().to_owned();
    let mut bytes = original.to_vec();
    bytes.push(b'\n');
    let mut table = "xref\n".to_owned();
    for (number, body) in objects {
        table += &format!("{number} 1\n{:010} 00000 n \n", bytes.len());
        bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let at = bytes.len();
    let highest = objects.iter().map(|(number, _)| number + 1).max().unwrap_or_default();
    let trailer = match trailer {
        "" => format!("/Size {} /Root {root} R /Prev {prev}", highest.max(size.trim().parse().unwrap())),
        // One that says that what comes is not there.
        "short" => format!("/Size {size} /Root {root} R /Prev {prev}"),
        other => other.to_owned(),
    };
    bytes.extend(format!("{table}trailer\n<< {trailer} >>\nstartxref\n{at}\n%%EOF\n").bytes());
    bytes
}

#[test]
fn updates_that_viewers_may_read_differently_are_refused() {
    assert_eq!(checked(&update(&[(90_000, "<< /A 1 >>")], "")).unwrap_err(), Fault::NotSigned);
    for object in ["<< /A 1 /A 2 >>", "<< /A >>", "[1 2", "<< /A 1 ]", "(a", "1 2", "<0g>"] {
        let form = format!("<< /Fields [90000 0 R] /Extra {object} >>");
        assert!(checked(&update(&[(90_000, &form)], "")).is_err());
    }
    for trailer in
        ["short", "/Root 90000 0 R /Prev 10", "/Size 1", "/Root 1 0 R", "/Root 1 0 R /Prev 0 /Encrypt 5 0 R"]
    {
        assert_eq!(
            checked(&update(&[(90_000, "<< >>")], trailer)).unwrap_err(),
            Fault::Malformed,
            "{trailer}"
        );
    }
    for number in [1, 2, 3, 4, 5, 6, 7, 8] {
        assert!(checked(&update(&[(number, "<< >>")], "")).is_err());
    }
    let deep = "[".repeat(100_000);
    assert!(checked(&update(&[(1, &deep)], "")).is_err());
}

#[test]
fn bytes_that_nobody_signed_are_refused() {
    let Some(pdf) = signed(&[job()]) else { return };
    for tail in [&b"\n"[..], b"%%EOF", b"startxref\n0\n%%EOF\n"] {
        assert!(checked(&[&pdf[..], tail].concat()).is_err());
    }
    let find = |what: &[u8]| pdf.windows(what.len()).rposition(|window| window == what).unwrap();
    // A hole in what is signed: one digit of the range.
    let range = find(b"/ByteRange");
    let space = range + pdf[range..].iter().position(|&byte| byte == b']').unwrap() - 1;
    for at in range + 10..=space {
        let mut bent = pdf.clone();
        bent[at] = if bent[at].is_ascii_digit() { (bent[at] - b'0' + 1) % 10 + b'0' } else { bent[at] };
        assert!(bent == pdf || checked(&bent).is_err());
    }
    let mut bent = pdf.clone();
    bent[original().len() - 40] ^= 1;
    assert_eq!(checked(&bent).unwrap_err(), Fault::OtherDocument);
    assert_eq!(checked(original()).unwrap_err(), Fault::NotSigned);
    let update = original().len()..pdf.len();
    kit::survives_flips(&pdf, update.clone().step_by(7).chain(update.end - 700..update.end));
}

#[test]
fn an_update_without_a_signature_is_refused() {
    refused(&[Job { field: None, also: vec!["extra object"], ..job() }], Fault::NotSigned);
    let Some(bench) = kit::bench() else { return };
    let stranger = kit::root("Un'altra");
    let person = bench.person_of(&stranger.issuer, Wanted::default());
    let Some(pdf) = bench.sign(&person, original(), &job()) else { return };
    assert_eq!(checked(&pdf).unwrap_err(), Fault::AuthorityUnknown);
}
