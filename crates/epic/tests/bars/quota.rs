//! A quota by command: the operator sets it, whoever works in the project sees it, and a file too large is refused.

use crate::kit::House;

#[test]
fn a_quota_is_set_shown_and_kept() {
    let house = House::agreed();
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    let desk = house.desk();
    std::fs::write(house.path("plain"), vec![7; 1_000]).unwrap();
    let put = |key: &str| {
        let inside = ["--inside", "--access-key", &desk.id, "object", "put"];
        let object = ["--project", "planet", "--bucket", "results", "--key", key, "--file", "plain"];
        house.by("rita", &[&inside[..], &object].concat())
    };
    let quota = ["project", "quota", "planet", "--bytes", "1500", "--objects", "9"];
    assert_eq!(house.by("carla", &quota).code, 3, "the controller asks the operator");
    house.done("olga", &quota);
    assert_eq!(put("a").code, 0);
    let full = put("b");
    assert_eq!(full.code, 3, "{}", full.err);
    assert!(full.err.contains("the project's quota is used up"), "{}", full.err);
    assert!(full.err.contains("hint: delete what is not needed"), "{}", full.err);
    let shown = house.done("carla", &["--json", "project", "show", "planet"]).json();
    assert_eq!(shown["answer"][0]["used"], serde_json::json!({ "bytes": 1_000, "objects": 1 }));
    assert_eq!(shown["answer"][0]["quota"], serde_json::json!({ "bytes": 1_500, "objects": 9 }));
    let text = house.done("carla", &["project", "show", "planet"]).out;
    assert!(text.contains("1000") && text.contains("1500"), "{text}");
    house.done("olga", &["project", "quota", "planet"]);
    assert_eq!(put("b").code, 0, "no quota, no bound");
}
