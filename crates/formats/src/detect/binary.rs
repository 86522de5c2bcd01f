//! Formats of bytes whose marks are not at the beginning, or are none: DICOM, NIfTI, models, statistics, old tar.
//!
//! It exists because these ask for several signs at once. It never claims a kind by one sign that chance gives.

use super::{Detected, Head};
use crate::dicom;
use crate::input::{i32_at, u32_at, u64_at};
use crate::kind::Kind;

/// WHY: more than any model's header of tensor names (the reference reader refuses more).
const SAFETENSORS_HEADER_MAX: u64 = 100_000_000;

const STRAY_BYTES_MAX: usize = 8;

/// Imaging that has a mark further in, and may bear another format's mark before it (TIFF in a DICOM preamble).
pub fn marked(head: Head) -> Option<Detected> {
    if head.has(128, b"DICM") {
        let found = Detected::certain(Kind::Dicom, "has DICM after 128 bytes");
        let details = dicom::details(head.bytes);
        return Some(details.into_iter().fold(found, |found, (name, word)| found.with(name, &word)));
    }
    nifti(head)
}

/// SPEC: NIfTI-1 and -2: the size of the header first, in either byte order, and a magic.
fn nifti(head: Head) -> Option<Detected> {
    let size = i32_at(head.bytes, 0)?;
    let is = |wanted: i32| size == wanted || size == wanted.swap_bytes();
    let certain = |why, version: &str, pair: &str| {
        Some(Detected::certain(Kind::Nifti, why).with("version", version).with("layout", pair))
    };
    if is(540) && head.has(4, b"n+2\0") {
        return certain("NIfTI-2: a header of 540 bytes and n+2", "2", "one file");
    }
    if is(540) && head.has(4, b"ni2\0") {
        return certain("NIfTI-2: a header of 540 bytes and ni2", "2", "header of a pair");
    }
    if is(348) && head.has(344, b"n+1\0") {
        return certain("NIfTI-1: a header of 348 bytes and n+1", "1", "one file");
    }
    if is(348) && head.has(344, b"ni1\0") {
        return certain("NIfTI-1: a header of 348 bytes and ni1", "1", "header of a pair");
    }
    analyze(head, is(348))
}

