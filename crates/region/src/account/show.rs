//! How persons sign in here, told to themselves and to whoever helps them.

use async_trait::async_trait;
use serde_json::{Value, json};
use words::Refusal;
use words::act::AccountShow;

use super::AccountRow;
use crate::act::Scene;
use crate::noun::person::{self, PersonRow};
use crate::noun::role;
use crate::show::Show;

#[async_trait]
impl Show for AccountShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let signed_for = role::signed_for(scene.root).await?;
        let mut shown = Vec::new();
        for (_, row) in scene.root.all::<PersonRow>(&[]).await? {
            let is_wanted =
                self.account.as_ref().is_none_or(|text| *text == row.alias || *text == row.id.to_string());
            let target = person::target(scene, &row, &signed_for).await?;
            if is_wanted && scene.region.may_see::<Self>(scene, target).await? {
                shown.push(told(scene, &row, &AccountRow::of(scene.root, row.id).await?));
            }
        }
        Ok(Value::Array(shown))
    }
}

/// WHY no more of a passkey than its name: nobody needs it, and it tells devices.
fn told(scene: &Scene<'_>, person: &PersonRow, account: &AccountRow) -> Value {
    let waits = account.open_at(scene.now).map(|opening| match (opening.is_recovery, opening.approved_by) {
        (false, _) => "invited",
        (true, None) => "recovery asked",
        (true, Some(_)) => "recovery approved",
    });
    json!({
        "account": person.alias,
        "id": person.id.to_string(),
        "password_since": account.password.as_ref().map(|password| password.at),
        "passkeys": account.passkeys.iter().map(|passkey| passkey.label.clone()).collect::<Vec<_>>(),
        "waits": waits,
        "ends": account.open_at(scene.now).map(|opening| opening.ends),
    })
}
