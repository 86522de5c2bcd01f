//! Performing: from an act's name and its fields in JSON to the function that does it.
//!
//! Doors that speak JSON come in here. A row of the table without an arm does
//! not compile.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::Value;
use words::act::*;
use words::limit::{LIST_ITEMS_MAX, TEXT_CHARS_MAX};
use words::noun::Attempt;
use words::{Act, Actor, Deed, Id, Reason, Refusal};

use crate::Region;
use crate::account;
use crate::act::{Request, Rule};
use crate::cell::Cell;
use crate::cell::step::Done;
use crate::expected::Digest;
use crate::noun::{call as calls, client, erasure, ledger, project, split};
use crate::object::label::text;
use crate::show::Show;
use crate::snapshot::OfPermit;

fn read<D: Deed>(fields: Value) -> Result<D, Refusal> {
    refuse_long(&fields)?;
    serde_json::from_value(fields).map_err(|error| Refusal::with(Reason::Invalid, error.to_string()))
}

/// WHY here: doors bound an act's body as a whole, and no row should hold one endless text.
fn refuse_long(fields: &Value) -> Result<(), Refusal> {
    let is_long = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX);
    let of_list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let items = of_list(value);
        if is_long(value) || items.iter().any(is_long) || items.len() > LIST_ITEMS_MAX {
            return Err(Refusal::with(Reason::TooLarge, format!("`{name}` is longer than a form takes")));
        }
    }
    Ok(())
}

/// A deed that names its project.
pub trait InProject {
    fn project(&self) -> &str;
}

macro_rules! in_project {
    ($($deed:ident)*) => { $(impl InProject for $deed {
        fn project(&self) -> &str { &self.project }
    })* };
}

in_project! {
    BucketCreate BucketVersion BucketLock BucketDescribe BucketExpire BucketDelete BucketShow UploadAbort UploadShow
    ObjectDescribe ObjectHold ObjectClear ObjectRetry ObjectRetain RuleSet RuleDrop RuleTest RuleShow DatasetDescribe
    DatasetDrop DatasetMap ContractShow ContractConfirm ContractDrop AirlockDraft AirlockApprove AirlockReject AirlockRelease
    AirlockRevoke AirlockShow KeyRotate KeyShow ExitStart ExitAccept ExitConfirm ExitList ExitShow
}

/// Acts that go the same way, and the arms of those that do not; exhaustive as any match.
macro_rules! by_way {
    ($call:ident, $act:expr, { $($way:ident: $($deed:ident)*;)* } $($rest:tt)*) => {
        match $act {
            $($(Act::$deed => $call.$way::<$deed>().await,)*)*
            $($rest)*
        }
    };
}

/// Whether an attempt's id given again is answered as the first time, without a second effect.
pub const fn keeps_attempts(act: Act) -> bool {
    use Act::*;
    !matches!(
        act,
        SnapshotErase
            | AgreementLodge
            | AgreementScan
            | AuthorityUpdate
            | AccountInvite
            | AccountRecover
            | AccountApprove
            | AccountPassword
            | AccountPasskey
            | AccountEnter
            | ClientRegister
            | SessionOpen
            | SessionBegin
            | UploadStart
            | UploadCopy
            | UploadComplete
            | ObjectProbe
            | ObjectShow
            | ObjectList
            | ObjectCopy
            | ObjectDelete
            | KeySplit
            | KeyCall
            | KeyEmergency
            | KeyGive
            | PseudonymReverse
            | KeyEraseScope
            | KeyEraseProject
            | AirlockChain
            | CheckpointSign
            | LedgerProve
            | LedgerShow
            | CheckRun
    )
}

/// One call on its way to its act.
struct Call<'a> {
    region: &'a Region,
    actor: &'a Actor,
    fields: Value,
    attempt: Option<Id<Attempt>>,
    expected: Option<Digest>,
}

