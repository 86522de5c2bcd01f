//! An S3 web application, in a browser, by configuration alone.

use serde_json::json;

use super::{browse, free_port};
use crate::kit::{Door, House, day, need};

// Goal: who registers a program needs no more for its page to sign people in and work on S3. Method: a static page of
// another origin, of oidc-client-ts and AWS's SDK, in Chromium; and one that nobody registered.
#[test]
fn a_page_of_another_origin_works_on_s3() {
    for module in
        ["oidc-client-ts", "@aws-sdk/client-s3", "@aws-sdk/client-sts", "@aws-sdk/lib-storage", "esbuild"]
    {
        if need::node(module).is_none() {
            return;
        }
    }
    let house = House::agreed();
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    let here = house.ready["acts"].as_str().unwrap().replace("127.0.0.1", "localhost");
    let (issuer, port) = (format!("{here}/issuer"), free_port());
    let trust = ["--json", "issuer", "trust", "house", "--url", &issuer, "--audiences", "epic"];
    let terms = ["--claim", "preferred_username", "--factors", "mfa", "--client", "epic"];
    let trusted = house.done("olga", &[&trust[..], &terms].concat()).json();
    let terms = trusted["answer"]["terms"].as_str().unwrap();
    house.done("sergio", &["issuer", "adopt", "house", "--organisation", "iss", "--terms", terms]);
    let back = format!("http://127.0.0.1:{port}/");
    house.done("olga", &["client", "register", "lab", "--returns", &back, "--kind", "s3"]);
    let hub = "https://hub.example/back";
    house.done("olga", &["client", "register", "hub", "--returns", hub, "--kind", "secret"]);
    let enrol =
        ["person", "enrol", "nora", "--name", "Nora", "--email", "nora@iss.example", "--organisation", "iss"];
    house.done("sergio", &enrol);
    house.role("carla", "nora", "researcher", "planet");
    house.teach("nora", "planet");
    house.permit("permit-nora", "planet", "nora", &day(90));
    let invited = house.done("sergio", &["--json", "account", "invite", "nora"]).json();
    let more = json!({
        "here": here, "issuer": issuer, "code": invited["answer"]["code"], "person": "nora", "port": port,
        "s3": house.s3_url(Door::Inside),
    });
    browse("lab", &house, true, &more);
}
