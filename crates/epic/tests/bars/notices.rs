//! Notices as people get them: by a mail server that nobody here wrote, and by a webhook that is checked as the guide says.
//!
//! Oracles: `aiosmtpd` and Python's own parser of mail; `cryptography` for the signature.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::tls::certificate;
use super::watched::page;
use crate::kit::{House, day, need};

/// What stands in no mail, no request and no log: names of people, projects, houses, things.
const PLANTED: [&str; 10] = [
    "planet",
    "rita",
    "carla",
    "sergio",
    "sara",
    "pollution",
    "secret-permit",
    "Ospedale",
    "Superiore",
    "iss.example",
];

/// WHY so many: a round comes every few seconds, on a machine that others use.
const LOOKS_MAX: usize = 6_000;
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A mail server and a receiver of webhooks, in one process of Python.
struct Receiver {
    child: Child,
    tell: ChildStdin,
    lines: BufReader<ChildStdout>,
    mail: u64,
    web: u64,
}

impl Receiver {
    fn start(python: &Path, how: &str, certificate: &str, key: &str) -> Self {
        let script = need::root().join("crates/epic/tests/notices.py");
        let mut command = Command::new(python);
        command.arg(script).args([how, certificate, key]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (tell, lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut receiver = Self { child, tell, lines, mail: 0, web: 0 };
        let ports = receiver.next();
        (receiver.mail, receiver.web) = (ports["mail"].as_u64().unwrap(), ports["web"].as_u64().unwrap());
        receiver
    }

    /// From here on mail is taken.
    fn open(&mut self) {
        self.tell.write_all(b"open\n").unwrap();
    }

    /// What came next; it ends by itself if nothing comes.
    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: nothing came, but `{line}`"))
    }

    /// So many things that came, in the order of whom they are for.
    fn take(&mut self, count: usize) -> Vec<Value> {
        let mut all: Vec<Value> = (0..count).map(|_| self.next()).collect();
        all.sort_by_key(|one| (one["mail"].to_string(), one["hook"].to_string()));
        all
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn header<'a>(mail: &'a Value, name: &str) -> Vec<&'a str> {
    let all = mail["headers"].as_array().unwrap().iter();
    all.filter(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap()).collect()
}

/// A region with people whom something waits for or ends for within a week.
fn house() -> House {
    let house = House::agreed();
    house.permit("secret-permit", "planet", "rita", &day(5));
    house.hospital("catania");
    house.offer("catania");
    house
}

/// The relay's options; its password lies in a file.
fn options(house: &House, receiver: &Receiver, how: &str) -> Vec<String> {
    let password = house.path("relay.word");
    std::fs::write(&password, "relay's own word\n").unwrap();
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&password, closed).unwrap();
    let relay = format!("127.0.0.1:{}", receiver.mail);
    let mut options =
        vec!["--notices", "https://region.example:9010/", "--mail-relay", &relay, "--mail-tls", how];
    options.extend(["--mail-from", "EPIC <notices@epic.example>", "--pace", "240"]);
    let password = password.display().to_string();
    if how != "none" {
        options.extend(["--mail-login", "epic", "--mail-password-file", &password]);
    }
    options.into_iter().map(str::to_owned).collect()
}

fn up(house: &mut House, options: &[String], more: &[&str]) {
    let words: Vec<&str> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
    house.up(&words);
}

fn names_nobody(text: &str) {
    for word in PLANTED {
        assert!(!text.contains(word), "`{word}` stands in: {text}");
    }
}

/// How many notices were sent and failed by a way, as the figures have it.
fn figures(house: &House, way: &str) -> (u64, u64) {
    let text = page(house.ready["metrics"].as_str().unwrap(), "").1;
    let of = |outcome: &str| {
        let line = format!("epic_notices_total{{way=\"{way}\",outcome=\"{outcome}\"}} ");
        text.lines().find_map(|own| own.strip_prefix(&line)).unwrap().parse().unwrap()
    };
    (of("sent"), of("failed"))
}

/// Whether the figures come to be so.
fn come(house: &House, way: &str, so: impl Fn((u64, u64)) -> bool) -> bool {
    (0..LOOKS_MAX).any(|_| {
        std::thread::sleep(LOOK_EVERY);
        so(figures(house, way))
    })
}

