//! What bytes may be: one name for each kind, and how it is written on the wire.
//!
//! It exists so that detection, validation and rules speak of the same things. It never knows how a kind is recognised.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($family:ident { $($name:ident $code:literal)* })*) => {
        /// What a file is, by its content.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[serde(rename = $code)] $name,)*)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$($(Kind::$name,)*)*];

            /// The name on the wire.
            pub fn code(self) -> &'static str {
                match self { $($(Kind::$name => $code,)*)* }
            }

            /// What it is for, roughly.
            pub fn family(self) -> Family {
                match self { $($(Kind::$name => Family::$family,)*)* }
            }
        }
    };
}

/// What kinds are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Nothing could be said, or there is nothing.
    None,
    Text,
    Table,
    Clinical,
    Genomics,
    Imaging,
    Picture,
    Model,
    Archive,
    /// Sealed bytes, keys and checksums.
    Sealed,
    /// What runs, or makes a reader run something.
    Program,
}

kinds! {
    None {
        Empty "empty"
        Unknown "unknown"
    }
    Text {
        Text "text"
        Json "json"
        Ndjson "ndjson"
        Xml "xml"
        Html "html"
        Yaml "yaml"
        Rtf "rtf"
        Pdf "pdf"
        Docx "docx"
        Pptx "pptx"
        Odt "odt"
        GeoJson "geojson"
    }
    Table {
        Csv "csv"
        Tsv "tsv"
        Xlsx "xlsx"
        Xls "xls"
        Ods "ods"
        Ole "ole"
        Parquet "parquet"
        ArrowFile "arrow-file"
        ArrowStream "arrow-stream"
        Feather1 "feather-1"
        Orc "orc"
        Avro "avro"
        Sqlite "sqlite"
        Hdf5 "hdf5"
        Netcdf "netcdf"
        Netcdf4 "netcdf-4"
        Matlab "matlab"
        Stata "stata"
        Spss "spss"
        Sas "sas"
        SasTransport "sas-transport"
        RData "r-data"
    }
    Clinical {
        FhirJson "fhir-json"
        FhirNdjson "fhir-ndjson"
        FhirXml "fhir-xml"
        OmopTable "omop-table"
        Hl7v2 "hl7-v2"
        Phenopacket "phenopacket"
    }
    Genomics {
        Fastq "fastq"
        Fasta "fasta"
        Bases "bases"
        Sam "sam"
        Bam "bam"
        Cram "cram"
        Bai "bai"
        Csi "csi"
        Tbi "tbi"
        Crai "crai"
        Fai "fai"
        Gzi "gzi"
        Vcf "vcf"
        Bcf "bcf"
        Bed "bed"
        Gff "gff"
        Gtf "gtf"
        Pileup "pileup"
        SampleSheet "sample-sheet"
    }
    Imaging {
        Dicom "dicom"
        Nifti "nifti"
        Analyze "analyze"
    }
    Picture {
        Png "png"
        Jpeg "jpeg"
        Jpeg2000 "jpeg-2000"
        Tiff "tiff"
        Gif "gif"
        Webp "webp"
        Bmp "bmp"
        Svg "svg"
    }
    Model {
        Onnx "onnx"
        Safetensors "safetensors"
        Pickle "pickle"
        Numpy "numpy"
    }
    Archive {
        Zip "zip"
        Tar "tar"
        Gzip "gzip"
        Zlib "zlib"
        Bzip2 "bzip2"
        Xz "xz"
        Zstd "zstd"
        Lz4 "lz4"
        SevenZip "7z"
        Rar "rar"
        Compress "compress"
    }
    Sealed {
        Crypt4gh "crypt4gh"
        Crypt4ghKey "crypt4gh-key"
        PrivateKey "private-key"
        Pem "pem"
        Manifest "manifest"
    }
    Program {
        Elf "elf"
        WindowsProgram "windows-program"
        Script "script"
        Macros "office-with-macros"
    }
}

impl Kind {
    /// The kind of this name.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}
