//! What is signed outside: the document that all sign, and what parties bring back.
//!
//! A qualified signature (eIDAS, Art. 25) is made with a card or a provider's
//! service over a file. So the file is kept from the first time it is taken:
//! whatever comes back must be over those very bytes. A signature on paper is
//! its scan, which two persons have seen; it is weaker, and says so.

use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::{FutureExt, StreamExt};
use gate::facts::Target;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use paper::authority::Authority as Anchor;
use paper::revocation::{List, Revocation};
use paper::signed::Signed;
use serde_json::{Value, json};
use words::act::{AgreementAttest, AgreementDocument, AgreementLodge, AgreementScan};
use words::actor::Role;
use words::noun::{Noun, Organisation, Person};
use words::{Actor, Deed, Id, Reason, Refusal, Timestamp};

use super::wording::WordingRow;
use super::{AgreementRow, By, Signature, find, print, target};
use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::name;
use crate::noun::authority::{self, revocation};
use crate::noun::person::PersonRow;
use crate::noun::role;
use crate::object::body::Body;
use crate::row::{Row, Seal, Table};

/// WHY: with its records it is one commit (`COMMIT_BYTES_MAX`); a signed document is some hundred KiB, a scan some more.
pub const FILE_BYTES_MAX: usize = 3 << 20;
const CHUNK_BYTES: usize = 256 << 10;

/// A file, by its digest.
#[derive(Debug, Clone, Encode, Decode)]
pub struct File {
    #[n(0)]
    pub digest: ByteArray<32>,
    #[n(1)]
    pub size_bytes: u64,
}

impl File {
    fn of(bytes: &[u8]) -> Self {
        Self { digest: seal::sha256(bytes).into(), size_bytes: bytes.len() as u64 }
    }

    pub fn hex(&self) -> String {
        HEXLOWER.encode(&*self.digest)
    }
}

/// A scan that waits for a second person.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Scan {
    #[n(0)]
    pub party: Id<Organisation>,
    #[n(1)]
    pub file: File,
    #[n(2)]
    pub lodger: Id<Person>,
    #[n(3)]
    pub at: Timestamp,
}

/// A piece of a file.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ChunkRow {
    #[n(0)]
    pub bytes: ByteVec,
}

impl Row for ChunkRow {
    const TABLE: Table = Table::Lodged;
}

/// Where the file of one party lies; the document that all sign is nobody's.
fn place(row: &AgreementRow, party: Option<Id<Organisation>>) -> Vec<u8> {
    let party = party.map_or([0; 16], |party| party.to_bytes());
    [&row.key()[..], &party].concat()
}

/// Keeps a file in pieces, in place of the one that was there.
pub(crate) async fn store(draft: &mut Draft, place: &[u8], bytes: &[u8]) -> Result<(), Refusal> {
    for (own, _) in draft.all::<ChunkRow>(place).await? {
        draft.remove::<ChunkRow>(Seal::Cell, &own);
    }
    for (number, chunk) in (0_u16..).zip(bytes.chunks(CHUNK_BYTES)) {
        let own = [place, &number.to_be_bytes()].concat();
        draft.put(&own, &ChunkRow { bytes: chunk.to_vec().into() })?;
    }
    Ok(())
}

pub(crate) async fn load(draft: &Draft, place: &[u8]) -> Result<Vec<u8>, Refusal> {
    let chunks = draft.all::<ChunkRow>(place).await?;
    Ok(chunks.into_iter().flat_map(|(_, chunk)| Vec::from(chunk.bytes)).collect())
}

/// The bytes of a file that is sent, whole.
pub(crate) async fn whole(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(next) = body.next().await {
        let next = next?;
        if bytes.len() + next.len() > FILE_BYTES_MAX {
            return Err(Refusal::with(Reason::TooLarge, "a file has at most 3 MiB"));
        }
        bytes.extend_from_slice(&next);
    }
    match bytes.is_empty() {
        true => Err(Refusal::with(Reason::Invalid, "the file is empty")),
        false => Ok(bytes),
    }
}

/// What a file that is lodged must be for.
fn open(row: &AgreementRow, party: Id<Organisation>, now: Timestamp) -> Result<(), Refusal> {
    if !row.is_offered || row.ended_at.is_some() {
        return Err(Refusal::with(Reason::StateWrong, row.state(now)));
    }
    match row.has_signed(party) {
        true => Err(Reason::AlreadyDone.into()),
        false => Ok(()),
    }
}