// Goal: a relay that is down holds up nothing and loses nothing; then mail comes over TLS, once, with counts and no names.
#[test]
fn mail_comes_by_a_relay_that_was_down() {
    let Some(python) = need::python("aiosmtpd.smtp") else { return };
    let mut house = house();
    assert_eq!(house.down(), 0);
    let [authority, certificate, key] = certificate(&house, "tls");
    house.variables.push(("EPIC_CA_FILE", PathBuf::from(&authority)));
    let mut receiver = Receiver::start(&python, "starttls", &certificate, &key);
    let (log, options) = (house.text("log"), options(&house, &receiver, "starttls"));
    up(&mut house, &options, &["--metrics", "127.0.0.1:0", "--log-file", &log]);
    let failed = (0..2_000).find(|_| {
        house.done("rita", &["project", "show"]);
        figures(&house, "mail").1 > 0
    });
    assert!(failed.is_some(), "the relay was never asked");
    receiver.open();
    let mails = receiver.take(4);
    let whom: Vec<&str> = mails.iter().map(|mail| mail["mail"][0].as_str().unwrap()).collect();
    let expected =
        ["carla@iss.example", "rita@iss.example", "sara-catania@catania.example", "sergio@iss.example"];
    assert_eq!(whom, expected);
    for mail in &mails {
        assert_eq!(
            (&mail["tls"], &mail["hello"]),
            (&Value::Bool(true), &Value::from("epic.example")),
            "{mail}"
        );
        assert_eq!(
            (&mail["sender"], mail["mail"].as_array().unwrap().len()),
            (&"notices@epic.example".into(), 1)
        );
        assert_eq!(mail["defects"].as_array().unwrap().len(), 0, "{mail}");
        let mut names: Vec<&str> =
            mail["headers"].as_array().unwrap().iter().map(|pair| pair[0].as_str().unwrap()).collect();
        names.sort_unstable();
        let kept = [
            "auto-submitted",
            "content-transfer-encoding",
            "content-type",
            "date",
            "from",
            "message-id",
            "mime-version",
            "subject",
            "to",
        ];
        assert_eq!(names, kept, "nothing else rides along");
        assert_eq!(header(mail, "auto-submitted"), ["auto-generated"]);
        assert_eq!(header(mail, "from"), ["EPIC <notices@epic.example>"]);
        assert_eq!(header(mail, "to"), [mail["mail"][0].as_str().unwrap()]);
        assert!(header(mail, "message-id")[0].ends_with("@epic.example>"));
        let text = mail["text"].as_str().unwrap();
        names_nobody(text);
        names_nobody(header(mail, "subject")[0]);
        let lines: Vec<&str> = text.lines().collect();
        for line in ["Veda: https://region.example:9010/", "Look: https://region.example:9010/"] {
            assert!(lines.contains(&line), "{text}");
        }
    }
    let ids: std::collections::BTreeSet<&str> =
        mails.iter().map(|mail| header(mail, "message-id")[0]).collect();
    assert_eq!(ids.len(), 4);
    let of = |at: usize| mails[at]["text"].as_str().unwrap();
    for at in [0, 1] {
        assert!(
            of(at).contains("Ends within 7 days: 1 permit.")
                && of(at).contains("Termina entro 7 giorni: 1 permesso."),
            "{}",
            of(at)
        );
    }
    for at in [2, 3] {
        assert!(
            of(at).contains("One thing waits for you.") && of(at).contains("Una cosa la attende."),
            "{}",
            of(at)
        );
        assert!(!of(at).contains("Ends"), "{}", of(at));
    }
    // Told once, and after a restart not again: what comes next is what happened next.
    // WHY waiting: what has come and is not written down yet is told once more.
    assert!(come(&house, "mail", |(sent, _)| sent == 4), "{:?}", figures(&house, "mail"));
    assert_eq!(house.down(), 0);
    up(&mut house, &options, &["--metrics", "127.0.0.1:0", "--log-file", &log]);
    // WHY another signatory: whoever was told just now hears no sooner than in six hours.
    house.permit("secret-permit-2", "planet", "rita", &day(4));
    house.enrol_by("sergio", "sofia", "iss");
    house.role("sergio", "sofia", "signatory", "iss");
    let next = receiver.take(1);
    assert_eq!(next[0]["mail"], serde_json::json!(["sofia@iss.example"]));
    names_nobody(next[0]["text"].as_str().unwrap());
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("was not taken by the mail relay"), "{said}");
    names_nobody(&said);
    assert!(!said.contains("relay's own word"), "{said}");
}

