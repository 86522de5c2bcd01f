//! An agreement signed outside: by OpenSSL as .p7m, by pyHanko in the PDF; neither of which anybody here wrote.
//!
//! Oracle the other way round: what was lodged is given back, and OpenSSL takes the document out of it.

use std::path::Path;
use std::process::Command;

use crate::kit::{House, need};

const AGREEMENT: &str = "planet-bari";

/// Runs a program in the house's folder.
fn run(house: &House, program: &Path, args: &[&str]) {
    let ran = Command::new(program).args(args).current_dir(house.path("")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{} {args:?}: {out}{err}", program.display());
}

/// A certification authority and one person's certificate under it, as files.
fn authority(house: &House, openssl: &Path, name: &str, person: &str) {
    let (ca, ca_key) = (format!("{name}.pem"), format!("{name}.key"));
    let subject = format!("/CN={name}/O=Trust services");
    let new = ["req", "-x509", "-newkey", "rsa:3072", "-nodes", "-sha256", "-days", "30"];
    let usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    run(house, openssl, &[&new[..], &["-keyout", &ca_key, "-out", &ca, "-subj", &subject], &usage].concat());
    certificate_of(house, openssl, name, person);
}

/// One more person's certificate under an authority.
fn certificate_of(house: &House, openssl: &Path, name: &str, person: &str) {
    let (ca, ca_key) = (format!("{name}.pem"), format!("{name}.key"));
    let (key, request, certificate) =
        (format!("{person}.key"), format!("{person}.csr"), format!("{person}.pem"));
    let who = format!("/CN={person}/O=AOU Bari/serialNumber=TINIT-RSSMRA70A01A662X");
    run(
        house,
        openssl,
        &["req", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &request, "-subj", &who],
    );
    std::fs::write(house.path("usage"), "keyUsage=critical,nonRepudiation\nbasicConstraints=CA:FALSE\n")
        .unwrap();
    let sign =
        ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial", "-days", "20"];
    run(house, openssl, &[&sign[..], &["-sha256", "-extfile", "usage", "-out", &certificate]].concat());
}

/// The list of what an authority has revoked.
fn list(house: &House, openssl: &Path, name: &str, revoked: &[&str], to: &str) {
    let (ca, ca_key, config) = (format!("{name}.pem"), format!("{name}.key"), format!("{name}.cnf"));
    let said = format!(
        "[ca]\ndefault_ca=d\n[d]\ndatabase={name}.db\ncrlnumber={name}.number\ndefault_md=sha256\ndefault_crl_days=7\n"
    );
    std::fs::write(house.path(&config), said).unwrap();
    if !house.path(&format!("{name}.db")).exists() {
        std::fs::write(house.path(&format!("{name}.db")), "").unwrap();
        std::fs::write(house.path(&format!("{name}.number")), "01\n").unwrap();
    }
    let of = ["ca", "-config", &config, "-cert", &ca, "-keyfile", &ca_key];
    for person in revoked {
        run(house, openssl, &[&of[..], &["-revoke", &format!("{person}.pem")]].concat());
    }
    run(house, openssl, &[&of[..], &["-gencrl", "-out", to]].concat());
}

fn p7m(house: &House, openssl: &Path, person: &str, from: &str, to: &str) {
    let (key, certificate) = (format!("{person}.key"), format!("{person}.pem"));
    let sign = ["cms", "-sign", "-cades", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER"];
    run(
        house,
        openssl,
        &[&sign[..], &["-signer", &certificate, "-inkey", &key, "-in", from, "-out", to]].concat(),
    );
}

/// Lodges a file; gives the reason where it is refused.
fn lodge(house: &House, who: &str, party: &str, file: &str) -> Option<String> {
    let ended = house.by(who, &["--json", "agreement", "lodge", AGREEMENT, "--party", party, "--file", file]);
    let reason = |err: &str| {
        err.split("\"reason\":\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
    };
    match ended.code {
        0 => None,
        _ => Some(reason(&ended.err).or_else(|| reason(&ended.out)).unwrap_or(ended.err)),
    }
}

// Goal: what hospitals sign with their own tools binds, and nothing else does.
// Method: the same file by both tools; unknown authority, another document, a flipped byte.
#[test]
fn hospitals_sign_with_their_own_tools() {
    let (Some(openssl), Some(python)) = (need::tool("openssl"), need::python("pyhanko.sign.signers")) else {
        return;
    };
    let house = House::planet();
    house.hospital("bari");
    house.offer("bari");
    for (who, file) in [("sara-bari", "agreement.pdf"), ("sergio", "same.pdf")] {
        house.done(who, &["agreement", "document", AGREEMENT, "--file", file]);
    }
    let document = std::fs::read(house.path("agreement.pdf")).unwrap();
    assert_eq!(document, std::fs::read(house.path("same.pdf")).unwrap());
    authority(&house, &openssl, "namirial", "sara");
    authority(&house, &openssl, "stranger", "mallory");
    let unfit = Some("signature_unfit".to_owned());
    p7m(&house, &openssl, "sara", "agreement.pdf", "bari.p7m");
    assert_eq!(lodge(&house, "sara-bari", "bari", "bari.p7m"), unfit, "nobody trusts that authority yet");
    let certificate = std::fs::read_to_string(house.path("namirial.pem")).unwrap();
    house.done("olga", &["authority", "trust", "namirial", "--certificate", &certificate]);

    p7m(&house, &openssl, "mallory", "agreement.pdf", "mallory.p7m");
    assert_eq!(lodge(&house, "sara-bari", "bari", "mallory.p7m"), unfit, "by another authority");
    std::fs::write(house.path("other.pdf"), [&document[..], b"\n"].concat()).unwrap();
    p7m(&house, &openssl, "sara", "other.pdf", "other.p7m");
    assert_eq!(lodge(&house, "sara-bari", "bari", "other.p7m"), unfit, "another document");
    let mut bent = std::fs::read(house.path("bari.p7m")).unwrap();
    let at = bent.len() - 20;
    bent[at] ^= 1;
    std::fs::write(house.path("bent.p7m"), &bent).unwrap();
    assert_eq!(lodge(&house, "sara-bari", "bari", "bent.p7m"), unfit, "a bent signature");
    assert_eq!(lodge(&house, "sara-bari", "bari", "agreement.pdf"), unfit, "no signature at all");
    assert_eq!(lodge(&house, "sara-bari", "bari", "bari.p7m"), None);

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pades.py");
    run(&house, &python, &[script, "sara.key", "sara.pem", "namirial.pem", "agreement.pdf", "iss.pdf"]);
    assert_eq!(lodge(&house, "sergio", "iss", "iss.pdf"), unfit, "whoever signed for another party");
    certificate_of(&house, &openssl, "namirial", "sonia");
    run(&house, &python, &[script, "sonia.key", "sonia.pem", "namirial.pem", "agreement.pdf", "iss.pdf"]);
    assert_eq!(lodge(&house, "sergio", "iss", "iss.pdf"), None);
    let shown = house.done("carla", &["--json", "agreement", "show", AGREEMENT]).json();
    let agreement = &shown["answer"][0];
    assert_eq!(agreement["state"], "in force");
    for (party, kind) in [("bari", "cades"), ("iss", "pades")] {
        let parties = agreement["parties"].as_array().unwrap();
        let outside = &parties.iter().find(|of| of["party"] == party).unwrap()["outside"];
        assert_eq!((&outside["kind"], &outside["weaker"]), (&kind.into(), &false.into()), "{outside}");
        let name = if party == "bari" { "sara" } else { "sonia" };
        let by = outside["by"][0].as_str().unwrap();
        assert!(by.starts_with(&format!("{name}, AOU Bari")), "{outside}");
        assert_eq!(outside["revocation_asked"], false, "no list was brought: {outside}");
    }
    house.done("carla", &["agreement", "document", AGREEMENT, "--party", "bari", "--file", "back.p7m"]);
    let verify = [
        "cms",
        "-verify",
        "-cades",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "back.p7m",
        "-CAfile",
        "namirial.pem",
    ];
    run(&house, &openssl, &[&verify[..], &["-purpose", "any", "-out", "back.pdf"]].concat());
    assert_eq!(std::fs::read(house.path("back.pdf")).unwrap(), document);
}

// Goal: a signature under a revoked certificate binds nobody, and an older list frees none.
// Method: OpenSSL's lists; of another authority, before and after, and what was signed says whether it was asked.
#[test]
fn revoked_certificates_sign_nothing() {
    let Some(openssl) = need::tool("openssl") else { return };
    let house = House::planet();
    house.hospital("bari");
    house.offer("bari");
    house.done("sara-bari", &["agreement", "document", AGREEMENT, "--file", "agreement.pdf"]);
    authority(&house, &openssl, "namirial", "sara");
    authority(&house, &openssl, "stranger", "mallory");
    certificate_of(&house, &openssl, "namirial", "sonia");
    let certificate = std::fs::read_to_string(house.path("namirial.pem")).unwrap();
    house.done("olga", &["authority", "trust", "namirial", "--certificate", &certificate]);
    let update = |who: &str, file: &str| house.by(who, &["authority", "update", "namirial", "--file", file]);
    list(&house, &openssl, "namirial", &[], "none.crl");
    // WHY: lists tell seconds, and of two of one second neither is the later.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    list(&house, &openssl, "namirial", &["sara"], "sara.crl");
    list(&house, &openssl, "stranger", &["mallory"], "strange.crl");
    for (who, file, reason) in [
        ("olga", "strange.crl", "[invalid]"),
        ("olga", "agreement.pdf", "[invalid]"),
        ("carla", "sara.crl", "[role_missing]"),
    ] {
        let refused = update(who, file);
        assert!(refused.code != 0 && refused.err.contains(reason), "{file}: {}", refused.err);
    }
    assert_eq!(update("olga", "sara.crl").code, 0);
    let older = update("olga", "none.crl");
    assert!(older.err.contains("a later list"), "{}", older.err);
    p7m(&house, &openssl, "sara", "agreement.pdf", "sara.p7m");
    p7m(&house, &openssl, "sonia", "agreement.pdf", "sonia.p7m");
    assert_eq!(lodge(&house, "sara-bari", "bari", "sara.p7m"), Some("signature_unfit".to_owned()));
    assert_eq!(lodge(&house, "sara-bari", "bari", "sonia.p7m"), None);
    let shown = house.done("carla", &["--json", "agreement", "show", AGREEMENT]).json();
    let parties = shown["answer"][0]["parties"].as_array().unwrap();
    let outside = &parties.iter().find(|of| of["party"] == "bari").unwrap()["outside"];
    assert_eq!(outside["revocation_asked"], true, "{outside}");
    let shown = house.done("olga", &["--json", "authority", "show"]).json();
    assert_eq!(shown["answer"][0]["lists"][0]["entries"], 1, "{shown}");
}
