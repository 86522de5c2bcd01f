//! By an index that was made, other people's readers find what is there, and no more.

use std::path::Path;
use std::process::Command;

use recipes::fault;

use crate::made::{in_pieces, recipe, refused};
use crate::need;

/// Every file below a folder.
fn files(root: &Path) -> Vec<std::path::PathBuf> {
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

// Goal: the same regions give the same records. Method: every real file that can have an index, in each form it can have.
#[test]
fn regions_of_real_files_are_found() {
    let (Some(data), Some(python)) = (need::data(), need::python("pysam")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut list, mut unsorted, mut seen) = (String::new(), 0, 0);
    for file in files(&data.join("genomics")) {
        let bytes = std::fs::read(&file).unwrap();
        let found = formats::detect(&mut bytes.as_slice()).unwrap();
        for form in ["tbi", "csi", "bai", "fai"] {
            let recipe = recipe(&format!("{{\"step\":\"index\",\"form\":\"{form}\"}}"));
            // WHY: of a hundred files by one writer ten are enough.
            let is_one_of_many = file.to_str().unwrap().contains("1kg_chr22");
            if !recipes::applies(&recipe, &found) || is_one_of_many && bytes.len() % 10 != 0 {
                continue;
            }
            match in_pieces(&recipe, &bytes, 1 << 16) {
                Ok((_, index)) => {
                    seen += 1;
                    let source = folder.path().join(format!("{seen}.gz"));
                    let to = folder.path().join(format!("{seen}.gz.{form}"));
                    std::fs::write(&source, &bytes).unwrap();
                    std::fs::write(&to, index).unwrap();
                    let kind = found.kind.code();
                    list += &format!("{}\x1f{}\x1f{kind}\n", source.display(), to.display());
                }
                Err(fault) if fault.code() == "recipe.unsorted" => unsorted += 1,
                Err(fault) => println!("{}: {form} {} {fault}", file.display(), fault.code()),
            }
        }
    }
    let index = folder.path().join("list");
    std::fs::write(&index, &list).unwrap();
    let told =
        Command::new(python).args(["-c", include_str!("oracle/index.py")]).arg(index).output().unwrap();
    assert!(
        told.status.success(),
        "{}{}",
        String::from_utf8_lossy(&told.stdout),
        String::from_utf8_lossy(&told.stderr)
    );
    println!("{}, {unsorted} unsorted", String::from_utf8_lossy(&told.stdout).trim());
    assert!(list.lines().count() >= 20, "{list}");
}

/// Bytes as BGZF, by Python's own packer where there is none of ours to ask.
fn blocked(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in text.as_bytes().chunks(300).chain([&[][..]]) {
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packer, piece).unwrap();
        let packed = packer.finish().unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(piece);
        out.extend_from_slice(&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0]);
        out.extend_from_slice(&u16::try_from(packed.len() + 25).unwrap().to_le_bytes());
        out.extend_from_slice(&packed);
        out.extend_from_slice(&sum.sum().to_le_bytes());
        out.extend_from_slice(&u32::try_from(piece.len()).unwrap().to_le_bytes());
    }
    out
}

const HEAD: &str = "##fileformat=VCFv4.3\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

fn variants(places: &[(&str, u64)]) -> String {
    let rows = places.iter().map(|(name, place)| format!("{name}\t{place}\t.\tA\tC\t.\tPASS\t.\n"));
    HEAD.to_owned() + &rows.collect::<String>()
}

#[test]
fn what_cannot_have_an_index_is_refused() {
    let tbi = r#"{"step":"index","form":"tbi"}"#;
    refused(tbi, &blocked(&variants(&[("1", 5), ("1", 3)])), fault::UNSORTED);
    refused(tbi, &blocked(&variants(&[("1", 5), ("2", 3), ("1", 7)])), fault::UNSORTED);
    refused(tbi, variants(&[("1", 5)]).as_bytes(), fault::NOT_BLOCKED);
    refused(tbi, &blocked(&variants(&[("1", 5), ("1", 600_000_000)])), fault::TOO_LONG_FOR_INDEX);
    refused(tbi, &blocked("a,b\n1,2\n3,4\n"), fault::NOT_APPLICABLE);
    let whole = blocked(&variants(&(0..100).map(|at| ("1", at + 1)).collect::<Vec<_>>()));
    refused(tbi, &whole[..whole.len() - 60], fault::BROKEN_STREAM);
    let mut bent = whole.clone();
    let at = bent.len() - 40;
    bent[at] ^= 0x40;
    refused(tbi, &bent, fault::BROKEN_STREAM);
    refused(r#"{"step":"index","form":"fai"}"#, b">a\nACGT\nAC\nACGT\n>b\nACGT\n", fault::MALFORMED);
}

// Goal: a genome beyond 512 megabases has its index. Method: pysam finds what lies there.
#[test]
fn far_places_have_a_csi() {
    let bytes = blocked(&variants(&[("1", 5), ("1", 600_000_000), ("1", 1_999_999_999)]));
    let recipe = recipe(r#"{"step":"index","form":"csi"}"#);
    let (made, index) = in_pieces(&recipe, &bytes, 11).unwrap();
    assert_eq!(made.counts["records"], 3);
    assert_eq!(in_pieces(&recipe, &bytes, 4_096).unwrap().1, index);
    let Some(python) = need::python("pysam") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.vcf.gz"), &bytes).unwrap();
    std::fs::write(path("a.vcf.gz.csi"), &index).unwrap();
    let list = format!("{}\x1f{}\x1fvcf\n", path("a.vcf.gz").display(), path("a.vcf.gz.csi").display());
    std::fs::write(path("list"), list).unwrap();
    let told = Command::new(python)
        .args(["-c", include_str!("oracle/index.py")])
        .arg(path("list"))
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}

// Goal: a FASTA file in BGZF is entered at any place. Method: pysam with both indexes.
#[test]
fn a_packed_fasta_is_read_by_its_two_indexes() {
    let text: String = (0..5)
        .map(|nth| {
            format!(
                ">s{nth} d\n{}",
                (0..40).map(|at| format!("{:A<60}\n", "ACGT".repeat((nth + at) % 15))).collect::<String>()
            )
        })
        .collect();
    let bytes = blocked(&text);
    let [fai, gzi] = ["fai", "gzi"].map(|form| {
        in_pieces(&recipe(&format!("{{\"step\":\"index\",\"form\":\"{form}\"}}")), &bytes, 100).unwrap().1
    });
    let Some(python) = need::python("pysam") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.fa.gz"), &bytes).unwrap();
    std::fs::write(path("a.fa"), &text).unwrap();
    std::fs::write(path("a.fa.gz.fai"), fai).unwrap();
    std::fs::write(path("a.fa.gz.gzi"), gzi).unwrap();
    let script = "import pysam,sys\na=pysam.FastaFile(sys.argv[1]+'.gz');b=pysam.FastaFile(sys.argv[1])\n\
        assert a.references==b.references\n\
        for n in a.references:\n  for s in range(0,2400,97): assert a.fetch(n,s,s+150)==b.fetch(n,s,s+150),(n,s)\n";
    let told = Command::new(python).args(["-c", script]).arg(path("a.fa")).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}
