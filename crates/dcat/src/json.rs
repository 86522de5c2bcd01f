//! JSON whose members are in order, whatever else is built beside us.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Members sorted by name.
///
/// WHY: a feature of `serde_json` that any crate of the build may turn on keeps members as they came; sorted first, both
/// ways write the same bytes.
pub(crate) fn object<'k>(members: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let sorted: BTreeMap<&str, Value> = members.into_iter().collect();
    let mut map = Map::new();
    for (name, value) in sorted {
        map.insert(name.to_owned(), value);
    }
    Value::Object(map)
}

pub(crate) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}