macro_rules! judged_for_party {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let row = find(scene.root, &self.agreement).await?;
            let party = name::find_id(scene.root, Noun::Organisation, &self.party).await?;
            target(scene, &row, Some(party)).await
        }
    })* };
}

judged_for_party! { AgreementLodge AgreementScan }

#[async_trait]
impl Judged for AgreementDocument {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let mut target = target(scene, &find(scene.root, &self.agreement).await?, None).await?;
        if let Target::Agreement { is_lodged, .. } = &mut target {
            *is_lodged = self.party.is_some();
        }
        Ok(target)
    }
}

#[async_trait]
impl Judged for AgreementAttest {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let row = find(scene.root, &self.agreement).await?;
        let party: Id<Organisation> = name::find_id(scene.root, Noun::Organisation, &self.party).await?;
        let scanned = row.scans.iter().find(|scan| scan.party == party).map(|scan| scan.lodger);
        let mut target = target(scene, &row, None).await?;
        if let Target::Agreement { lodger, .. } = &mut target {
            *lodger = scanned;
        }
        Ok(target)
    }
}

/// Takes an agreement as a document, or what a party lodged.
pub async fn document(
    region: &Region,
    actor: &Actor,
    deed: AgreementDocument,
) -> Result<(Done, Bytes), Refusal> {
    let work = async {
        let allowed = region.allow(actor, &deed, None).await?;
        let root = region.root().view().await?;
        let row = find(&root, &deed.agreement).await?;
        let party = match &deed.party {
            Some(party) => Some(name::find_id(&root, Noun::Organisation, party).await?),
            None => None,
        };
        let is_made = party.is_some() || row.document.is_some();
        let bytes = if is_made { load(&root, &place(&row, party)).await? } else { made(&root, &row).await? };
        if bytes.is_empty() {
            return Err(Refusal::with(Reason::NotFound, "nothing was lodged"));
        }
        let request = Request::once(actor.clone(), deed.clone());
        let keep = Keep { made: (!is_made).then(|| bytes.clone()), digest: File::of(&bytes) };
        let done = region.commit(region.root(), request, allowed, keep).await?;
        // WHY read again: somebody may have taken it first, and theirs is kept.
        let root = region.root().view().await?;
        let row = find(&root, &deed.agreement).await?;
        match row.document.is_some() || party.is_some() {
            true => Ok((done, Bytes::from(load(&root, &place(&row, party)).await?))),
            false => Ok((done, Bytes::from(bytes))),
        }
    };
    region.heard(actor, AgreementDocument::ACT, None, work.boxed()).await
}

/// The document that all sign. It takes a while, so it is made beside everything else.
async fn made(root: &Draft, row: &AgreementRow) -> Result<Vec<u8>, Refusal> {
    let wording: WordingRow = root.row(&row.key()).await?.ok_or(Refusal::with(
        Reason::StateWrong,
        "it was drafted before agreements had documents: draft it anew",
    ))?;
    let document = print::document(&wording, &row.digest()?, row.drafted_at);
    let unable = |_| Refusal::with(Reason::Unavailable, "the document could not be made");
    let made = tokio::task::spawn_blocking(move || paper::pdf::write(&document)).await.map_err(unable)?;
    made.map_err(|fault| Refusal::with(Reason::Invalid, fault.to_string()))
}

/// Keeps the document the first time that it is taken, if its words are fixed.
struct Keep {
    made: Option<Vec<u8>>,
    digest: File,
}

#[async_trait]
impl Plan<AgreementDocument> for Keep {
    async fn plan(
        &mut self,
        deed: &AgreementDocument,
        draft: &mut Draft,
        _: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &deed.agreement).await?;
        if let (Some(bytes), true, None) = (&self.made, row.is_offered, &row.document) {
            store(draft, &place(&row, None), bytes).await?;
            row.document = Some(self.digest.clone());
            draft.put(&row.key(), &row)?;
        }
        let kept = row.document.as_ref().filter(|_| deed.party.is_none()).unwrap_or(&self.digest);
        let answer = json!({ "sha256": kept.hex(), "size_bytes": kept.size_bytes });
        Ok(Outcome::of(Noun::Agreement, row.id).saying(answer))
    }
}

