//! Whether bytes hold as what they are.
//!
//! It exists so that every kind is judged through one door. It never keeps a value, and never fails by what it reads: only a
//! reader that cannot read is an error.

mod archive;
mod bam;
mod bcf;
mod columnar;
mod cram;
mod document;
pub(crate) mod fhir;
mod imaging;
mod interval;
mod json;
mod members;
mod model;
mod sam;
mod sealed;
mod sequence;
pub(crate) mod table;
mod vcf;
pub(crate) mod xml;

use std::cell::RefCell;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use crate::detect::{Detected, Encoding};
use crate::input::Line;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::report::{Facts, Findings, Place, Report};
use crate::rule;
use crate::unpack::{self, Bounded, Layer, Tap};
use crate::watch::{self, Nobody, Shared, Shown, Watch};

/// What cannot be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read what is to be judged")]
    Read(#[source] io::Error),
}

/// One judgement as it goes.
pub(crate) struct Job<'a> {
    pub detected: &'a Detected,
    pub limits: &'a Limits,
    pub findings: Findings,
    pub facts: Facts,
    pub watch: Shared<'a>,
}

impl Job<'_> {
    /// A line as text, if it is whole and one.
    pub fn text_of<'l>(&mut self, line: &Line<'l>) -> Option<&'l str> {
        if line.is_cut {
            self.findings.add(rule::LIMIT_LINE, line.place());
            return None;
        }
        let text = std::str::from_utf8(line.bytes).ok();
        self.findings.need(text.is_some(), rule::TEXT_ENCODING, line.place());
        text
    }
}

/// How a kind is judged that is read from its beginning to its end.
type Judge = fn(&mut Job, &mut dyn Read) -> io::Result<()>;

/// What is inside the layers that were detected, bounded: what recipes and other judges read.
pub fn open<'a>(detected: &Detected, from: &'a mut dyn Read, limits: &Limits) -> Box<dyn Read + 'a> {
    let packed: Box<dyn Read + 'a> = Box::new(from);
    let inside = detected.layers.iter().fold(packed, |inside, layer| layer.open(inside));
    Box::new(Bounded::new(inside, limits))
}

/// Judges what was detected, reading it once from its beginning.
pub fn validate(detected: &Detected, from: &mut dyn Read, limits: &Limits) -> Result<Report, Error> {
    validate_before(detected, from, limits, &mut Nobody)
}

/// The same before the eyes of a watch. What no judge reads to its end, it is not shown.
pub fn validate_before(
    detected: &Detected,
    from: &mut dyn Read,
    limits: &Limits,
    watch: &mut dyn Watch,
) -> Result<Report, Error> {
    let watch: Shared = Rc::new(RefCell::new(watch));
    let is_wide = matches!(detected.encoding, Some(Encoding::Utf16Le | Encoding::Utf16Be));
    let shown = watch::is_text(detected.kind).then(|| Rc::clone(&watch));
    let mut job = Job {
        detected,
        limits,
        findings: Findings::new(limits.findings_max),
        facts: Facts::default(),
        watch,
    };
    if detected.kind == Kind::Empty {
        return Ok(Report::only(detected.kind, rule::FILE_EMPTY));
    }
    let Some(judge) = judge_of(detected.kind) else {
        return Ok(Report::only(detected.kind, rule::KIND_UNJUDGED));
    };
    let (tap, passed) = Tap::new(from);
    let mut inside: Box<dyn Read> = Box::new(tap);
    for layer in &detected.layers {
        inside = layer.open(inside);
    }
    let mut inside = Shown { inside: Bounded::new(inside, limits), watch: shown, is_wide };
    // WHY: a parser that gives up is a finding about the file, not the end of who asked.
    let ended = catch_unwind(AssertUnwindSafe(|| judge(&mut job, &mut inside)));
    let (passed, inside) = (passed.borrow(), inside.inside);
    match ended {
        Err(_) => job.findings.add(rule::WORKER_PANICKED, Place::WHOLE),
        Ok(Err(error)) if passed.is_broken => return Err(Error::Read(error)),
        Ok(Err(error)) if unpack::is_bomb(&error) => {
            job.findings.add(rule::STREAM_BOMB, Place::byte(inside.given()))
        }
        Ok(Err(_)) => job.findings.add(rule::STREAM_BROKEN, Place::byte(inside.given())),
        Ok(Ok(())) => {
            let is_cut = detected.layers.first() == Some(&Layer::Bgzf) && passed.tail != unpack::BGZF_END;
            job.findings.need(!is_cut, rule::BGZF_END, Place::WHOLE);
        }
    }
    job.facts.number("bytes", passed.bytes);
    if !detected.layers.is_empty() {
        job.facts.number("unpacked-bytes", inside.given());
    }
    Ok(job.findings.report(detected.kind, job.facts))
}

/// Who judges a kind.
fn judge_of(kind: Kind) -> Option<Judge> {
    match kind {
        Kind::Json | Kind::Phenopacket => Some(json::judge),
        Kind::FhirJson => Some(json::fhir),
        Kind::GeoJson => Some(json::geojson),
        Kind::Ndjson | Kind::FhirNdjson => Some(json::lines),
        Kind::Xml | Kind::FhirXml | Kind::Svg => Some(xml::judge),
        Kind::Xlsx | Kind::Docx | Kind::Pptx | Kind::Ods | Kind::Odt | Kind::Macros => {
            Some(archive::document)
        }
        Kind::Zip => Some(archive::zip),
        Kind::Tar => Some(archive::tar),
        Kind::Gzip | Kind::Zlib | Kind::Bzip2 | Kind::Zstd => Some(archive::packed),
        Kind::Dicom => Some(imaging::dicom),
        Kind::Nifti => Some(imaging::nifti),
        Kind::Parquet => Some(columnar::parquet),
        Kind::ArrowFile => Some(columnar::arrow),
        Kind::Sqlite => Some(columnar::sqlite),
        Kind::Safetensors => Some(model::safetensors),
        Kind::Onnx => Some(model::onnx),
        Kind::Pdf => Some(document::pdf),
        Kind::Png | Kind::Jpeg | Kind::Gif | Kind::Webp | Kind::Bmp | Kind::Tiff => Some(document::picture),
        Kind::Hl7v2 => Some(document::hl7),
        Kind::Text | Kind::Html | Kind::Yaml | Kind::SampleSheet => Some(document::text),
        Kind::Crypt4gh => Some(sealed::crypt4gh),
        Kind::Manifest => Some(sealed::manifest),
        Kind::Vcf => Some(vcf::judge),
        Kind::Fastq => Some(sequence::fastq),
        Kind::Fasta => Some(sequence::fasta),
        Kind::Bases => Some(sequence::bare),
        Kind::Bam => Some(bam::judge),
        Kind::Bcf => Some(bcf::judge),
        Kind::Cram => Some(cram::judge),
        Kind::Bai | Kind::Csi | Kind::Tbi | Kind::Gzi => Some(bam::index),
        Kind::Sam => Some(sam::judge),
        Kind::Bed => Some(interval::bed),
        Kind::Gff | Kind::Gtf => Some(interval::gff),
        Kind::Fai => Some(interval::fai),
        Kind::Csv | Kind::Tsv | Kind::OmopTable | Kind::Pileup => Some(table::judge),
        _ => None,
    }
}
