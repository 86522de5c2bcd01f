//! Imaging: DICOM objects and NIfTI volumes.
//!
//! It exists so that a study that was cut, or whose pixels are not as many as it says, is found. It never looks at a pixel.
//!
//! SPEC: DICOM PS3.3, PS3.5 and PS3.10 2026c; NIfTI-1.1 and NIfTI-2.

use std::io::{self, Read};
use std::rc::Rc;

use super::Job;
use crate::dicom::{self, Element, Fault, Visit};
use crate::input::{Bytes, i32_at, skip};
use crate::report::Place;
use crate::rule;
use crate::watch::Shared;

/// What is needed of an object.
#[derive(Default)]
struct Object<'a> {
    faults: Vec<(Fault, u64)>,
    syntax: String,
    class: String,
    has_instance: bool,
    modality: String,
    rows: Option<u64>,
    columns: Option<u64>,
    samples: Option<u64>,
    bits: Option<u64>,
    frames: Option<u64>,
    is_subsampled: bool,
    pixels: Option<(u64, u64)>,
    elements: u64,
    /// Elements of the patient that hold something.
    identifying: u64,
    private: u64,
    burned_in: String,
    watch: Option<Shared<'a>>,
}

/// Elements that name the patient and those around them (PS3.15, table E.1-1), as PS3.6 calls them.
fn keyword(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x0008_0090 => "ReferringPhysicianName",
        0x0008_0092 => "ReferringPhysicianAddress",
        0x0008_0094 => "ReferringPhysicianTelephoneNumbers",
        0x0008_009c => "ConsultingPhysicianName",
        0x0008_1048 => "PhysiciansOfRecord",
        0x0008_1050 => "PerformingPhysicianName",
        0x0008_1060 => "NameOfPhysiciansReadingStudy",
        0x0008_1070 => "OperatorsName",
        0x0010_0010 => "PatientName",
        0x0010_0020 => "PatientID",
        0x0010_0030 => "PatientBirthDate",
        0x0010_1000 => "OtherPatientIDs",
        0x0010_1001 => "OtherPatientNames",
        0x0010_1005 => "PatientBirthName",
        0x0010_1040 => "PatientAddress",
        0x0010_1060 => "PatientMotherBirthName",
        0x0010_1090 => "MedicalRecordLocator",
        0x0010_2154 => "PatientTelephoneNumbers",
        0x0010_2297 => "ResponsiblePerson",
        0x0032_1032 => "RequestingPhysician",
        0x0038_0010 => "AdmissionID",
        0x0040_a075 => "VerifyingObserverName",
        0x0040_a123 => "PersonName",
        0x0070_0084 => "ContentCreatorName",
        _ => return None,
    })
}

impl Visit for Object<'_> {
    fn element(&mut self, element: &Element) {
        self.elements += 1;
        if let (Some(watch), Some(keyword)) = (&self.watch, keyword(element.tag)) {
            watch.borrow_mut().field(keyword, element.text().as_bytes());
        }
        self.private += u64::from(element.tag >> 16 & 1 == 1);
        let number = || element.number().map(u64::from);
        match element.tag {
            0x0002_0010 => self.syntax = element.text(),
            0x0010_0000..=0x0010_ffff if !element.text().is_empty() => self.identifying += 1,
            _ if element.depth > 0 => {}
            0x0008_0016 => self.class = element.text(),
            0x0008_0018 => self.has_instance = !element.text().is_empty(),
            0x0008_0060 => self.modality = element.text(),
            0x0028_0002 => self.samples = number(),
            0x0028_0004 => {
                self.is_subsampled = element.text().contains("422") || element.text().contains("420")
            }
            0x0028_0008 => self.frames = element.text().parse().ok(),
            0x0028_0010 => self.rows = number(),
            0x0028_0011 => self.columns = number(),
            0x0028_0100 => self.bits = number(),
            0x0028_0301 => self.burned_in = element.text(),
            0x7fe0_0010 => self.pixels = element.size_bytes.map(|size| (u64::from(size), element.offset)),
            _ => {}
        }
    }

    fn fault(&mut self, fault: Fault, offset: u64) {
        // WHY: a broken file breaks a rule over and over; the first few tell.
        if self.faults.len() < 10_000 {
            self.faults.push((fault, offset));
        }
    }
}

/// Judges DICOM.
pub fn dicom(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut object = Object { watch: Some(Rc::clone(&job.watch)), ..Object::default() };
    dicom::walk(from, job.limits, &mut object)?;
    for (fault, offset) in &object.faults {
        let rule = match fault {
            Fault::Truncated => rule::DICOM_TRUNCATED,
            Fault::Representation => rule::DICOM_REPRESENTATION,
            Fault::Order => rule::DICOM_ORDER,
            Fault::Odd => rule::DICOM_ODD,
            Fault::Delimiter => rule::DICOM_DELIMITER,
            Fault::Depth => rule::DICOM_DEPTH,
            Fault::NoPreamble => rule::DICOM_NO_PREAMBLE,
            Fault::NoMeta => rule::DICOM_NO_META,
            Fault::NoSyntax => rule::DICOM_NO_SYNTAX,
        };
        job.findings.add(rule, Place::byte(*offset));
    }
    let is_named = object.has_instance && !object.class.is_empty();
    job.findings.need(is_named, rule::DICOM_IDENTITY, Place::WHOLE);
    pixels(job, &object);
    job.facts.number("elements", object.elements);
    job.facts.number("identifying-elements", object.identifying);
    job.facts.number("private-elements", object.private);
    job.facts.number("frames", object.frames.unwrap_or(u64::from(object.pixels.is_some())));
    let words = [
        ("syntax", &object.syntax),
        ("class", &object.class),
        ("modality", &object.modality),
        ("burned-in", &object.burned_in),
    ];
    words.iter().filter(|(_, word)| !word.is_empty()).for_each(|(name, word)| job.facts.word(name, word));
    Ok(())
}