/// Lodges what a party signed outside; the signature is looked at before anything is kept.
pub async fn lodge(
    region: &Region,
    actor: &Actor,
    deed: AgreementLodge,
    body: Body,
) -> Result<Done, Refusal> {
    let work = async {
        let allowed = region.allow(actor, &deed, None).await?;
        let bytes = whole(body).await?;
        let root = region.root().view().await?;
        let row = find(&root, &deed.agreement).await?;
        open(&row, name::find_id(&root, Noun::Organisation, &deed.party).await?, region.now())?;
        if row.document.is_none() {
            return Err(Refusal::with(
                Reason::StateWrong,
                "nobody has taken its document yet: `epic agreement document`",
            ));
        }
        let original = load(&root, &place(&row, None)).await?;
        let authorities = authority::trusted(&root).await?;
        let (now_ms, trusted) = (u64::try_from(region.now().ms()).unwrap_or(0), marks(&root).await?);
        let lists = revocation::files(&root).await?;
        let checked = tokio::task::spawn_blocking(move || {
            let signed = looked_at(&original, &bytes, (&authorities, &lists), now_ms);
            signed.map(|signed| (bytes, signed))
        });
        let (bytes, signed) =
            checked.await.map_err(|_| Refusal::with(Reason::Unavailable, "it could not be looked at"))??;
        let request = Request::once(actor.clone(), deed.clone());
        region.commit(region.root(), request, allowed, Lodging { bytes, signed, trusted }).await
    };
    region.heard(actor, AgreementLodge::ACT, None, work.boxed()).await
}

/// Who signed it, by the authorities and their lists.
fn looked_at(
    original: &[u8],
    bytes: &[u8],
    (authorities, lists): (&[Anchor], &[Vec<u8>]),
    now_ms: u64,
) -> Result<Signed, Refusal> {
    let lists: Result<Vec<List>, _> = lists.iter().map(|list| List::read(list)).collect();
    // WHY not passed over: it may name a certificate that signed this.
    let lists = lists.map_err(|_| Refusal::with(Reason::Unavailable, "a revocation list cannot be read"))?;
    let signed = paper::signed::check(original, bytes, authorities, &lists, now_ms)
        .map_err(|fault| Refusal::with(Reason::SignatureUnfit, fault.to_string()))?;
    match signed.signatures.iter().any(|signer| signer.revocation == Revocation::Stale) {
        true => Err(Refusal::with(
            Reason::SignatureUnfit,
            "the revocation list of its authority has ended: ask the operator to bring the current one",
        )),
        false => Ok(signed),
    }
}

struct Lodging {
    bytes: Vec<u8>,
    signed: Signed,
    /// The authorities and lists that it was looked at with.
    trusted: Vec<[u8; 32]>,
}

/// Whose word counts now, and what of it was taken back.
async fn marks(draft: &Draft) -> Result<Vec<[u8; 32]>, Refusal> {
    let authorities = authority::trusted(draft).await?.into_iter().map(|authority| authority.sha256);
    Ok(authorities.chain(revocation::marks(draft).await?).collect())
}

#[async_trait]
impl Plan<AgreementLodge> for Lodging {
    async fn plan(
        &mut self,
        deed: &AgreementLodge,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let row = find(draft, &deed.agreement).await?;
        let party = name::find_id(draft, Noun::Organisation, &deed.party).await?;
        open(&row, party, frame.now)?;
        // WHY again: what was trusted while it was looked at may not be now.
        if marks(draft).await? != self.trusted {
            return Err(Refusal::with(
                Reason::Unavailable,
                "the trusted authorities or their lists have changed just now: send it again",
            ));
        }
        let certificates = print::certificates(&self.signed);
        let known: Vec<_> = row.signatures.iter().filter_map(|signature| signature.by.as_ref()).collect();
        let is_counted = |mark: &ByteArray<32>| known.iter().any(|by| by.certificates.contains(mark));
        // WHY: one file must not be the signature of two parties.
        if certificates.iter().all(is_counted) {
            return Err(Refusal::with(
                Reason::SignatureUnfit,
                "nobody signed it who has not signed for another party",
            ));
        }
        let file = File::of(&self.bytes);
        store(draft, &place(&row, Some(party)), &self.bytes).await?;
        let (kind, says) = (print::kind(&self.signed), print::says(&self.signed));
        let is_clear = self.signed.signatures.iter().all(|signer| signer.revocation == Revocation::Clear);
        let by = By { file, kind, says, attester: None, certificates, is_clear };
        sign(draft, row, party, frame, Some(by)).await
    }
}

