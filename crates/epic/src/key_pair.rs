//! A person's own key pair: made here, shown by half, never sent.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use clap::ArgMatches;
use gate::identify::key_text::{key_file, public_text};
use seal::SigningKey;
use serde_json::json;

use crate::failure::Failure;
use crate::print;
use crate::settings::Settings;
use crate::world::SystemRand;

/// `new` or `show`.
pub fn run(verb: &str, _: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let public = match verb {
        "new" => make(&settings.key_file)?,
        _ => public_text(settings.key()?.public()),
    };
    let path = settings.key_file.display().to_string();
    match settings.is_json {
        true => print::out(&format!("{}\n", json!({ "key": public, "file": path }))),
        false => print::out(&format!("{public}\n")),
    }
}

/// Makes a key file that only its owner may read; gives the public half.
pub fn make(path: &Path) -> Result<String, Failure> {
    let failed = |cause: &std::io::Error| {
        let mut failure = Failure::file("make", path, cause);
        if cause.kind() == std::io::ErrorKind::AlreadyExists {
            failure.hint = "it is there already: name another with `--key-file`".to_owned();
        }
        failure
    };
    let seed = seal::keys::random(&SystemRand);
    let refused = |cause: &dyn std::error::Error| Failure::chain(cause, "");
    let text = key_file(&seed).map_err(|cause| refused(&cause))?;
    let public = public_text(SigningKey::from_seed(&seed).map_err(|cause| refused(&cause))?.public());
    if let Some(folder) = path.parent() {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|cause| failed(&cause))?;
    }
    // WHY `create_new`: a key that is overwritten is a person locked out.
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(|cause| failed(&cause))?;
    let written = file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|cause| failed(&cause))?;
    Ok(public)
}
