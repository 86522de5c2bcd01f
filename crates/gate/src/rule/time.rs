//! What a policy does with the time: it may compare it with a date, and no more.
//!
//! What is remembered of answers stands on this. It reads policies in Cedar's
//! JSON form (Cedar Policy Language Reference, "JSON policy format").

use serde_json::Value;

const COMPARISONS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

/// WHY by name: to Cedar a moment is a number like a tier, and an answer is remembered until the next moment only.
const DATES: [&str; 5] = ["starts", "ends", "fetch_ends", "retained_until", "opened_until"];
/// Those of whoever asks.
const OWN_DATES: [&str; 2] = ["trained_until", "instructed_until"];

/// Whether every use of the context is a comparison of `context.now` with a date of the resource or of whoever asks.
pub(super) fn is_only_compared(policy: &Value) -> bool {
    match policy {
        Value::Object(fields) => {
            fields.get("Var") != Some(&Value::from("context"))
                && fields.iter().all(|(name, value)| is_comparison(name, value) || is_only_compared(value))
        }
        Value::Array(items) => items.iter().all(is_only_compared),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn is_comparison(name: &str, sides: &Value) -> bool {
    let (left, right) = (&sides["left"], &sides["right"]);
    let is_dated = (is_now(left) && is_date(right)) || (is_now(right) && is_date(left));
    COMPARISONS.contains(&name) && is_dated
}

fn is_now(side: &Value) -> bool {
    let of = &side["."];
    of["attr"] == "now" && of["left"]["Var"] == "context"
}

/// A date of the resource, or of a record within it; or one of whoever asks.
fn is_date(side: &Value) -> bool {
    let is_one_of = |dates: &[&str]| side["."]["attr"].as_str().is_some_and(|name| dates.contains(&name));
    let is_own = side["."]["left"]["Var"] == "principal";
    (is_one_of(&DATES) && is_of_resource(side)) || (is_one_of(&OWN_DATES) && is_own)
}

/// An attribute of the resource, or of a record within it.
fn is_of_resource(side: &Value) -> bool {
    let left = &side["."]["left"];
    left["Var"] == "resource" || (left.is_object() && is_of_resource(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(condition: &str) -> bool {
        let text = format!("permit (principal, action, resource) when {{ {condition} }};");
        let policy: cedar_policy::Policy = text.parse().unwrap();
        is_only_compared(&policy.to_json().unwrap())
    }

    #[test]
    fn the_time_is_compared_with_dates_of_the_resource() {
        assert!(is_allowed("context.now <= resource.permit.ends"));
        assert!(is_allowed("resource has permit && resource.permit.starts > context.now"));
        assert!(is_allowed("!(context.now == resource.ends)"));
        assert!(is_allowed("context.now <= resource.fetch_ends || resource.retained_until < context.now"));
        assert!(is_allowed("principal has trained_until && context.now <= principal.trained_until"));
    }

    #[test]
    fn the_time_is_used_for_nothing_else() {
        for condition in [
            "context.now + 30 <= resource.ends",
            "context.now <= resource.ends - 30",
            "context.now <= 1000",
            "context.now <= principal.ends",
            "context.now <= resource.trained_until",
            "context.now <= principal.credential.trained_until",
            "context.now < resource.project.tier",
            "resource.approvals != context.now",
            "context.now == resource.ends.tier",
            "context.now <= resource",
            "context has now",
            "context == resource.context",
            "[context.now].contains(resource.ends)",
            "if context.now == 5 then true else false",
        ] {
            assert!(!is_allowed(condition), "{condition}");
        }
    }
}
