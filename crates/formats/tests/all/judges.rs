//! Judgements: what holds, what does not, and where; within bounds, and without a value.

use std::fs::File;
use std::io::Read;

use serde_json::Value;

use formats::{Limits, Report, Rule, Verdict, detect, detect_bytes, rule, validate};

fn judged(bytes: &[u8]) -> Report {
    validate(&detect_bytes(bytes, true), &mut &*bytes, &Limits::default()).unwrap()
}

/// The kind, and each rule that is broken, with how often and where first.
#[track_caller]
fn check(text: &str, expected: &str) {
    let report = judged(text.as_bytes());
    let place = |rule: Rule| {
        let place = report.findings.iter().find(|finding| finding.rule == rule).map(|finding| finding.place);
        let place = place.unwrap_or(formats::Place::WHOLE);
        let line = place.line.map(|line| format!("@{line}")).unwrap_or_default();
        format!("{line}{}", place.column.map(|column| format!(":{column}")).unwrap_or_default())
    };
    let told = report
        .counts
        .iter()
        .map(|count| format!(" {}*{}{}", count.rule.code(), count.count, place(count.rule)));
    assert_eq!(format!("{}{}", report.kind.code(), told.collect::<String>()), expected, "{text:?}");
}

#[test]
fn tables() {
    check("a,b\n1,2\n3,4\n", "csv");
    let more = "1,1\n".repeat(20);
    check(&format!("a,b\n1,2\n3\n4,5\n6,7,8\n{more}"), "csv table.ragged*2@3");
    check("a,b\n1,\"x\ny\"\n3,4\n5,6", "csv text.no-end*1");
    check(&format!("a,b\n{more}\"3,4\n5,6\n"), "csv table.quote-open*1@22 table.ragged*1@22 text.no-end*1");
    check(&format!("a,b\n1,\"2\"x\n{more}"), "csv table.quote-stray*1@2");
    check("a,b,b\n1,2,3\n4,5,6\n", "csv table.header-double*1@1:3");
    check("a;b\n1;1,5\n2;2,5\n", "csv");
    check("person_id,death_date,x\n1,2020-01-01,2\n", "omop-table");
}

#[test]
fn sequences() {
    check("@r\nACGT\n+\nIIII\n", "fastq");
    check(
        "@r\nACGT\n+\nIIII\n@s\nACZ\n+t\nII\n",
        "fastq fastq.bases*1@6 fastq.length*1@8 fastq.plus-name*1@7",
    );
    check("@r\nACGT\n+\nIIII\n@s\nAC\n", "fastq fastq.cut*1@6");
    check(">a\nACGT\n>a\nAC1T\n", "fasta fasta.double*1@3 fasta.residue*1@4");
    check("chr1\t1\t2\tx\t0\t+\nchr1\t3\t9\tx\t0\t.\n", "bed");
    check(
        "##gff-version 3\nc\ts\tCDS\t9\t1\t.\t+\t.\tID\n",
        "gff gff.attributes*1@2:9 gff.phase*1@2:8 gff.span*1@2:4",
    );
}

#[test]
fn documents() {
    check("{\"a\": [1, 2, {\"b\": null}]}", "json");
    check("{\"a\": [1, 2,]}", "json json.syntax*1");
    check("{\"a\": 01}", "json json.syntax*1");
    check("{\"a\":1}\n{\"a\":}\n", "ndjson ndjson.line*1@2");
    check(
        "{\"resourceType\":\"Observation\",\"status\":\"done\",\"issued\":\"2024-13-01\"}",
        "fhir-json fhir.code*1 fhir.date*1 fhir.required*1",
    );
    check("{\"resourceType\":\"Dog\"}", "fhir-json fhir.type*1");
    check(
        "{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Condition\"}\n",
        "fhir-ndjson fhir.required*1@2",
    );
    check("<?xml version=\"1.0\"?><a><b/></a>\n", "xml");
    check("<?xml version=\"1.0\"?><a><b></a>", "xml xml.syntax*1");
    check(
        "<Observation xmlns=\"http://hl7.org/fhir\"><status value=\"final\"/></Observation>",
        "fhir-xml fhir.required*1",
    );
    check("{\"type\":\"Point\",\"coordinates\":[11.3,94.5]}", "geojson geojson.shape*1@1");
    check("MSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.5.1\rPID|1\r", "hl7-v2");
    check(
        "d41d8cd98f00b204e9800998ecf8427e  ../a\nd41d8cd98f00b204e9800998ecf8427e  b\nd41d8cd98f00b204e9800998ecf8427e  b\n",
        "manifest manifest.double*1@3 manifest.path*1@1",
    );
}

#[test]
fn texts_in_other_encodings() {
    let wide: Vec<u8> = "a;b\n1;1,5\n2;2,5\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let report = judged(&[&[0xff, 0xfe], wide.as_slice()].concat());
    assert_eq!((report.verdict, report.facts.count("rows")), (Verdict::Holds, 2));
    assert_eq!(report.facts.columns[0].name.as_deref(), Some("a"));
    let latin = b"nome,et\xe0\nNicol\xf2,5\nAnna,6\n";
    let found = detect_bytes(latin, true);
    assert_eq!(found.dialect.unwrap().encoding, formats::detect::Encoding::Latin1);
    assert_eq!(judged(latin).facts.columns[1].name.as_deref(), Some("et\u{e0}"));
}

