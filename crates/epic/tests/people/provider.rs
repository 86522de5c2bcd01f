//! The provider: `oidc-provider` for Node, in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::kit::{Call, block_on, need};

pub struct Provider {
    folder: TempDir,
    node: PathBuf,
    modules: PathBuf,
    port: u16,
    up: Option<(Child, BufReader<ChildStdout>)>,
}

impl Provider {
    pub fn start() -> Option<Self> {
        let node = need::tool("node")?;
        let modules = need::node("oidc-provider")?;
        // WHY let go before it is taken again: a provider that turns its keys over comes back at its address.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut provider = Self { folder: TempDir::new().unwrap(), node, modules, port, up: None };
        provider.say(&super::accounts());
        provider.turn_keys();
        Some(provider)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What its tokens say of whom, from now on.
    pub fn say(&self, accounts: &Value) {
        std::fs::write(self.folder.path().join("accounts.json"), accounts.to_string()).unwrap();
    }

    /// Comes back with other keys and no memory.
    pub fn turn_keys(&mut self) {
        self.stop();
        let mut child = Command::new(&self.node)
            .arg(script("provider.mjs"))
            .args([self.folder.path(), Path::new(&self.port.to_string()), &self.modules])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        assert!(out.by_ref().lines().any(|line| line.unwrap() == "ready"), "the provider did not start");
        // WHY kept: it ends when nobody could hear it any more.
        self.up = Some((child, out));
    }

    pub fn stop(&mut self) {
        if let Some((mut child, _)) = self.up.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Somebody signs in as with a browser, with a second factor or without; gives their ID token.
    pub fn sign_in(&self, who: &str, client: &str, has_second_factor: bool) -> String {
        browse(&["token", &self.url(), client, who], has_second_factor)
    }

    /// Somebody enters in a browser what a terminal told them.
    pub fn enter(&self, page: &str, code: &str, who: &str) -> String {
        browse(&["enter", page, code, who], true)
    }

    /// Its true signature under whatever one wants it to say.
    pub fn mint(&self, head: &Value, claims: &Value) -> String {
        let body = json!({ "head": head, "claims": claims }).to_string();
        let address = format!("127.0.0.1:{}", self.port).parse().unwrap();
        let call = Call::new("POST", "/mint", body.as_bytes());
        let answer = block_on(call.with("content-type", "application/json").send(address));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop();
    }
}

fn browse(args: &[&str], has_second_factor: bool) -> String {
    let mut command = Command::new("python3");
    command.arg(script("browser.py")).args(args).env_clear();
    if has_second_factor {
        command.arg("123456");
    }
    let ran = command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people").join(name)
}
