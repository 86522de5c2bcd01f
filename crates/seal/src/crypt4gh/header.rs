//! The Crypt4GH header: who can open which data keys.
//!
//! SPEC: Crypt4GH 1.0, 2.1: `"crypt4gh" || version (u32 little-endian, 1) ||
//! packet count (u32) || packets`. Ours lives in the object's row, apart from the
//! body. Reading survives any bytes; every length is checked against what is there.

use std::sync::Arc;

use words::Rand;
use zeroize::Zeroizing;

use super::edit::{EditError, EditList};
use super::packet::{self, Packet, Shared};
use super::{DataKey, EDITS_MAX};
use crate::keys::{DecryptionKey, EncryptionKey};
use crate::reader::Reader;

/// WHY: recipients times data keys; no known tool writes near as many.
pub const PACKETS_MAX: u32 = 1_024;
/// WHY: the longest text is an edit list of `EDITS_MAX` lengths.
pub const PACKET_BYTES_MAX: usize = 128 + 8 * EDITS_MAX;
/// WHY: a header is read whole; this holds every one of our own many times over.
pub const HEADER_BYTES_MAX: usize = 1 << 20;
/// WHY: every segment of a foreign body may try all keys; known tools write one or two.
pub const DATA_KEYS_MAX: usize = 16;
/// WHY: recipients of one export or scope; keeps our headers below our own bounds.
pub const RECIPIENTS_MAX: usize = 256;

const MAGIC: &[u8; 8] = b"crypt4gh";
const VERSION: u32 = 1;
const TYPE_KEY: u32 = 0;
const TYPE_EDIT_LIST: u32 = 1;
const METHOD_CHACHA20: u32 = 0;

/// Why bytes are no header for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("not a Crypt4GH header")]
    NotAHeader,
    #[error("Crypt4GH version {version} is unknown")]
    Version { version: u32 },
    #[error("header goes on after {found_bytes} bytes")]
    Short { found_bytes: usize },
    #[error("header has {packets} packets, more than {PACKETS_MAX}")]
    TooManyPackets { packets: u32 },
    #[error("packet claims {length} bytes")]
    PacketLength { length: u32 },
    #[error("header is longer than {HEADER_BYTES_MAX} bytes")]
    TooLong,
    #[error("no packet of the header opens with this key")]
    NotForThisKey,
    #[error("packet of unknown type {kind}")]
    PacketType { kind: u32 },
    #[error("number of data keys must be 1 to {DATA_KEYS_MAX}")]
    TooManyKeys,
    #[error("packet has a malformed content")]
    PacketContent,
    #[error("data encryption method {method} is unknown")]
    Method { method: u32 },
    #[error("header has a bad edit list")]
    EditList(#[from] EditError),
    #[error("number of recipients must be 1 to {RECIPIENTS_MAX}")]
    Recipients,
    #[error("cannot seal to a recipient's key")]
    Seal,
}

/// What a header told the holder of one key.
#[derive(Debug, Clone)]
pub struct OpenedHeader {
    /// Data keys, in the order found; at least one.
    pub keys: Vec<DataKey>,
    /// Which plain bytes count, if the writer said so.
    pub edit_list: Option<EditList>,
    /// Who sealed the first packet we opened; a claim unless this key is known.
    pub writer: EncryptionKey,
    /// Bytes of the header; a foreign file's body starts here.
    pub header_bytes: usize,
}

/// Seals one data key to recipients, from a writer key that exists only for this header.
pub fn seal_header(
    key: &DataKey,
    recipients: &[EncryptionKey],
    rand: &dyn Rand,
) -> Result<Vec<u8>, HeaderError> {
    seal_header_as(&DecryptionKey::random(rand), std::slice::from_ref(key), None, recipients, rand)
}

/// Seals one data key to one reader, with what a writer and that reader agreed on before.
///
/// The nonce is random, 96 bits: one agreement is good for 2^32 headers, and callers stay far below.
pub fn seal_header_by(key: &DataKey, shared: &Shared, rand: &dyn Rand) -> Result<Vec<u8>, HeaderError> {
    seal_packets(&[key_text(key)], std::slice::from_ref(shared), rand)
}

/// Seals data keys and perhaps an edit list to recipients, from a known writer key.
pub fn seal_header_as(
    writer: &DecryptionKey,
    keys: &[DataKey],
    edit_list: Option<&EditList>,
    recipients: &[EncryptionKey],
    rand: &dyn Rand,
) -> Result<Vec<u8>, HeaderError> {
    if recipients.is_empty() || recipients.len() > RECIPIENTS_MAX {
        return Err(HeaderError::Recipients);
    }
    if keys.is_empty() || keys.len() > DATA_KEYS_MAX {
        return Err(HeaderError::TooManyKeys);
    }
    let mut texts: Vec<_> = keys.iter().map(key_text).collect();
    texts.extend(edit_list.map(edit_text));
    seal_texts(writer, &texts, recipients, rand)
}

