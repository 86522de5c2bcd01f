//! Indexes that tools of genomics look for beside a file: where records of a place begin.
//!
//! It exists so that a region of a genome is read without the rest of it. It reads once, and refuses what is not sorted: an
//! index over it would leave records out in silence.
//!
//! SPEC: SAM 1.6, 4.1 (BGZF) and 5 (BAI); tabix(5); CSIv1; faidx(5); bgzip(1) for GZI. Own readers, as in ADR 0036.

mod bam;
mod bins;
mod blocks;
mod lines;
mod sequences;

use std::io::{BufReader, Write};

use formats::{Detected, Kind, Layer};
use serde::{Deserialize, Serialize};

use crate::fault;
use crate::step::{Counts, Passes, Stop};

/// Of what this step makes; raised when it could make other bytes of the same object.
pub(crate) const VERSION: u32 = 1;

/// Which index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Of FASTA, plain or in BGZF.
    Fai,
    /// Of anything in BGZF.
    Gzi,
    /// Of VCF, BED, GFF or GTF in BGZF, up to 512 megabases.
    Tbi,
    /// Of the same and of BAM, up to 4 gigabases.
    Csi,
    /// Of BAM, up to 512 megabases.
    Bai,
}

impl Form {
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Fai => "fai",
            Self::Gzi => "gzi",
            Self::Tbi => "tbi",
            Self::Csi => "csi",
            Self::Bai => "bai",
        }
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indexing {
    pub form: Form,
}

impl Indexing {
    /// Whether objects of this kind have such an index, packed as they must be or not.
    fn is_for(&self, kind: Kind) -> bool {
        let is_lines = matches!(kind, Kind::Vcf | Kind::Bed | Kind::Gff | Kind::Gtf);
        match self.form {
            Form::Fai => kind == Kind::Fasta,
            Form::Gzi => true,
            Form::Tbi => is_lines,
            Form::Csi => is_lines || kind == Kind::Bam,
            Form::Bai => kind == Kind::Bam,
        }
    }

    fn is_packed(&self, detected: &Detected) -> bool {
        detected.layers == [Layer::Bgzf] || self.form == Form::Fai && detected.layers.is_empty()
    }

    pub(crate) fn applies(&self, detected: &Detected) -> bool {
        self.is_for(detected.kind) && self.is_packed(detected)
    }
}

/// Makes the index.
pub(crate) fn make(
    indexing: &Indexing,
    passes: &mut Passes,
    to: &mut dyn Write,
    counts: &mut Counts,
) -> Result<(), Stop> {
    let (detected, kept) = passes.detect()?;
    if !indexing.is_for(detected.kind) {
        return Err(fault::NOT_APPLICABLE.into());
    }
    if !indexing.is_packed(&detected) {
        return Err(fault::NOT_BLOCKED.into());
    }
    let (limits, why) = (passes.limits.clone(), passes.judge());
    let mut rest = passes.rest(&kept);
    let bytes = if indexing.form == Form::Fai {
        let mut inside = formats::open(&detected, &mut rest, &limits);
        sequences::index(&mut inside, &limits, &why, counts)?
    } else {
        let mut rest = BufReader::with_capacity(128 << 10, rest);
        let mut blocks = blocks::Blocks::new(&mut rest, &why, limits.unpacked_bytes_max);
        match (indexing.form, detected.kind) {
            (Form::Gzi, _) => blocks::index(&mut blocks, counts)?,
            (form, Kind::Bam) => bam::index(&mut blocks, form, limits.memory_bytes_max, counts)?,
            (form, kind) => lines::index(&mut blocks, form, kind, limits.line_bytes_max, counts)?,
        }
    };
    to.write_all(&bytes).map_err(|_| Stop::Alone)
}
