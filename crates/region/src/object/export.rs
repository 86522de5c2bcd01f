//! Export: an object as a Crypt4GH file for somebody else's key.
//!
//! The bytes are opened, which checks every one of them, and sealed anew under a
//! key of this export alone: its recipient never holds the key of what is stored.
//! An export cannot be taken back, which is why the gate keeps it from tiers 2 and 3.

use async_stream::try_stream;
use bytes::{Bytes, BytesMut};
use futures::{FutureExt, StreamExt};
use seal::crypt4gh::{read_public, seal_header};
use seal::{Attempt, DataKey, EncryptionKey, Sealer};
use words::act::ObjectExport;
use words::{Actor, Deed, Reason, Refusal};

use crate::Region;
use crate::act::Request;
use crate::cell::Cell;
use crate::noun::bucket;
use crate::object::body::{self, Body};
use crate::object::read::{Open, Reading, Watch, watched};
use crate::object::{ObjectRow, known};

/// Opens an object for its recipient; the leaf comes before the first byte.
pub async fn export(region: &Region, actor: &Actor, deed: ObjectExport) -> Result<Reading, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, ObjectExport::ACT, Some(&project), opened(region, actor, deed).boxed()).await
}

async fn opened(region: &Region, actor: &Actor, deed: ObjectExport) -> Result<Reading, Refusal> {
    let recipient = recipient(&deed.recipient)?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let since = region.moment(&cell);
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    let bucket = bucket::find(&rows, &deed.bucket).await?;
    let row = known(&rows, &bucket, &deed.key, deed.version.as_deref()).await?;
    row.refuse_apart()?;
    let again = Request::once(actor.clone(), deed.clone());
    let request = Request::once(actor.clone(), deed);
    let held = cell.in_use.hold(row.pieces.iter().map(|piece| piece.blob));
    let done = region.commit(&cell, request, allowed, Open { row: row.clone(), is_return: false }).await?;
    let sealed = sealed_to(region, &cell, &row, recipient).await?;
    let range = 0..row.size_bytes;
    let watch = Watch { region: region.clone(), request: again, cell, object: row.id, since, _held: held };
    Ok(Reading { leaf: done.leaf, row, range, body: watched(watch, sealed) })
}

/// A Crypt4GH public key as its key file is written.
pub fn recipient(text: &str) -> Result<EncryptionKey, Refusal> {
    read_public(text.as_bytes())
        .map_err(|_| Refusal::with(Reason::Invalid, "the recipient's Crypt4GH public key cannot be read"))
}

/// A whole Crypt4GH file of an object: header and body.
pub async fn sealed_to(
    region: &Region,
    cell: &Cell,
    row: &ObjectRow,
    recipient: EncryptionKey,
) -> Result<Body, Refusal> {
    sealed_as(region, body::read_now(region, cell, row, 0..row.size_bytes).await?, recipient)
}

/// Plain bytes as a Crypt4GH file.
pub fn sealed_as(region: &Region, mut plain: Body, recipient: EncryptionKey) -> Result<Body, Refusal> {
    let key = DataKey::random(region.rand());
    let header = seal_header(&key, &[recipient], region.rand()).map_err(|_| unexported())?;
    let mut sealer = Sealer::new(&key, Attempt::random(region.rand())).map_err(|_| unexported())?;
    Ok(Box::pin(try_stream! {
        yield Bytes::from(header);
        let mut sealed = BytesMut::new();
        while let Some(bytes) = plain.next().await {
            sealer.push(&bytes?, &mut sealed).map_err(|_| unexported())?;
            if !sealed.is_empty() {
                yield sealed.split().freeze();
            }
        }
        sealer.finish(&mut sealed).map_err(|_| unexported())?;
        if !sealed.is_empty() {
            yield sealed.freeze();
        }
    }))
}

fn unexported() -> Refusal {
    Refusal::with(Reason::Unavailable, "the object cannot be exported")
}
