//! Where notices reach a person: said by themselves alone.

use std::net::{IpAddr, Ipv6Addr};

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::{Value, json};
use words::act::PersonReach;
use words::network::is_public;
use words::noun::{Noun, Person};
use words::{Actor, Id, Reason, Refusal};

use super::ReachRow;
use crate::Region;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::noun::person::{self, PersonRow, PersonalRow};
use crate::noun::role;

/// WHY: a name of DNS is no longer.
const HOST_CHARS_MAX: usize = 253;
/// WHY: addresses that carry a token of the receiver's are a few hundred characters long.
const WEBHOOK_CHARS_MAX: usize = 1_024;

const ON: &str = "on";
const OFF: &str = "off";

/// Where notices reach somebody, as they are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// They want mail; whether there is a relay is the operator's to say.
    pub has_mail: bool,
    pub webhook: Option<String>,
}

impl From<ReachRow> for Reach {
    fn from(row: ReachRow) -> Self {
        Self { has_mail: !row.is_mute, webhook: row.webhook }
    }
}

impl Reach {
    fn told(&self) -> Value {
        let mail = if self.has_mail { ON } else { OFF };
        json!({ "mail": mail, "webhook": self.webhook.as_deref().unwrap_or(OFF) })
    }
}

pub(super) async fn reach_of(draft: &Draft, person: Id<Person>) -> Result<Reach, Refusal> {
    let row: Option<ReachRow> = draft.row(&person.to_bytes()).await?;
    Ok(row.unwrap_or_default().into())
}

impl Region {
    /// Where notices reach whoever acts.
    pub async fn reach(&self, actor: &Actor) -> Result<Reach, Refusal> {
        reach_of(&self.root().view().await?, actor.person).await
    }
}

#[async_trait]
impl Judged for PersonReach {
    /// Whoever acts, and nobody else.
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let row: PersonRow = scene.root.known(&scene.actor.person.to_bytes()).await?;
        person::target(scene, &row, &role::signed_for(scene.root).await?).await
    }
}

#[async_trait]
impl Rule for PersonReach {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        if self.mail.is_none() && self.webhook.is_none() {
            return Err(Refusal::with(Reason::Invalid, "say by what: `--mail` or `--webhook`"));
        }
        let id = frame.actor.person;
        let row: Option<ReachRow> = draft.row(&id.to_bytes()).await?;
        let mut row = row.unwrap_or_default();
        match self.mail.as_deref() {
            None => {}
            Some(ON) => row.is_mute = false,
            Some(OFF) => row.is_mute = true,
            Some(_) => return Err(Refusal::with(Reason::Invalid, "mail is `on` or `off`")),
        }
        match self.webhook.as_deref() {
            None => {}
            Some(OFF) => row.webhook = None,
            Some(url) => row.webhook = Some(webhook(url)?),
        }
        draft.put_in(PersonalRow::seal(id), &id.to_bytes(), &row)?;
        Ok(Outcome::of(Noun::Person, id).within(id.cast()).saying(Reach::from(row).told()))
    }
}

/// An address that notices may be sent to, as far as it can be seen in it: where its name leads is looked at when one
/// is sent. INVARIANT: what is taken here can be sent to; who sends reads addresses no more generously.
///
/// WHY loopback is no fault here: on one's own machine a region and what hears of it are neighbours; a region that others
/// reach sends nothing there.
fn webhook(url: &str) -> Result<String, Refusal> {
    let wrong = || Refusal::with(Reason::Invalid, "a webhook is an address as `https://hooks.example/epic`");
    let is_plain = |c: char| c.is_ascii_graphic() && !"#<>\"\\^`{|}@".contains(c);
    if url.len() > WEBHOOK_CHARS_MAX || !url.chars().all(is_plain) {
        return Err(wrong());
    }
    let (is_secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(wrong()),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = host_and_port(authority).ok_or_else(wrong)?;
    let address: Option<IpAddr> = host.parse().ok();
    let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    // WHY a port here: a neighbour on this machine is one of many.
    if (!is_secure && !is_here) || (is_here && port.is_none()) {
        return Err(wrong());
    }
    // WHY digits: `0x7f.1` and `2130706433` are addresses to some resolvers, and names to nobody.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = address.is_none() && last.starts_with(|c: char| c.is_ascii_digit());
    if is_number || address.is_some_and(|address| !address.is_loopback() && !is_public(address)) {
        return Err(Refusal::with(
            Reason::Invalid,
            "a webhook lies on the internet, not on a network of its own",
        ));
    }
    Ok(url.to_owned())
}

/// Of `host`, `host:443` or `[::1]:443`.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once("]:")?;
            (host.parse::<Ipv6Addr>().is_ok().then_some(host)?, Some(port))
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            (is_name(host).then_some(host)?, port)
        }
    };
    let Some(port) = port else { return Some((host, None)) };
    let port = if port.bytes().all(|byte| byte.is_ascii_digit()) { port.parse::<u16>().ok()? } else { 0 };
    (port > 0).then_some((host, Some(port)))
}

fn is_name(host: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !host.is_empty() && host.len() <= HOST_CHARS_MAX && host.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: nobody makes the region speak to what lies inside. Method: what looks like an address and is none, or not a public one.
    #[test]
    fn a_webhook_lies_on_the_internet() {
        for (url, expected) in [
            ("https://hooks.example/epic", true),
            ("https://hooks.example", true),
            ("https://hooks.example:8443/a?token=b", true),
            ("https://hooks.example/?token=b", true),
            ("https://[2606:4700::1111]:443/", true),
            ("https://1.1.1.1/", true),
            ("http://127.0.0.1:4000/hook", true),
            ("http://localhost:4000/hook", true),
            ("http://[::1]:4000/hook", true),
            ("https://[2606:4700::1111]/", false),
            ("https://[fe80::1%1]:443/", false),
            ("https://hooks_a.example/", false),
            ("https://hooks.example?token=b", false),
            ("http://127.0.0.1/hook", false),
            ("http://localhost/hook", false),
            ("http://[::1]/hook", false),
            ("https://localhost/hook", false),
            ("http://127.0.0.1:+4000/hook", false),
            ("https://hooks.example:/", false),
            ("http://hooks.example/epic", false),
            ("https://169.254.169.254/latest/meta-data", false),
            ("http://169.254.169.254/latest/meta-data", false),
            ("https://10.0.0.1/", false),
            ("https://192.168.1.1:8443/", false),
            ("https://172.16.3.4/", false),
            ("https://[fd00:ec2::254]/", false),
            ("https://[::ffff:10.0.0.1]/", false),
            ("https://0.0.0.0/", false),
            ("https://2130706433/", false),
            ("https://0x7f000001/", false),
            ("https://10.1/", false),
            ("https://somebody@hooks.example/", false),
            ("https://hooks.example/\r\nHost: inside", false),
            ("https://hooks.example /", false),
            ("https://hooks.example:0/", false),
            ("https://hooks.example:99999/", false),
            ("https:///epic", false),
            ("https://[::1", false),
            ("ftp://hooks.example/", false),
            ("javascript:alert(1)", false),
            ("hooks.example", false),
            ("", false),
        ] {
            assert_eq!(webhook(url).is_ok(), expected, "{url}");
        }
        assert!(webhook(&format!("https://hooks.example/{}", "a".repeat(1_024))).is_err());
    }
}
