//! Marks that a format prescribes at a fixed place.
//!
//! It exists so that the plain cases are one table. It never looks behind a mark; what needs a second look has its own file.

use super::{Detected, Head};
use crate::kind::Kind;

/// A mark: where, which bytes, what it says.
type Mark = (usize, &'static [u8], Kind, &'static str);

const MARKS: &[Mark] = &[
    (0, b"PAR1", Kind::Parquet, "begins with PAR1"),
    (0, b"PARE", Kind::Parquet, "begins with PARE: Parquet whose footer is sealed"),
    (0, b"ARROW1\0\0", Kind::ArrowFile, "begins with ARROW1"),
    (0, b"FEA1", Kind::Feather1, "begins with FEA1"),
    (0, b"ORC", Kind::Orc, "begins with ORC"),
    (0, b"Obj\x01", Kind::Avro, "begins with Obj 1"),
    (0, b"SQLite format 3\0", Kind::Sqlite, "begins with SQLite format 3"),
    (0, b"CDF\x01", Kind::Netcdf, "begins with CDF 1: the classic format"),
    (0, b"CDF\x02", Kind::Netcdf, "begins with CDF 2: the classic format, 64-bit offsets"),
    (0, b"CDF\x05", Kind::Netcdf, "begins with CDF 5: the classic format, 64-bit data"),
    (0, b"MATLAB 5.0 MAT-file", Kind::Matlab, "says MATLAB 5.0 MAT-file"),
    (0, b"$FL2@(#)", Kind::Spss, "begins as SPSS system files do"),
    (0, b"$FL3@(#)", Kind::Spss, "begins as packed SPSS system files do"),
    (0, b"<stata_dta>", Kind::Stata, "begins with <stata_dta>"),
    (
        0,
        b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!",
        Kind::SasTransport,
        "says LIBRARY HEADER RECORD",
    ),
    (0, b"HEADER RECORD*******LIBV8", Kind::SasTransport, "says LIBV8"),
    (0, b"RDX2\n", Kind::RData, "begins with RDX2"),
    (0, b"RDX3\n", Kind::RData, "begins with RDX3"),
    (0, b"{\\rtf", Kind::Rtf, "begins with {\\rtf"),
    (0, b"CRAM", Kind::Cram, "begins with CRAM"),
    (0, b"crypt4gh", Kind::Crypt4gh, "begins with crypt4gh"),
    (0, b"-----BEGIN CRYPT4GH ", Kind::Crypt4ghKey, "a key of Crypt4GH"),
    (0, b"c4gh-v1", Kind::Crypt4ghKey, "a key of Crypt4GH"),
    (0, b"\x89PNG\r\n\x1a\n", Kind::Png, "begins with PNG's mark"),
    (0, b"\xff\xd8\xff", Kind::Jpeg, "begins with JPEG's mark"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", Kind::Jpeg2000, "begins with JPEG 2000's mark"),
    (0, b"GIF87a", Kind::Gif, "begins with GIF87a"),
    (0, b"GIF89a", Kind::Gif, "begins with GIF89a"),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::SevenZip, "begins with 7z's mark"),
    (0, b"Rar!\x1a\x07", Kind::Rar, "begins with Rar!"),
    (0, b"\xfd7zXZ\0", Kind::Xz, "begins with xz' mark"),
    (0, b"\x04\x22\x4d\x18", Kind::Lz4, "begins with LZ4's mark"),
    (0, b"\x1f\x9d", Kind::Compress, "begins with the mark of compress"),
    (0, b"\x7fELF", Kind::Elf, "begins with ELF: a program"),
    (0, b"\x93NUMPY", Kind::Numpy, "begins with NUMPY"),
    (257, b"ustar", Kind::Tar, "has ustar where tar has it"),
];

/// What a mark says; a second look where a mark alone may lie.
pub fn find(head: Head) -> Option<Detected> {
    if let Some(imaging) = super::binary::marked(head) {
        return Some(imaging);
    }
    let found = MARKS.iter().find(|(at, magic, ..)| head.has(*at, magic));
    if let Some((_, _, kind, why)) = found {
        return Some(detail(Detected::certain(*kind, why), head));
    }
    longer(head)
}

fn detail(found: Detected, head: Head) -> Detected {
    let version = |at: usize| head.bytes.get(at).map(u8::to_string).unwrap_or_default();
    match found.kind {
        Kind::Cram => found.with("version", &format!("{}.{}", version(4), version(5))),
        Kind::Crypt4gh => found.with("version", &version(8)),
        Kind::Crypt4ghKey => {
            let part = if head.holds(b"PUBLIC") { "public" } else { "private" };
            found.with("part", part)
        }
        Kind::Parquet if head.starts(b"PARE") => found.with("footer", "sealed"),
        _ => found,
    }
}

