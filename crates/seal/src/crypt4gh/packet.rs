//! One header packet: a small text sealed from a writer to one recipient.
//!
//! SPEC: Crypt4GH 1.0, 2.2 and 3.1: `length (u32 little-endian, itself included) ||
//! method (u32) || writer public key (32) || nonce (12) || ciphertext || tag (16)`.
//! The shared key is the first half of BLAKE2b-512(X25519 || recipient || writer),
//! which is libsodium's key exchange. Never tells why a packet does not open.

use std::sync::Arc;

use blake2::{Blake2b512, Digest};
use words::Secret;
use zeroize::Zeroizing;

use crate::aead::{Cipher, OVERHEAD_BYTES};
use crate::keys::{DecryptionKey, EncryptionKey};
use crate::reader::Reader;

/// X25519 with ChaCha20-Poly1305, the only method of version 1.0.
const METHOD_X25519: u32 = 0;
/// Length, method and writer's key.
const HEAD_BYTES: usize = 4 + 4 + 32;

/// A packet as framed in the file, its length field removed.
pub(super) struct Packet<'a>(pub(super) &'a [u8]);

/// A packet's plain text and who wrote it.
pub(super) struct OpenedPacket {
    pub(super) text: Zeroizing<Vec<u8>>,
    pub(super) writer: EncryptionKey,
}

/// What a writer and a reader agreed on: the key of every packet from the one to the other.
pub struct Shared {
    key: Secret<[u8; 32]>,
    writer: EncryptionKey,
}

impl Shared {
    /// As the writer agrees with a reader; `None` if the reader's key is none.
    pub fn by_writer(writer: &DecryptionKey, reader: EncryptionKey) -> Option<Self> {
        let key = shared_key(writer, reader, reader, writer.public())?;
        Some(Self { key, writer: writer.public() })
    }

    /// As the reader agrees with whoever wrote to it.
    pub fn by_reader(reader: &DecryptionKey, writer: EncryptionKey) -> Option<Self> {
        let key = shared_key(reader, writer, reader.public(), writer)?;
        Some(Self { key, writer })
    }
}

/// Appends one framed packet; `None` if the library fails.
pub(super) fn seal(text: &[u8], shared: &Shared, nonce: [u8; 12], into: &mut Vec<u8>) -> Option<()> {
    let length = HEAD_BYTES + text.len() + OVERHEAD_BYTES;
    into.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    into.extend_from_slice(&METHOD_X25519.to_le_bytes());
    into.extend_from_slice(&shared.writer.to_bytes());
    let start = into.len();
    into.resize(start + text.len() + OVERHEAD_BYTES, 0);
    Cipher::new(&shared.key).ok()?.seal_into(nonce, &[], text, into.get_mut(start..)?).ok()
}

/// Opens a packet with what the reader and its writer agreed on; packets for others, or of other methods, are `None`.
pub(super) fn open(
    packet: &Packet<'_>,
    agree: &mut dyn FnMut(EncryptionKey) -> Option<Arc<Shared>>,
) -> Option<OpenedPacket> {
    let mut rest = Reader::new(packet.0);
    if rest.u32_little()? != METHOD_X25519 {
        return None;
    }
    let writer = EncryptionKey::from_bytes(rest.array()?);
    let shared = agree(writer)?;
    let sealed = rest.rest();
    let mut text = Zeroizing::new(vec![0; sealed.len().checked_sub(OVERHEAD_BYTES)?]);
    Cipher::new(&shared.key).ok()?.open_into(&[], sealed, &mut text).ok()?;
    Some(OpenedPacket { text, writer })
}

fn shared_key(
    own: &DecryptionKey,
    other: EncryptionKey,
    recipient: EncryptionKey,
    writer: EncryptionKey,
) -> Option<Secret<[u8; 32]>> {
    let agreed = own.agree(other).ok()?;
    let mut hash = Blake2b512::new();
    hash.update(agreed.expose());
    hash.update(recipient.to_bytes());
    hash.update(writer.to_bytes());
    let digest = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
    digest.first_chunk::<32>().copied().map(Secret::new)
}
