//! Sequences, alignments, variants, intervals and their indexes.
//!
//! It exists so that one file tells the plain texts of genomics from tables. A format that has no mark of its own is claimed
//! only where every line that is seen fits it.

use super::{Detected, Head, binary};
use crate::kind::Kind;

/// SPEC: SAM 1.6, 1.3; IUPAC codes, gaps and padding included.
const SEQUENCE: &str = "ACGTUNRYSWKMBDHVacgtunryswkmbdhv.-*=";

/// Formats of bytes, once their packing is off.
pub fn binary(head: Head) -> Option<Detected> {
    let certain = |kind, why| Some(Detected::certain(kind, why));
    if head.starts(b"BAM\x01") {
        return certain(Kind::Bam, "begins with BAM 1");
    }
    if let [b'B', b'C', b'F', major @ (2 | 4), minor, ..] = head.bytes {
        let found = Detected::certain(Kind::Bcf, "begins with BCF");
        return Some(found.with("version", &format!("{major}.{minor}")));
    }
    if head.starts(b"BAI\x01") {
        return Some(
            Detected::certain(Kind::Bai, "begins with BAI 1")
                .with("references", &binary::references(head, 4)),
        );
    }
    if head.starts(b"CSI\x01") || head.starts(b"CSI\x02") {
        return certain(Kind::Csi, "begins with CSI");
    }
    if head.starts(b"TBI\x01") {
        return Some(
            Detected::certain(Kind::Tbi, "begins with TBI 1")
                .with("references", &binary::references(head, 4)),
        );
    }
    binary::gzi(head)
}

/// Texts that begin with a mark of theirs.
pub fn marked(lines: &[&str]) -> Option<Detected> {
    let first = lines.iter().find(|line| !line.trim().is_empty())?;
    variants(lines, first)
        .or_else(|| header_of_sam(first))
        .or_else(|| {
            let version = first.strip_prefix("##gff-version")?.trim();
            let kind = if version.starts_with('3') { Kind::Gff } else { Kind::Gtf };
            Some(Detected::certain(kind, "says ##gff-version").with("version", version))
        })
        .or_else(|| fastq(lines))
        .or_else(|| fasta(lines))
        .or_else(|| sample_sheet(lines, first))
}

fn variants(lines: &[&str], first: &str) -> Option<Detected> {
    if let Some(version) = first.strip_prefix("##fileformat=VCF") {
        return Some(Detected::certain(Kind::Vcf, "says ##fileformat=VCF").with("version", version));
    }
    if lines.iter().any(|line| line.starts_with("#CHROM\tPOS\tID\tREF\tALT")) {
        return Some(Detected::strong(
            Kind::Vcf,
            "has the header line of VCF, but does not begin as it should",
        ));
    }
    let meta =
        ["##INFO=<", "##FORMAT=<", "##FILTER=<", "##contig=<", "##ALT=<", "##SAMPLE=<", "##fileformat="];
    let is_meta =
        first.starts_with("##") && lines.iter().any(|line| meta.iter().any(|mark| line.starts_with(mark)));
    is_meta.then(|| Detected::likely(Kind::Vcf, "has meta lines of VCF"))
}

/// SPEC: SAM 1.6, 1.3: `@` and two letters, then fields of two letters and a colon.
fn header_of_sam(first: &str) -> Option<Detected> {
    let (mark, fields) = first.split_once('\t')?;
    let is_mark = ["@HD", "@SQ", "@RG", "@PG"].contains(&mark);
    let is_field = fields.split('\t').next().is_some_and(|field| field.as_bytes().get(2) == Some(&b':'));
    let version = fields.split('\t').find_map(|field| field.strip_prefix("VN:")).filter(|_| mark == "@HD");
    let found = Detected::strong(Kind::Sam, "a header line of SAM");
    (is_mark && is_field || mark == "@CO")
        .then(|| version.map_or(found.clone(), |version| found.with("version", version)))
}

pub(super) fn is_sequence(line: &str) -> bool {
    !line.is_empty() && line.chars().all(|sign| SEQUENCE.contains(sign))
}

