//! The doors over TLS: stock clients, the person's own command, renewal without an end, and what is refused.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::kit::{House, need};

/// Speaks to a door over and over: prints the certificate's digest and TLS version of each new connection,
/// keeps the first one open, and ends when its input does.
const WATCH: &str = r#"
import hashlib, socket, ssl, sys
host, port, bundle = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=bundle)
def connect():
    return context.wrap_socket(socket.create_connection((host, port)), server_hostname=host)
def ask(stream):
    stream.sendall(b"GET /health HTTP/1.1\r\nhost: %s:%d\r\n\r\n" % (host.encode(), port))
    return stream.recv(65536).split(b"\r\n")[0].decode()
first = connect()
for line in sys.stdin:
    with connect() as stream:
        seen = hashlib.sha256(stream.getpeercert(True)).hexdigest()
        print(seen, stream.version(), ask(stream), "|", ask(first), flush=True)
"#;

/// What each version of the protocol comes to.
const VERSIONS: &str = r#"
import socket, ssl, sys, warnings
warnings.simplefilter("ignore")
host, port, bundle = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for version in ("TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"):
    context = ssl.create_default_context(cafile=bundle)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    try:
        with context.wrap_socket(socket.create_connection((host, port)), server_hostname=host) as stream:
            print(version, stream.cipher()[0])
    except (ssl.SSLError, OSError):
        print(version, "refused")
"#;

/// A key that nobody issued is refused by the region, not by the handshake; without the authority there is none.
const STRANGER: &str = r#"
import sys, boto3, botocore.exceptions
from botocore.config import Config
for bundle in (sys.argv[2], True):
    s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", verify=bundle,
        aws_access_key_id="EPL" + "A" * 17, aws_secret_access_key="x" * 40,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))
    try:
        s3.list_buckets()
    except botocore.exceptions.ClientError as error:
        print(error.response["Error"]["Code"])
    except botocore.exceptions.SSLError:
        print("SSLError")
"#;