/// SPEC: PS3.5, 8.1.1: native pixels are as many as rows, columns, samples and frames say, filled to an even length.
fn pixels(job: &mut Job, object: &Object) {
    let Some((size, offset)) = object.pixels else { return };
    let (Some(rows), Some(columns), Some(bits)) = (object.rows, object.columns, object.bits) else { return };
    let samples = object.samples.unwrap_or(1);
    let frames = object.frames.unwrap_or(1);
    let Some(bits) = [columns, samples, frames, bits].into_iter().try_fold(rows, u64::checked_mul) else {
        return;
    };
    let whole = bits.div_ceil(8);
    let whole = if object.is_subsampled { whole * 2 / 3 } else { whole };
    job.findings.need(size == whole.next_multiple_of(2), rule::DICOM_PIXELS, Place::byte(offset));
}

/// Judges NIfTI.
pub fn nifti(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut bytes = Bytes::new(from);
    let head = bytes.some(540)?;
    let is_second = i32_at(&head, 0).is_some_and(|size| size == 540 || size.swap_bytes() == 540);
    let is_big = i32_at(&head, 0).is_some_and(|size| size.swap_bytes() == 348 || size.swap_bytes() == 540);
    let header = if is_second { second(&head, is_big) } else { first(&head, is_big) };
    let Some((dims, bits, offset)) =
        header.filter(|(dims, bits, _)| (1..=7).contains(&dims.len()) && *bits > 0)
    else {
        job.findings.add(rule::NIFTI_HEADER, Place::byte(0));
        return Ok(());
    };
    let voxels = dims.iter().try_fold(1_u64, |all, dim| all.checked_mul(*dim));
    let size = voxels.and_then(|voxels| voxels.checked_mul(bits)).map(|bits| bits.div_ceil(8));
    job.findings.need(size.is_some() && dims.iter().all(|dim| *dim > 0), rule::NIFTI_HEADER, Place::byte(40));
    job.facts.number("voxels", voxels.unwrap_or_default());
    job.facts.number("dimensions", dims.len() as u64);
    let is_pair = job.detected.details.get("layout").is_some_and(|layout| layout != "one file");
    if is_pair {
        return Ok(());
    }
    let all = bytes.offset + skip(from, u64::MAX)?;
    let wanted = size.and_then(|size| size.checked_add(offset));
    job.findings.need(wanted.is_some_and(|wanted| all >= wanted), rule::NIFTI_SIZE, Place::byte(all));
    Ok(())
}

type Volume = (Vec<u64>, u64, u64);

fn number(head: &[u8], at: usize, size: usize, is_big: bool) -> Option<i64> {
    let mut bytes = head.get(at..at + size)?.to_vec();
    if is_big {
        bytes.reverse();
    }
    let is_below = bytes.last()? & 0x80 != 0;
    bytes.resize(8, if is_below { 0xff } else { 0 });
    Some(i64::from_le_bytes(bytes.try_into().ok()?))
}

/// SPEC: nifti1.h: `dim` at 40, `bitpix` at 72, `vox_offset` (a float) at 108.
fn first(head: &[u8], is_big: bool) -> Option<Volume> {
    let count = usize::try_from(number(head, 40, 2, is_big)?).ok().filter(|count| *count <= 7)?;
    let dims =
        (1..=count).map(|nth| number(head, 40 + 2 * nth, 2, is_big).and_then(|dim| u64::try_from(dim).ok()));
    let bits = u64::try_from(number(head, 72, 2, is_big)?).ok()?;
    let offset = f32::from_bits(number(head, 108, 4, is_big)? as u32);
    Some((dims.collect::<Option<_>>()?, bits, if offset.is_finite() { offset.max(0.0) as u64 } else { 0 }))
}

/// SPEC: nifti2.h: `bitpix` at 14, `dim` at 16, `vox_offset` at 168.
fn second(head: &[u8], is_big: bool) -> Option<Volume> {
    let count = usize::try_from(number(head, 16, 8, is_big)?).ok().filter(|count| *count <= 7)?;
    let dims =
        (1..=count).map(|nth| number(head, 16 + 8 * nth, 8, is_big).and_then(|dim| u64::try_from(dim).ok()));
    let bits = u64::try_from(number(head, 14, 2, is_big)?).ok()?;
    Some((dims.collect::<Option<_>>()?, bits, u64::try_from(number(head, 168, 8, is_big)?).ok()?))
}