impl Call<'_> {
    async fn root<D: Rule>(self) -> Result<Done, Refusal> {
        let deed = read::<D>(self.fields)?;
        let request =
            Request { actor: self.actor.clone(), deed, attempt: self.attempt, expected: self.expected };
        self.region.heard(self.actor, D::ACT, None, self.region.at_root(request).boxed()).await
    }

    async fn cell<D: Rule + InProject>(self) -> Result<Done, Refusal> {
        let deed = read::<D>(self.fields)?;
        let request =
            Request { actor: self.actor.clone(), deed, attempt: self.attempt, expected: self.expected };
        self.region.at_project(request).await
    }

    async fn look<D: Show>(self) -> Result<Done, Refusal> {
        self.refuse_expected()?;
        let deed = read::<D>(self.fields)?;
        self.region.heard(self.actor, D::ACT, None, self.region.look(self.actor, &deed, None).boxed()).await
    }

    async fn coded<D: account::Coded>(self) -> Result<Done, Refusal> {
        let (region, actor) = (self.region, self.actor);
        account::coded::<D>(region, actor, self.once()?).await
    }

    async fn look_in<D: Show + InProject>(self) -> Result<Done, Refusal> {
        self.refuse_expected()?;
        self.region.look_in_project(self.actor, &read::<D>(self.fields)?).await
    }

    fn refuse_expected(&self) -> Result<(), Refusal> {
        match self.expected {
            None => Ok(()),
            Some(_) => {
                Err(Refusal::with(Reason::NotOffered, "this act is not done upon something as it was shown"))
            }
        }
    }

    /// Its fields, for an act that keeps no attempts: asked again it takes effect again, and says so first.
    fn once<D: Deed>(self) -> Result<D, Refusal> {
        self.refuse_expected()?;
        match self.attempt {
            None => read(self.fields),
            Some(_) => Err(Refusal::with(Reason::NotOffered, "this act keeps no attempts; ask without one")),
        }
    }
}

impl Region {
    /// An act of a project's cell, whole; noted if it is refused.
    pub async fn at_project<D: Rule + InProject>(&self, request: Request<D>) -> Result<Done, Refusal> {
        let (actor, project) = (request.actor.clone(), request.deed.project().to_owned());
        let work = async {
            let cell = self.project_cell(&request.actor, request.deed.project()).await?;
            self.at_cell(&cell, request).await
        };
        self.heard(&actor, D::ACT, Some(&project), work.boxed()).await
    }

    /// A look at a project's rows; noted if it is refused.
    pub async fn look_in_project<D: Show + InProject>(
        &self,
        actor: &Actor,
        deed: &D,
    ) -> Result<Done, Refusal> {
        let work = async {
            let cell: Arc<Cell> = self.project_cell(actor, deed.project()).await?;
            self.look(actor, deed, Some(&cell)).await
        };
        self.heard(actor, D::ACT, Some(deed.project()), work.boxed()).await
    }

    /// Does an act that carries no bytes. Acts with a body have functions of their own.
    pub async fn perform(
        &self,
        actor: &Actor,
        act: Act,
        fields: Value,
        attempt: Option<Id<Attempt>>,
    ) -> Result<Done, Refusal> {
        self.perform_upon(actor, act, fields, attempt, None).await
    }

