//! What is told of snapshots, to either side: where data came from, where they went, what became of them.

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::{Value, json};
use words::act::SnapshotShow;
use words::noun::{Agreement, Organisation, Project};
use words::{Id, Refusal};

use crate::act::{Judged, Scene};
use crate::facts::{self, Projects};
use crate::noun::agreement::AgreementRow;
use crate::noun::organisation::OrganisationRow;
use crate::noun::permit::{self, PermitRow};
use crate::noun::project::ProjectRow;
use crate::show::Show;
use crate::snapshot::SnapshotRow;

impl SnapshotRow {
    fn state(&self, permit: &PermitRow, now: words::Timestamp) -> String {
        match self {
            Self { erased_at: Some(_), .. } => "erased".to_owned(),
            Self { closed: Some(closed), .. } => format!("closed: {}", closed.why.text()),
            Self { whole: None, .. } => "under way".to_owned(),
            Self { .. } if now > permit.span().ends => "over: to be erased".to_owned(),
            Self { .. } => "whole".to_owned(),
        }
    }
}

#[async_trait]
impl Judged for SnapshotShow {
    /// Anyone signed in may look; the rows are chosen for them.
    async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
        Ok(Target::Region)
    }
}

#[async_trait]
impl Show for SnapshotShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let (mut shown, mut projects) = (Vec::new(), Projects::default());
        for (_, row) in scene.root.all::<SnapshotRow>(&[]).await? {
            let is_wanted = self.snapshot.as_ref().is_none_or(|text| *text == row.id.to_string());
            if !is_wanted {
                continue;
            }
            let permit = row.permit(scene.root).await?;
            let agreement: Option<AgreementRow> =
                scene.root.row(&crate::row::pair::<Project, Agreement>(row.home, row.scope.cast())).await?;
            if is_seen(scene, &mut projects, &row, &permit, agreement.as_ref()).await? {
                let provider = agreement.map(|agreement| agreement.provider);
                shown.push(told(scene, &row, &permit, provider).await?);
            }
        }
        Ok(Value::Array(shown))
    }
}

/// Whether the rules show it to the actor as one of the study, or as one of the home; of the home's providers
/// only to the one whose data they are.
async fn is_seen(
    scene: &Scene<'_>,
    projects: &mut Projects,
    row: &SnapshotRow,
    permit: &PermitRow,
    agreement: Option<&AgreementRow>,
) -> Result<bool, Refusal> {
    let study = permit::target(projects.of(scene, row.study).await?, permit);
    let around = facts::around_without_providers(scene, row.study).await?;
    if scene.region.may_see_at::<SnapshotShow>(scene, study, Some(around)).await? {
        return Ok(true);
    }
    let Some(agreement) = agreement else { return Ok(false) };
    let home = permit::target(projects.of(scene, row.home).await?, permit);
    let around = facts::around_grant(scene, agreement).await?;
    scene.region.may_see_at::<SnapshotShow>(scene, home, Some(around)).await
}

async fn told(
    scene: &Scene<'_>,
    row: &SnapshotRow,
    permit: &PermitRow,
    provider: Option<Id<Organisation>>,
) -> Result<Value, Refusal> {
    let alias = |project: Option<ProjectRow>| project.map(|project| project.alias);
    let provider: Option<OrganisationRow> = match provider {
        Some(id) => scene.root.row(&id.to_bytes()).await?,
        None => None,
    };
    let whole = row.whole.as_ref();
    Ok(json!({
        "snapshot": row.id.to_string(),
        "state": row.state(permit, scene.now),
        "permit": permit.alias,
        "home": alias(scene.root.row(&row.home.to_bytes()).await?),
        "provider": provider.map(|provider| provider.alias),
        "study": alias(scene.root.row(&row.study.to_bytes()).await?),
        "bucket": row.bucket(),
        "asked": row.asked_at,
        "as_of": whole.map(|whole| format!("{}:{}", row.home, whole.as_of)),
        "left": whole.map(|whole| format!("{}:{}", row.home, whole.left)),
        "arrived": whole.map(|whole| format!("{}:{}", row.study, whole.arrived)),
        "objects": whole.map(|whole| whole.objects),
        "bytes": whole.map(|whole| whole.bytes),
        "ends": permit.span().ends,
        "closed": row.closed.as_ref().map(|closed| closed.at),
        "erased": row.erased_at,
    }))
}
