//! Samples are what they say they are, and the same for the same seed.
#![allow(clippy::unwrap_used)]

use super::*;

fn text(name: &str) -> String {
    String::from_utf8(one(7, name)).unwrap()
}

#[test]
fn a_seed_decides() {
    assert_eq!(all(7), all(7));
    for (same, other) in all(7).iter().zip(all(8)) {
        assert_ne!(same.bytes, other.bytes, "{}", same.name);
    }
}

#[test]
fn tables_are_rectangular_and_in_order_of_time() {
    for name in [
        "harmony/registro.csv",
        "planet/bologna/ricoveri.csv",
        "planet/bari/ricoveri.csv",
        "planet/catania/ricoveri.csv",
    ] {
        let table = text(name);
        let widths: Vec<usize> = table.lines().map(|line| line.split(';').count()).collect();
        assert!(widths.len() > 300 && widths.iter().all(|width| *width == widths[0]), "{name}");
    }
}

#[test]
fn variants_lie_in_their_contigs_in_order() {
    let file = text("acc/ACC-0001.vcf");
    assert!(file.starts_with("##fileformat=VCFv4.3\n"));
    let mut last = (String::new(), 0_u64);
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 10);
        assert_ne!(fields[3], fields[4]);
        let place: u64 = fields[1].parse().unwrap();
        assert!(fields[0] != last.0 || place > last.1, "{line}");
        last = (fields[0].to_owned(), place);
    }
    assert!(last.1 <= 83_257_441);
}

#[test]
fn reads_have_a_quality_for_every_base() {
    let file = text("acc/ACC-0001_R1.fastq");
    let lines: Vec<&str> = file.lines().collect();
    for read in lines.chunks(4) {
        let [name, bases, plus, qualities] = read else { panic!("a read has four lines") };
        assert!(name.starts_with('@') && *plus == "+");
        assert_eq!((bases.len(), qualities.len()), (151, 151));
        assert!(qualities.bytes().all(|sign| (b'!'..=b'I').contains(&sign)));
    }
}