/// Four lines a record; a read may be longer than the head.
fn fastq(lines: &[&str]) -> Option<Detected> {
    let mut records = lines.chunks(4);
    let first = records.next()?;
    let is_begun = first.first()?.starts_with('@') && first.get(1).is_some_and(|bases| is_sequence(bases));
    let is_plus = first.get(2).is_none_or(|plus| plus.starts_with('+'));
    if !is_begun || !is_plus {
        return None;
    }
    let is_record = |record: &[&str]| match record {
        [name, bases, plus, quality] => {
            name.starts_with('@') && plus.starts_with('+') && bases.len() == quality.len()
        }
        _ => true,
    };
    let is_sure = first.len() == 4 && is_record(first);
    let why = "records of four lines: a name, bases, a plus and as many qualities";
    Some(if is_sure {
        Detected::strong(Kind::Fastq, why)
    } else {
        Detected::likely(Kind::Fastq, "begins as FASTQ does")
    })
}

fn fasta(lines: &[&str]) -> Option<Detected> {
    let mut filled = lines.iter().filter(|line| !line.trim().is_empty() && !line.starts_with(';'));
    if !filled.next()?.starts_with('>') {
        return None;
    }
    let is_residues =
        |line: &str| line.chars().all(|sign| sign.is_ascii_alphabetic() || "*-.".contains(sign));
    let next = filled.find(|line| !line.starts_with('>'));
    let is_one = next.is_none_or(|line| is_residues(line.trim_end()));
    let is_sure = next.is_some_and(|line| is_residues(line.trim_end()));
    is_one.then(|| {
        let found = if is_sure { Detected::strong } else { Detected::likely };
        found(Kind::Fasta, "names behind > and lines of residues")
    })
}

/// Illumina's sample sheets: sections in brackets, rows of commas.
fn sample_sheet(lines: &[&str], first: &str) -> Option<Detected> {
    let sections = [
        "[Header]",
        "[Data]",
        "[Reads]",
        "[Settings]",
        "[Demultiplexing]",
        "[BCLConvert_Settings]",
        "[Manifests]",
    ];
    let name = first.trim_end_matches(',').trim();
    let is_one = sections.contains(&name) && lines.iter().any(|line| line.contains(','));
    is_one.then(|| Detected::strong(Kind::SampleSheet, "sections of an Illumina sample sheet"))
}

/// Texts that only their columns give away.
pub fn columns(lines: &[&str]) -> Option<Detected> {
    let is_told = |line: &&&str| {
        !line.trim().is_empty()
            && !line.starts_with('#')
            && !line.starts_with("track ")
            && !line.starts_with("browser ")
    };
    let rows: Vec<Vec<&str>> = lines.iter().filter(is_told).map(|line| line.split('\t').collect()).collect();
    let all = |is: fn(&[&str]) -> bool| !rows.is_empty() && rows.iter().all(|row| is(row));
    if all(is_alignment) {
        return Some(Detected::strong(
            Kind::Sam,
            "eleven fields of an alignment on every line, and no header",
        ));
    }
    if all(is_feature) {
        let is_gtf = rows.iter().any(|row| row.get(8).is_some_and(|field| field.contains(" \"")));
        let kind = if is_gtf { Kind::Gtf } else { Kind::Gff };
        return Some(Detected::strong(kind, "nine fields of a feature on every line"));
    }
    if all(is_fai) {
        return Some(Detected::strong(Kind::Fai, "name, length, offset and two widths on every line"));
    }
    if all(is_pileup) {
        return Some(Detected::strong(Kind::Pileup, "position, base, and depth with bases and qualities"));
    }
    let has_track = lines.iter().any(|line| line.starts_with("track ") || line.starts_with("browser "));
    let are_contigs = rows.iter().all(|row| is_contig(row.first().copied().unwrap_or_default()));
    // WHY: lists of regions mix intervals with single positions; a validator says what is wrong with them.
    let intervals = rows.iter().filter(|row| is_interval(row)).count();
    let are_places = all(|row| is_interval(row) || row.len() == 2 && number(row, 1).is_some());
    if are_places && intervals * 2 >= rows.len() && (has_track || are_contigs) {
        return Some(Detected::likely(Kind::Bed, "a sequence's name, a start and an end on every line"));
    }
    let spaced: Vec<Vec<&str>> =
        lines.iter().filter(is_told).map(|line| line.split_whitespace().collect()).collect();
    let is_spaced = |row: &Vec<&str>| is_interval(row) && is_contig(row.first().copied().unwrap_or_default());
    if !spaced.is_empty() && spaced.iter().all(is_spaced) {
        return Some(Detected::likely(
            Kind::Bed,
            "a sequence's name, a start and an end on every line, between spaces",
        ));
    }
    let bare = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let is_bases =
        bare.clone().next().is_some_and(|first| first.len() >= 20) && bare.clone().all(is_sequence);
    is_bases.then(|| Detected::likely(Kind::Bases, "nothing but bases"))
}

