//! Upon what was shown: an act that is done only if its thing is still as whoever acts last saw it.
//!
//! Two persons look at a permit, and one amends it; the other, who grants what
//! they saw, must not grant what is there now. So a look's answer has a digest,
//! and an act may name it: it is compared inside the sequencer, over the very
//! rows that the act changes, with what its show would answer to the same person.

use serde_json::{Value, json};
use words::act::{
    AgreementShow, AirlockShow, BucketShow, ClientShow, GrantShow, IssuerShow, PermitShow, PersonShow,
};
use words::{Deed, Reason, Refusal};

use crate::act::Scene;
use crate::show::Show;

/// SHA-256 of a look's answer.
pub type Digest = [u8; 32];

/// The digest of what a look answered.
pub fn digest(answer: &Value) -> Digest {
    seal::sha256(answer.to_string().as_bytes())
}

/// Refuses an act whose thing is not as it was.
pub async fn compare<D: Deed>(scene: &Scene<'_>, deed: &D, expected: Digest) -> Result<(), Refusal> {
    let fields = serde_json::to_value(deed).map_err(|_| Refusal::new(Reason::Unavailable))?;
    let noun = D::ACT.row().noun;
    let name = fields.get(noun).and_then(Value::as_str).ok_or_else(unfit)?;
    let project = fields.get("project").and_then(Value::as_str);
    match digest(&shown(scene, noun, name, project).await?) == expected {
        true => Ok(()),
        false => {
            Err(Refusal::with(Reason::PreconditionFailed, "it is not as you saw it: look again, then decide"))
        }
    }
}

fn unfit() -> Refusal {
    Refusal::with(Reason::NotOffered, "this act is not done upon something as it was shown")
}

/// What the show of one thing answers now.
async fn shown(scene: &Scene<'_>, noun: &str, name: &str, project: Option<&str>) -> Result<Value, Refusal> {
    let of = json!({ noun: name });
    let within = json!({ "project": project, noun: name });
    match noun {
        "agreement" => show::<AgreementShow>(scene, of).await,
        "client" => show::<ClientShow>(scene, of).await,
        "grant" => show::<GrantShow>(scene, of).await,
        "issuer" => show::<IssuerShow>(scene, of).await,
        "permit" => show::<PermitShow>(scene, of).await,
        "person" => show::<PersonShow>(scene, of).await,
        "airlock" => show::<AirlockShow>(scene, within).await,
        "bucket" => show::<BucketShow>(scene, within).await,
        _ => Err(unfit()),
    }
}

async fn show<D: Show>(scene: &Scene<'_>, fields: Value) -> Result<Value, Refusal> {
    let deed: D = serde_json::from_value(fields).map_err(|_| unfit())?;
    deed.show(scene).await
}
