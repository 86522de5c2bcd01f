//! The peers: S3 servers from the public registry, set up as their makers say, each told with what it promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::line::{Line, Sent};
use super::server::{Process, Server, free, listening};
use super::sign::Access;

/// Garage wants key ids of this very form.
const KEY_ID: &str = "GK0123456789abcdef01234567";
const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The folders where peers may lie: `$EPIC_PEERS/bin`, then the search path.
pub fn find(name: &str, peers: Option<&Path>, path: &str) -> Option<PathBuf> {
    let own = peers.map(|peers| peers.join("bin"));
    let folders = own.into_iter().chain(path.split(':').map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn access(region: &str) -> Access {
    Access { id: KEY_ID.to_owned(), secret: SECRET.to_owned(), region: region.to_owned() }
}

/// `s3s-fs`: files in folders, nothing synced.
pub async fn s3s_fs(binary: &Path, folder: &Path, name: &str, buckets: &[&str]) -> anyhow::Result<Server> {
    let root = fresh(&folder.join("s3s-fs"))?;
    let (to, access) = (free()?, access("us-east-1"));
    let port = to.port().to_string();
    let mut command = Command::new(binary);
    command.env("RUST_LOG", "error").args(["--host", "127.0.0.1", "--port", &port]);
    command.args(["--access-key", &access.id, "--secret-key", &access.secret]).arg(&root);
    let process = Process::start(&mut command, &folder.join("s3s-fs.log"))?;
    listening(to).await?;
    let mut line = Line::open(to, &access).await?;
    for bucket in buckets {
        line.send("PUT", &format!("/{bucket}"), Sent::nothing()).await?;
    }
    Ok(Server { name: name.to_owned(), to, access, process })
}

/// Garage, one node, data and metadata synced before it answers.
pub async fn garage(binary: &Path, folder: &Path, buckets: &[&str]) -> anyhow::Result<Server> {
    let root = fresh(&folder.join("garage"))?;
    let (to, rpc, access) = (free()?, free()?, access("garage"));
    let file = root.join("garage.toml");
    fs::write(&file, garage_settings(&root, &to.to_string(), &rpc.to_string()))?;
    let mut command = Command::new(binary);
    command.env("RUST_LOG", "error").arg("-c").arg(&file).arg("server");
    let process = Process::start(&mut command, &folder.join("garage.log"))?;
    listening(to).await?;
    listening(rpc).await?;
    let ask = |words: &[&str]| {
        let told = Command::new(binary).arg("-c").arg(&file).args(words).output()?;
        ensure!(told.status.success(), "garage {words:?}: {}", String::from_utf8_lossy(&told.stderr));
        Ok(String::from_utf8_lossy(&told.stdout).into_owned())
    };
    let node = ask(&["node", "id", "-q"])?;
    let node = node.trim().split('@').next().context("no node id")?.to_owned();
    ask(&["layout", "assign", "-z", "dc1", "-c", "50G", &node])?;
    ask(&["layout", "apply", "--version", "1"])?;
    ask(&["key", "import", "--yes", &access.id, &access.secret])?;
    for bucket in buckets {
        ask(&["bucket", "create", bucket])?;
        ask(&["bucket", "allow", "--read", "--write", "--owner", bucket, "--key", &access.id])?;
    }
    Ok(Server { name: "garage (fsync)".to_owned(), to, access, process })
}

/// WHY no compression: noise does not compress, and trying costs processor.
fn garage_settings(root: &Path, to: &str, rpc: &str) -> String {
    let root = root.display();
    format!(
        r#"metadata_dir = "{root}/meta"
data_dir = "{root}/data"
db_engine = "lmdb"
data_fsync = true
metadata_fsync = true
replication_factor = 1
compression_level = "none"
rpc_bind_addr = "{rpc}"
rpc_public_addr = "{rpc}"
rpc_secret = "{SECRET}"

[s3_api]
api_bind_addr = "{to}"
s3_region = "garage"
root_domain = ".s3.garage"
"#
    )
}

fn fresh(folder: &Path) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}
