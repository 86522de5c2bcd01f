//! Words of PDF are heard as poppler reads them, whoever wrote the file (`tests/documents/make.py`).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use formats::{Limits, Report, Verdict, Watch, detect_bytes, pdf, rule, validate_before};

const WRITERS: [&str; 9] =
    ["fpdf", "locked", "matplotlib", "mupdf", "objects", "reportlab", "truetype", "typst", "weasyprint"];

fn read(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents").join(name)).unwrap()
}

#[derive(Default)]
struct Ear(String);

impl Watch for Ear {
    fn text(&mut self, bytes: &[u8]) {
        self.0.push_str(&String::from_utf8_lossy(bytes));
    }
}

fn heard(bytes: &[u8]) -> (String, Report) {
    let mut ear = Ear::default();
    let report =
        validate_before(&detect_bytes(bytes, true), &mut &*bytes, &Limits::default(), &mut ear).unwrap();
    (ear.0, report)
}

/// Words and how often they come, without signs at their ends.
fn words(text: &str) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    // WHY: poppler leaves the sign at which a writer broke a word.
    let text = text.replace("\u{ad}\n", "");
    for word in text.split_whitespace() {
        let word = word.replace('ﬁ', "fi").replace('ﬂ', "fl").replace('ﬃ', "ffi").replace('ﬀ', "ff");
        let word = word.trim_matches(|sign: char| !sign.is_alphanumeric()).to_lowercase();
        if !word.is_empty() {
            *words.entry(word).or_default() += 1;
        }
    }
    words
}

/// How many words there are, and how many of them were found.
fn shared(expected: &str, found: &str) -> (usize, usize) {
    let (expected, found) = (words(expected), words(found));
    let of = |(word, count): (&String, &usize)| (*count).min(found.get(word).copied().unwrap_or_default());
    (expected.values().sum(), expected.iter().map(of).sum())
}

// Goal: what poppler reads we read. Method: letters of nine writers, word for word, beside what poppler read when they were made.
#[test]
fn every_word_is_heard() {
    for of in ["letter", "clean"] {
        for writer in WRITERS {
            let (text, report) = heard(&read(&format!("{of}-{writer}.pdf")));
            let expected = String::from_utf8(read(&format!("{of}-{writer}.txt"))).unwrap();
            let (all, found) = shared(&expected, &text);
            assert_eq!(found, all, "{of}-{writer}: {text}");
            assert_eq!(report.verdict, Verdict::Holds, "{writer}: {:?}", report.counts);
            assert_eq!(text.contains("RSSMRA80A01H501U"), of == "letter", "{writer}");
        }
    }
}

// Goal: office documents say their words. Method: the same letter by writers of four formats, in headers and slides too.
#[test]
fn office_documents_are_heard() {
    for end in ["docx", "pptx", "odt", "ods"] {
        for of in ["letter", "clean"] {
            let (text, report) = heard(&read(&format!("{of}.{end}")));
            assert_eq!(report.verdict, Verdict::Holds, "{of}.{end}: {:?}", report.counts);
            let expected = String::from_utf8(read(&format!("{of}-fpdf.txt"))).unwrap();
            let (all, found) = shared(&expected, &text);
            assert_eq!(found, all, "{of}.{end}: {text}");
        }
    }
}

