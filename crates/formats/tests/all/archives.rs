//! Archives that lead elsewhere, lie or swell are refused.

use formats::{Limits, Report, Verdict, detect_bytes, validate};

/// CRC-32, bit by bit, so that it is not the one that is tested.
fn sum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}

/// A zip file of stored entries.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let offset = body.len() as u32;
        let size = (content.len() as u32).to_le_bytes();
        let common = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            sum(content).to_le_bytes().as_slice(),
            &size,
            &size,
            &(name.len() as u16).to_le_bytes(),
            &[0, 0],
        ]
        .concat();
        body.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), content].concat());
        directory.extend(
            [b"PK\x01\x02\x14\x00".as_slice(), &common, &[0; 10], &offset.to_le_bytes(), name.as_bytes()]
                .concat(),
        );
    }
    let count = (entries.len() as u16).to_le_bytes();
    let sizes = [directory.len() as u32, body.len() as u32].map(u32::to_le_bytes).concat();
    [body, directory, b"PK\x05\x06\0\0\0\0".to_vec(), [count, count].concat(), sizes, vec![0, 0]].concat()
}

/// A tar file of one entry.
fn tar(name: &str, flag: u8, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[148..156].fill(b' ');
    block[156] = flag;
    block[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(content);
    block.resize(block.len().next_multiple_of(512) + 1024, 0);
    block
}

fn judged(bytes: &[u8], limits: &Limits) -> Report {
    validate(&detect_bytes(bytes, true), &mut &*bytes, limits).unwrap()
}

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    let report = judged(bytes, &Limits::default());
    let rules: Vec<&str> = report.counts.iter().map(|count| count.rule.code()).collect();
    assert_eq!(rules.join(" "), expected);
    let is_noted = ["", "archive.nested"].contains(&expected);
    assert_eq!(report.verdict == Verdict::Holds, is_noted, "{expected}");
}

#[test]
fn zip_files() {
    check(&zip(&[("a/b.txt", b"hello"), ("c", b"")]), "");
    check(&zip(&[("../a", b"x")]), "archive.path");
    check(&zip(&[("/etc/a", b"x")]), "archive.path");
    check(&zip(&[("C:\\a", b"x")]), "archive.path");
    check(&zip(&[("a", b"x"), ("a", b"y")]), "archive.double");
    check(&zip(&[("a", &zip(&[("b", b"x")]))]), "archive.nested");
    let whole = zip(&[("a", b"hello")]);
    let mut bent = whole.clone();
    bent[31 + 2] ^= 1;
    check(&bent, "archive.content");
    let renamed = whole.len() - 22 - 1;
    let mut other = whole.clone();
    other[renamed] = b'b';
    check(&other, "archive.directory");
    check(&whole[..whole.len() - 22], "archive.directory");
}

#[test]
fn tar_files() {
    check(&tar("a/b", b'0', b"hello"), "");
    check(&tar("../b", b'0', b"hello"), "archive.path");
    check(&tar("b", b'2', b""), "archive.link");
    check(&tar("b", b'3', b""), "archive.link");
    check(&tar("b", b'0', b"hello")[..600], "file.truncated tar.end");
}

// Goal: too many and too much are refused. Method: small limits.
#[test]
fn counts_and_sizes_are_bounded() {
    let names: Vec<String> = (0..20).map(|at| format!("n{at}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    let few = Limits { entries_max: 10, ..Limits::default() };
    assert_eq!(judged(&zip(&many), &few).count(formats::rule::ARCHIVE_ENTRIES), 1);
    let small = Limits { unpacked_bytes_max: 10, ..Limits::default() };
    assert_eq!(judged(&zip(&[("a", &[7; 100])]), &small).verdict, Verdict::Fails);
}