// Goal: the other two ways to a relay work, and one address that is refused keeps mail from nobody else.
#[test]
fn mail_comes_by_tls_from_the_start_and_on_this_machine() {
    let Some(python) = need::python("aiosmtpd.smtp") else { return };
    for how in ["implicit", "none"] {
        let mut house = house();
        let enrol = [
            "person",
            "enrol",
            "nobody",
            "--name",
            "n",
            "--email",
            "nobody@iss.example",
            "--organisation",
            "iss",
        ];
        house.done("sergio", &enrol);
        house.role("sergio", "nobody", "signatory", "iss");
        assert_eq!(house.down(), 0);
        let [authority, certificate, key] = certificate(&house, "tls");
        house.variables.push(("EPIC_CA_FILE", PathBuf::from(&authority)));
        let mut receiver = Receiver::start(&python, how, &certificate, &key);
        receiver.open();
        let options = options(&house, &receiver, how);
        up(&mut house, &options, &["--metrics", "127.0.0.1:0"]);
        for mail in receiver.take(4) {
            assert_eq!(mail["tls"], how == "implicit", "{mail}");
            assert!(!mail["mail"][0].as_str().unwrap().starts_with("nobody"), "{mail}");
        }
        assert!(
            come(&house, "mail", |(sent, failed)| sent == 4 && failed > 0),
            "{:?}",
            figures(&house, "mail")
        );
    }
}

// Goal: no mail to whoever does not prove to be the relay. Method: another authority's certificate; the password is not said.
#[test]
fn a_relay_that_is_another_gets_nothing() {
    let Some(python) = need::python("aiosmtpd.smtp") else { return };
    let mut house = house();
    assert_eq!(house.down(), 0);
    let [authority, ..] = certificate(&house, "tls");
    let [_, certificate, key] = certificate(&house, "other");
    house.variables.push(("EPIC_CA_FILE", PathBuf::from(&authority)));
    let mut receiver = Receiver::start(&python, "starttls", &certificate, &key);
    receiver.open();
    let (log, options) = (house.text("log"), options(&house, &receiver, "starttls"));
    up(&mut house, &options, &["--metrics", "127.0.0.1:0", "--log-file", &log]);
    assert!(come(&house, "mail", |(_, failed)| failed > 1), "it tries again");
    assert_eq!(figures(&house, "mail").0, 0);
    assert!(std::fs::read_to_string(&log).unwrap().contains("proves no name that is believed"));
}

/// The code that the guide gives a receiver, with a question at its end.
fn as_the_guide_says(
    house: &House,
    python: &Path,
    (hook, to): (&Value, &str),
    bend: impl Fn(&mut String, &mut String),
) -> Result<String, String> {
    let guide = std::fs::read_to_string(need::root().join("docs/guide/notices.md")).unwrap();
    let code = guide.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let ask = "\nimport sys\nprint(json.dumps(check(sys.argv[1].encode(), sys.argv[2], sys.argv[3], sys.argv[4])))\n";
    let mut body = hook["body"].as_str().unwrap().to_owned();
    let mut signature = hook["headers"]["epic-signature"].as_str().unwrap().to_owned();
    bend(&mut body, &mut signature);
    let keys = format!("{}/v1/notices/keys", house.ready["acts"].as_str().unwrap());
    let ran = Command::new(python)
        .args(["-c", &(code.to_owned() + ask), &body, &signature, &keys, to])
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if ran.status.success() { Ok(text(ran.stdout)) } else { Err(text(ran.stderr)) }
}

fn swapped(text: &mut String, at: usize) {
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    text.replace_range(at..=at, other);
}

