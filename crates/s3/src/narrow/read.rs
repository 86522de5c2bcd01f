//! Reads a session policy: a part of IAM's language, every other word of which is refused by its name.
//!
//! WHY so strict: a word that is left out of account is a bound that somebody believes in.
//! SPEC: IAM, "Grammar of the IAM JSON policy language".

use std::net::IpAddr;

use region::noun::grant::Network;
use words::{Reason, Refusal};

use super::needs::ACTIONS;
use super::pattern::fits;
use super::policy::{Condition, Effect, Policy, Statement};
use super::tree::Tree;

/// WHY: AWS takes no longer one (AssumeRoleWithWebIdentity, `Policy`).
pub const POLICY_CHARS_MAX: usize = 2_048;
/// WHY: each is asked for each thing that a request does.
pub const STATEMENTS_MAX: usize = 10;
/// Begins what a refusal says of a policy, so that it is told in the words of this service.
pub const ABOUT: &str = "session policy: ";
/// WHY: what somebody wrote is told back to them, but not all of it.
const TOLD_CHARS_MAX: usize = 64;
/// Actions that a listing's prefix can be a condition of.
const LISTINGS: [&str; 2] = ["listbucket", "listbucketversions"];

pub fn read(text: &str) -> Result<Policy, Refusal> {
    if text.chars().count() > POLICY_CHARS_MAX {
        let says = format!("{ABOUT}it has at most {POLICY_CHARS_MAX} characters");
        return Err(Refusal::with(Reason::TooLarge, says));
    }
    let tree = serde_json::from_str::<Tree>(text).map_err(|_| wrong("it is no JSON"))?;
    let [version, statement] = fields(tree, "it", ["Version", "Statement"])?;
    match version {
        // They differ in variables alone, which are refused.
        Some(Tree::Text(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
        None => {}
        Some(_) => return Err(wrong("`Version` is \"2012-10-17\"")),
    }
    let statements = match statement {
        Some(Tree::List(all)) => all,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    if statements.is_empty() || statements.len() > STATEMENTS_MAX {
        return Err(wrong(&format!("`Statement` is 1 to {STATEMENTS_MAX} statements")));
    }
    Ok(Policy { statements: statements.into_iter().map(statement_of).collect::<Result<_, _>>()? })
}

fn statement_of(tree: Tree) -> Result<Statement, Refusal> {
    let names = ["Sid", "Effect", "Action", "Resource", "Condition"];
    let [sid, effect, action, resource, condition] = fields(tree, "a statement", names)?;
    if sid.is_some_and(|sid| !matches!(sid, Tree::Text(_))) {
        return Err(wrong("`Sid` is a text"));
    }
    let effect = match effect {
        Some(Tree::Text(text)) if text == "Allow" => Effect::Allow,
        Some(Tree::Text(text)) if text == "Deny" => Effect::Deny,
        _ => return Err(wrong("`Effect` is \"Allow\" or \"Deny\"")),
    };
    let actions =
        texts(action, "Action")?.iter().map(|text| action_of(text)).collect::<Result<Vec<_>, _>>()?;
    let resources =
        texts(resource, "Resource")?.iter().map(|text| resource_of(text)).collect::<Result<_, _>>()?;
    let conditions = match condition {
        Some(condition) => conditions_of(condition, &actions)?,
        None => Vec::new(),
    };
    Ok(Statement { effect, actions, resources, conditions })
}

/// SPEC: IAM, "Action": letters count alike, small or not.
fn action_of(text: &str) -> Result<String, Refusal> {
    let small = text.to_ascii_lowercase();
    let pattern = if small == "*" { "*" } else { small.strip_prefix("s3:").unwrap_or_default() };
    // WHY one at least: a denial of what does not exist denies nothing.
    let is_known = ACTIONS.iter().any(|own| fits(pattern, &own.to_ascii_lowercase()));
    if is_known { Ok(pattern.to_owned()) } else { Err(not_offered(text)) }
}

fn resource_of(text: &str) -> Result<String, Refusal> {
    refuse_variables(text)?;
    let pattern = if text == "*" { "*" } else { text.strip_prefix("arn:aws:s3:::").unwrap_or_default() };
    if pattern.is_empty() { Err(not_offered(text)) } else { Ok(pattern.to_owned()) }
}

fn conditions_of(tree: Tree, actions: &[String]) -> Result<Vec<Condition>, Refusal> {
    let names = ["IpAddress", "NotIpAddress", "StringEquals", "StringLike"];
    let [inside, outside, exact, like] = fields(tree, "`Condition`", names)?;
    let mut all = Vec::new();
    for (tree, is_inside) in [(inside, true), (outside, false)] {
        let Some(tree) = tree else { continue };
        let networks = values(tree, "aws:SourceIp")?;
        networks.iter().try_for_each(|text| network(text))?;
        all.push(if is_inside { Condition::From(networks) } else { Condition::NotFrom(networks) });
    }
    for (tree, is_exact) in [(exact, true), (like, false)] {
        let Some(tree) = tree else { continue };
        let prefixes = values(tree, "s3:prefix")?;
        prefixes.iter().try_for_each(|text| refuse_variables(text))?;
        refuse_beside_listings(actions)?;
        all.push(if is_exact { Condition::PrefixIs(prefixes) } else { Condition::PrefixLike(prefixes) });
    }
    if all.is_empty() { Err(wrong("`Condition` has a condition")) } else { Ok(all) }
}

/// The values of the one key that an operator is offered with.
fn values(tree: Tree, key: &str) -> Result<Vec<String>, Refusal> {
    let Tree::Map(pairs) = tree else {
        return Err(wrong(&format!("a condition is {{ \"{key}\": .. }}")));
    };
    let mut found = None;
    for (name, value) in pairs {
        // SPEC: IAM, "Condition": names of keys count alike, small letters or not.
        if !name.eq_ignore_ascii_case(key) {
            return Err(not_offered(&name));
        }
        if found.replace(value).is_some() {
            return Err(twice(&name));
        }
    }
    texts(found, key)
}

fn network(text: &str) -> Result<(), Refusal> {
    let says = "`aws:SourceIp` is an address or a network, as 192.0.2.0/24 or 2001:db8::/32";
    let address: IpAddr = text.split('/').next().unwrap_or_default().parse().map_err(|_| wrong(says))?;
    // WHY: requests come with the address of version 4 that lies in it, and would never be inside.
    if address.to_canonical() != address {
        return Err(wrong("`aws:SourceIp` writes an address of version 4 as one"));
    }
    text.parse::<Network>().map(drop).map_err(|_| wrong(says))
}

/// WHY: other actions know no prefix, so that a denial of theirs would deny nothing.
fn refuse_beside_listings(actions: &[String]) -> Result<(), Refusal> {
    let known = || ACTIONS.iter().map(|own| own.to_ascii_lowercase());
    let is_listing = |pattern: &String| {
        known().filter(|own| fits(pattern, own)).all(|own| LISTINGS.contains(&own.as_str()))
    };
    match actions.iter().all(is_listing) {
        true => Ok(()),
        false => Err(wrong("`s3:prefix` is a condition of s3:ListBucket and s3:ListBucketVersions alone")),
    }
}

fn refuse_variables(text: &str) -> Result<(), Refusal> {
    if text.contains("${") { Err(not_offered(text)) } else { Ok(()) }
}

/// The fields of an object, each once and none but these.
fn fields<const N: usize>(tree: Tree, of: &str, names: [&str; N]) -> Result<[Option<Tree>; N], Refusal> {
    let Tree::Map(pairs) = tree else {
        return Err(wrong(&format!("{of} is an object")));
    };
    let mut found = std::array::from_fn(|_| None);
    for (name, value) in pairs {
        let place = names.iter().position(|own| *own == name).and_then(|at| found.get_mut(at));
        if place.ok_or_else(|| not_offered(&name))?.replace(value).is_some() {
            return Err(twice(&name));
        }
    }
    Ok(found)
}

/// One text or several.
fn texts(tree: Option<Tree>, name: &str) -> Result<Vec<String>, Refusal> {
    let wrong = || wrong(&format!("`{name}` is a text, or a list of texts"));
    let all = match tree {
        Some(Tree::List(all)) if !all.is_empty() => all,
        Some(one) => vec![one],
        None => return Err(wrong()),
    };
    let text = |one| if let Tree::Text(text) = one { Ok(text) } else { Err(wrong()) };
    all.into_iter().map(text).collect()
}

fn wrong(says: &str) -> Refusal {
    Refusal::with(Reason::Invalid, format!("{ABOUT}{says}"))
}

fn twice(name: &str) -> Refusal {
    wrong(&format!("`{}` is there twice", told(name)))
}

fn not_offered(name: &str) -> Refusal {
    Refusal::with(Reason::NotOffered, format!("{ABOUT}`{}`", told(name)))
}

fn told(name: &str) -> String {
    name.chars().take(TOLD_CHARS_MAX).collect()
}