    /// The same, if what it is done to is still as it was shown to whoever acts.
    pub async fn perform_upon(
        &self,
        actor: &Actor,
        act: Act,
        fields: Value,
        attempt: Option<Id<Attempt>>,
        expected: Option<Digest>,
    ) -> Result<Done, Refusal> {
        let call = Call { region: self, actor, fields, attempt, expected };
        by_way!(call, act, {
            root: AccountDrop ClientRemove OrganisationRegister TenantOpen PersonEnrol PersonSuspend PersonResume PersonLink PersonUnlink PersonRecall PersonReach
                RoleGrant RoleRevoke RoleMap RoleUnmap IssuerTrust IssuerDistrust IssuerAdopt IssuerLeave AuthorityTrust AuthorityDistrust PersonTrain PersonInstruct
                AgreementDraft AgreementOffer AgreementSign AgreementAttest AgreementSuspend AgreementResume AgreementEnd
                ProjectOpen ProjectQuota ProjectPublish ProjectConceal ProjectHalt ProjectResume PermitRequest PermitEnd
                GrantIssue GrantRevoke CredentialRevoke KeyUnlock KeyOffer KeyAcknowledge CheckRecord
                WitnessAdd WitnessRemove WitnessFollow WitnessLeave;
            look: AccountShow ClientShow OrganisationShow TenantShow PersonShow AgreementShow ProjectShow PermitShow GrantShow
                CredentialShow IssuerShow AuthorityShow SnapshotShow CheckShow WitnessShow DatasetShow ObjectSearch;
            cell: BucketCreate BucketVersion BucketLock BucketDescribe BucketExpire BucketDelete UploadAbort
                ObjectDescribe ObjectHold ObjectClear ObjectRetry ObjectRetain RuleSet RuleDrop DatasetDescribe DatasetDrop
                ContractConfirm ContractDrop AirlockDraft AirlockApprove AirlockReject AirlockRelease
                AirlockRevoke KeyRotate ExitStart ExitAccept ExitConfirm;
            coded: AccountInvite AccountRecover AccountApprove;
            look_in: BucketShow UploadShow AirlockShow KeyShow ExitList ExitShow RuleTest RuleShow DatasetMap ContractShow;
        }
            Act::PermitGrant => call.across::<PermitGrant>().await,
            Act::PermitAmend => call.across::<PermitAmend>().await,
            Act::SnapshotTake => call.across::<SnapshotTake>().await,
            Act::SnapshotErase => crate::snapshot::end::erase(self, actor, call.once()?).await,
            Act::ProjectClassify => call.classify().await,
            Act::CredentialIssue => call.issue().await,
            Act::AccountPassword => account::password(self, actor, call.once()?).await,
            Act::AccountPasskey => account::passkey(self, actor, call.once()?).await,
            Act::AccountEnter => {
                let _deed: AccountEnter = call.once()?;
                Err(Refusal::with(Reason::NotOffered, "people sign in on the region's own page"))
            }
            Act::ClientRegister => client::register(self, actor, call.once()?).await,
            Act::SessionOpen => call.open().await,
            Act::SessionBegin => call.begin().await,
            Act::UploadStart => call.start().await,
            Act::UploadCopy => call.copy_part().await,
            Act::UploadComplete => call.complete().await,
            Act::ObjectProbe => call.probe().await,
            Act::ObjectShow => call.show().await,
            Act::ObjectList => call.list().await,
            Act::ObjectCopy => call.copy().await,
            Act::ObjectDelete => call.delete().await,
            Act::KeyLock => call.lock().await,
            Act::KeySplit => split::split(self, actor, call.once()?).await,
            Act::KeyCall => calls::call(self, actor, call.once()?).await,
            Act::KeyEmergency => calls::emergency(self, actor, call.once()?).await,
            Act::PseudonymReverse => crate::derive::back::reverse(self, actor, call.once()?).await,
            Act::KeyGive => calls::give(self, actor, call.once()?).await,
            Act::KeyEraseScope => erasure::erase_scope(self, actor, call.once()?).await,
            Act::KeyEraseProject => erasure::erase_project(self, actor, call.once()?).await,
            Act::AirlockChain => crate::chain::chain(self, actor, call.once()?).await,
            Act::CheckpointSign => ledger::sign(self, actor, &call.once()?).await,
            Act::LedgerProve => ledger::prove(self, actor, &call.once()?).await,
            Act::LedgerShow => ledger::show(self, actor, &call.once()?).await,
            Act::CheckRun => crate::check::run(self, actor, &call.once()?).await,
            Act::AgreementLodge | Act::AgreementScan | Act::AuthorityUpdate | Act::AgreementDocument | Act::UploadPart | Act::ObjectPut
            | Act::ObjectGet | Act::ObjectExport | Act::AirlockFetch | Act::AirlockInspect | Act::ExitFetch
            | Act::LedgerFollow | Act::LedgerExport => Err(Refusal::with(Reason::NotOffered, "this act carries bytes")),
        )
    }
}

