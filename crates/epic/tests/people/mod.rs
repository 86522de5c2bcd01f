//! People who sign in at an identity provider that nobody here wrote, and work through stock clients.

mod acts;
mod described;
mod every;
mod fetched;
mod hub;
mod narrow;
mod provider;
mod refused;
mod revoked;
mod stock;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::kit::call::Answer;
use crate::kit::{Call, Door, House, block_on, now};
pub use provider::Provider;

const ROLE: &str = "arn:epic:iam::planet:role/member";
const FORM: &str = "application/x-www-form-urlencoded";

/// A region up with PLANET at tier 2, whose ISS lets the provider speak for its persons; rita reads under a permit.
pub struct Institute {
    pub house: House,
    pub provider: Provider,
}

impl Institute {
    /// None where the provider cannot run.
    pub fn new() -> Option<Self> {
        let provider = Provider::start()?;
        let house = House::agreed();
        house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
        let institute = Self { house, provider };
        institute.trust("otp", "3600");
        institute.adopt();
        Some(institute)
    }

    pub fn trust(&self, factor: &str, seconds: &str) {
        let url = self.provider.url();
        let mut args = vec!["issuer", "trust", "iam", "--url", &url, "--audiences", "epic"];
        args.extend([
            "--claim",
            "preferred_username",
            "--groups",
            "groups",
            "--factors",
            factor,
            "--seconds",
            seconds,
            "--client",
            "epic",
        ]);
        self.house.done("olga", &args);
    }

    pub fn adopt(&self) {
        let terms = self.terms();
        self.house.done("sergio", &["issuer", "adopt", "iam", "--organisation", "iss", "--terms", &terms]);
    }

    /// What a signatory reads before they adopt.
    pub fn terms(&self) -> String {
        let shown = self.house.done("sergio", &["--json", "issuer", "show", "iam"]).json();
        shown["answer"][0]["terms"].as_str().unwrap().to_owned()
    }

    /// Somebody's token that is younger than all that was done before.
    pub fn fresh(&self, who: &str) -> String {
        // WHY a second: tokens tell no less of when they were made.
        self.house.wait_past(now().plus_ms(1_000));
        self.provider.sign_in(who, "epic", true)
    }

    /// A form posted to a door by nobody in particular.
    pub fn ask(&self, door: Door, form: &[(&str, &str)]) -> Answer {
        let body: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let call = Call::new("POST", "/", body.join("&").as_bytes()).with("content-type", FORM);
        block_on(call.send(self.house.s3_address(door)))
    }

    /// What a session is asked for with.
    pub fn session(&self, door: Door, token: &str) -> Answer {
        self.ask(
            door,
            &[
                ("Action", "AssumeRoleWithWebIdentity"),
                ("Version", "2011-06-15"),
                ("RoleArn", ROLE),
                ("RoleSessionName", "desk"),
                ("WebIdentityToken", token),
            ],
        )
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.house.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A client that knows nothing but where the doors are, who vouches, and which role to take.
    pub fn client(&self, program: &std::path::Path, args: &[&str], door: Door, token: &str) -> Command {
        let (home, url) = (self.house.path(""), self.house.s3_url(door));
        let mut command = Command::new("timeout");
        command.arg("90").arg(program).args(args).env_clear().env("HOME", &home).env("LANG", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_DEFAULT_REGION", "us-east-1");
        command.env("AWS_WEB_IDENTITY_TOKEN_FILE", self.file("token", token));
        command.env("AWS_ROLE_ARN", ROLE).env("AWS_ROLE_SESSION_NAME", "desk");
        command.env("AWS_ENDPOINT_URL", url).env("AWS_ENDPOINT_URL_STS", url);
        command.current_dir(home).stdin(Stdio::null());
        command
    }
}

fn encoded(text: &str) -> String {
    crate::kit::call::escape(text).replace('/', "%2F")
}

/// What an answer's element holds.
pub fn within(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let rest = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name}: {text}")).1;
    rest.split_once("</").unwrap().0.to_owned()
}

/// Everybody whom the provider knows.
fn accounts() -> serde_json::Value {
    json!({
        "rita": { "preferred_username": "rita", "groups": ["/planet", "/planet/researchers"] },
        "carla": { "preferred_username": "carla", "groups": [] },
        "olga": { "preferred_username": "olga", "groups": ["/planet/researchers"] },
        "nora": { "preferred_username": "nora", "groups": ["/planet/researchers"] },
    })
}
