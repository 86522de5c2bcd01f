//! Previews show how things begin, words are those of the document, and of headers nobody is told.

use recipes::fault;

use crate::made::{in_pieces, made, recipe, refused};
use crate::need;

#[track_caller]
fn check(step: &str, bytes: &[u8], expected: &str) {
    let json = format!("{{\"step\":\"{step}\"}}");
    let (_, told) = made(&json, bytes);
    assert_eq!(String::from_utf8(told.clone()).unwrap(), expected);
    assert_eq!(in_pieces(&recipe(&json), bytes, 1).unwrap().1, told, "byte by byte");
}

#[test]
fn previews_show_the_beginning() {
    let long = "è".repeat(300);
    let table = format!("id;a;b;note\n1;1;2;\"a;b\tc\"\n2;1;2;{long}\n3;1;2;x\n4;1;2;x\n");
    let cut = "è".repeat(200);
    let expected = format!("id\ta\tb\tnote\n1\t1\t2\ta;b c\n2\t1\t2\t{cut}…\n3\t1\t2\tx\n4\t1\t2\tx\n");
    check("preview", table.as_bytes(), &expected);
    let (_, few) = made(r#"{"step":"preview","rows":1,"columns":1}"#, table.as_bytes());
    assert_eq!(String::from_utf8(few).unwrap(), "id\n1\n");
    check(
        "preview",
        b"It was a dark and stormy night.\nSo it was.\n",
        "It was a dark and stormy night.\nSo it was.\n",
    );
    refused(r#"{"step":"preview"}"#, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", fault::NOT_APPLICABLE);
}

// Goal: a header is told without its people. Method: samples, read groups, notes, commands and patients with a name.
#[test]
fn headers_are_told_without_people() {
    let vcf = "##fileformat=VCFv4.3\n##SAMPLE=<ID=ROSSI>\n##INFO=<ID=DP,Number=1,Type=Integer,Description=\"d\">\n\
        #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tROSSI\n1\t1\t.\tA\tC\t.\t.\tDP=1\tGT\t0/1\n";
    let sam = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:100\tUR:/home-of/ROSSI\n@RG\tID:ROSSI\tSM:ROSSI\n@CO\tROSSI\n\
        @PG\tID:ROSSI\tPN:bwa\tCL:bwa ROSSI.fq\nr1\t0\tchr1\t1\t60\t4M\t*\t0\t0\tACGT\tIIII\n";
    for (text, expected) in [
        (
            vcf,
            "##fileformat=VCFv4.3\n##INFO=<ID=DP,Number=1,Type=Integer,Description=\"d\">\n\
                #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\nsamples\t1\n",
        ),
        (sam, "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:100\n@PG\tPN:bwa\nread groups\t1\n"),
    ] {
        check("preview", text.as_bytes(), expected);
    }
    let Some(data) = need::data() else { return };
    let picture = std::fs::read(data.join("dicom/CT_small.dcm")).unwrap();
    let told = String::from_utf8(made(r#"{"step":"preview"}"#, &picture).1).unwrap();
    assert!(told.contains("(0028,0010)\tUS\t2\t128"), "{told}");
    assert!(told.contains("(0010,0010)\tPN\t"), "{told}");
    assert!(!told.contains("CompressedSamples"), "a patient's name was told");
}

#[test]
fn words_are_those_of_the_document() {
    check("text", "Città è\r\nbella\n".as_bytes(), "Città è \nbella\n");
    check("text", b"Citt\xe0 bella e grande, e non solo\n", "Città bella e grande, e non solo\n");
    check(
        "text",
        b"<!DOCTYPE html><html><head><title>A &amp; B</title><style>p{}</style></head><body><p>one <b>t</b>wo<!-- no --></p>\
            <script>if (a < b) {}</script><p>citt&agrave; &#233;</body></html>",
        "A & B\none two\ncittà é\n",
    );
    check(
        "text",
        b"<?xml version=\"1.0\"?><a><b>one</b><b>two &lt; <![CDATA[3 < 4]]></b></a>",
        "one\ntwo < 3 < 4\n",
    );
    check("text", b"{\"a\":\"one\",\"b\":[\"two\",3,null,{\"c\":\"three\"}]}", "one\ntwo\nthree\n");
    check(
        "text",
        br#"{"resourceType":"Patient","id":"p1","text":{"status":"generated","div":"<div xmlns=\"x\">A <b>b</b>&amp;c</div>"}}"#,
        "Patient\np1\ngenerated\nA b&c\n",
    );
    check("text", b"id;weight\n1;50.5\n2;61.5\n3;70.0\n", "id\nweight\n");
    refused(r#"{"step":"text"}"#, b"{\"a\":\"one\",\"b\":[}", fault::MALFORMED);
    refused(r#"{"step":"text"}"#, b"", fault::NOT_APPLICABLE);
}

#[test]
fn words_are_bounded() {
    let long = "parola è\n".repeat(400_000);
    let (counted, told) = made(r#"{"step":"text"}"#, long.as_bytes());
    assert_eq!(counted.counts["cut"], 1);
    assert!(told.len() <= 1 << 20 && told.len() > (1 << 20) - 4);
    assert!(long.starts_with(std::str::from_utf8(&told).unwrap()));
}

// Goal: office documents say their words. Method: documents that Python's zipfile packed, stored and deflated.
#[test]
fn office_documents_say_their_words() {
    let Some(python) = need::python("zipfile") else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
import sys, zipfile
w = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Hel</w:t></w:r><w:r><w:t>lo &amp; bye</w:t></w:r></w:p><w:p><w:r><w:t>second</w:t></w:r></w:p></w:body></w:document>'
for how, name in ((zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "deflated")):
    with zipfile.ZipFile(f"{sys.argv[1]}/{name}.docx", "w", how) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        z.writestr("_rels/.rels", "<Relationships/>")
        z.writestr("word/document.xml", w)
"#;
    let told = std::process::Command::new(python).args(["-c", script]).arg(folder.path()).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    for name in ["stored", "deflated"] {
        let bytes = std::fs::read(folder.path().join(format!("{name}.docx"))).unwrap();
        check("text", &bytes, "Hello & bye\nsecond\n");
        let cut = &bytes[..bytes.len() - 30];
        assert!(in_pieces(&recipe(r#"{"step":"text"}"#), cut, 1 << 16).is_err());
    }
}

// Goal: a letter as PDF says its words, and a scan is not taken for a document without them. Method: letters of other people's writers.
#[test]
fn letters_say_their_words() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/documents");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    for writer in ["reportlab", "fpdf", "typst", "weasyprint", "objects", "locked"] {
        let (made, told) = made(r#"{"step":"text"}"#, &read(&format!("letter-{writer}.pdf")));
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains("Mario Rossi") && told.contains("RSSMRA80A01H501U"), "{writer}: {told}");
        assert!(!made.counts.contains_key("pages-unread"), "{writer}");
    }
    for file in ["scan.pdf", "letter-sealed.pdf"] {
        refused(r#"{"step":"text"}"#, &read(file), fault::NO_WORDS);
    }
    let whole = read("letter-reportlab.pdf");
    let told = in_pieces(&recipe(r#"{"step":"text"}"#), &whole, 1).unwrap().1;
    assert_eq!(told, made(r#"{"step":"text"}"#, &whole).1, "byte by byte");
}