/// CRAM's index: six whole numbers a line, inside gzip.
pub fn crai(lines: &[&str]) -> Option<Detected> {
    let is_row = |line: &&str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let (Some(sequence), 6) = (fields.first().and_then(|field| field.parse::<i32>().ok()), fields.len())
        else {
            return false;
        };
        sequence >= -2 && fields.iter().skip(1).all(|field| field.parse::<i64>().is_ok())
    };
    (!lines.is_empty() && lines.iter().all(is_row))
        .then(|| Detected::strong(Kind::Crai, "six whole numbers on every line, packed"))
}

fn number(row: &[&str], at: usize) -> Option<u64> {
    row.get(at)?.parse().ok()
}

/// SPEC: SAM 1.6, 1.4.
fn is_alignment(row: &[&str]) -> bool {
    let field = |at: usize| row.get(at).copied().unwrap_or_default();
    let is_flag = number(row, 1).is_some_and(|flag| flag <= 65_535);
    let is_cigar = field(5) == "*" || field(5).ends_with(|sign: char| "MIDNSHP=X".contains(sign));
    let (bases, quality) = (field(9), field(10));
    row.len() >= 11
        && is_flag
        && number(row, 3).is_some()
        && number(row, 4).is_some()
        && is_cigar
        && is_sequence(bases)
        && (quality == "*" || bases == "*" || bases.len() == quality.len())
}

/// SPEC: GFF3 1.26; GTF 2.2.
fn is_feature(row: &[&str]) -> bool {
    let field = |at: usize| row.get(at).copied().unwrap_or_default();
    let spans = number(row, 3).zip(number(row, 4)).is_some_and(|(start, end)| start <= end);
    row.len() == 9
        && spans
        && ["+", "-", ".", "?"].contains(&field(6))
        && ["0", "1", "2", "."].contains(&field(7))
}

/// SPEC: samtools faidx(5).
fn is_fai(row: &[&str]) -> bool {
    let widths = number(row, 3).zip(number(row, 4));
    let is_wide = widths.is_some_and(|(bases, width)| width > bases && width - bases <= 2);
    matches!(row.len(), 5 | 6) && number(row, 1).is_some() && number(row, 2).is_some() && is_wide
}

fn is_pileup(row: &[&str]) -> bool {
    let is_base = row.get(2).is_some_and(|base| base.len() == 1 && is_sequence(base));
    let depths = row.get(3..).unwrap_or_default().chunks(3);
    let is_depth = |part: &[&str]| match part {
        [depth, _, quality] => {
            depth.parse::<usize>().is_ok_and(|depth| quality.len() == depth || *quality == "*")
        }
        _ => false,
    };
    row.len() >= 6 && number(row, 1).is_some() && is_base && depths.clone().all(is_depth)
}

/// SPEC: BED 1.0, 1.5: 3 to 12 fields, half open.
fn is_interval(row: &[&str]) -> bool {
    let spans = number(row, 1).zip(number(row, 2)).is_some_and(|(start, end)| start <= end);
    let is_strand = row.get(5).is_none_or(|strand| ["+", "-", "."].contains(strand));
    (3..=12).contains(&row.len()) && spans && is_strand
}

/// Whether a name may be that of a sequence: no number beyond the chromosomes that people have.
fn is_contig(name: &str) -> bool {
    let is_name = !name.is_empty() && name.len() <= 255 && !name.contains(' ');
    is_name && name.parse::<f64>().map_or(true, |number| (1.0..=22.0).contains(&number))
}