// Goal: a line of 100 MB and 10,000 columns are bounded. Method: both, read as streams.
#[test]
fn long_lines_and_wide_tables_are_bounded() {
    let head: &[u8] = b"##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t1\t.\tA\t";
    let detected = detect_bytes(head, false);
    let mut long = head.chain(std::io::repeat(b'C').take(100 << 20)).chain(&b"\t.\t.\t.\n"[..]);
    let report = validate(&detected, &mut long, &Limits::default()).unwrap();
    assert_eq!((report.verdict, report.count(rule::LIMIT_LINE)), (Verdict::Unjudged, 1));

    let names: Vec<String> = (0..10_000).map(|at| format!("c{at}")).collect();
    let cells = vec!["1"; 10_000].join(",");
    let report = judged(format!("{}\n{cells}\n{cells}\n", names.join(",")).as_bytes());
    assert_eq!((report.verdict, report.facts.columns.len()), (Verdict::Holds, 10_000));
}

// Goal: a bomb is refused before it is out. Method: half a gigabyte of one letter in gzip.
#[test]
fn bombs_are_refused() {
    let mut packed = packed_letters(512 << 20);
    let limits = Limits { unpacked_bytes_max: 64 << 20, ..Limits::default() };
    let detected = detect_bytes(&packed, true);
    let report = validate(&detected, &mut packed.as_slice(), &limits).unwrap();
    assert_eq!(report.count(rule::STREAM_BOMB) + report.count(rule::LIMIT_LINE), 1, "{:?}", report.counts);
    packed.truncate(packed.len() / 2);
    assert_ne!(
        validate(&detected, &mut packed.as_slice(), &Limits::default()).unwrap().verdict,
        Verdict::Holds
    );
}

/// Letters without end in gzip, by the system's own program.
fn packed_letters(size: u64) -> Vec<u8> {
    let mut child = std::process::Command::new("gzip")
        .arg("-1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let feeder =
        std::thread::spawn(move || std::io::copy(&mut std::io::repeat(b'a').take(size), &mut input).unwrap());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output.stdout
}

// Goal: real files are judged as their authors say. Method: samtools' and pydicom's deliberate failures, and their neighbours.
#[test]
fn deliberate_failures_are_found() {
    let Some(root) = crate::need::data() else { return };
    let cases = "
samtools/test/quickcheck/1.quickcheck.badeof.bam bgzf.end
samtools/test/quickcheck/2.quickcheck.badheader.bam stream.broken
samtools/test/quickcheck/3.quickcheck.ok.bam
samtools/test/quickcheck/4.quickcheck.ok.bam
samtools/test/quickcheck/5.quickcheck.scramble30.truncated.cram cram.end
samtools/test/quickcheck/6.quickcheck.cram21.ok.cram
samtools/test/quickcheck/7.quickcheck.cram30.ok.cram
samtools/test/quickcheck/8.quickcheck.cram21.truncated.cram cram.end
samtools/test/quickcheck/9.quickcheck.cram30.truncated.cram cram.end
samtools/test/quickcheck/10.quickcheck.notargets.bam
../dicom/badVR.dcm dicom.pixels
../dicom/MR_truncated.dcm dicom.truncated
../dicom/meta_missing_tsyntax.dcm dicom.no-syntax
../dicom/UN_sequence.dcm dicom.identity
../dicom/CT_small.dcm
../dicom/image_dfl.dcm
../dicom/ExplVR_BigEnd.dcm";
    for line in cases.trim().lines() {
        let (name, expected) = line.split_once(' ').unwrap_or((line, ""));
        let path = root.join("genomics").join(name);
        let detected = detect(&mut File::open(&path).unwrap()).unwrap();
        let report = validate(&detected, &mut File::open(&path).unwrap(), &Limits::default()).unwrap();
        let rules: Vec<&str> = report.counts.iter().map(|count| count.rule.code()).collect();
        assert_eq!(rules.contains(&expected), !expected.is_empty(), "{name}: {rules:?}");
        assert_eq!(report.verdict == Verdict::Holds, expected.is_empty(), "{name}: {rules:?}");
    }
}

// Goal: whatever is judged gives a bounded report and never panics. Method: all real files, whole and cut in half.
#[test]
fn every_real_file_is_judged() {
    let Some(root) = crate::need::data() else { return };
    let limits = Limits::default();
    for path in crate::detects::files(&root) {
        let bytes = std::fs::read(&path).unwrap();
        if bytes.len() > 300_000 {
            continue;
        }
        let detected = detect_bytes(&bytes, true);
        for part in [&bytes[..], &bytes[..bytes.len() / 2]] {
            let report = validate(&detected, &mut &*part, &limits).unwrap();
            assert_eq!(report.count(rule::WORKER_PANICKED), 0, "{}", path.display());
            let told = serde_json::to_value(&report).unwrap();
            let again: Report = serde_json::from_str(&told.to_string()).unwrap();
            assert!(is_alike(&serde_json::to_value(again).unwrap(), &told), "{}", path.display());
        }
    }
}

/// The same but for the last bit of a fraction, which serde_json does not promise.
fn is_alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.as_f64().unwrap(), right.as_f64().unwrap());
            (left - right).abs() <= left.abs() * 1e-14
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_alike(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same =
                |(name, left): (&String, &Value)| right.get(name).is_some_and(|right| is_alike(left, right));
            left.len() == right.len() && left.iter().all(same)
        }
        _ => left == right,
    }
}