/// Lodges the scan of what a party signed on paper; until a second person attests it, nobody has signed.
pub async fn scan(region: &Region, actor: &Actor, deed: AgreementScan, body: Body) -> Result<Done, Refusal> {
    let work = async {
        let allowed = region.allow(actor, &deed, None).await?;
        let bytes = whole(body).await?;
        if !print::is_picture(&bytes) {
            return Err(Refusal::with(Reason::Invalid, "a scan is a PDF, a JPEG or a PNG"));
        }
        let request = Request::once(actor.clone(), deed.clone());
        region.commit(region.root(), request, allowed, Scanning { bytes }).await
    };
    region.heard(actor, AgreementScan::ACT, None, work.boxed()).await
}

struct Scanning {
    bytes: Vec<u8>,
}

#[async_trait]
impl Plan<AgreementScan> for Scanning {
    async fn plan(
        &mut self,
        deed: &AgreementScan,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &deed.agreement).await?;
        let party = name::find_id(draft, Noun::Organisation, &deed.party).await?;
        open(&row, party, frame.now)?;
        let file = File::of(&self.bytes);
        store(draft, &place(&row, Some(party)), &self.bytes).await?;
        let answer = json!({ "agreement": row.alias, "state": row.state(frame.now), "scan": file.hex() });
        row.scans.retain(|scan| scan.party != party);
        row.scans.push(Scan { party, file, lodger: frame.actor.person, at: frame.now });
        draft.put(&row.key(), &row)?;
        Ok(Outcome::of(Noun::Agreement, row.id).and(Noun::Organisation, party).saying(answer))
    }
}

#[async_trait]
impl Rule for AgreementAttest {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut row = find(draft, &self.agreement).await?;
        let party = name::find_id(draft, Noun::Organisation, &self.party).await?;
        open(&row, party, frame.now)?;
        let waits = row.scans.iter().position(|scan| scan.party == party);
        let Some(at) = waits else {
            return Err(Refusal::with(Reason::StateWrong, "no scan of that party's waits to be attested"));
        };
        let scan = row.scans.remove(at);
        if scan.file.hex() != self.scan {
            return Err(Reason::TermsChanged.into());
        }
        still_signs(draft, scan.lodger, party).await?;
        let by = By {
            file: scan.file,
            kind: print::PAPER,
            says: Vec::new(),
            attester: Some(frame.actor.person),
            certificates: Vec::new(),
            is_clear: false,
        };
        let signature = Signature { party, person: scan.lodger, at: frame.now, by: Some(by) };
        signed(draft, row, signature, frame).await
    }
}

/// WHY: a scan may have waited for weeks, and whoever lodged it may have gone.
async fn still_signs(draft: &Draft, person: Id<Person>, party: Id<Organisation>) -> Result<(), Refusal> {
    let row: Option<PersonRow> = draft.row(&person.to_bytes()).await?;
    let held = role::held(draft, person).await?;
    let is_signatory = held.iter().any(|(role, at)| *role == Role::Signatory && *at == party.to_bytes());
    match row.is_some_and(|row| !row.is_suspended) && is_signatory {
        true => Ok(()),
        false => Err(Refusal::with(
            Reason::StateWrong,
            "whoever lodged that scan does not sign for the party any more: lodge it again",
        )),
    }
}

/// Adds the signature of one party; the acting person's own, or what they lodged.
pub async fn sign(
    draft: &mut Draft,
    row: AgreementRow,
    party: Id<Organisation>,
    frame: &Frame<'_>,
    by: Option<By>,
) -> Result<Outcome, Refusal> {
    let signature = Signature { party, person: frame.actor.person, at: frame.now, by };
    signed(draft, row, signature, frame).await
}

async fn signed(
    draft: &mut Draft,
    mut row: AgreementRow,
    signature: Signature,
    frame: &Frame<'_>,
) -> Result<Outcome, Refusal> {
    row.refuse_lower_tier(draft).await?;
    let party = signature.party;
    // WHY without who: a leaf's detail is kept for ever, and the file is there.
    let told: Option<Value> = signature.by.as_ref().map(|by| by.told(false));
    let is_paper_left = row.scans.iter().any(|scan| scan.party == party);
    row.scans.retain(|scan| scan.party != party);
    if is_paper_left && signature.by.is_none() {
        store(draft, &place(&row, Some(party)), &[]).await?;
    }
    row.signatures.push(signature);
    draft.put(&row.key(), &row)?;
    let answer = json!({ "agreement": row.alias, "state": row.state(frame.now), "signed": told });
    Ok(Outcome::of(Noun::Agreement, row.id).and(Noun::Organisation, party).saying(answer))
}