/// SPEC: ANALYZE 7.5: no magic; dimensions, a type and its width must agree.
fn analyze(head: Head, is_sized: bool) -> Option<Detected> {
    let pair = |at: usize| Some([*head.bytes.get(at)?, *head.bytes.get(at + 1)?]);
    let is_big = head.bytes.first() == Some(&0);
    let number = |at: usize| {
        pair(at).map(|pair| if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let types = [(1, 1), (2, 8), (4, 16), (8, 32), (16, 32), (32, 64), (64, 64), (128, 24)];
    let is_typed = number(70).zip(number(72)).is_some_and(|found| types.contains(&found));
    let dims = number(40)?;
    let are_dims = (1..=7).contains(&dims)
        && (1..=usize::from(dims)).all(|nth| number(40 + 2 * nth).is_some_and(|dim| dim > 0));
    let is_one = is_sized && is_typed && are_dims && head.is_whole && head.bytes.len() == 348;
    is_one.then(|| Detected::strong(Kind::Analyze, "a header of 348 bytes whose dimensions and type agree"))
}

/// The rest.
pub fn find(head: Head) -> Option<Detected> {
    dicom_bare(head)
        .or_else(|| safetensors(head))
        .or_else(|| statistics(head))
        .or_else(|| arrow_stream(head))
        .or_else(|| pickle(head))
        .or_else(|| tar(head))
        .or_else(|| onnx(head))
}

/// SPEC: DICOM PS3.10 asks for a preamble; older archives and networks write none.
fn dicom_bare(head: Head) -> Option<Detected> {
    if let Some(syntax) = dicom::guess(head.bytes) {
        return Some(
            Detected::strong(Kind::Dicom, "no preamble, but data elements of DICOM in order")
                .with("syntax", syntax),
        );
    }
    // WHY: who cuts a preamble off by hand cuts it in the wrong place.
    let shifted = (1..=STRAY_BYTES_MAX).find_map(|at| dicom::guess_well(head.bytes.get(at..)?));
    shifted.map(|syntax| {
        Detected::likely(Kind::Dicom, "data elements of DICOM behind stray bytes").with("syntax", syntax)
    })
}

fn safetensors(head: Head) -> Option<Detected> {
    let size = u64_at(head.bytes, 0)?;
    let is_header = (2..=SAFETENSORS_HEADER_MAX).contains(&size) && head.bytes.get(8) == Some(&b'{');
    let first = head.bytes.get(9)?;
    (is_header && matches!(first, b'"' | b'}' | b' '))
        .then(|| Detected::strong(Kind::Safetensors, "a length, and a JSON header of tensors"))
}

fn statistics(head: Head) -> Option<Detected> {
    // SPEC: the page header of SAS 7 files, as ReadStat documents it.
    const SAS: [u8; 32] = [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc2, 0xea, 0x81, 0x60, 0xb3, 0x14, 0x11, 0xcf, 0xbd, 0x92, 0x08,
        0x00, 0x09, 0xc7, 0x31, 0x8c, 0x18, 0x1f, 0x10, 0x11,
    ];
    if head.starts(&SAS) {
        return Some(Detected::certain(Kind::Sas, "begins as SAS 7 files do"));
    }
    // SPEC: Stata `dta` 105 to 115: release, byte order, file type 1, zero.
    if let [release @ 105..=115, 1 | 2, 1, 0, ..] = head.bytes {
        let found = Detected::strong(Kind::Stata, "the four first bytes of a Stata file before release 117");
        return Some(found.with("release", &release.to_string()));
    }
    None
}

/// SPEC: Arrow columnar format, encapsulated messages: a continuation mark, a length, a flatbuffer.
fn arrow_stream(head: Head) -> Option<Detected> {
    let size = u32_at(head.bytes, 4)?;
    let root = u32_at(head.bytes, 8)?;
    let is_one =
        head.starts(&[0xff; 4]) && size % 8 == 0 && (16..1 << 24).contains(&size) && (4..256).contains(&root);
    is_one.then(|| Detected::strong(Kind::ArrowStream, "a continuation mark and a message of Arrow"))
}

/// SPEC: CPython's `pickle`: `PROTO`, then an opcode that a pickle of an object begins with.
fn pickle(head: Head) -> Option<Detected> {
    let is_one = match head.bytes {
        [0x80, 4 | 5, 0x95, ..] => true,
        [0x80, 2..=5, next, ..] => b"cX}]()NKM\x8c\x8a".contains(next),
        _ => false,
    };
    is_one.then(|| Detected::strong(Kind::Pickle, "a Python pickle: reading it runs what it says"))
}

/// SPEC: POSIX.1 `ustar`, also without its magic: the checksum of the first header.
fn tar(head: Head) -> Option<Detected> {
    let block = head.bytes.get(..512)?;
    crate::tar::is_header(block).then(|| Detected::strong(Kind::Tar, "a first header whose checksum holds"))
}

/// SPEC: onnx.proto: `ModelProto` with its fields in any order; the first is written first by every exporter.
fn onnx(head: Head) -> Option<Detected> {
    let mut fields = crate::wire::Fields::new(head.bytes);
    let (first, version) = (fields.next()?, head.bytes.get(1)?);
    if first.number != 1 || first.wire != 0 || !(1..=30).contains(version) {
        return None;
    }
    let (mut seen, mut has_body) = (1, false);
    for field in fields {
        let is_known =
            matches!((field.number, field.wire), (1 | 5, 0) | (2 | 3 | 4 | 6 | 7 | 8 | 14 | 20 | 25 | 26, 2));
        if !is_known {
            return None;
        }
        has_body |= matches!(field.number, 7 | 8);
        seen += 1;
    }
    (has_body && seen >= 2).then(|| {
        Detected::strong(Kind::Onnx, "fields of an ONNX model").with("ir-version", &version.to_string())
    })
}

/// SPEC: a gzip index of htslib: a count, and pairs of offsets that grow.
pub fn gzi(head: Head) -> Option<Detected> {
    let count = u64_at(head.bytes, 0)?;
    let size = count.checked_mul(16)?.checked_add(8)?;
    let is_sized =
        if head.is_whole { size == head.bytes.len() as u64 } else { size > head.bytes.len() as u64 };
    let pairs: Vec<(u64, u64)> = head
        .bytes
        .get(8..)?
        .chunks_exact(16)
        .filter_map(|pair| Some((u64_at(pair, 0)?, u64_at(pair, 8)?)))
        .collect();
    // WHY: a block holds at most 64 KiB, packed and unpacked.
    let grows = pairs.windows(2).all(|pair| match pair {
        [old, new] => new.0 > old.0 && new.0 - old.0 <= 65_536 && new.1 >= old.1 && new.1 - old.1 <= 65_536,
        _ => true,
    });
    let is_empty = count == 0 && head.is_whole && head.bytes.len() == 8;
    let begins = pairs.first().is_some_and(|first| first.0 > 0 && first.0 <= 65_536 && first.1 <= 65_536);
    (is_sized && grows && (begins || is_empty))
        .then(|| Detected::strong(Kind::Gzi, "a count and that many pairs of growing offsets"))
}

/// The number of reference sequences that an index claims.
pub fn references(head: Head, at: usize) -> String {
    u32_at(head.bytes, at).map(|count| count.to_string()).unwrap_or_default()
}
