//! s3fs-fuse: a bucket as a folder; no byte comes through once the permit is over.

use std::path::PathBuf;

use region::twin::Access;

use super::Stock;
use super::mount::{Mount, lists};
use super::tree::{assert_same, plant, read};
use crate::kit::{Call, Door, need};

struct Session {
    stock: Stock,
    s3fs: PathBuf,
}

impl Session {
    fn folder(&self, name: &str) -> PathBuf {
        self.stock.house.path(name)
    }

    /// Mounts a bucket on a folder of its name.
    fn mount(&self, door: Door, access: &Access, bucket: &str, more: &[&str]) -> Option<Mount> {
        let path = self.folder(&format!("{bucket}-folder"));
        std::fs::create_dir_all(&path).unwrap();
        let secret = self.stock.file("s3fs.secret", &format!("{}:{}", access.id, access.secret));
        // s3fs refuses a secret that others may read.
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let (secret, url) =
            (format!("passwd_file={}", secret.display()), format!("url={}", self.stock.house.s3_url(door)));
        let mut args = vec![bucket, path.to_str().unwrap(), "-f", "-o", &secret, "-o", &url];
        args.extend(["-o", "use_path_request_style", "-o", "endpoint=us-east-1", "-o", "sigv4"]);
        Mount::start(&mut self.stock.command(&self.s3fs, &[&args[..], more].concat()), &path)
    }
}

#[test]
fn an_s3fs_mount_reads_writes_and_ends_with_the_permit() {
    let Some(s3fs) = need::tool("s3fs").filter(|_| need::fuse()) else {
        return;
    };
    let session = Session { stock: Stock::new(), s3fs };
    let stock = &session.stock;
    assert!(session.mount(Door::Outside, &stock.rita, "bari", &[]).is_none(), "rita is outside");
    assert!(session.mount(Door::Outside, &stock.dina, "bari", &[]).is_none(), "a grant only writes");
    writes(&session);

    for name in ["patients", "visits"] {
        let call = Call::put(&format!("/bari/{name}.csv"), b"id;age\n1;54\n");
        stock.house.s3_done(Door::Outside, &stock.dina, call);
    }
    let bari = session.mount(Door::Inside, &stock.desk, "bari", &["-o", "ro"]).unwrap();
    assert_eq!(std::fs::read(bari.path.join("patients.csv")).unwrap(), b"id;age\n1;54\n");
    assert!(std::fs::write(bari.path.join("patients.csv"), b"x").is_err());
    stock.end_permit();
    assert!(!lists(&bari.path));
    // WHY not an error: s3fs shows what it may not read as an empty file of nobody's; root opens that too.
    assert!(std::fs::read(bari.path.join("visits.csv")).is_ok_and(|bytes| bytes.is_empty()));
    bari.close();
}

/// What is written into the folder is an object; a tree comes back as it was.
fn writes(session: &Session) {
    let tree = plant(&session.stock, "tree");
    let results = session.mount(Door::Inside, &session.stock.desk, "results", &[]).unwrap();
    let there = results.path.join("s");
    let copied = std::process::Command::new("cp").arg("-r").arg(session.folder("tree")).arg(&there).status();
    assert!(copied.unwrap().success());
    assert_same(&read(&there), &tree);
    let object = |key: &str| session.stock.object("results", key);
    assert!(object("s/reads.bam").as_ref() == tree.get("reads.bam"));
    assert!(object("s/odd/a b+c&d=ü.csv").as_ref() == tree.get("odd/a b+c&d=ü.csv"));

    std::fs::rename(there.join("reads.bam"), results.path.join("moved.bam")).unwrap();
    assert_eq!(object("s/reads.bam"), None);
    assert!(object("moved.bam").as_ref() == tree.get("reads.bam"));
    std::fs::remove_file(results.path.join("moved.bam")).unwrap();
    results.close();
    assert_eq!(object("moved.bam"), None);
}