#[test]
fn notes_and_fields_are_heard() {
    let (text, _) = heard(&read("form.pdf"));
    for word in ["Modulo di consenso", "Mario Rossi, RSSMRA80A01H501U", "VRDLGI85T10A944M"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

// Goal: what cannot be read is not taken for something without words. Method: a scan, a sealed letter, and a long file.
#[test]
fn what_is_not_read_is_told() {
    for file in ["scan.pdf", "letter-sealed.pdf"] {
        let (text, report) = heard(&read(file));
        assert!(text.is_empty(), "{file}: {text}");
        assert_eq!(report.count(rule::LIMIT_UNREAD), 1, "{file}: {:?}", report.counts);
        assert_eq!(report.verdict, Verdict::Unjudged, "{file}");
    }
    let (bytes, mut ear) = (read("letter-typst.pdf"), Ear::default());
    let limits = Limits { held_bytes_max: 100, ..Limits::default() };
    let report = validate_before(&detect_bytes(&bytes, true), &mut &*bytes, &limits, &mut ear).unwrap();
    assert_eq!(report.count(rule::LIMIT_HELD), 1);
}

// Goal: files that hang on a document are not taken for nothing. Method: one that qpdf attached, and one by hand at a place of a page.
#[test]
fn attached_files_are_told() {
    let by_hand = written(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Annots [4 0 R] >>",
        "<< /Type /Annot /Subtype /FileAttachment /FS 5 0 R >>",
        "<< /Type /Filespec /F (esami.csv) >>",
    ]);
    for bytes in [read("attached.pdf"), by_hand.into_bytes()] {
        let (_, report) = heard(&bytes);
        assert_eq!(report.count(rule::PDF_FILES), 1, "{:?}", report.counts);
        assert_eq!(report.verdict, Verdict::Unjudged);
    }
    let (_, report) = heard(&read("clean-reportlab.pdf"));
    assert_eq!(report.count(rule::PDF_FILES), 0);
}

/// A document of these objects, from 1; readers repair its lack of a table.
fn written(objects: &[&str]) -> String {
    let mut bytes = String::from("%PDF-1.4\n");
    for (at, object) in objects.iter().enumerate() {
        bytes.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    bytes.push_str(&format!("trailer << /Root 1 0 R /Size {} >>\nstartxref\n0\n%%EOF\n", objects.len() + 1));
    bytes
}

// Goal: whatever is bent or cut ends, without a panic. Method: each file cut at every few bytes, and with every few turned.
#[test]
fn whatever_is_cut_or_bent_ends() {
    for writer in ["fpdf", "locked", "objects", "reportlab", "weasyprint"] {
        let whole = read(&format!("letter-{writer}.pdf"));
        for at in (0..whole.len()).step_by(whole.len() / 150 + 1) {
            let mut bent = whole.clone();
            bent[at] ^= 0x81;
            for bytes in [&whole[..at], &bent] {
                let mut told = String::new();
                let mut put = |text: &str| {
                    told.push_str(text);
                    true
                };
                let _ = pdf::words(bytes.to_vec(), &Limits::default(), &mut put);
            }
        }
    }
}

// Goal: forms that draw each other, and deep nesting, end. Method: written by hand; readers of PDF repair such files.
#[test]
fn circles_and_depths_end() {
    let form = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /A 4 0 R >> /Font << /F 5 0 R >> >> \
        /Length 40 >> stream\nBT /F 9 Tf (again) Tj ET /A Do /A Do /A Do\nendstream";
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Resources << /XObject << /A 4 0 R >> >> /Contents 6 0 R >>";
    let bytes = written(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>",
        page,
        form,
        font,
        "<< /Length 5 >> stream\n/A Do\nendstream",
    ]);
    let (text, _) = heard(bytes.as_bytes());
    assert_eq!(text.trim(), "again");
    let deep = bytes.replace("/MediaBox [0 0 99 99]", &format!("/MediaBox {}", "[".repeat(100_000)));
    heard(deep.as_bytes());
}

// Goal: real documents are read as poppler reads them. Method: every PDF of the test data and of a folder that is named, if poppler is here.
#[test]
fn real_documents_are_read_as_poppler_reads_them() {
    let (mut all, mut found) = (0, 0);
    let folders = [std::env::var_os("EPIC_DATA"), std::env::var_os("EPIC_PDFS")];
    let files = folders.into_iter().flatten().flat_map(|folder| crate::detects::files(Path::new(&folder)));
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "pdf")) {
        let Ok(told) = Command::new("pdftotext").arg(&file).arg("-").output() else { return };
        if !told.status.success() {
            continue;
        }
        let (text, _) = heard(&std::fs::read(&file).unwrap());
        let (of, shared) = shared(&String::from_utf8_lossy(&told.stdout), &text);
        println!("{}: {shared} of {of}", file.display());
        (all, found) = (all + of, found + shared);
    }
    assert!(found * 100 >= all * 98, "{found} of {all}");
}
