//! A stream of files as a tar archive (POSIX.1-1988 ustar), and back.
//!
//! WHY tar: an auditor opens it with any tool. Plain files of plain relative
//! names, nothing else: no links, no devices, no name that leaves its folder.

use std::io::{self, Read};

use bytes::{BufMut, Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use region::object::body::Body;
use words::Refusal;

const BLOCK_BYTES: usize = 512;
/// WHY: the name field of a header; longer names are not ours.
const NAME_BYTES_MAX: usize = 100;
/// WHY: a log object or a tile is read whole; a commit has at most 4 MiB of rows and records.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

/// Files as they come, one archive.
pub fn stream(files: impl Stream<Item = Result<(String, Bytes), Refusal>> + Send + 'static) -> Body {
    let framed = files.map(|file| {
        let (name, bytes) = file?;
        let head = header(&name, bytes.len() as u64)
            .ok_or_else(|| Refusal::with(words::Reason::Unavailable, "a file has no name for an archive"))?;
        Ok(framed(head, &bytes))
    });
    let end = stream::iter([Ok(Bytes::from_static(&[0; 2 * BLOCK_BYTES]))]);
    Box::pin(framed.chain(end))
}

fn framed(head: [u8; BLOCK_BYTES], bytes: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(BLOCK_BYTES + bytes.len() + padding(bytes.len() as u64));
    out.put_slice(&head);
    out.put_slice(bytes);
    out.put_bytes(0, padding(bytes.len() as u64));
    out.freeze()
}

fn padding(size_bytes: u64) -> usize {
    let over = usize::try_from(size_bytes % BLOCK_BYTES as u64).unwrap_or(0);
    (BLOCK_BYTES - over) % BLOCK_BYTES
}

/// A relative name of plain characters, without `.` or `..` as a step.
pub fn is_plain(name: &str) -> bool {
    let is_step = |step: &str| !step.is_empty() && step != "." && step != "..";
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_char) && name.split('/').all(is_step)
}

/// The header of one file; none if its name or size does not fit.
fn header(name: &str, size_bytes: u64) -> Option<[u8; BLOCK_BYTES]> {
    if !is_plain(name) || size_bytes > FILE_BYTES_MAX {
        return None;
    }
    let mut block = [0; BLOCK_BYTES];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..136].copy_from_slice(format!("{size_bytes:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"00000000000\0");
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum = sum(&block);
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(block)
}

/// SPEC: the sum of all bytes, with the sum's own field read as spaces.
fn sum(block: &[u8; BLOCK_BYTES]) -> u32 {
    let own = 148..156;
    let byte = |(at, byte): (usize, &u8)| u32::from(if own.contains(&at) { b' ' } else { *byte });
    block.iter().enumerate().map(byte).sum()
}

/// Reads an archive file by file.
pub struct Reader<R> {
    from: R,
}

impl<R: Read> Reader<R> {
    pub const fn new(from: R) -> Self {
        Self { from }
    }

    /// The next file; none at the archive's end.
    pub fn next_file(&mut self) -> io::Result<Option<(String, Vec<u8>)>> {
        let mut block = [0; BLOCK_BYTES];
        self.from.read_exact(&mut block)?;
        if block == [0; BLOCK_BYTES] {
            return Ok(None);
        }
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "not an archive of plain files");
        let (name, size_bytes) = read_header(&block).ok_or_else(wrong)?;
        // WHY not at once: a size that is only claimed takes no memory.
        let mut bytes = Vec::new();
        self.from.by_ref().take(size_bytes).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size_bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut rest = [0; BLOCK_BYTES];
        self.from.read_exact(rest.get_mut(..padding(size_bytes)).unwrap_or_default())?;
        Ok(Some((name, bytes)))
    }
}

fn read_header(block: &[u8; BLOCK_BYTES]) -> Option<(String, u64)> {
    let name = text(&block[..100])?;
    let size_bytes = octal(&block[124..136])?;
    let is_whole = octal(&block[148..156])? == u64::from(sum(block));
    let is_file = matches!(block[156], b'0' | 0);
    (is_whole && is_file && is_plain(&name) && size_bytes <= FILE_BYTES_MAX).then_some((name, size_bytes))
}

fn text(field: &[u8]) -> Option<String> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8(field[..end].to_vec()).ok()
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field)?;
    let digits = digits.trim_matches(' ');
    let is_octal = !digits.is_empty() && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    if is_octal { u64::from_str_radix(digits, 8).ok() } else { None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures::TryStreamExt;
    use proptest::prelude::*;

    fn archive(files: Vec<(String, Vec<u8>)>) -> Vec<u8> {
        let files = files.into_iter().map(|(name, bytes)| Ok((name, Bytes::from(bytes))));
        let chunks: Vec<Bytes> =
            futures::executor::block_on(stream(stream::iter(files.collect::<Vec<_>>())).try_collect())
                .unwrap();
        chunks.concat()
    }

    proptest! {
        // Goal: files survive an archive. Method: any bytes around the block's edge.
        #[test]
        fn files_round_trip(sizes in prop::collection::vec(500_usize..530, 0..4), fill: u8) {
            let files: Vec<_> = sizes.iter().enumerate().map(|(number, size)| (format!("log/{number:016}"), vec![fill; *size])).collect();
            let bytes = archive(files.clone());
            let mut reader = Reader::new(&bytes[..]);
            for file in files {
                prop_assert_eq!(reader.next_file().unwrap(), Some(file));
            }
            prop_assert_eq!(reader.next_file().unwrap(), None);
        }

        // Goal: no bytes bring it down. Method: a good archive with one byte changed and cut anywhere.
        #[test]
        fn damage_is_an_error_or_other_bytes(at in 0_usize..1_500, by: u8, cut in 0_usize..2_100) {
            let mut bytes = archive(vec![("key".to_owned(), vec![7; 10]), ("a/b".to_owned(), vec![8; 10])]);
            bytes[at] = by;
            bytes.truncate(cut);
            crate::fuzz::tar_files(&bytes);
        }
    }

    #[test]
    fn no_name_leaves_its_folder() {
        for bad in ["", "/etc/passwd", "a/../b", "..", "a//b", "./a", "a b", "a\\b", &"n".repeat(101)] {
            assert!(!is_plain(bad), "{bad}");
        }
        assert!(is_plain("tile/8/x001/234.p/5"));
    }
}
