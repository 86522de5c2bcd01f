//! Every rule that may be broken: its code, its weight, and what must hold.
//!
//! It exists so that a finding is one of these and nothing else: who reads a report from another process looks codes up here,
//! so that no text of a file can pass as one. It never names a value.

use std::cmp::Ordering;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What breaking a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The file does not hold.
    Fault,
    /// A bound of ours was reached; nothing can be said of what lies behind it.
    Limit,
    /// Worth knowing; the file holds.
    Note,
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    code: &'static str,
    weight: Weight,
    says: &'static str,
}

impl Rule {
    /// Its name, as `vcf.pos`.
    pub fn code(self) -> &'static str {
        self.code
    }

    pub fn weight(self) -> Weight {
        self.weight
    }

    /// What must hold, in one sentence.
    pub fn says(self) -> &'static str {
        self.says
    }

    /// The rule of this name.
    pub fn of(code: &str) -> Option<Self> {
        ALL.iter().copied().find(|rule| rule.code == code)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}
impl Eq for Rule {}
impl PartialOrd for Rule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Rule {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code.cmp(other.code)
    }
}
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code)
    }
}
impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let code = String::deserialize(from)?;
        Rule::of(&code).ok_or_else(|| D::Error::custom("no such rule"))
    }
}

macro_rules! rules {
    ($($name:ident $weight:ident $code:literal $says:literal;)*) => {
        $(pub const $name: Rule = Rule { code: $code, weight: Weight::$weight, says: $says };)*
        /// Every rule.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    // Reading, whatever the kind.
    STREAM_BROKEN Fault "stream.broken" "what is packed can be unpacked to its end";
    STREAM_BOMB Fault "stream.bomb" "no more comes out than may";
    BGZF_END Fault "bgzf.end" "a BGZF file ends with its empty block; without it it was cut";
    FILE_EMPTY Fault "file.empty" "there is content";
    FILE_TRUNCATED Fault "file.truncated" "the file goes on as far as it says";
    LIMIT_LINE Limit "limit.line" "a line is not longer than is read";
    LIMIT_COLUMNS Limit "limit.columns" "there are not more columns than are read";
    LIMIT_MEMORY Limit "limit.memory" "what must be read as a whole fits into the memory allowed";
    LIMIT_DEPTH Limit "limit.depth" "nesting is not deeper than is followed";
    LIMIT_HELD Limit "limit.held" "a file that must be read here and there is not larger than is held";
    LIMIT_CELLS Limit "limit.cells" "there are not more cells than are read";
    LIMIT_UNREAD Limit "limit.unread" "words and cells are written in a way that is read";
    KIND_UNJUDGED Limit "kind.unjudged" "a validator for this kind exists";

    // Out of process.
    WORKER_PANICKED Limit "worker.panicked" "the parser comes to an end";
    WORKER_KILLED Limit "worker.killed" "the parser's process is not ended by a signal";
    WORKER_TIME Limit "worker.time" "the parser ends within its time";
    WORKER_MEMORY Limit "worker.memory" "the parser stays within its memory";
    WORKER_GARBAGE Limit "worker.garbage" "the parser answers with a report";
    WORKER_UNREAD Limit "worker.unread" "the parser can read its input";

    // Texts and tables.
    TEXT_ENCODING Fault "text.encoding" "the text is in one encoding throughout";
    TEXT_NUL Fault "text.nul" "no NUL stands in a text";
    TEXT_NO_END Note "text.no-end" "the last line ends";
    TABLE_RAGGED Fault "table.ragged" "each row has as many fields as the header";
    TABLE_QUOTE_OPEN Fault "table.quote-open" "a quote that opens a field closes it";
    TABLE_QUOTE_STRAY Fault "table.quote-stray" "nothing follows a closing quote but a delimiter";
    TABLE_HEADER_EMPTY Note "table.header-empty" "each column has a name";
    TABLE_HEADER_DOUBLE Fault "table.header-double" "no two columns have the same name";
    TABLE_ODD Note "table.odd" "all cells of a column are of its type";
    TABLE_BLANK Note "table.blank" "no row is blank";
    OMOP_COLUMNS Fault "omop.columns" "a table of OMOP CDM has the columns that make it";

    // JSON, XML and FHIR.
    JSON_SYNTAX Fault "json.syntax" "the text is JSON (RFC 8259)";
    JSON_DOUBLE Note "json.double" "no member of an object comes twice";
    JSON_LINE Fault "ndjson.line" "each line is one JSON value";
    GEOJSON_SHAPE Fault "geojson.shape" "members and coordinates are as RFC 7946 has them";
    XML_SYNTAX Fault "xml.syntax" "the text is well-formed XML";
    XML_DOCTYPE Note "xml.doctype" "no document type declares entities";
    FHIR_TYPE Fault "fhir.type" "resourceType is a resource of FHIR R4";
    FHIR_REQUIRED Fault "fhir.required" "members that R4 requires are there";
    FHIR_CODE Fault "fhir.code" "members with a required binding hold one of its codes";
    FHIR_DATE Fault "fhir.date" "dates are dates of FHIR";
    FHIR_REFERENCE Note "fhir.reference" "references inside a bundle point into it";

    // Checksums.
    MANIFEST_LINE Fault "manifest.line" "each line is a digest and a path";
    MANIFEST_PATH Fault "manifest.path" "paths stay inside the delivery";
    MANIFEST_DOUBLE Fault "manifest.double" "no path is named twice";

    // Sequences.
    FASTQ_NAME Fault "fastq.name" "a record begins with @ and a name";
    FASTQ_PLUS Fault "fastq.plus" "the third line begins with +";
    FASTQ_PLUS_NAME Fault "fastq.plus-name" "behind + stands nothing, or the name again";
    FASTQ_BASES Fault "fastq.bases" "bases are IUPAC codes";
    FASTQ_QUALITY Fault "fastq.quality" "qualities are signs from ! to ~";
    FASTQ_LENGTH Fault "fastq.length" "there are as many qualities as bases";
    FASTQ_CUT Fault "fastq.cut" "the last record has four lines";
    FASTQ_EMPTY Note "fastq.empty" "no read is empty";
    FASTA_BEGIN Fault "fasta.begin" "a sequence begins with > and a name";
    FASTA_RESIDUE Fault "fasta.residue" "sequences are letters of residues";
    FASTA_DOUBLE Fault "fasta.double" "no name comes twice";
    FASTA_EMPTY Note "fasta.empty" "no sequence is empty";

    // Alignments.
    SAM_HEADER Fault "sam.header" "header lines have two-letter tags and a value each";
    SAM_HEADER_LATE Fault "sam.header-late" "no header line stands between alignments";
    SAM_SEQUENCE Fault "sam.sequence" "@SQ names each sequence once, with a length";
    SAM_FIELDS Fault "sam.fields" "an alignment has at least eleven fields";
    SAM_NAME Fault "sam.name" "a read's name is 1 to 254 printable signs";
    SAM_FLAG Fault "sam.flag" "FLAG is a number below 65,536";
    SAM_REFERENCE Fault "sam.reference" "RNAME and RNEXT are named in the header";
    SAM_POSITION Fault "sam.position" "POS and PNEXT are numbers inside their sequence";
    SAM_QUALITY Fault "sam.mapq" "MAPQ is a number below 256";
    SAM_CIGAR Fault "sam.cigar" "CIGAR is a list of operations, and as long as SEQ";
    SAM_BASES Fault "sam.bases" "SEQ is bases or *, QUAL as many signs or *";
    SAM_TAG Fault "sam.tag" "optional fields are a tag, a type and a value of it";
    SAM_TAG_DOUBLE Fault "sam.tag-double" "no optional field comes twice";
    SAM_ORDER Note "sam.order" "alignments are in the order that the header says";
    BAM_HEADER Fault "bam.header" "the header is as long as it says, and its sequences are named";
    BAM_RECORD Fault "bam.record" "a record's parts fill it, and no more";
    BAM_END Fault "bam.end" "the file ends behind a record";
    BCF_HEADER Fault "bcf.header" "the header is VCF, and as long as it says";
    BCF_RECORD Fault "bcf.record" "a record's typed values fill it, and its numbers name what the header has";
    CRAM_CONTAINER Fault "cram.container" "containers follow each other, and their checksums hold";
    CRAM_END Fault "cram.end" "the file ends with its end container; without it it was cut";
    CRAM_VERSION Limit "cram.version" "the version is 2.1, 3.0 or 3.1";
    INDEX_FORM Fault "index.form" "an index is as long as its counts say";

    // Intervals.
    BED_FIELDS Fault "bed.fields" "rows have 3 to 12 fields or more, as many each";
    BED_SPAN Fault "bed.span" "start and end are numbers, and the end is not before the start";
    BED_SCORE Note "bed.score" "a score is a number up to 1,000";
    BED_STRAND Fault "bed.strand" "a strand is +, - or a point";
    BED_BLOCKS Fault "bed.blocks" "blocks are as many as is said, and inside the interval";
    GFF_FIELDS Fault "gff.fields" "rows have nine fields";
    GFF_SPAN Fault "gff.span" "start and end are numbers from 1, and in order";
    GFF_SCORE Fault "gff.score" "a score is a number or a point";
    GFF_STRAND Fault "gff.strand" "a strand is +, -, ? or a point";
    GFF_PHASE Fault "gff.phase" "a phase is 0, 1, 2 or a point, and a CDS has one";
    GFF_ATTRIBUTES Fault "gff.attributes" "attributes are keys and values";

    // Variants.
    VCF_FILEFORMAT Fault "vcf.fileformat" "the first line is ##fileformat=VCFv4.1 to 4.5";
    VCF_META Fault "vcf.meta" "a meta line is a key and a value";
    VCF_META_ID Fault "vcf.meta-id" "a structured meta line has an ID of allowed signs, first where it must be";
    VCF_META_DOUBLE Fault "vcf.meta-double" "no ID is declared twice";
    VCF_META_FIELD Fault "vcf.meta-field" "a structured meta line has its members, in their order and form";
    VCF_META_NUMBER Fault "vcf.meta-number" "Number is a count or one of the letters of its version";
    VCF_META_TYPE Fault "vcf.meta-type" "Type is one that exists";
    VCF_META_RESERVED Fault "vcf.meta-reserved" "reserved keys have the Number and Type that the specification gives them";
    VCF_META_URL Fault "vcf.meta-url" "addresses are addresses";
    VCF_HEADER Fault "vcf.header" "the header line names the fixed columns, and each sample once";
    VCF_HEADER_MISSING Fault "vcf.header-missing" "there is a header line before the records";
    VCF_COLUMNS Fault "vcf.columns" "a record has as many columns as the header";
    VCF_EMPTY_LINE Fault "vcf.empty-line" "no line between others is empty";
    VCF_NO_END Fault "vcf.no-end" "the last line ends";
    VCF_CHROM Fault "vcf.chrom" "CHROM is a name of allowed signs";
    VCF_CHROM_APART Fault "vcf.chrom-apart" "records of a sequence stand together";
    VCF_POS Fault "vcf.pos" "POS is a whole number from 0";
    VCF_POS_ORDER Fault "vcf.pos-order" "positions do not go back";
    VCF_ID Fault "vcf.id" "IDs have no space and none comes twice in a record";
    VCF_REF Fault "vcf.ref" "REF is bases";
    VCF_ALT Fault "vcf.alt" "ALT is bases, a symbol, a breakend, * or a point";
    VCF_ALT_SAME Fault "vcf.alt-same" "an alternative differs from REF and from the others";
    VCF_DOUBLE Fault "vcf.double" "no variant comes twice";
    VCF_QUAL Fault "vcf.qual" "QUAL is a number from 0 or a point";
    VCF_FILTER Fault "vcf.filter" "FILTER is PASS, a point, or names without space, none twice";
    VCF_FILTER_DECLARED Note "vcf.filter-declared" "filters are declared";
    VCF_INFO Fault "vcf.info" "INFO is keys and values, none twice";
    VCF_INFO_COUNT Fault "vcf.info-count" "an INFO key has as many values as it declares";
    VCF_INFO_TYPE Fault "vcf.info-type" "values of INFO are of the type that is declared or reserved";
    VCF_INFO_DECLARED Note "vcf.info-declared" "INFO keys are declared";
    VCF_END Note "vcf.end" "END is not before POS";
    VCF_FORMAT Fault "vcf.format" "FORMAT is keys, none twice, GT first";
    VCF_FORMAT_DECLARED Note "vcf.format-declared" "FORMAT keys are declared";
    VCF_SAMPLE Fault "vcf.sample" "a sample has no more values than FORMAT has keys";
    VCF_GT Fault "vcf.gt" "GT is alleles that exist, / or | between them";
    VCF_GT_NONE Note "vcf.gt-none" "genotypes name no alternative where there is none";
    VCF_SAMPLE_COUNT Fault "vcf.sample-count" "a FORMAT key has as many values as it declares";
    VCF_SAMPLE_TYPE Fault "vcf.sample-type" "values of samples are of the type that is declared or reserved";
    VCF_SV Fault "vcf.sv" "structural variants bring SVLEN, SVCLAIM and repeats as VCF 4.4 has them";
    VCF_SPACE Fault "vcf.space" "no space stands in a field that may have none";
    VCF_PLOIDY Fault "vcf.ploidy" "genotypes of a sample have as many alleles as likelihoods say";
    VCF_CONTIG_DECLARED Note "vcf.contig-declared" "sequences are declared";

    // Imaging.
    DICOM_NO_PREAMBLE Note "dicom.no-preamble" "a file begins with a preamble";
    DICOM_NO_META Fault "dicom.no-meta" "a file has its meta group";
    DICOM_NO_SYNTAX Fault "dicom.no-syntax" "the meta group says how the rest is written";
    DICOM_TRUNCATED Fault "dicom.truncated" "elements are as long as they say";
    DICOM_REPRESENTATION Fault "dicom.representation" "value representations exist";
    DICOM_ORDER Fault "dicom.order" "tags grow";
    DICOM_ODD Note "dicom.odd" "values are of even length";
    DICOM_DELIMITER Fault "dicom.delimiter" "items and sequences open and close in order";
    DICOM_DEPTH Limit "dicom.depth" "sequences are not deeper than is followed";
    DICOM_IDENTITY Fault "dicom.identity" "SOP class and instance are named";
    DICOM_PIXELS Fault "dicom.pixels" "there are as many pixels as rows, columns and frames say";
    NIFTI_HEADER Fault "nifti.header" "dimensions, type and offset are possible";
    NIFTI_SIZE Fault "nifti.size" "there are as many voxels as the header says";
    PICTURE_FORM Fault "picture.form" "the parts of a picture are whole";

    // Columns and containers.
    PARQUET_FOOTER Fault "parquet.footer" "the file ends with a footer that can be read, and PAR1";
    PARQUET_EXTENT Fault "parquet.extent" "column chunks lie inside the file";
    PARQUET_ROWS Fault "parquet.rows" "row groups have as many rows as the file says";
    PARQUET_SEALED Limit "parquet.sealed" "the footer is not sealed";
    ARROW_FOOTER Fault "arrow.footer" "the file ends with its footer and ARROW1";
    SQLITE_HEADER Fault "sqlite.header" "page size, versions and fractions are possible";
    SQLITE_SIZE Fault "sqlite.size" "the file is as many pages as it says";
    SQLITE_PAGES Fault "sqlite.pages" "pages lead to each other as trees, each once";
    SQLITE_RECORD Fault "sqlite.record" "records are as long as they say";
    SQLITE_DELETED Limit "sqlite.deleted" "no words of deleted or moved rows are left in the file";
    XLSX_FORM Fault "xlsx.form" "a workbook has its sheets, and cells name strings that it has";
    PARQUET_PAGE Fault "parquet.page" "pages unpack, and hold as many values as they say";
    TENSORS_HEADER Fault "safetensors.header" "the header is JSON of tensors";
    TENSORS_EXTENT Fault "safetensors.extent" "tensors fill the rest without holes or overlap";
    ONNX_FORM Fault "onnx.form" "fields of the model follow each other to the end";
    ONNX_EXTERNAL Note "onnx.external" "weights are in the file itself";
    PDF_FORM Fault "pdf.form" "a PDF begins with its version and ends with startxref and %%EOF";
    PDF_ACTIVE Note "pdf.active" "nothing in it acts: scripts, launches, embedded files";
    PDF_FILES Limit "pdf.files" "no files are attached";
    PDF_SEALED Note "pdf.sealed" "the PDF is not encrypted";
    CRYPT4GH_HEADER Fault "crypt4gh.header" "version 1, and header packets are as long as they say";
    CRYPT4GH_SEGMENT Fault "crypt4gh.segment" "the last segment is longer than its nonce and mark";

    // Archives.
    ARCHIVE_PATH Fault "archive.path" "paths stay where they are unpacked";
    ARCHIVE_DOUBLE Fault "archive.double" "no path comes twice";
    ARCHIVE_LINK Fault "archive.link" "no entry is a link or a device";
    ARCHIVE_RATIO Fault "archive.ratio" "no more comes out for each byte than may";
    ARCHIVE_SIZE Fault "archive.size" "not more comes out than may";
    ARCHIVE_ENTRIES Fault "archive.entries" "there are not more entries than may be";
    ARCHIVE_NESTED Note "archive.nested" "no archive lies in the archive";
    ARCHIVE_SEALED Note "archive.sealed" "no entry is encrypted";
    ARCHIVE_DIRECTORY Fault "archive.directory" "the directory of a zip file is whole, and agrees with its entries";
    ARCHIVE_CONTENT Fault "archive.content" "each entry unpacks to the size and checksum that it says";
    TAR_HEADER Fault "tar.header" "headers have checksums that hold";
    TAR_END Note "tar.end" "the file ends with two empty blocks";

    // HL7 v2.
    HL7_SEGMENT Fault "hl7.segment" "segments begin with three letters or digits and a separator";
    HL7_HEADER Fault "hl7.header" "a message begins with a header that has its fields";

    // A contract, and what does not keep it.
    CONTRACT_COLUMN Fault "contract.column" "all columns of the contract are there";
    CONTRACT_EXTRA Note "contract.extra" "no column is there that the contract does not name";
    CONTRACT_TYPE Fault "contract.type" "cells are of their column's type";
    CONTRACT_MISSING Fault "contract.missing" "cells that must be filled are";
    CONTRACT_RANGE Fault "contract.range" "values are inside their range";
    CONTRACT_CODE Fault "contract.code" "values are among their codes";
    CONTRACT_KEY Fault "contract.key" "no key comes twice";
    CONTRACT_REFERENCE Fault "contract.reference" "values that refer to another table are in it";
    CONTRACT_REFERENCE_UNKNOWN Note "contract.reference-unknown" "the table and the column that values refer to are there";
    CONTRACT_REFERENCE_LIMIT Limit "contract.reference-limit" "values to refer to are not more than can be remembered";
    CONTRACT_FRESH Fault "contract.fresh" "the newest row is as new as was agreed";
    CONTRACT_ROWS Fault "contract.rows" "there are as many rows as was agreed";
    CONTRACT_KEYS_LIMIT Limit "contract.keys-limit" "there are not more keys than can be remembered";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_different_and_found() {
        for rule in ALL {
            assert_eq!(Rule::of(rule.code()).map(Rule::says), Some(rule.says()), "{}", rule.code());
        }
    }
}
