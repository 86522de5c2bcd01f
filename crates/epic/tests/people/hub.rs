//! A JupyterHub that nobody here wrote, set up by the very lines of the guide: its people sign in at the region.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::console::run_script;
use crate::kit::{Door, House, day, need};

/// WHY: a browser on a busy machine; a page that never comes must not hold the suite.
const BROWSER_SECONDS: &str = "300";
/// WHY: an interpreter, a database and a proxy on a busy machine.
const START_WAIT: Duration = Duration::from_secs(120);
/// WHY: it ends the servers of its people first.
const END_WAIT: Duration = Duration::from_secs(20);

/// What the operator says of the region's own issuer, but for the audiences.
const TERMS: [&str; 8] =
    ["--claim", "preferred_username", "--factors", "mfa", "--client", "epic", "--seconds", "28800"];

// Goal: who has the duty comes into a hub by their passkey at the region, and nobody else does. Method: the guide's first
// lines; one who has it, one who has not, one who is suspended, and one who took a code on its way.
#[test]
fn people_come_into_a_hub() {
    if let Some(hub) = Hub::up(1) {
        hub.browse("come");
    }
}

// Goal: the hub's servers work on S3 as their person, once the operator has named the hub, and as long as the region lets
// them. Method: all of the guide's lines; a terminal in the browser, before and after the person was suspended.
#[test]
fn people_work_on_s3_from_a_hub() {
    if let Some(hub) = Hub::up(2) {
        hub.browse("work");
    }
}

struct Tools {
    python: PathBuf,
    node: PathBuf,
    modules: PathBuf,
    chromium: PathBuf,
}

impl Tools {
    fn found() -> Option<Self> {
        let python = need::python("jupyterhub, oauthenticator, jupyter_server, boto3")?;
        need::tool("setpriv")?;
        need::node("configurable-http-proxy")?;
        let (node, modules) = (need::tool("node")?, need::node("playwright-core")?);
        Some(Self { python, node, modules, chromium: need::tool("chromium")? })
    }
}

/// A hub that is up, and the region that it belongs to.
struct Hub {
    process: Child,
    house: House,
    tools: Tools,
    /// What the browser is told.
    more: Value,
}

impl Hub {
    /// By so many of the guide's blocks; none where it cannot run.
    fn up(blocks: usize) -> Option<Self> {
        let tools = Tools::found()?;
        let house = House::agreed();
        house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
        let [hub, inner, routes] = free_ports().map(|port| format!("http://127.0.0.1:{port}"));
        let here = house.ready["acts"].as_str().unwrap().replace("127.0.0.1", "localhost");
        let mut more = welcome(&house, &here, &hub);
        more["python"] = json!(tools.python);
        let proxy = tools.modules.join("configurable-http-proxy/bin/configurable-http-proxy");
        let told = json!({
            "blocks": said(&house, &here, &hub)[..blocks], "hub": hub, "inner": inner, "routes": routes,
            "folder": house.path(""), "node": tools.node, "python": tools.python, "proxy": proxy,
        });
        let log = File::create(house.path("hub.log")).unwrap();
        // WHY tied to this process: what a test that is cut short has started ends with it.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]).arg(&tools.python).args(["-m", "jupyterhub", "-f"]);
        command.arg(beside("jupyterhub_config.py")).current_dir(house.path("")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", house.path(""));
        command.env("EPIC_HUB", told.to_string()).env("JUPYTERHUB_CRYPT_KEY", "5e".repeat(32));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut hub = Self { process: command.spawn().unwrap(), house, tools, more };
        hub.wait_ready();
        Some(hub)
    }

    fn wait_ready(&mut self) {
        let began = Instant::now();
        while !self.log().contains("JupyterHub is now running") {
            let is_up = self.process.try_wait().unwrap().is_none();
            assert!(is_up && began.elapsed() < START_WAIT, "the hub did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.house.path("hub.log")).unwrap()
    }

    /// One part of the script, in a browser.
    fn browse(&self, part: &str) {
        let (house, tools) = (&self.house, &self.tools);
        let mut more = self.more.clone();
        more["part"] = json!(part);
        let told = json!({
            "modules": tools.modules, "chromium": tools.chromium, "origin": house.ready["acts"],
            "epic": env!("CARGO_BIN_EXE_epic"), "folder": house.path(""), "scripts": true, "more": more,
            "shots": need::root().join("target/console/hub").join(part),
        });
        run_script(house, (&tools.node, &beside("hub.mjs")), BROWSER_SECONDS, &told);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let began = Instant::now();
        while self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            if began.elapsed() > END_WAIT {
                let _killed = self.process.kill();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

/// The hub is registered where people sign in; nora, who has a duty, and nico, who has none, are invited there.
fn welcome(house: &House, here: &str, hub: &str) -> Value {
    let issuer = format!("{here}/issuer");
    let trust = ["--json", "issuer", "trust", "house", "--url", &issuer, "--audiences", "epic"];
    let trusted = house.done("olga", &[&trust[..], &TERMS].concat()).json();
    let terms = trusted["answer"]["terms"].as_str().unwrap();
    house.done("sergio", &["issuer", "adopt", "house", "--organisation", "iss", "--terms", terms]);
    let returns = format!("{hub}/hub/oauth_callback");
    let register = ["--json", "client", "register", "hub", "--returns", &returns, "--kind", "secret"];
    let registered = house.done("olga", &register).json();
    std::fs::write(house.path("hub.secret"), registered["answer"]["secret"].as_str().unwrap()).unwrap();
    let [nora, nico] = ["nora", "nico"].map(|person| {
        let email = format!("{person}@iss.example");
        let enrol = ["person", "enrol", person, "--name", person, "--email", &email, "--organisation", "iss"];
        house.done("sergio", &enrol);
        house.done("sergio", &["--json", "account", "invite", person]).json()["answer"]["code"].clone()
    });
    house.role("carla", "nora", "researcher", "planet");
    house.teach("nora", "planet");
    house.permit("permit-nora", "planet", "nora", &day(90));
    // What the operator says so that the hub's tokens open sessions.
    let named = [&trust[1..], &["--audiences", "hub"], &TERMS].concat();
    json!({
        "here": here, "hub": hub, "codes": { "nora": nora, "nico": nico }, "session": beside("session.py"),
        "trust": named,
    })
}

/// What the guide tells a hub, with the addresses of this one: so it cannot say what does not work.
fn said(house: &House, here: &str, hub: &str) -> Vec<String> {
    let guide = std::fs::read_to_string(need::root().join("docs/guide/sign-in.md")).unwrap();
    let mut all: Vec<_> = guide.split("```python\n").skip(1).map(str::to_owned).collect();
    for block in &mut all {
        block.truncate(block.find("```").unwrap());
    }
    let secret = house.text("hub.secret");
    for (there, own) in [
        ("/etc/jupyterhub/epic-secret", secret.as_str()),
        ("https://hub.example/", &format!("{hub}/")),
        ("https://region.example:9010/", &format!("{here}/")),
        // The servers of this test stand inside.
        ("https://region.example:9000", house.s3_url(Door::Inside)),
    ] {
        assert!(all.iter().any(|block| block.contains(there)), "the guide does not say {there}");
        all = all.iter().map(|block| block.replace(there, own)).collect();
    }
    assert!(all.len() == 2 && all[0].contains("generic-oauth"), "the guide says something else: {all:?}");
    all
}

/// WHY all at once: none is given twice. WHY known: the hub and its proxy must know of each other before they listen.
fn free_ports() -> [u16; 3] {
    let held = [(); 3].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people").join(name)
}
