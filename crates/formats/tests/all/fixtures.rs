//! Files that other people's programs wrote (`fixtures/make.py`) are detected and judged.

use std::path::Path;

use formats::{Limits, Verdict, detect_bytes, validate};

fn read(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

const FIXTURES: &str = "
a.7z 7z
a.tar tar
a.tar.gz tar+gzip
a.zip zip
analyze.hdr analyze
array.npy numpy
classic.nc netcdf
four.nc netcdf-4
model.onnx onnx
model.safetensors safetensors
object.pickle pickle
object2.pickle pickle
p.bmp bmp
p.gif gif
p.jp2 jpeg-2000
p.jpeg jpeg
p.pdf pdf
p.png png
p.tiff tiff
p.webp webp
pair.hdr nifti
stream.arrow arrow-stream
table-old.dta stata
table.arrow arrow-file
table.avro avro
table.csv.bz2 csv+bzip2
table.csv.gz csv+gzip
table.csv.xz xz
table.csv.zst csv+zstd
table.csv.zz csv+zlib
table.dta stata
table.feather feather-1
table.h5 hdf5
table.mat matlab
table.orc orc
table.parquet parquet
table.sav spss
table.sqlite sqlite
table.xls xls
table.xlsx xlsx
table.xpt sas-transport
volume.nii nifti
volume.nii.gz nifti+gzip
volume2.nii nifti
make.py text";

// Goal: kinds that no real file here has are known too. Method: files of other people's writers.
#[test]
fn fixtures_are_detected() {
    let expected: Vec<(&str, &str)> =
        FIXTURES.trim().lines().map(|line| line.split_once(' ').unwrap()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    assert_eq!(crate::detects::files(&folder).len(), expected.len(), "each file has its line");
    for (name, code) in expected {
        assert_eq!(detect_bytes(&read(name), true).code(), code, "{name}");
    }
}

// Goal: what is whole holds, what is cut does not. Method: each fixture that is judged, and the same without its last third.
#[test]
fn whole_fixtures_hold_and_cut_ones_fail() {
    let limits = Limits::default();
    for line in FIXTURES.trim().lines() {
        let (name, code) = line.split_once(' ').unwrap();
        let bytes = read(name);
        let detected = detect_bytes(&bytes, true);
        let whole = validate(&detected, &mut bytes.as_slice(), &limits).unwrap();
        if whole.verdict == Verdict::Unjudged {
            continue;
        }
        assert_eq!(whole.verdict, Verdict::Holds, "{name}: {:?}", whole.counts);
        // A cut text is a text; a cut header of a pair is none of ours to notice.
        if ["text", "nifti"].contains(&code) && !name.ends_with(".nii") {
            continue;
        }
        let cut = &bytes[..bytes.len() - bytes.len() / 3];
        let report = validate(&detected, &mut &*cut, &limits).unwrap();
        // A tar ends in empty blocks, a first directory of a picture may lie before the cut.
        let is_loose = ["p.tiff", "a.tar", "a.tar.gz"].contains(&name);
        assert!(is_loose || report.verdict == Verdict::Fails, "{name} cut: {:?}", report.counts);
    }
}

// Goal: a table's schema is known without reading it. Method: what the writer of the Parquet file was given.
#[test]
fn a_parquet_file_tells_its_columns() {
    let bytes = read("table.parquet");
    let report = validate(&detect_bytes(&bytes, true), &mut bytes.as_slice(), &Limits::default()).unwrap();
    let columns: Vec<String> = report
        .facts
        .columns
        .iter()
        .map(|column| format!("{}:{:?}", column.name.as_ref().unwrap(), column.kind))
        .collect();
    assert_eq!(columns, ["id:Whole", "weight:Number", "sex:Text", "seen:Moment"]);
    assert_eq!((report.facts.count("rows"), report.facts.count("row-groups")), (40, 2));
}
