//! boto3, awscli and rclone take a session by configuration alone, and take the next when it ends.

use std::path::Path;

use super::Institute;
use crate::clients::Ran;
use crate::kit::{Door, need};

/// WHY: the region's own lower bound of a session.
const SHORTEST: &str = "60";

fn ran(command: &mut std::process::Command) -> Ran {
    Ran::of(command)
}

#[test]
fn boto3_works_with_a_token_and_goes_on_past_the_end_of_a_session() {
    let Some(python) = need::python("boto3") else { return };
    let Some(institute) = Institute::new() else { return };
    let script = script();
    let token = institute.provider.sign_in("rita", "epic", true);
    ran(&mut institute.client(&python, &[&script, "work"], Door::Inside, &token)).done();
    // Tier 2 is not worked on from outside, however one signed in.
    ran(&mut institute.client(&python, &[&script, "work"], Door::Outside, &token)).refused("place_outside");
    let weak = institute.provider.sign_in("rita", "epic", false);
    ran(&mut institute.client(&python, &[&script, "work"], Door::Inside, &weak))
        .refused("second_factor_missing");
    // SDKs ask for the next session once less than ten minutes are left: here at every request.
    institute.trust("otp", SHORTEST);
    institute.adopt();
    let token = institute.fresh("rita");
    let refreshed = ran(&mut institute.client(&python, &[&script, "refresh"], Door::Inside, &token)).done();
    let keys: Vec<_> = refreshed.out.lines().collect();
    assert!(keys.len() >= 2 && keys[0] != keys[1], "{}", refreshed.out);
}

#[test]
fn awscli_works_with_a_token() {
    let Some(aws) = need::program("aws") else { return };
    let Some(institute) = Institute::new() else { return };
    let token = institute.provider.sign_in("rita", "epic", true);
    let run = |args: &[&str]| ran(&mut institute.client(&aws, args, Door::Inside, &token));
    institute.file("told.csv", "told\n");
    run(&["s3", "cp", "told.csv", "s3://results/told.csv"]).done();
    assert!(run(&["s3", "ls", "s3://results/"]).done().out.contains("told.csv"));
    let identity = run(&["sts", "get-caller-identity"]).done();
    assert!(
        identity.out.contains("assumed-role/member/") && !identity.out.contains("rita"),
        "{}",
        identity.out
    );
    // A session of a session, as scripts take it; it reaches as far, not further.
    let session = run(&["sts", "get-session-token", "--duration-seconds", "900"]).done();
    let session: serde_json::Value = serde_json::from_str(&session.out).unwrap();
    let text = |name: &str| session["Credentials"][name].as_str().unwrap().to_owned();
    let mut again = institute.client(&aws, &["s3", "ls", "s3://results/"], Door::Inside, &token);
    again.env_remove("AWS_ROLE_ARN").env_remove("AWS_WEB_IDENTITY_TOKEN_FILE");
    again.env("AWS_ACCESS_KEY_ID", text("AccessKeyId")).env("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey"));
    let with_token = again.env("AWS_SESSION_TOKEN", text("SessionToken"));
    assert!(ran(with_token).done().out.contains("told.csv"));
    ran(again.env_remove("AWS_SESSION_TOKEN")).refused("[unauthenticated]");
    // A link made in a session carries its ticket, and ends with it.
    let config = institute.file("v4.conf", "[default]\ns3 =\n  signature_version = s3v4\n");
    let presign = ["s3", "presign", "s3://results/told.csv", "--expires-in", "300"];
    let mut presign = institute.client(&aws, &presign, Door::Inside, &token);
    let link = ran(presign.env("AWS_CONFIG_FILE", config)).done().out;
    let fetched = std::process::Command::new("curl").args(["-s", link.trim()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&fetched.stdout), "told\n");
}

#[test]
fn rclone_works_with_a_profile_alone() {
    let (Some(rclone), Some(python)) = (need::tool("rclone"), need::python("boto3")) else { return };
    let Some(institute) = Institute::new() else { return };
    let token = institute.provider.sign_in("rita", "epic", true);
    // WHY lent by another program: Debian's rclone is older than the setting for where sessions are asked for.
    let (url, file) = (institute.house.s3_url(Door::Inside), institute.file("token", &token));
    let told = format!(
        "AWS_ROLE_ARN={} AWS_WEB_IDENTITY_TOKEN_FILE={} AWS_ENDPOINT_URL_STS={url} AWS_DEFAULT_REGION=us-east-1",
        super::ROLE,
        file.display()
    );
    let lends =
        format!("env -u AWS_PROFILE -u AWS_CONFIG_FILE {told} {} {} lend", python.display(), script());
    let profile = format!("[profile desk]\nregion = us-east-1\ncredential_process = {lends}\n");
    let profile = institute.file("aws.conf", &profile);
    let remote = format!(
        "[desk]\ntype = s3\nprovider = Other\nenv_auth = true\nendpoint = {url}\nregion = us-east-1\n"
    );
    let remote = institute.file("rclone.conf", &remote).display().to_string();
    let run = |args: &[&str]| {
        let all = [&["--config", &remote][..], args].concat();
        let mut command = institute.client(&rclone, &all, Door::Inside, &token);
        for name in
            ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"]
        {
            command.env_remove(name);
        }
        command.env("AWS_CONFIG_FILE", &profile).env("AWS_PROFILE", "desk").env("AWS_SDK_LOAD_CONFIG", "1");
        ran(&mut command)
    };
    institute.file("told.csv", "told\n");
    run(&["copyto", "told.csv", "desk:results/told.csv"]).done();
    assert_eq!(run(&["cat", "desk:results/told.csv"]).done().out, "told\n");
}

fn script() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people/session.py").display().to_string()
}
