//! `epic share`: a holder's own part in opening split keys. Secrets stay here.

use clap::ArgMatches;
use region::noun::gift;
use serde_json::json;
use words::Act;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::world::SystemRand;
use crate::{ask, print};

/// `key` or `give`.
pub fn run(verb: &str, matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let own = gift::share_key_of(&settings.seed()?)?;
    if verb == "key" {
        let key = gift::text(&own);
        return match settings.is_json {
            true => print::out(&format!("{}\n", json!({ "key": key }))),
            false => print::out(&format!("{key}\n")),
        };
    }
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let project = text("project").unwrap_or_default();
    let client = settings.client()?;
    let answer = ask::wait(async {
        let shown = client.perform(Act::KeyShow, &json!({ "project": project })).await?;
        let gift = gift::gift(&shown.answer, &own, &SystemRand)?;
        let fields =
            json!({ "project": project, "call": gift.call, "share": gift.share, "reason": text("reason") });
        Ok(client.perform(Act::KeyGive, &fields).await?)
    })?;
    print::answer(&answer, settings)
}