/// Acts whose answers need more than their plan gives.
impl Call<'_> {
    /// The cell of the data that a permit asks for is opened first, so that it can be seen whose they are.
    async fn across<D: Rule + OfPermit>(self) -> Result<Done, Refusal> {
        let deed = read::<D>(self.fields.clone())?;
        self.region.open_home(self.actor, deed.permit()).await?;
        self.root::<D>().await
    }

    /// The project's cell is opened first, so that it can be seen to be empty.
    async fn classify(self) -> Result<Done, Refusal> {
        let deed = read::<ProjectClassify>(self.fields.clone())?;
        self.region.project_cell(self.actor, &deed.project).await?;
        self.root::<ProjectClassify>().await
    }

    /// Keys that holders opened are closed with it.
    async fn lock(self) -> Result<Done, Refusal> {
        let (region, deed) = (self.region, read::<KeyLock>(self.fields.clone())?);
        let done = self.root::<KeyLock>().await?;
        let root = region.root().view().await?;
        let cell = project::find(&root, &deed.project).await?.id.cast();
        region.shares().close(cell);
        region.catalogue().forget(cell.cast());
        Ok(done)
    }

    /// The secret goes into the answer and nowhere else.
    async fn issue(self) -> Result<Done, Refusal> {
        let region = self.region;
        let mut done = self.root::<CredentialIssue>().await?;
        if let Some(id) = done.answer.get("access_key_id").and_then(Value::as_str) {
            let secret = region.secret_of(id)?;
            if let Some(answer) = done.answer.as_object_mut() {
                answer.insert("secret_access_key".to_owned(), Value::String(secret.expose().clone()));
            }
        }
        Ok(done)
    }

    async fn open(self) -> Result<Done, Refusal> {
        let opened = self.region.open_session(self.actor, self.once()?).await?;
        let answer = serde_json::json!({ "session": opened.ticket.expose(), "ends": opened.ends });
        Ok(Done { leaf: opened.leaf, answer })
    }

    /// The same for a session, with its ticket.
    async fn begin(self) -> Result<Done, Refusal> {
        let begun = self.region.begin_session(self.actor, self.once()?).await?;
        let answer = serde_json::json!({
            "access_key_id": begun.access_key_id,
            "secret_access_key": begun.secret.expose(),
            "session_token": begun.ticket.expose(),
            "ends": begun.ends,
        });
        Ok(Done { leaf: begun.leaf, answer })
    }

    async fn start(self) -> Result<Done, Refusal> {
        let (region, actor, deed) = (self.region, self.actor, self.once()?);
        let (row, leaf) = crate::upload::start(region, actor, deed, crate::upload::Begun::default()).await?;
        Ok(Done { leaf, answer: serde_json::json!({ "upload": row.id.to_string() }) })
    }

    async fn copy_part(self) -> Result<Done, Refusal> {
        let (region, actor, deed) = (self.region, self.actor, self.once()?);
        let copied = crate::upload::copy::copy(region, actor, deed, |_, _| Ok(Vec::new())).await?;
        let crate::upload::PartRow { number, etag, piece, .. } = copied.part;
        let answer = serde_json::json!({ "part": number, "etag": etag, "size_bytes": piece.plain_bytes });
        Ok(Done { leaf: copied.leaf, answer })
    }

    async fn complete(self) -> Result<Done, Refusal> {
        let (region, actor, deed) = (self.region, self.actor, self.once()?);
        let stored = crate::upload::complete(region, actor, deed, Vec::new(), |_, _| Ok(Vec::new())).await?;
        Ok(Done { leaf: stored.leaf, answer: told(&stored.row) })
    }

    async fn probe(self) -> Result<Done, Refusal> {
        let row = crate::object::read::probe(self.region, self.actor, &self.once()?).await?;
        Ok(Done { leaf: None, answer: told(&row) })
    }

    async fn show(self) -> Result<Done, Refusal> {
        let (region, actor, deed) = (self.region, self.actor, self.once::<ObjectShow>()?);
        let row = crate::object::read::show(region, actor, &deed).await?;
        let mut answer = told(&row);
        if let Some(report) = crate::examine::report_of(region, actor, &deed.project, &row).await? {
            answer["report"] = report;
        }
        Ok(Done { leaf: None, answer })
    }

    async fn list(self) -> Result<Done, Refusal> {
        use crate::object::list::{Wanted, list};
        let (region, actor, deed) = (self.region, self.actor, self.once::<ObjectList>()?);
        let wanted = Wanted {
            prefix: deed.prefix.clone().unwrap_or_default(),
            after: deed.page.as_deref().map(|page| region.open_page(&deed, page)).transpose()?,
            keys_max: words::limit::LIST_KEYS_MAX,
            ..Wanted::default()
        };
        let page = list(region, actor, &deed, &wanted).await?;
        let objects: Value = page.objects.iter().map(|(row, _)| told(row)).collect();
        let next = page.next.map(|position| region.seal_page(&deed, &position)).transpose()?;
        Ok(Done { leaf: None, answer: serde_json::json!({ "objects": objects, "next": next }) })
    }

    async fn copy(self) -> Result<Done, Refusal> {
        use crate::object::change::Copying;
        let (region, actor, deed) = (self.region, self.actor, self.once()?);
        let stored = crate::object::change::copy(region, actor, deed, Copying::default(), |_| Ok(())).await?;
        Ok(Done { leaf: stored.leaf, answer: told(&stored.row) })
    }

    async fn delete(self) -> Result<Done, Refusal> {
        let deleted = crate::object::change::delete(self.region, self.actor, self.once()?).await?;
        let answer = serde_json::json!({ "version": deleted.version, "marker": deleted.is_marker });
        Ok(Done { leaf: deleted.leaf, answer })
    }
}

/// An object, as a person is told of it.
pub fn told(row: &crate::object::ObjectRow) -> Value {
    serde_json::json!({
        "id": row.id.to_string(),
        "key": row.key,
        "version": row.version_id(),
        "size_bytes": row.size_bytes,
        "etag": row.etag,
        "at": row.at,
        "held": row.is_held,
        "lineage": row.lineage.as_ref().map(ToString::to_string),
        "lock": row.retention.map(|retention| retention.told()),
        "labels": row.labels.iter().map(|(name, value)| text(name, value)).collect::<Vec<_>>(),
        "standing": row.examined.as_ref().map(|examined| examined.standing.text()),
        "derived": row.derived.as_ref().map(|derived| derived.told()),
    })
}