pub fn certificate(house: &House, folder: &str) -> [String; 3] {
    let folder = house.text(folder);
    let ended =
        house.epic(&["--json", "certificate", "make", &folder, "--name", "127.0.0.1", "--name", "localhost"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let made = ended.json();
    ["authority", "certificate", "key"].map(|name| made[name].as_str().unwrap().to_owned())
}

fn secured() -> (House, [String; 3]) {
    let mut house = House::founded();
    let files = certificate(&house, "tls");
    house.up(&["--tls-certificate", &files[1], "--tls-key", &files[2]]);
    (house, files)
}

fn port(house: &House, door: &str) -> String {
    let url = house.ready[door].as_str().unwrap();
    url.strip_prefix("https://127.0.0.1:").expect("it speaks TLS").to_owned()
}

fn python(script: &str, python: &Path, args: &[&str]) -> String {
    let ran = Command::new(python).arg("-c").arg(script).args(args).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

// Goal: a person reaches the region over TLS when it proves who it is, and in no other case.
// Method: the authority named, not named, another one; in clear; another name for the same host.
#[test]
fn a_person_speaks_to_a_region_that_proves_itself() {
    let (house, [authority, ..]) = secured();
    let show = ["organisation", "show"];
    let ended = house.by("olga", &["--ca-file", &authority, "organisation", "show"]);
    assert_eq!(ended.code, 0, "{}", ended.err);

    let [other, ..] = certificate(&house, "other");
    for bundle in [None, Some(other)] {
        let args: Vec<&str> = bundle.iter().flat_map(|file| ["--ca-file", file]).chain(show).collect();
        let ended = house.by("olga", &args);
        assert_eq!(ended.code, 2, "{}", ended.out);
        assert!(
            ended.err.contains("proves to be the region") && ended.err.contains("--ca-file"),
            "{}",
            ended.err
        );
    }

    let in_clear = format!("http://127.0.0.1:{}", port(&house, "acts"));
    let ended = house.by("olga", &["organisation", "show", "--region-url", &in_clear]);
    assert_eq!(ended.code, 2, "{}", ended.out);

    // The certificate speaks for `localhost` too, and not for every name that leads here.
    for (host, code) in [("localhost", 0), ("127.0.0.2", 2)] {
        let url = format!("https://{host}:{}", port(&house, "acts"));
        let ended =
            house.by("olga", &["--ca-file", &authority, "organisation", "show", "--region-url", &url]);
        assert_eq!(ended.code, code, "{host}: {}", ended.err);
    }
}

#[test]
fn stock_clients_take_the_authority_and_only_safe_versions_are_spoken() {
    let Some(interpreter) = need::python("boto3") else { return };
    let (house, [authority, ..]) = secured();
    let url = house.ready["s3"].as_str().unwrap();
    assert_eq!(python(STRANGER, &interpreter, &[url, &authority]), "InvalidAccessKeyId\nSSLError\n");
    for door in ["s3", "s3_inside", "acts", "acts_inside"] {
        let told = python(VERSIONS, &interpreter, &["127.0.0.1", &port(&house, door), &authority]);
        let told: Vec<&str> = told.lines().collect();
        assert_eq!(told[..2], ["TLSv1 refused", "TLSv1_1 refused"], "{door}");
        for line in &told[2..] {
            let is_forward_secret = line.contains("ECDHE") || line.contains(" TLS_");
            let is_sealed = line.contains("GCM") || line.contains("POLY1305");
            assert!(is_forward_secret && is_sealed, "{door}: {line}");
        }
    }
}

// Goal: renewing ends nobody's connection, and what does not fit changes nothing.
// Method: one connection kept open throughout, a new one after each change, told to look by a signal.
#[test]
fn a_certificate_is_renewed_while_connections_go_on() {
    use std::io::{BufRead, BufReader, Write};
    let Some(interpreter) = need::python("ssl") else { return };
    let (house, [authority, certificate_file, key]) = secured();
    let mut watch = Command::new(interpreter)
        .args(["-c", WATCH, "127.0.0.1", &port(&house, "acts"), &authority])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut asked = watch.stdin.take().unwrap();
    let mut look = || {
        asked.write_all(b"\n").unwrap();
        let line = lines.next().unwrap().unwrap();
        assert_eq!(line.matches("HTTP/1.1 200 OK").count(), 2, "{line}");
        line.split_once(' ').unwrap().0.to_owned()
    };
    let first = look();
    assert_eq!(look(), first);

    // Another pair of the same authority: taken once it is told to look.
    certificate(&house, "tls");
    house.hang_up();
    let renewed = (0..600).map(|_| look()).find(|seen| *seen != first).expect("it is renewed");

    // A key that does not fit, and then no certificate at all: the former one serves on.
    let [_, _, stranger] = certificate(&house, "other");
    std::fs::copy(stranger, key).unwrap();
    house.hang_up();
    assert!((0..50).all(|_| look() == renewed));
    std::fs::write(certificate_file, "nothing\n").unwrap();
    house.hang_up();
    assert!((0..50).all(|_| look() == renewed));
    drop(asked);
    assert!(watch.wait().unwrap().success());
}

#[test]
fn what_is_unfit_or_in_clear_on_a_network_does_not_start() {
    let house = House::founded();
    let [authority, certificate_file, key] = certificate(&house, "tls");
    let [_, _, stranger] = certificate(&house, "other");
    let loose = house.text("loose.key");
    std::fs::copy(&key, &loose).unwrap();
    std::fs::set_permissions(&loose, std::fs::Permissions::from_mode(0o640)).unwrap();
    let (data, custody) = (house.text("data"), house.text("custody"));
    let up = |more: &[&str]| {
        let mut args = vec!["up", "--data", &data, "--custody", &custody];
        args.extend(["--s3-inside", "127.0.0.1:0", "--acts", "127.0.0.1:0", "--acts-inside", "127.0.0.1:0"]);
        args.extend(more);
        let ended = house.epic(&args);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{more:?}");
        ended.err
    };
    let with = |certificate: &str, key: &str| {
        up(&["--s3", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key])
    };
    assert!(up(&["--s3", "0.0.0.0:0"]).contains("would be heard on a network without TLS"));
    assert!(up(&["--s3", "127.0.0.1:0", "--tls-certificate", &authority]).contains("--tls-key"));
    assert!(with(&certificate_file, &loose).contains("may be read by others"));
    assert!(with(&certificate_file, &stranger).contains("do not belong together"));
    assert!(with(&key, &key).contains("holds no certificate"));
    assert!(with(&certificate_file, &house.text("absent.key")).contains("cannot read"));
}

// Goal: a key is never readable by others, whatever a call that was cut left behind. Method: what it would have staged.
#[test]
fn a_key_is_private_whatever_was_left_behind() {
    let house = House::empty();
    std::fs::create_dir(house.path("tls")).unwrap();
    for left in ["authority.new", "authority.key.new", "region.new", "region.key.new"] {
        let left = house.path("tls").join(left);
        std::fs::write(&left, "half").unwrap();
        std::fs::set_permissions(&left, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let [.., key] = certificate(&house, "tls");
    for key in [key.into(), house.path("tls").join("authority.key")] {
        let mode = std::fs::metadata(&key).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", key.display());
    }
}
