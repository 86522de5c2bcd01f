//! Authorities and persons (by rcgen), messages (by OpenSSL) and signed PDFs (by pyHanko): what others would send.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use paper::signed::{Fault, check};
use paper::{Authority, Signed};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

use crate::need;

/// 2027-01-15.
pub const NOW: u64 = paper::fuzz::NOW_UNIX_MS;

/// The document that is signed.
pub fn original() -> &'static [u8] {
    static ORIGINAL: LazyLock<Vec<u8>> =
        LazyLock::new(|| paper::pdf::write(&paper::fuzz::document()).unwrap());
    &ORIGINAL
}

/// An authority of the tests.
pub struct Root {
    pub issuer: Issuer<'static, KeyPair>,
    pub der: Vec<u8>,
}

/// Someone with a key and a certificate, as files.
#[derive(Clone)]
pub struct Person {
    pub key: PathBuf,
    pub certificate: PathBuf,
    /// Certificates between.
    pub chain: Vec<PathBuf>,
}

pub struct Bench {
    pub folder: TempDir,
    pub root: Root,
    count: Mutex<u32>,
}

/// What is different about a person.
pub struct Wanted {
    pub key: Key,
    pub usages: Vec<KeyUsagePurpose>,
    pub extended: Vec<ExtendedKeyUsagePurpose>,
    pub years: (i32, i32),
    /// Where it says that its list is: the value of that extension.
    pub points: Option<Vec<u8>>,
}

#[derive(Clone, Copy)]
pub enum Key {
    Rsa,
    P256,
    P384,
}

impl Default for Wanted {
    fn default() -> Self {
        let usages = vec![KeyUsagePurpose::ContentCommitment];
        Self { key: Key::P256, usages, extended: Vec::new(), years: (2026, 2030), points: None }
    }
}

pub fn root(name: &str) -> Root {
    authority_by(None, name, KeyPair::generate().unwrap(), &[KeyUsagePurpose::CrlSign])
}

/// An authority of this one, else of itself.
pub fn authority_by(by: Option<&Root>, name: &str, key: KeyPair, also: &[KeyUsagePurpose]) -> Root {
    let mut params = params(name, (2020, 2040));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = [&[KeyUsagePurpose::KeyCertSign], also].concat();
    let made = by.map_or_else(|| params.self_signed(&key), |by| params.signed_by(&key, &by.issuer));
    let der = made.unwrap().der().to_vec();
    Root { issuer: Issuer::new(params, key), der }
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn params(name: &str, years: (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "Ospedale di prova");
    params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    params
}

/// The authority as an operator would give it.
pub fn authority(root: &Root) -> Authority {
    Authority::read(&root.der).unwrap()
}

/// None where OpenSSL is missing.
pub fn bench() -> Option<&'static Bench> {
    static BENCH: LazyLock<Bench> = LazyLock::new(|| Bench {
        folder: tempfile::tempdir().unwrap(),
        root: root("Autorità di prova"),
        count: Mutex::new(0),
    });
    need::tool("openssl").map(|_| &*BENCH)
}

impl Bench {
    pub fn file(&self, suffix: &str) -> PathBuf {
        let mut count = self.count.lock().unwrap();
        *count += 1;
        self.folder.path().join(format!("{count}{suffix}"))
    }

    pub fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.file("");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn person(&self, wanted: Wanted) -> Person {
        self.person_of(&self.root.issuer, wanted)
    }

    pub fn person_of(&self, issuer: &Issuer<'static, KeyPair>, wanted: Wanted) -> Person {
        let key = self.key(wanted.key);
        let mut params = params("Maria Rossi", wanted.years);
        let more = [(vec![2, 5, 4, 5], "TINIT-RSSMRA80A41H501U"), (vec![2, 5, 4, 97], "VATIT-00211300463")];
        more.into_iter()
            .for_each(|(oid, text)| params.distinguished_name.push(DnType::CustomDnType(oid), text));
        // So that the certificate names its key.
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = wanted.usages;
        params.extended_key_usages = wanted.extended;
        let points = wanted.points.map(|points| CustomExtension::from_oid_content(&[2, 5, 29, 31], points));
        params.custom_extensions = points.into_iter().collect();
        let pair = KeyPair::from_pem(&std::fs::read_to_string(&key).unwrap()).unwrap();
        let certificate = self.write(params.signed_by(&pair, issuer).unwrap().pem().as_bytes());
        Person { key, certificate, chain: Vec::new() }
    }

