//! Words that may be told of a file: versions, identifiers of formats, names from closed lists.
//!
//! It exists so that no word of a file reaches a report because a field was the right place for one: a modality that is a
//! person's name is not told. It never tells what it does not know.

use crate::validate::fhir;

/// WHY: a version is a few numbers.
const VERSION_BYTES_MAX: usize = 12;
/// SPEC: DICOM PS3.5, 9: a UID has at most 64 signs.
const UID_BYTES_MAX: usize = 64;

/// SPEC: DICOM PS3.3, C.7.3.1.1.1, and those of older editions that archives hold.
const MODALITIES: &str = "AR ASMT AU BDUS BI BMD CD CR CT CTPROTOCOL DD DG DMS DOC DX ECG EEG EMG EOG EPS ES FID GM HC HD IO IOL \
IVOCT IVUS KER KO LEN LS M3D MA MG MR MS NM OAM OCT OP OPM OPR OPT OPTBSV OPTENF OPV OSS OT PA PLAN POS PR PT PX REG RESP RF RG \
RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG SM SMR SR SRF ST STAIN TEXTUREMAP TG US VA VF XA XAPROTOCOL XC";

/// Words of ours.
const OWN: [&str; 24] = [
    "sealed",
    "public",
    "private",
    "one file",
    "header of a pair",
    "explicit little endian",
    "implicit little endian",
    "explicit big endian",
    "MSH",
    "FHS",
    "BHS",
    "md5",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "YES",
    "NO",
    "parquet-cpp",
    "parquet-mr",
    "parquet-rs",
    "parquet-go",
    "duckdb",
    "polars",
];

/// The word if it may be told under this name.
pub fn told(name: &str, word: &str) -> Option<String> {
    let is_number = |max: usize| {
        !word.is_empty()
            && word.len() <= max
            && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'v'))
    };
    let is_listed = |list: &str| list.split_ascii_whitespace().any(|known| known == word);
    let may = match name {
        "version" | "release" | "ir-version" | "references" | "entries-seen" | "entropy-bits" => {
            is_number(VERSION_BYTES_MAX)
        }
        "class" => is_number(UID_BYTES_MAX),
        "syntax" => is_number(UID_BYTES_MAX) || OWN.contains(&word),
        "modality" => is_listed(MODALITIES),
        "resource" => fhir::is_type(word),
        "table" | "omop-table" => crate::omop::is_table(word),
        "creator" => {
            return OWN
                .iter()
                .find(|known| word.to_lowercase().starts_with(*known))
                .map(|known| (*known).to_owned());
        }
        "part" | "footer" | "layout" | "segment" | "digest" | "burned-in" => OWN.contains(&word),
        _ => false,
    };
    may.then(|| word.to_owned())
}

/// Whether a name of a figure is one of ours: letters, digits and hyphens.
pub fn is_name(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
