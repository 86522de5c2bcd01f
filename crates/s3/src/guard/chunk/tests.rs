#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// An unsigned chunked body, and the plain bytes in it.
fn body(chunks: &[Vec<u8>], trailer: &str) -> (Vec<u8>, Vec<u8>) {
    let mut framed = Vec::new();
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        framed.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
        framed.extend_from_slice(chunk);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(format!("0\r\n{trailer}\r\n\r\n").as_bytes());
    (framed, chunks.concat())
}

/// An independent reader of chunks: the plain bytes and the tail.
fn open(mut framed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut plain = Vec::new();
    loop {
        let end = framed.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&framed[..end]).unwrap(), 16).unwrap();
        framed = &framed[end + 2..];
        if size == 0 {
            return (plain, framed.to_vec());
        }
        plain.extend_from_slice(&framed[..size]);
        assert_eq!(&framed[size..size + 2], b"\r\n");
        framed = &framed[size + 2..];
    }
}

fn pass(chunks: &mut Chunks, framed: &[u8], cut: usize) -> Result<(Vec<u8>, usize), Framing> {
    let mut out = Vec::new();
    for piece in framed.chunks(cut) {
        chunks.pass(Bytes::copy_from_slice(piece), &mut out)?;
    }
    let largest = out.iter().map(Bytes::len).max().unwrap_or(0);
    Ok((out.concat(), largest))
}

proptest! {
    // Goal: cutting changes no byte and no trailer. Method: any chunks in any pieces, read by another reader.
    #[test]
    fn unsigned_chunks_keep_their_bytes(chunks: Vec<Vec<u8>>, cut in 1..300_usize) {
        let (framed, plain) = body(&chunks, "x-amz-checksum-crc32:AAAAAA==");
        let (passed, largest) = pass(&mut Chunks::new(false), &framed, cut).unwrap();
        let (read, tail) = open(&passed);
        prop_assert_eq!(read, plain);
        prop_assert_eq!(tail, b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n".to_vec());
        prop_assert!(largest <= cut.max(HEAD_BYTES_MAX));
    }

    // Goal: what is signed passes untouched. Method: any chunks in any pieces, compared byte by byte.
    #[test]
    fn signed_chunks_pass_untouched(chunks: Vec<Vec<u8>>, cut in 1..300_usize) {
        let (framed, _) = body(&chunks, "");
        prop_assert_eq!(pass(&mut Chunks::new(true), &framed, cut).unwrap().0, framed);
    }

    // Goal: any bytes are answered. Method: noise in any pieces.
    #[test]
    fn noise_is_survived(noise: Vec<u8>, cut in 1..50_usize, is_signed: bool) {
        let _answered = pass(&mut Chunks::new(is_signed), &noise, cut);
    }
}

#[test]
fn a_signed_chunk_has_a_limit() {
    let head = |size: u64| format!("{size:x};chunk-signature={}\r\n", "0".repeat(64));
    assert!(pass(&mut Chunks::new(true), head(SIGNED_CHUNK_BYTES_MAX).as_bytes(), 7).is_ok());
    assert_eq!(
        pass(&mut Chunks::new(true), head(SIGNED_CHUNK_BYTES_MAX + 1).as_bytes(), 7).err(),
        Some(Framing::Large)
    );
    assert_eq!(pass(&mut Chunks::new(true), "f".repeat(300).as_bytes(), 7).err(), Some(Framing::Unreadable));
    for bad in ["zz\r\n", "\r\n", "100000000\r\n", "10\n", " 1\r\n", "+1\r\n"] {
        assert_eq!(
            pass(&mut Chunks::new(false), bad.as_bytes(), 7).err(),
            Some(Framing::Unreadable),
            "{bad:?}"
        );
    }
}
