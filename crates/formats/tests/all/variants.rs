//! VCF against the files that another validator's authors sorted into passed and failed.

use std::fs::File;
use std::path::PathBuf;

use formats::{Limits, Verdict, detect, validate};

/// Files of one side; those that need a reference genome to be judged are left out.
fn side(name: &str) -> Option<Vec<PathBuf>> {
    let root = crate::need::data()?.join("genomics/vcf-validator/test/input_files");
    let all = crate::detects::files(&root);
    let is_of = |path: &PathBuf| {
        let text = path.to_str().unwrap();
        text.contains(&format!("/{name}/"))
            && !text.contains("assembly_checker")
            && !text.contains("assembly_report")
    };
    Some(all.into_iter().filter(is_of).collect())
}

fn verdict(path: &PathBuf) -> (Verdict, usize) {
    let detected = detect(&mut File::open(path).unwrap()).unwrap();
    let report = validate(&detected, &mut File::open(path).unwrap(), &Limits::default()).unwrap();
    (report.verdict, report.findings.len())
}

// Goal: none that others pass is refused. Method: all of them, packed ones too.
#[test]
fn no_passed_file_is_refused() {
    let Some(files) = side("passed") else { return };
    let refused: Vec<_> = files.iter().filter(|file| verdict(file).0 != Verdict::Holds).collect();
    assert!(refused.is_empty(), "{} of {} refused: {refused:#?}", refused.len(), files.len());
    assert!(files.len() > 100);
}

// Goal: at least 95 % of those that others fail are refused, each with a reason. Method: all of them, packed ones too.
#[test]
fn failed_files_are_refused_with_a_reason() {
    let Some(files) = side("failed") else { return };
    let taken: Vec<_> = files
        .iter()
        .filter(|file| {
            let (verdict, findings) = verdict(file);
            verdict != Verdict::Fails || findings == 0
        })
        .collect();
    assert!(taken.len() * 20 <= files.len(), "{} of {} taken: {taken:#?}", taken.len(), files.len());
    assert!(files.len() > 800);
    println!("{} of {} refused", files.len() - taken.len(), files.len());
}
