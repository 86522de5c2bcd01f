//! What is stored is looked at by a region as people run it: planted names, broken files, hostile ones, and a restart.

use serde_json::Value;

use super::desk::{Desk, of};

/// A codice fiscale whose check character holds, of nobody.
const PLANTED: &str = "RSSMRA80A01F205X";

/// How often an identifier was found, sure or not.
fn found<'a>(shown: &'a Value, kind: &str) -> Option<&'a Value> {
    shown["report"]["names"].as_array().unwrap().iter().find(|found| found["kind"] == kind)
}

// Goal: what names people is set apart within moments and told without a value; its controller lets it be read.
// Method: names in a table, in text and in a header, beside files that name nobody.
#[test]
fn what_names_people_is_found_and_set_apart() {
    let desk = Desk::open();
    let table = format!("patient,code,weight\nP1,{PLANTED},70.1\nP2,{PLANTED},71.5\n");
    let text = format!("Il paziente Mario Rossi, codice fiscale {PLANTED}, nato il 1/1/1980 a Milano.\n");
    let variants = "##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tMario_Rossi\n";
    for (key, bytes, kind) in
        [("table", table.as_str(), "csv"), ("letter", &text, "text"), ("variants", variants, "vcf")]
    {
        desk.put(key, bytes.as_bytes());
        let shown = desk.looked_at(key);
        assert_eq!(
            (&shown["standing"], &shown["report"]["kind"]),
            (&"apart".into(), &kind.into()),
            "{shown}"
        );
        let told = shown.to_string();
        assert!(!told.contains(PLANTED) && !told.contains("Rossi") && !told.contains("1980"), "{told}");
        let refused = desk.tried(key);
        assert!(refused.code == 3 && refused.err.contains("[set_apart]"), "{key}: {}", refused.err);
    }
    // Where names of columns would be, there are people.
    desk.put("headless", b"Mario Rossi;70.1\nAnna Bianchi;71.5\nLuca Verdi;80.2\n");
    let shown = desk.looked_at("headless");
    assert!(shown["standing"] != "clear" && !shown.to_string().contains("Rossi"), "{shown}");
    let table = desk.shown("table");
    let code = found(&table, "codice-fiscale").unwrap();
    assert_eq!((&code["column"], &code["certain"]), (&2.into(), &2.into()), "{table}");
    let id = table["id"].as_str().unwrap();
    let clear = ["object", "clear", "--reason", "an example of nobody", "--id", id];
    assert_eq!(
        desk.house.by("rita", &[&clear[..], &of("table")].concat()).code,
        3,
        "she asks her controller"
    );
    desk.house.done("carla", &[&clear[..], &of("table")].concat());
    assert_eq!(desk.tried("table").code, 0);
    assert_eq!(desk.shown("table")["standing"], "clear");
}

// Goal: files are known by their content, and what does not hold says where; none of it holds up the next.
// Method: a table, a broken one under another's name, a bomb, an endless line, nothing at all, and one more table.
#[test]
fn files_are_known_by_what_they_are() {
    let desk = Desk::open();
    let mut bomb = flate(&vec![0; 64 << 20]);
    bomb.extend_from_slice(&flate(&vec![0; 64 << 20]));
    let files: [(&str, Vec<u8>, &str, &str); 6] = [
        ("plain.bin", b"a;b\n1,5;2\n2,5;3\n".to_vec(), "csv", "clear"),
        ("table.vcf", b"##fileformat=VCFv4.2\nno header\n".to_vec(), "vcf", "broken"),
        ("reads.txt", b"@r1\nACGT\n+\nIIII\n@r2\nACG\n+\nIIII\n".to_vec(), "fastq", "broken"),
        ("bomb.gz", bomb, "", ""),
        ("line", vec![b'x'; 40 << 20], "", ""),
        ("empty", Vec::new(), "empty", "broken"),
    ];
    for (key, bytes, _, _) in &files {
        desk.put(key, bytes);
    }
    desk.put("after", b"a,b\n1,2\n");
    assert_eq!(desk.looked_at("after")["standing"], "clear", "nothing before it is in its way");
    for (key, _, kind, standing) in &files {
        let shown = desk.looked_at(key);
        if !kind.is_empty() {
            assert_eq!(
                (&shown["report"]["kind"], &shown["standing"]),
                (&(*kind).into(), &(*standing).into()),
                "{shown}"
            );
        }
        println!("{key}: {} {}", shown["standing"], shown["report"]["counts"]);
        assert_eq!(desk.tried(key).code, 0, "{key} can be read");
    }
    assert_eq!(desk.shown("plain.bin")["report"]["facts"]["numbers"]["rows"], 2);
}

fn flate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

// Goal: a region that dies forgets nothing that waits. Method: many small files, a kill in their midst, another process.
#[test]
fn what_waits_outlives_the_process() {
    let mut desk = Desk::open();
    for number in 0..12 {
        desk.put(&format!("part-{number}"), format!("a,b\n{number},2\n").as_bytes());
    }
    desk.house.kill();
    desk.house.up(&[]);
    for number in 0..12 {
        assert_eq!(desk.looked_at(&format!("part-{number}"))["standing"], "clear");
    }
}