/// Seals packet texts of any content to recipients.
pub(crate) fn seal_texts(
    writer: &DecryptionKey,
    texts: &[Zeroizing<Vec<u8>>],
    recipients: &[EncryptionKey],
    rand: &dyn Rand,
) -> Result<Vec<u8>, HeaderError> {
    let shared = recipients.iter().map(|recipient| Shared::by_writer(writer, *recipient));
    let shared: Vec<_> = shared.collect::<Option<_>>().ok_or(HeaderError::Seal)?;
    seal_packets(texts, &shared, rand)
}

fn seal_packets(
    texts: &[Zeroizing<Vec<u8>>],
    readers: &[Shared],
    rand: &dyn Rand,
) -> Result<Vec<u8>, HeaderError> {
    let packets = u32::try_from(texts.len().saturating_mul(readers.len())).unwrap_or(u32::MAX);
    if packets > PACKETS_MAX {
        return Err(HeaderError::TooManyPackets { packets });
    }
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.extend_from_slice(&packets.to_le_bytes());
    for shared in readers {
        for text in texts {
            let nonce = words::chance::bytes(rand);
            packet::seal(text, shared, nonce, &mut header).ok_or(HeaderError::Seal)?;
        }
    }
    if header.len() > HEADER_BYTES_MAX { Err(HeaderError::TooLong) } else { Ok(header) }
}

fn key_text(key: &DataKey) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(40));
    text.extend_from_slice(&TYPE_KEY.to_le_bytes());
    text.extend_from_slice(&METHOD_CHACHA20.to_le_bytes());
    text.extend_from_slice(key.secret().expose());
    text
}

fn edit_text(edit_list: &EditList) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(TYPE_EDIT_LIST.to_le_bytes().to_vec());
    edit_list.encode(&mut text);
    text
}

/// Reads a header from the start of `bytes` with one key; the body may follow.
///
/// `Short` means that more bytes may help; stop asking at `HEADER_BYTES_MAX`.
pub fn open_header(bytes: &[u8], reader: &DecryptionKey) -> Result<OpenedHeader, HeaderError> {
    open_header_by(bytes, |writer| Shared::by_reader(reader, writer).map(Arc::new))
}

/// The same with what a reader agreed on with each packet's writer; none: the packet is not for it.
pub fn open_header_by(
    bytes: &[u8],
    mut agree: impl FnMut(EncryptionKey) -> Option<Arc<Shared>>,
) -> Result<OpenedHeader, HeaderError> {
    let (packets, header_bytes) = frame(bytes)?;
    let mut opened = None;
    for packet in &packets {
        if let Some(found) = packet::open(packet, &mut agree) {
            let header = opened.get_or_insert_with(|| OpenedHeader {
                keys: Vec::new(),
                edit_list: None,
                writer: found.writer,
                header_bytes,
            });
            take_packet(&found.text, header)?;
        }
    }
    opened.filter(|header| !header.keys.is_empty()).ok_or(HeaderError::NotForThisKey)
}

/// Splits a header into packets; returns them and the header's length.
fn frame(bytes: &[u8]) -> Result<(Vec<Packet<'_>>, usize), HeaderError> {
    let short = HeaderError::Short { found_bytes: bytes.len() };
    let known = bytes.len().min(MAGIC.len());
    if bytes.get(..known) != MAGIC.get(..known) {
        return Err(HeaderError::NotAHeader);
    }
    let mut rest = Reader::new(bytes);
    rest.take(MAGIC.len()).ok_or(short)?;
    let version = rest.u32_little().ok_or(short)?;
    if version != VERSION {
        return Err(HeaderError::Version { version });
    }
    let count = rest.u32_little().ok_or(short)?;
    if count > PACKETS_MAX {
        return Err(HeaderError::TooManyPackets { packets: count });
    }
    let mut packets = Vec::new();
    for _ in 0..count {
        let length = rest.u32_little().ok_or(short)?;
        let content = (length as usize).checked_sub(4).filter(|content| *content <= PACKET_BYTES_MAX);
        let content = content.ok_or(HeaderError::PacketLength { length })?;
        if bytes.len() - rest.rest().len() + content > HEADER_BYTES_MAX {
            return Err(HeaderError::TooLong);
        }
        packets.push(Packet(rest.take(content).ok_or(short)?));
    }
    Ok((packets, bytes.len() - rest.rest().len()))
}

fn take_packet(text: &[u8], header: &mut OpenedHeader) -> Result<(), HeaderError> {
    let mut rest = Reader::new(text);
    match rest.u32_little().ok_or(HeaderError::PacketContent)? {
        TYPE_KEY => {
            let method = rest.u32_little().ok_or(HeaderError::PacketContent)?;
            if method != METHOD_CHACHA20 {
                return Err(HeaderError::Method { method });
            }
            let key = rest.array().filter(|_| rest.is_empty()).ok_or(HeaderError::PacketContent)?;
            if header.keys.len() == DATA_KEYS_MAX {
                return Err(HeaderError::TooManyKeys);
            }
            header.keys.push(DataKey::from_bytes(key));
        }
        TYPE_EDIT_LIST => {
            // SPEC: 2.2.2: at most one edit list; a second one makes the file ambiguous.
            if header.edit_list.is_some() {
                return Err(HeaderError::PacketContent);
            }
            header.edit_list = Some(EditList::decode(rest.rest())?);
        }
        kind => return Err(HeaderError::PacketType { kind }),
    }
    Ok(())
}