/// Marks of more than one part.
fn longer(head: Head) -> Option<Detected> {
    let certain = |kind, why| Some(Detected::certain(kind, why));
    let bytes = head.bytes;
    // SPEC: HDF5 file format, II.A: at 0, 512, 1024, 2048 ...
    if [0, 512, 1024, 2048].iter().any(|at| head.has(*at, b"\x89HDF\r\n\x1a\n")) {
        return Some(hdf5(head));
    }
    if head.starts(b"RIFF") && head.has(8, b"WEBP") {
        return certain(Kind::Webp, "RIFF with WEBP");
    }
    if head.starts(b"II*\0") || head.starts(b"MM\0*") || head.starts(b"II+\0") || head.starts(b"MM\0+") {
        return certain(Kind::Tiff, "begins with TIFF's mark");
    }
    if head.starts(b"BM")
        && head.has(6, &[0; 4])
        && matches!(bytes.get(14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
    {
        return certain(Kind::Bmp, "begins with BM and a header of a known size");
    }
    if head.starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Some(ole(head));
    }
    if head.starts(b"MZ") && bytes.len() > 64 && head.holds(b"PE\0\0") {
        return certain(Kind::WindowsProgram, "begins with MZ and has PE: a program");
    }
    if let Some(at) = memchr::memmem::find(bytes.get(..1024.min(bytes.len()))?, b"%PDF-") {
        let version = bytes.get(at + 5..at + 8).unwrap_or_default();
        let found = Detected::certain(Kind::Pdf, "says %PDF- in its first 1,024 bytes");
        return Some(found.with("version", &String::from_utf8_lossy(version)));
    }
    let pem = head.starts(b"-----BEGIN ").then(|| memchr::memchr(b'\n', bytes)).flatten();
    if let Some(first) = pem.and_then(|end| bytes.get(..end)) {
        let is_private = memchr::memmem::find(first, b"PRIVATE KEY").is_some();
        let kind = if is_private { Kind::PrivateKey } else { Kind::Pem };
        return certain(kind, "armour of RFC 7468");
    }
    packing(head)
}

fn packing(head: Head) -> Option<Detected> {
    let kind = match crate::unpack::Layer::of(head.bytes)? {
        crate::unpack::Layer::Gzip | crate::unpack::Layer::Bgzf => Kind::Gzip,
        crate::unpack::Layer::Zlib => return zlib(head),
        crate::unpack::Layer::Bzip2 => Kind::Bzip2,
        crate::unpack::Layer::Zstd => Kind::Zstd,
    };
    Some(Detected::certain(kind, "begins with the mark of its packing"))
}

/// Two bytes are no mark: it counts if something comes out.
fn zlib(head: Head) -> Option<Detected> {
    let (inside, _) = crate::unpack::head(crate::unpack::Layer::Zlib, head.bytes, 64);
    (inside.len() >= 16 || (head.is_whole && !inside.is_empty()))
        .then(|| Detected::strong(Kind::Zlib, "zlib's two bytes, and it unpacks"))
}

fn hdf5(head: Head) -> Detected {
    // SPEC: netCDF-4 files have the attribute `_NCProperties`, or dimension scales by these names.
    if head.holds(b"_NCProperties") || head.holds(b"_Netcdf4Dimid") || head.holds(b"_Netcdf4Coordinates") {
        return Detected::strong(Kind::Netcdf4, "HDF5 with attributes of netCDF-4");
    }
    if head.starts(b"MATLAB 7.3") {
        return Detected::certain(Kind::Matlab, "says MATLAB 7.3, which is HDF5");
    }
    Detected::certain(Kind::Hdf5, "has HDF5's mark")
}

/// Microsoft's compound files: which program's, by the names of their streams in UTF-16.
fn ole(head: Head) -> Detected {
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let holds = |name: &str| head.holds(&wide(name));
    if holds("_VBA_PROJECT") {
        return Detected::strong(Kind::Macros, "a compound file with a project of macros");
    }
    if holds("Workbook") || holds("Book") || head.has(512, b"\x09\x08") {
        return Detected::strong(Kind::Xls, "a compound file with a workbook");
    }
    Detected::certain(Kind::Ole, "a compound file of another program")
}
