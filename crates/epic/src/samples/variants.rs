//! Variants of one made-up person as VCF 4.3.
//!
//! SPEC: VCFv4.3, 1.2 and 1.6: meta lines, then one line per variant in order of place.

use super::dice::Dice;

const BASES: &[&str] = &["A", "C", "G", "T"];
/// Of GRCh38, with their lengths.
const CONTIGS: &[(&str, u64)] = &[("chr7", 159_345_973), ("chr13", 114_364_328), ("chr17", 83_257_441)];

pub fn calls(dice: &mut Dice, sample: &str, rows: u64) -> String {
    let mut file = head(sample);
    for (contig, length) in CONTIGS {
        let step = length / (rows / CONTIGS.len() as u64 + 1);
        let mut place = 0;
        for _ in 0..rows / CONTIGS.len() as u64 {
            place += dice.within(1, step);
            file += &line(dice, contig, place);
        }
    }
    file
}

fn head(sample: &str) -> String {
    let mut head =
        "##fileformat=VCFv4.3\n##source=epic-samples (nobody's data)\n##reference=GRCh38\n".to_owned();
    for (contig, length) in CONTIGS {
        head += &format!("##contig=<ID={contig},length={length}>\n");
    }
    head += "##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Total depth\">\n";
    head += "##FILTER=<ID=q20,Description=\"Quality below 20\">\n";
    head += "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n";
    head += "##FORMAT=<ID=GQ,Number=1,Type=Integer,Description=\"Genotype quality\">\n";
    head += "##FORMAT=<ID=AD,Number=R,Type=Integer,Description=\"Depth of each allele\">\n";
    head + &format!("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}\n")
}

fn line(dice: &mut Dice, contig: &str, place: u64) -> String {
    let reference = dice.one_of(BASES);
    let others: Vec<&str> = BASES.iter().copied().filter(|base| *base != reference).collect();
    let variant = dice.one_of(&others);
    let depth = dice.about(8, 90);
    let quality = dice.about(5, 99);
    let filter = if quality < 20 { "q20" } else { "PASS" };
    let (genotype, of_variant) = if dice.happens(35) { ("1/1", depth) } else { ("0/1", depth / 2) };
    let of_reference = depth - of_variant;
    format!(
        "{contig}\t{place}\t.\t{reference}\t{variant}\t{quality}\t{filter}\tDP={depth}\tGT:GQ:AD\t{genotype}:{quality}:{of_reference},{of_variant}\n"
    )
}