// Goal: a webhook holds counts alone, and proves to be this region's by the guide's own code; bent or another's it does not.
// One that sends elsewhere is not followed, and one that leads inside is refused.
#[test]
fn a_webhook_proves_whose_it_is() {
    let (Some(python), Some(_)) = (need::python("aiosmtpd.smtp"), need::python("cryptography")) else {
        return;
    };
    let mut house = house();
    let mut receiver = Receiver::start(&python, "none", "", "");
    let hook = format!("http://127.0.0.1:{}/hook", receiver.web);
    let moved = format!("http://127.0.0.1:{}/moved", receiver.web);
    house.done("rita", &["person", "reach", "--mail", "off", "--webhook", &hook]);
    house.done("carla", &["person", "reach", "--webhook", &moved]);
    for inside in ["http://169.254.169.254/latest", "https://10.0.0.1/", "https://hooks.example/\r\nX-Y: z"] {
        let ended = house.by("rita", &["person", "reach", "--webhook", inside]);
        assert_eq!(ended.code, 1, "{inside}: {}", ended.out);
    }
    assert_eq!(house.down(), 0);
    up(
        &mut house,
        &["--notices".into(), "http://127.0.0.1:9010".into()],
        &["--pace", "240", "--metrics", "127.0.0.1:0"],
    );
    let came = receiver.take(3);
    let paths: Vec<&str> = came.iter().map(|one| one["hook"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/hook", "/moved", "/moved"], "told once; tried again; never `/landed`");
    let hook = &came[0];
    names_nobody(&hook.to_string());
    let body: Value = serde_json::from_str(hook["body"].as_str().unwrap()).unwrap();
    let mut names: Vec<&String> = body.as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["at", "ended", "ends", "link", "region", "to", "version", "waits"]);
    let ends = serde_json::json!({ "60": 0, "30": 0, "7": 1 });
    assert_eq!(
        (&body["version"], &body["region"], &body["ends"]),
        (&1.into(), &"epic.test".into(), &ends),
        "{body}"
    );
    assert_eq!(
        (&body["waits"], &body["ended"], &body["link"]),
        (&0.into(), &0.into(), &"http://127.0.0.1:9010/".into()),
        "{body}"
    );

    let to = format!("http://127.0.0.1:{}", receiver.web);
    assert_eq!(body["to"], to.as_str());
    let said = as_the_guide_says(&house, &python, (hook, &to), |_, _| {}).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), body);
    let wrong = |bend: &dyn Fn(&mut String, &mut String)| {
        let error = as_the_guide_says(&house, &python, (hook, &to), bend).unwrap_err();
        assert!(error.contains("InvalidSignature") || error.contains("KeyError"), "{error}");
    };
    let passed_on =
        as_the_guide_says(&house, &python, (hook, "https://hooks.example"), |_, _| {}).unwrap_err();
    assert!(passed_on.contains("AssertionError"), "{passed_on}");
    wrong(&|body, _| *body = body.replace("\"7\":1", "\"7\":2"));
    wrong(&|_, signature| swapped(signature, signature.rfind('.').unwrap() + 20));
    let mut other = House::open();
    let error = as_the_guide_says(&other, &python, (hook, &to), |_, _| {}).unwrap_err();
    assert!(error.contains("KeyError"), "another region's keys: {error}");
    assert_eq!(other.down(), 0);
    assert!(come(&house, "webhook", |(_, failed)| failed >= 2));
    assert_eq!(figures(&house, "webhook").0, 1);
    assert_eq!(figures(&house, "mail"), (0, 0));
}

// Goal: what would send passwords or mail in clear, or is no address, keeps a region from starting, and says what to do.
#[test]
fn what_an_operator_may_not_say_of_a_relay() {
    let house = House::founded();
    std::fs::write(house.path("loose"), "word").unwrap();
    let loose = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(house.path("loose"), loose).unwrap();
    let (data, custody) = (house.text("data"), house.text("custody"));
    let notices = ["--notices", "https://region.example:9010"];
    let relay = ["--mail-relay", "smtp.example:587", "--mail-from", "notices@epic.example"];
    for (words, code, says) in [
        (vec!["--mail-relay", "smtp.example:587", "--mail-from", "n@e.example"], 1, "--notices"),
        ([&notices[..], &["--mail-relay", "smtp.example:587"]].concat(), 1, "--mail-from"),
        ([&notices[..], &relay, &["--mail-tls", "none"]].concat(), 1, "without TLS"),
        ([&notices[..], &relay, &["--mail-login", "epic"]].concat(), 1, "--mail-password-file"),
        (
            [&notices[..], &relay, &["--mail-login", "epic", "--mail-password-file", "loose"]].concat(),
            1,
            "others may read",
        ),
        (
            [&notices[..], &["--mail-relay", "smtp.example", "--mail-from", "n@e.example"]].concat(),
            1,
            "smtp.example:587",
        ),
        (
            [&notices[..], &["--mail-relay", "s.example:25", "--mail-from", "n@e.example\r\nBcc: a@b"]]
                .concat(),
            1,
            "--mail-from",
        ),
        (vec!["--notices", "region.example"], 1, "--notices"),
        (vec!["--notices", "https://region.example/\r\nx"], 1, "--notices"),
    ] {
        let mut all = vec!["up", "--data", &data, "--custody", &custody];
        for door in ["--s3", "--s3-inside", "--acts", "--acts-inside"] {
            all.extend([door, "127.0.0.1:0"]);
        }
        all.extend(&words);
        let ended = house.epic(&all);
        assert!(ended.code == code && ended.err.contains(says), "{words:?}: {} {}", ended.code, ended.err);
    }
}