    pub fn key(&self, kind: Key) -> PathBuf {
        let path = self.file(".key");
        let kind = match kind {
            Key::Rsa => "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            Key::P256 => "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
            Key::P384 => "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        };
        openssl(&format!("genpkey {kind} -out {}", path.display()));
        path
    }

    /// A message by OpenSSL over `content`.
    pub fn message(&self, person: &Person, content: &[u8], how: &str) -> Vec<u8> {
        let (from, to) = (self.write(content), self.file(".p7m"));
        let (signer, key) = (person.certificate.display(), person.key.display());
        let chain: String =
            person.chain.iter().map(|path| format!(" -certfile {}", path.display())).collect();
        openssl(&format!(
            "cms -sign -binary -in {} -out {} -signer {signer} -inkey {key}{chain} {how}",
            from.display(),
            to.display()
        ));
        std::fs::read(to).unwrap()
    }

    /// A PDF signed by pyHanko as `job` says; None where that is missing.
    pub fn sign(&self, person: &Person, pdf: &[u8], job: &Job) -> Option<Vec<u8>> {
        let pyhanko = pyhanko()?;
        let (from, to) = (self.write(pdf), self.file(".pdf"));
        let (field, place) = (
            job.field.map_or("null".to_owned(), |field| format!("\"{field}\"")),
            job.place.map_or("null".to_owned(), |place| format!("{place:?}")),
        );
        let text = format!(
            r#"{{"in": {from:?}, "out": {to:?}, "key": {:?}, "certificate": {:?}, "chain": {:?}, "sub_filter": {:?}, "field": {field}, "page": 0, "box": {place}, "digest": {:?}, "pss": {}, "also": {:?}, "xref_streams": {}}}"#,
            person.key,
            person.certificate,
            person.chain,
            job.sub_filter,
            job.digest,
            job.pss,
            job.also,
            job.is_packed,
        );
        let mut pyhanko = pyhanko.lock().unwrap();
        writeln!(pyhanko.0, "{text}").unwrap();
        let mut answer = String::new();
        pyhanko.1.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "{text}");
        Some(std::fs::read(to).unwrap())
    }
}

/// What is written to pyHanko, and what it answers.
type Talk = Mutex<(ChildStdin, BufReader<ChildStdout>)>;

/// WHY one for all: it takes a second to start. It ends with the tests, when nothing can be written to it any more.
#[allow(clippy::zombie_processes)]
fn pyhanko() -> Option<&'static Talk> {
    static PYHANKO: LazyLock<Option<Talk>> = LazyLock::new(|| {
        let python = need::python("pyhanko")?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/sign.py");
        let both = (Stdio::piped(), Stdio::piped());
        let mut child = Command::new(python).arg(script).stdin(both.0).stdout(both.1).spawn().unwrap();
        Some(Mutex::new((child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()))))
    });
    PYHANKO.as_ref()
}

/// How pyHanko signs.
#[derive(Debug, Clone)]
pub struct Job {
    pub sub_filter: &'static str,
    /// None: changes without signing.
    pub field: Option<&'static str>,
    pub place: Option<[i32; 4]>,
    pub digest: &'static str,
    pub pss: bool,
    pub also: Vec<&'static str>,
    pub is_packed: bool,
}

impl Default for Job {
    fn default() -> Self {
        let (sub_filter, field, digest) = ("pades", Some("Firma1"), "sha256");
        Self { sub_filter, field, place: None, digest, pss: false, also: Vec::new(), is_packed: false }
    }
}

pub fn openssl(arguments: &str) {
    let (is_well, says) = asked(arguments);
    assert!(is_well, "openssl {arguments}: {says}");
}

/// Whether OpenSSL ends well, and what it says.
pub fn asked(arguments: &str) -> (bool, String) {
    let done = Command::new("openssl").args(arguments.split_whitespace()).output().unwrap();
    (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
}

/// Checked against the bench's own authority, now.
pub fn checked(signed: &[u8]) -> Result<Signed, Fault> {
    let root = &bench().unwrap().root;
    check(original(), signed, &[authority(root)], &[], NOW)
}

/// One changed byte is refused, or changes nothing of what was found (where nobody signs: a filling, a second spelling).
pub fn survives_flips(signed: &[u8], places: impl Iterator<Item = usize>) {
    let well = checked(signed).unwrap();
    for at in places {
        let mut bent = signed.to_vec();
        bent[at] ^= 1 << (at % 8);
        if let Ok(found) = checked(&bent) {
            assert_eq!(found, well, "byte {at}");
        }
    }
}
