//! `./run` and `./test` on a machine without Rust: both install it the same way, then go on to build.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::kit::need;

/// The installer that `curl` brings here: it says what it was asked and leaves a cargo that builds nothing.
const INSTALLER: &str = r#"#!/bin/sh
echo "curl $*" >>"$HOME/asked"
cat <<'END'
echo "rustup $*" >>"$HOME/asked"
mkdir -p "$HOME/.cargo/bin"
printf '#!/bin/sh\necho "cargo $*" >>"$HOME/asked"\nexit 1\n' >"$HOME/.cargo/bin/cargo"
chmod +x "$HOME/.cargo/bin/cargo"
END
"#;

fn program(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the scripts find here, so that they install none of it.
const THERE: [&str; 7] = ["python3", "git", "cc", "s3cmd", "rclone", "s3fs", "restic"];

/// A machine that has what Debian brings, a compiler, the clients of the tests, and no Rust.
fn machine(home: &Path) {
    let bin = home.join("bin");
    std::fs::create_dir(&bin).unwrap();
    program(&bin.join("curl"), INSTALLER);
    for own in THERE {
        program(&bin.join(own), "#!/bin/sh\nexit 0\n");
    }
    for entry in std::fs::read_dir("/usr/bin").unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let is_rust = ["cargo", "rust", "clippy"].iter().any(|rust| name.to_string_lossy().starts_with(rust));
        if !is_rust && !bin.join(&name).exists() {
            symlink(entry.path(), bin.join(&name)).unwrap();
        }
    }
    std::fs::create_dir(home.join("xtask")).unwrap();
    for script in ["run", "test", "xtask/needs.sh"] {
        std::fs::copy(need::root().join(script), home.join(script)).unwrap();
    }
}

#[test]
fn both_scripts_install_a_toolchain_where_there_is_none() {
    for (script, built) in [("run", "cargo build -q --locked -p epic"), ("test", "cargo build --workspace")] {
        let home = tempfile::tempdir().unwrap();
        machine(home.path());
        let ran = Command::new("/bin/bash")
            .arg(script)
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", home.path().join("bin"))
            .output()
            .unwrap();
        assert!(!ran.status.success(), "{script}: a cargo that builds nothing");
        let asked = std::fs::read_to_string(home.path().join("asked")).unwrap_or_default();
        let lines: Vec<&str> = asked.lines().collect();
        assert_eq!(lines.len(), 3, "{script}: {asked}{}", String::from_utf8_lossy(&ran.stdout));
        assert!(lines[0].starts_with("curl ") && lines[0].contains("--proto =https"), "{script}: {asked}");
        assert!(lines[1].contains("-c clippy -c rustfmt"), "{script}: {asked}");
        assert!(lines[2].starts_with(built), "{script}: {asked}");
    }
}
