//! Every real file is detected to its kind, by bytes alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Patterns and kinds, as somebody who looked at the files with other programs wrote them down.
const EXPECTED: &str = include_str!("expected.txt");

/// Every file below a folder, by its path from there.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Whether a path fits a pattern, in which `*` stands for anything.
fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = pattern.contains('*').then(|| pattern.rsplit('*').next().unwrap_or_default()) else {
        return rest.is_empty();
    };
    let middle: Vec<&str> = parts.collect();
    for part in &middle[..middle.len() - 1] {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

// Goal: detected by content, each to its kind. Method: all real files against a table; the first pattern that fits counts.
#[test]
fn every_real_file_is_detected_to_its_kind() {
    let Some(root) = crate::need::data() else { return };
    let lines = EXPECTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let patterns: Vec<(&str, &str)> = lines.map(|line| line.split_once(" -> ").unwrap()).collect();
    let mut used: BTreeMap<&str, usize> = patterns.iter().map(|(pattern, _)| (*pattern, 0)).collect();
    let (mut wrong, mut right) = (Vec::new(), 0);
    for file in files(&root) {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let found = formats::detect(&mut File::open(&file).unwrap()).unwrap().code();
        match patterns.iter().find(|(pattern, _)| fits(pattern, &path)) {
            None => wrong.push(format!("{path}: {found}, and nothing was expected")),
            Some((pattern, expected)) => {
                *used.get_mut(pattern).unwrap() += 1;
                if found == *expected {
                    right += 1
                } else {
                    wrong.push(format!("{path}: {found}, expected {expected}"))
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{right} right, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let idle: Vec<&str> =
        used.iter().filter(|(_, count)| **count == 0).map(|(pattern, _)| *pattern).collect();
    assert!(idle.is_empty(), "patterns that fit no file: {idle:?}");
    println!("{right} files of {right} detected to their kind");
}

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, expected: &str) {
    let found = formats::detect_bytes(bytes.as_ref(), true);
    let dialect = found.dialect.as_ref().map(|dialect| {
        let header = if dialect.has_header { " header" } else { "" };
        let comma = if dialect.has_decimal_comma { " comma" } else { "" };
        format!(" {:?}{header}{comma} {:?}", dialect.delimiter, dialect.encoding)
    });
    let told = format!("{}{}", found.code(), dialect.unwrap_or_default());
    assert_eq!(told, expected, "{}: {}", found.why, String::from_utf8_lossy(bytes.as_ref()));
}

// Goal: prose, programs and lists are not tables, and tables are. Method: texts as people write them.
#[test]
fn texts_are_told_apart() {
    check(
        "Dear colleagues,\n\nplease find, attached, the data, as agreed.\nThey are, we hope, complete.\n\nBest,\nAnna\n",
        "text",
    );
    check("Hello, world.\n", "text");
    check("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "text");
    check("import os, sys\n\ndef main(a, b):\n    return a + b, os\n", "text");
    check("SELECT a, b, c FROM t;\nSELECT a, d, e FROM u;\n", "text");
    check("[section]\nkey = 1\nother = 2\n", "text");
    check("1\n2\n3\n", "text");
    check("2024-01-02 10:11:12 INFO started\n2024-01-02 10:11:13 WARN late\n", "text");
    check("name: x\nitems:\n  - a\n  - b\n", "yaml");
    check("#!/bin/sh\necho a,b\n", "script");
    check("<html><body>a</body></html>", "html");
    check("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "svg");
    check("nome;peso;data\nAnna;50,5;01/02/2024\nBruno;61,2;02/02/2024\n", "csv ';' header comma Ascii");
    check("\u{feff}id,città\n1,Forlì\n2,Roma\n", "csv ',' header Utf8Mark");
    check(b"id,citt\xe0\n1,Forl\xec\n2,Roma\n", "csv ',' header Latin1");
    check("id\tw\n1\t2.5\n2\t3.5\n", "tsv '\\t' header Ascii");
    check("1|2|a\n3|4|b\n5|6|c\n", "csv '|' Ascii");
    check("id,text\n1,\"one, two\nthree\"\n2,\"four\"\n3,x\n", "csv ',' header Ascii");
    check(
        "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1970,0,0\n",
        "omop-table ',' header Ascii",
    );
}

#[test]
fn formats_of_the_field_are_told_apart() {
    let wide: Vec<u8> = "id;w\n1;2,5\n2;3,5\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    check([&[0xfe, 0xff], wide.as_slice()].concat(), "csv ';' header comma Utf16Be");
    check(&wide, "csv ';' header comma Utf16Be");
    check(" {\n \"resourceType\" : \"Bundle\", \"type\":\"collection\"}", "fhir-json");
    check("{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\"}\n", "fhir-ndjson");
    check("<Patient xmlns=\"http://hl7.org/fhir\"/>", "fhir-xml");
    check("\n{\"type\": \"FeatureCollection\", \"features\": []}", "geojson");
    check("[{\"a\":1},{\"a\":2}]", "json");
    check("{\"a\":1}\n{\"a\":2}\n", "ndjson");
    check("FHS|^~\\&|A|B|C|D|20240101|x|y\rBHS|^~\\&|A\r", "hl7-v2");
    check(">sp|P1|X\nMKVLAA*\n", "fasta");
    check(format!("@read\n{}", "ACGT".repeat(20_000)), "fastq");
    check("chr1\ts\texon\t1\t9\t.\t+\t.\tgene_id \"a\"; transcript_id \"b\";\n", "gtf");
    check("chr1\ts\texon\t1\t9\t.\t+\t.\tID=a\n", "gff");
    check("track name=a\nchr1\t1\t9\n", "bed");
    check("d41d8cd98f00b204e9800998ecf8427e  a.txt\nd41d8cd98f00b204e9800998ecf8427e *b/c.txt\n", "manifest");
    check("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", "private-key");
    check(b"\x7fELF\x02\x01\x01", "elf");
    check([0_u8; 700], "unknown");
    check("", "empty");
}

// Goal: nothing that stands in a file is told but names of columns. Method: a name planted wherever a word is taken from.
#[test]
fn no_word_of_a_file_is_told() {
    let dicom =
        |tag: &[u8], vr: &[u8], value: &[u8]| [tag, vr, &(value.len() as u16).to_le_bytes(), value].concat();
    let image = [
        vec![0; 128],
        b"DICM".to_vec(),
        dicom(&[2, 0, 0x10, 0], b"UI", b"Mario Rossi "),
        dicom(&[8, 0, 0x16, 0], b"UI", b"Mario Rossi "),
        dicom(&[8, 0, 0x60, 0], b"CS", b"Mario Rossi "),
        dicom(&[0x28, 0, 1, 3], b"CS", b"Mario Rossi "),
    ];
    let planted = [
        image.concat(),
        b"##fileformat=VCFMario Rossi\n##Mario Rossi\n#CHROM\tPOS\tID\tREF\tALT\tMario Rossi\n".to_vec(),
        b"%PDF-Mario Rossi\n".to_vec(),
        b"{\"resourceType\":\"Mario Rossi\",\"status\":\"Mario Rossi\"}".to_vec(),
        b"{\"resourceType\":\"MarioRossi\"}".to_vec(),
        b"<?xml version=\"1.0\"?><Mario><Rossi/></Mario>".to_vec(),
        b"<Mario xmlns=\"http://hl7.org/fhir\"><Rossi/></Mario>".to_vec(),
        b"MSH|^~\\&|A|B|C|D|20240101||ADT|1|P|Mario Rossi\rMario Rossi\r".to_vec(),
        b"@HD\tVN:Mario Rossi\n@SQ\tSN:Mario Rossi\tLN:Mario\n@RG\tID:a\tSM:Mario Rossi\n".to_vec(),
        b"##gff-version Mario Rossi\n".to_vec(),
        b"@Mario Rossi\nACGT\n+Rossi Mario\nII\n".to_vec(),
        b">Mario Rossi\nAC1T\n>Mario Rossi\nACGT\n".to_vec(),
        b"d41d8cd98f00b204e9800998ecf8427e  ../Mario Rossi\n".to_vec(),
    ];
    for bytes in planted {
        let answer = formats::worker::answer(
            &mut bytes.as_slice(),
            &formats::Limits::default(),
            &mut formats::watch::Nobody,
        )
        .unwrap();
        let told = serde_json::to_string(&answer).unwrap();
        assert!(!told.contains("Mario") && !told.contains("Rossi"), "{told}");
    }
}
