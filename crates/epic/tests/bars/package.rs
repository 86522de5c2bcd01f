//! The Debian package: installed, run as the service would run it, and removed, in a copy of this machine's root.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::need;

/// Installs into an overlay of this very system, so that nothing of it changes; then does what a person would.
///
/// WHY without its Depends: what the machine has is what the binary was linked against here.
const INSTALL: &str = r#"
set -eu
package=$1 work=$2
mount --make-rprivate /
mount -t tmpfs none "$work"
mkdir "$work/upper" "$work/inner" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/inner" "$work/root"
for own in proc dev; do mount --rbind "/$own" "$work/root/$own"; done
cp "$package" "$work/root/epic.deb"
cat >"$work/root/steps" <<'STEPS'
set -eu
dpkg --install /epic.deb >/dev/null
dpkg --verify epic
id -un epic
stat -c '%U %a %n' /var/lib/epic /var/lib/epic-custody /etc/epic/region.conf
systemd-analyze verify --man=no epic.service && echo "the unit is sound"
systemd-analyze security --offline=true --no-pager epic.service | tail -n 1
as() { setpriv --reuid=epic --regid=epic --clear-groups env -i HOME=/var/lib/epic PATH=/usr/bin "$@"; }
as epic --key-file /var/lib/epic/olga.key init --data /var/lib/epic/data --custody /var/lib/epic-custody/keys \
    --name epic.test --organisation infn --person olga >/dev/null
# What the unit starts, with its own words, but for ports that are free; without a shell between, which a signal would end alone.
start=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/epic.service | sed 's/ \$EPIC_UP$//')
setpriv --reuid=epic --regid=epic --clear-groups env -i HOME=/var/lib/epic $start --json --s3 127.0.0.1:0 --s3-inside 127.0.0.1:0 --acts 127.0.0.1:0 --acts-inside 127.0.0.1:0 >/ready &
region=$!
for _ in $(seq 600); do grep -q ready /ready && break || sleep 0.1; done
url=$(sed 's/.*"acts":"\([^"]*\)".*/\1/' /ready)
as epic --region-url "$url" --key-file /var/lib/epic/olga.key --json organisation show
kill -TERM $region
wait $region && echo "it ended in good order"
dpkg --purge epic
ls /usr/bin/epic /lib/systemd/system/epic.service /etc/epic 2>/dev/null || echo "the program is gone"
ls -d /var/lib/epic/data /var/lib/epic-custody/keys
STEPS
exec chroot "$work/root" /bin/sh /steps
"#;

fn package(folder: &Path) -> PathBuf {
    let made = Command::new(need::root().join("packaging/deb"))
        .args([env!("CARGO_BIN_EXE_epic"), &folder.display().to_string()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output().unwrap();
    asked.stdout == b"0\n"
}

// Goal: what an operator installs works as its unit says, and leaving keeps what an agreement keeps.
// Method: the real package, dpkg and systemd's own verifier, over a root that is thrown away.
#[test]
fn the_package_installs_serves_and_leaves_the_data() {
    let missing = ["dpkg-deb", "strip", "setpriv", "systemd-analyze"].into_iter().find(|program| {
        !Command::new("which").arg(program).output().is_ok_and(|found| found.status.success())
    });
    if let Some(program) = missing {
        return need::skip(&format!("`{program}` is missing, so the Debian package is not made"));
    }
    if !is_root() {
        return need::skip("only root can install the Debian package into a copy of the machine");
    }
    let folder = tempfile::TempDir::new().unwrap();
    let package = package(folder.path());
    let work = folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    let ran = Command::new("unshare")
        .args(["--mount", "--ipc", "--kill-child", "sh", "-c", INSTALL, "sh"])
        .args([&package, &work])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}\n{err}");
    for expected in [
        "epic 700 /var/lib/epic\n",
        "epic 700 /var/lib/epic-custody\n",
        "root 640 /etc/epic/region.conf\n",
        "the unit is sound",
        "\"organisation\":\"infn\"",
        "it ended in good order",
        "/var/lib/epic is kept: it holds a region",
        "the program is gone",
        "/var/lib/epic-custody/keys\n/var/lib/epic/data\n",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}\n{err}");
    }
    // SPEC: systemd-analyze(1): 0 is least exposed, 10 most; an ordinary service has about 9.
    let exposure = told.lines().find_map(|line| line.split_once("exposure level for epic.service: "));
    let (_, exposure) = exposure.expect("an exposure level");
    let level: f64 = exposure.split_whitespace().next().unwrap().parse().unwrap();
    assert!(level < 2.0, "{exposure}");
}
