//! A region's own certificate authority: for a house that has none and is not on the internet.
//!
//! It makes two pairs in a folder: an authority, once, and a certificate of the
//! region signed by it, anew at every call. Whoever has an authority of their
//! own, or ACME, needs none of this.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use words::Clock;

use crate::failure::Failure;
use crate::print;
use crate::settings::Settings;
use crate::world::SystemClock;

/// WHY: clients are told of an authority once; its key is needed once a year.
const AUTHORITY_DAYS: i64 = 3_650;
/// WHY: what a stolen key is worth ends within a bit over a year; browsers take no longer ones.
const SERVER_DAYS: i64 = 397;
/// WHY: a client whose clock is an hour behind takes a new certificate too.
const BEFORE: Duration = Duration::hours(1);

/// `epic certificate make`.
pub fn command() -> Command {
    let name = Arg::new("name").long("name").value_name("HOST").required(true).action(ArgAction::Append);
    Command::new("certificate")
        .about("A certificate authority of your own: make")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("make")
                .about("Make a certificate for `epic up`, and its authority at the first call; call it again to renew")
                .arg(name.help("a name or IP address the region is reached at; several times"))
                .arg(
                    Arg::new("folder")
                        .required(true)
                        .value_name("DIR")
                        .value_hint(ValueHint::DirPath)
                        .help("where `authority.pem`, `authority.key`, `region.pem`, `region.key` lie"),
                ),
        )
}

/// The four files.
struct Files {
    authority: PathBuf,
    authority_key: PathBuf,
    region: PathBuf,
    region_key: PathBuf,
}

/// Makes what is missing, and the region's pair anew.
pub fn make(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let folder = matches.get_one::<String>("folder").map(PathBuf::from).unwrap_or_default();
    let names: Vec<String> = matches.get_many::<String>("name").into_iter().flatten().cloned().collect();
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|cause| Failure::file("make", &folder, &cause))?;
    let files = Files::of(&folder);
    let is_first = !files.authority_key.exists();
    let authority = if is_first { found(&files)? } else { read(&files)? };
    sign(&authority, names, &files)?;
    print::out(&told(&files, is_first, settings))
}

impl Files {
    fn of(folder: &Path) -> Self {
        let at = |name: &str| folder.join(name);
        Self {
            authority: at("authority.pem"),
            authority_key: at("authority.key"),
            region: at("region.pem"),
            region_key: at("region.key"),
        }
    }
}

/// A new authority: its certificate for every client, its key for nobody.
fn found(files: &Files) -> Result<Issuer<'static, KeyPair>, Failure> {
    let key = KeyPair::generate().map_err(|cause| unmade(&cause))?;
    let params = authority()?;
    let certificate = params.self_signed(&key).map_err(|cause| unmade(&cause))?;
    write(&files.authority_key, &key.serialize_pem(), 0o600)?;
    write(&files.authority, &certificate.pem(), 0o644)?;
    Ok(Issuer::new(params, key))
}

fn read(files: &Files) -> Result<Issuer<'static, KeyPair>, Failure> {
    let text = |path: &Path| {
        std::fs::read_to_string(path).map_err(|cause| Failure::file("read the authority in", path, &cause))
    };
    let key = KeyPair::from_pem(&text(&files.authority_key)?).map_err(|cause| unmade(&cause))?;
    text(&files.authority)?;
    Ok(Issuer::new(authority()?, key))
}

/// What an authority says of itself.
///
/// WHY the same at every call: clients look the issuer up by its name and verify by its key.
fn authority() -> Result<CertificateParams, Failure> {
    let mut params = params(Vec::new(), "EPIC region authority", AUTHORITY_DAYS)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// The region's own pair, under the authority.
fn sign(authority: &Issuer<'_, KeyPair>, names: Vec<String>, files: &Files) -> Result<(), Failure> {
    let subject = names.first().cloned().unwrap_or_default();
    let key = KeyPair::generate().map_err(|cause| unmade(&cause))?;
    let mut params = params(names, &subject, SERVER_DAYS)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, authority).map_err(|cause| unmade(&cause))?;
    // WHY in this order: a region that looks between the two finds a pair that does not fit, keeps
    // its own, and looks again.
    write(&files.region_key, &key.serialize_pem(), 0o600)?;
    write(&files.region, &certificate.pem(), 0o644)
}

fn params(names: Vec<String>, subject: &str, days: i64) -> Result<CertificateParams, Failure> {
    let wrong =
        |_| Failure::yours("`--name` is neither a name nor an address", "as `region.example`, without port");
    let mut params = CertificateParams::new(names).map_err(wrong)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, subject);
    params.distinguished_name = name;
    let now = OffsetDateTime::from_unix_timestamp(SystemClock.now().ms() / 1_000);
    let now = now.map_err(|cause| Failure::chain(&cause, "set this machine's clock"))?;
    params.not_before = now - BEFORE;
    params.not_after = now + Duration::days(days);
    Ok(params)
}

/// Writes a file whole or not at all: a region may be reading it.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let failed = |cause: std::io::Error| Failure::file("write", path, &cause);
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    // WHY made anew: a file that a call before left here may be open to others.
    match std::fs::remove_file(&fresh) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(failed(cause)),
        Ok(()) | Err(_) => {}
    }
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(&fresh).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&fresh, path).map_err(failed)
}

fn told(files: &Files, is_first: bool, settings: &Settings) -> String {
    let text = |path: &Path| path.display().to_string();
    let (authority, region, key) = (text(&files.authority), text(&files.region), text(&files.region_key));
    if settings.is_json {
        let told = json!({ "authority": authority, "certificate": region, "key": key, "is_first": is_first });
        return format!("{told}\n");
    }
    let next = match is_first {
        true => format!(
            "\ngive {authority} to every client (`--ca-file`, `AWS_CA_BUNDLE`), and keep {} offline: it is needed to renew\n",
            text(&files.authority_key)
        ),
        false => String::new(),
    };
    format!("epic up ... --tls-certificate {region} --tls-key {key}\n{next}")
}

fn unmade(cause: &rcgen::Error) -> Failure {
    Failure::chain(cause, "see that the authority's files are those that were made here")
}
