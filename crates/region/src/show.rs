//! Looking: acts that change nothing, judged like all others and recorded soon after.

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::Value;
use words::{Actor, Refusal};

use crate::Region;
use crate::act::{Judged, Scene};
use crate::cell::Cell;
use crate::cell::step::Done;

/// A deed that only looks.
#[async_trait]
pub trait Show: Judged {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal>;
}

impl Region {
    /// Looks at committed rows. What one may not know of is not in the answer.
    pub async fn look<D: Show>(&self, actor: &Actor, deed: &D, cell: Option<&Cell>) -> Result<Done, Refusal> {
        let allowed = self.allow(actor, deed, cell).await?;
        let root = self.root().view().await?;
        let rows = match cell {
            Some(cell) => Some(cell.view().await?),
            None => None,
        };
        let scene = Scene { region: self, actor, root: &root, cell: rows.as_ref(), now: self.now() };
        let answer = deed.show(&scene).await?;
        self.observe(&allowed, String::new(), cell.unwrap_or(self.root()))?;
        Ok(Done { leaf: None, answer })
    }
}

/// Acts whose target is the region itself: policy asks for a duty there, or the rows are chosen for whoever looks.
macro_rules! judged_by_house {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for words::act::$deed {
        async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
            Ok(Target::Region)
        }
    })* };
}

judged_by_house! {
    AccountShow OrganisationShow TenantShow PersonShow AgreementShow ProjectShow PermitShow GrantShow CredentialShow CheckRun CheckShow
        CheckRecord WitnessAdd WitnessRemove WitnessFollow WitnessLeave WitnessShow
        IssuerTrust IssuerDistrust IssuerShow AuthorityTrust AuthorityUpdate AuthorityDistrust AuthorityShow ClientRegister ClientRemove ClientShow
}

/// Acts whose target is the project that they name.
macro_rules! judged_by_project {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for words::act::$deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let project = crate::noun::project::find(scene.root, &self.project).await?;
            crate::facts::project(scene, project.id).await.map(Target::Project)
        }
    })* };
}

judged_by_project! {
    AirlockShow BucketCreate BucketShow DatasetDescribe DatasetDrop DatasetMap ExitShow ProjectQuota
    PseudonymReverse RuleSet RuleDrop RuleTest RuleShow
}
