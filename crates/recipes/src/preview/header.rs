//! Headers of genomic and imaging files, without what names people.
//!
//! It exists apart because what may be told of a header is a closed list, for each format another.

use std::io::{self, BufRead, BufReader, Read};

use formats::dicom::{self, Element, Visit};
use formats::{Detected, Limits};

use super::tame;

/// WHY: a header of an assembly in scaffolds has more; the first few hundred show what it is.
const LINES_MAX: usize = 500;
/// WHY: a line of which more is read is no header of a person's making.
const LINE_BYTES_MAX: usize = 64 << 10;
/// WHY: a header of BAM in which more stands is passed over.
const HEADER_BYTES_MAX: u64 = 16 << 20;

/// A line without its end; what of it is beyond the bound is passed over. None: there is no more.
pub(super) fn line(from: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let size = (&mut *from).take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut bytes)?;
    let mut is_ended = size == 0 || bytes.ends_with(b"\n");
    while !is_ended {
        let chunk = from.fill_buf()?;
        let found = chunk.iter().position(|byte| *byte == b'\n');
        let used = found.map_or(chunk.len(), |at| at + 1);
        is_ended = found.is_some() || chunk.is_empty();
        from.consume(used);
    }
    Ok((size > 0).then(|| String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
}

/// What VCF says of its columns, and how many samples there are.
pub(super) fn vcf(from: &mut dyn Read) -> io::Result<Vec<String>> {
    const TOLD: [&str; 7] =
        ["##fileformat=", "##INFO=", "##FORMAT=", "##FILTER=", "##ALT=", "##contig=", "##assembly="];
    let mut from = BufReader::new(from);
    let mut told = Vec::new();
    while let Some(line) = line(&mut from)? {
        if line.starts_with("#CHROM") {
            let fields: Vec<&str> = line.split('\t').collect();
            told.push(fields.iter().take(9).copied().collect::<Vec<_>>().join("\t"));
            told.push(format!("samples\t{}", fields.len().saturating_sub(9)));
            break;
        }
        if !line.starts_with('#') {
            break;
        }
        if TOLD.iter().any(|start| line.starts_with(start)) && told.len() < LINES_MAX {
            told.push(tame(&line));
        }
    }
    Ok(told)
}

/// Which fields of which lines of SAM are of the format. WHY not RG, CO, CL: samples, notes and paths.
const FIELDS: [(&str, &[&str]); 3] =
    [("@HD", &["VN", "SO", "GO", "SS"]), ("@SQ", &["SN", "LN", "M5"]), ("@PG", &["PN", "VN"])];

pub(super) fn sam(from: &mut dyn Read) -> io::Result<Vec<String>> {
    let mut from = BufReader::new(from);
    let (mut told, mut groups) = (Vec::new(), 0);
    while let Some(line) = line(&mut from)? {
        if !line.starts_with('@') {
            break;
        }
        let mut fields = line.split('\t');
        let kind = fields.next().unwrap_or_default();
        groups += u64::from(kind == "@RG");
        let Some((_, known)) = FIELDS.iter().find(|(name, _)| *name == kind) else { continue };
        if told.len() < LINES_MAX {
            let fields = fields.filter(|field| known.iter().any(|name| field.starts_with(name)));
            let fields = fields.map(tame);
            told.push([kind.to_owned()].into_iter().chain(fields).collect::<Vec<_>>().join("\t"));
        }
    }
    told.push(format!("read groups\t{groups}"));
    Ok(told)
}

/// SPEC: SAM 1.6, 4.2: a mark, a length, and the text of a SAM header.
pub(super) fn bam(from: &mut dyn Read) -> io::Result<Vec<String>> {
    let mut head = [0; 8];
    from.read_exact(&mut head)?;
    let [.., a, b, c, d] = head;
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let mut text = from.take(size.min(HEADER_BYTES_MAX));
    sam(&mut text)
}

/// Tags, types and sizes; values of what the picture is like, and nothing else.
pub(super) fn dicom(detected: &Detected, from: &mut dyn Read, limits: &Limits) -> io::Result<Vec<String>> {
    let mut tags = Tags { told: Vec::new() };
    let details = detected.details.iter();
    // WHY: these were held to closed lists when they were detected.
    details.for_each(|(name, word)| tags.told.push(format!("{name}\t{word}")));
    dicom::walk(from, limits, &mut tags)?;
    Ok(tags.told)
}

struct Tags {
    told: Vec<String>,
}

impl Visit for Tags {
    fn element(&mut self, element: &Element) {
        if self.told.len() >= LINES_MAX || element.depth > 0 {
            return;
        }
        let (group, number) = (element.tag >> 16, element.tag & 0xffff);
        // WHY: who makes private groups puts anything there, but a tag is a number.
        let vr = element.vr.map(|vr| String::from_utf8_lossy(&vr).into_owned()).unwrap_or_default();
        let vr = Some(vr).filter(|vr| vr.bytes().all(|byte| byte.is_ascii_uppercase())).unwrap_or_default();
        let size = element.size_bytes.map(|size| size.to_string()).unwrap_or_default();
        // SPEC: DICOM PS3.3, C.7.6.3: samples, rows, columns, bits; numbers of two bytes.
        let is_picture = group == 0x28 && matches!(number, 2 | 0x10 | 0x11 | 0x100..=0x103);
        let value = element.number().filter(|_| is_picture && element.value.len() == 2);
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        self.told.push(format!("({group:04x},{number:04x})\t{vr}\t{size}\t{value}"));
    }

    fn fault(&mut self, _: dicom::Fault, _: u64) {}
}
