//! The tree of commands: `epic <noun> <verb>`, made from the table of acts.
//!
//! A new row of the table is a new command, with its flags and its help. The
//! few commands that are no acts of a region stand beside them.

use std::io::Write;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use clap_complete::Shell;
use words::act::{Body, Field, FieldKind, Row};
use words::{Act, Timestamp};

use crate::certificate;
use crate::failure::{Failure, Fault};

/// The id of an act's first word that needs no flag.
pub const SUBJECT: &str = "subject";
const REGION: &str = "The region";

/// The whole tree.
pub fn tree() -> Command {
    let mut tree = Command::new("epic")
        .about("A secure region for sensitive research data: agreement, delivery, permit, reading, release, erasure")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .after_help("Exit codes: 0 done, 1 yours to fix, 2 ours to fix, 3 refused (the reason says what would make it a yes).")
        .args(globals())
        .subcommands(crate::command::local());
    let mut nouns: Vec<&str> = Act::ALL.iter().map(|act| act.row().noun).collect();
    nouns.dedup();
    for noun in nouns {
        tree = tree.subcommand(of_noun(noun));
    }
    tree
}

fn of_noun(noun: &'static str) -> Command {
    let rows = Act::ALL.iter().map(|act| act.row()).filter(|row| row.noun == noun);
    let mut verbs: Vec<&str> = rows.clone().map(|row| row.verb).collect();
    verbs.extend((noun == "ledger").then_some("verify"));
    verbs.extend((noun == "exit").then_some("return"));
    let mut command =
        Command::new(noun).about(verbs.join(", ")).subcommand_required(true).arg_required_else_help(true);
    for row in rows {
        command = command.subcommand(of_row(row));
    }
    match noun {
        "ledger" => command.subcommand(verify()),
        "exit" => command.subcommand(go_back()),
        _ => command,
    }
}

fn of_row(row: &'static Row) -> Command {
    let who: Vec<&str> = row.who.iter().map(|role| role.text()).collect();
    let who = if who.is_empty() {
        "anyone who is enrolled, for their own things".to_owned()
    } else {
        who.join(", ")
    };
    let mut command = Command::new(row.verb)
        .about(row.help)
        .after_help(format!("Who: {who}. See `epic explain {}`.", row.name));
    let subject = subject(row);
    command = command.args(subject.map(positional));
    // WHY not what is hidden: words of a command are seen by everybody on the machine, so those are asked for.
    for field in row.fields.iter().filter(|field| field.kind != FieldKind::Hidden) {
        let arg = flag(row, field);
        let is_subject = subject.is_some_and(|subject| subject.name == field.name);
        // WHY hidden: one way to name the thing is enough to read; scripts may use the other.
        let arg = if is_subject { arg.hide(true) } else { arg.required(field.is_required) };
        command = command.arg(arg);
    }
    match row.body {
        Body::None => command,
        Body::Upload => command.arg(file("bytes to send; `-` reads standard input").required(true)),
        Body::Download => command.arg(file("where to write; standard output if left out")),
    }
}

/// The field that may be given without its flag: the thing itself.
pub fn subject(row: &'static Row) -> Option<&'static Field> {
    let is_it = |field: &&Field| {
        // An account is a person's.
        let noun = if row.noun == "account" { ["account", "person"] } else { [row.noun, row.noun] };
        noun.contains(&field.name) && row.noun != "role" || field.name == "alias"
    };
    row.fields.iter().find(is_it)
}

fn positional(field: &'static Field) -> Arg {
    let arg = Arg::new(SUBJECT).value_name(field.name.to_uppercase()).help(field.help);
    let arg = arg.conflicts_with(field.name);
    if field.is_required { arg.required_unless_present(field.name) } else { arg }
}

fn flag(row: &'static Row, field: &'static Field) -> Arg {
    let arg = Arg::new(field.name).long(dashed(field.name)).help(field.help);
    match field.kind {
        FieldKind::Text | FieldKind::Hidden => worded(arg, row),
        FieldKind::Number => arg.value_name("NUMBER").value_parser(value_parser!(u64)),
        FieldKind::Time => arg.value_name("TIME").value_parser(|text: &str| text.parse::<Timestamp>()),
        FieldKind::Texts => worded(arg, row).action(ArgAction::Append),
    }
}

/// What somebody writes: a key file begins with hyphens, and a key or a reason may.
///
/// WHY no option of the same command: `--reason --json` forgot the reason, and must not end an agreement for it.
fn worded(arg: Arg, row: &'static Row) -> Arg {
    let value = move |text: &str| match is_option(row, text) {
        true => Err(format!("`{text}` is an option itself, so a value is missing before it")),
        false => Ok(text.to_owned()),
    };
    arg.value_name("TEXT").allow_hyphen_values(true).value_parser(value)
}

fn is_option(row: &'static Row, text: &str) -> bool {
    let Some(name) = text.strip_prefix("--") else {
        return false;
    };
    let is_field = row.fields.iter().any(|field| dashed(field.name) == name);
    is_field || ["file", "help"].contains(&name) || globals().iter().any(|arg| arg.get_long() == Some(name))
}

pub fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

fn file(help: &'static str) -> Arg {
    Arg::new("file").long("file").value_name("FILE").help(help).value_hint(ValueHint::FilePath)
}

fn folder(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("DIR").help(help).value_hint(ValueHint::DirPath)
}

fn text(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("TEXT").help(help)
}

/// Known at every level; none bears the name of a field (a test holds that).
fn globals() -> Vec<Arg> {
    let of = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).global(true).help_heading(REGION)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help).global(true).help_heading(REGION)
    };
    vec![
        of(
            "region-url",
            "URL",
            "where the region listens [env: EPIC_REGION_URL] [default: http://127.0.0.1:9010]",
        ),
        of(
            "inside-url",
            "URL",
            "where it listens inside [env: EPIC_INSIDE_URL] [default: http://127.0.0.1:9011]",
        ),
        switch("inside", "ask from inside; needs an inside credential"),
        of("key-file", "FILE", "your key [env: EPIC_KEY_FILE] [default: ~/.config/epic/key]")
            .value_hint(ValueHint::FilePath),
        of(
            "session-file",
            "FILE",
            "your session; used where you name it or have no key [env: EPIC_SESSION_FILE] [default: ~/.config/epic/session]",
        )
        .value_hint(ValueHint::FilePath),
        of(
            "ca-file",
            "FILE",
            "authorities to believe over https [env: EPIC_CA_FILE] [default: those of this machine]",
        )
        .value_hint(ValueHint::FilePath),
        of("access-key", "ID", "act through this credential of yours"),
        of("attempt", "ID", "an id of your choice; given again, the act takes no second effect"),
        of("upon", "DIGEST", "do it only if the thing is as a look showed it: `upon` of its --json"),
        switch("json", "answer as JSON"),
    ]
}

fn sign_in() -> Command {
    Command::new("sign-in")
        .about("Sign in at your identity provider; the session is kept for the commands after it")
        .arg(
            text("token-file", "the token, as your identity provider gave it; `-` reads standard input")
                .value_hint(ValueHint::FilePath),
        )
        .arg(
            text("issuer-url", "sign in there with any browser: its address, as `epic issuer show` has it")
                .value_hint(ValueHint::Url)
                .required_unless_present("token-file")
                .conflicts_with("token-file"),
        )
        .arg(text("client", "what this program is called there").default_value("epic"))
        .arg(seconds("how long, 60 to 43200; 3600 where left out"))
        .after_help("With `--inside` it is a session inside. What is trusted here: `epic issuer show`.")
}

fn console() -> Command {
    Command::new("console")
        .about("Make a link that takes your browser into the console, once")
        .arg(seconds("how long the session lasts, 60 to 43200; 28800 where left out"))
        .after_help(
            "Whoever opens the link is you until the session ends. If it went astray: `epic person recall`.",
        )
}

fn seconds(help: &'static str) -> Arg {
    Arg::new("seconds").long("seconds").value_name("NUMBER").value_parser(value_parser!(u64)).help(help)
}

/// What is no act of a running region.
fn local() -> Vec<Command> {
    let key_pair = Command::new("key-pair")
        .about("Your own key: new, show")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("new").about("Make a key pair; its file is yours alone"))
        .subcommand(Command::new("show").about("Print the public half, to be enrolled with"));
    let share = Command::new("share")
        .about("Your share of split keys: key, give")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("key").about("Print the public half of your share key, for `epic key offer`"),
        )
        .subcommand(
            Command::new("give")
                .about("Give your share to the call that is open, sealed to that call alone")
                .arg(text("project", "whose keys").required(true))
                .arg(text("reason", "why; in an emergency each of the two says it")),
        );
    let explain = Command::new("explain")
        .about("Say which rules speak of an act or give a reason, and what would make it a yes")
        .arg(
            Arg::new("word")
                .required(true)
                .value_name("REASON|ACT")
                .help("a reason as `permit_missing`, or an act as `object.get`"),
        )
        .arg(
            Arg::new("lang")
                .long("lang")
                .value_name("LANGUAGE")
                .value_parser(PossibleValuesParser::new(["en", "it"]))
                .default_value("en")
                .help("language of the texts"),
        );
    let shells = PossibleValuesParser::new(["bash", "zsh", "fish", "elvish", "powershell"]);
    vec![
        init(),
        up(),
        certificate::command(),
        tour(),
        key_pair,
        sign_in(),
        console(),
        Command::new("sign-out").about("Forget your session on this machine"),
        share,
        crate::doctor::command(),
        explain,
        Command::new("policy").about("Print who may do what, and unless what, as a table"),
        Command::new("samples")
            .about("Write realistic data of nobody: clinical CSV, VCF, FASTQ")
            .arg(Arg::new("folder").required(true).value_name("DIR"))
            .arg(seed()),
        backup(),
        restore(),
        import(),
        Command::new("rebuild").about("Fold every ledger anew, offline, and say its head").args(places()),
        Command::new("completions")
            .about("Print completions for a shell")
            .arg(Arg::new("shell").required(true).value_parser(shells)),
    ]
}

fn backup() -> Command {
    Command::new("backup")
        .about("Copy the bucket, and custody elsewhere, as of one moment; also while the region runs")
        .args(places())
        .arg(folder("to", "folder that the bucket's copy grows in; noise to whoever finds it"))
        .arg(folder("custody-to", "folder for the sealed copy of custody; never where the bucket's copy is"))
        .args(sealing())
        .arg(listed(
            "recipient",
            "FILE",
            "Crypt4GH public key that may open the copy of custody; give it again for more",
        ))
}

fn restore() -> Command {
    let number = Arg::new("run").long("run").value_name("NUMBER").value_parser(value_parser!(u64));
    Command::new("restore")
        .about("Make a region of a backup of its bucket and a copy of its custody; refused where the two do not belong together")
        .args(places().into_iter().map(|arg| match ["data", "custody"].contains(&arg.get_id().as_str()) {
            true => arg.required(false).required_unless_present_any(["sign-loss", "drill"]),
            false => arg,
        }))
        .arg(folder("from", "folder of the bucket's copy").required_unless_present("sign-loss"))
        .arg(file_of("custody-from", "the sealed copy of custody").required_unless_present("sign-loss"))
        .args(sealing())
        .arg(file_of("identity", "Crypt4GH secret key that opens the copy of custody"))
        .arg(number.help("an earlier run than the newest"))
        .arg(text("sign-loss", "sign a loss by its digest, with `--key-file`, and print your hand"))
        .arg(listed("hand", "FILE", "hand under the loss, as `--sign-loss` printed it; two are needed"))
        .arg(Arg::new("drill").long("drill").action(ArgAction::SetTrue).help("only try, in a scratch folder: open it, compare, read, measure, remove it"))
        .arg(file_of("evidence", "where a drill's signed result goes, for `epic check record`"))
        .arg(number_of("stale-hours", "26", "a drill fails where the newest backup is older"))
        .arg(number_of("sample", "1000", "objects that a drill reads"))
}

fn sealing() -> Vec<Arg> {
    vec![file_of("seal-file", "file that holds the passphrase of the copy of custody")]
}

fn file_of(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FILE").help(help).value_hint(ValueHint::FilePath)
}

fn number_of(name: &'static str, default: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("NUMBER")
        .value_parser(value_parser!(u64))
        .default_value(default)
        .help(help)
}

fn listed(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).action(ArgAction::Append)
}

fn seed() -> Arg {
    Arg::new("seed")
        .long("seed")
        .value_name("NUMBER")
        .value_parser(value_parser!(u64))
        .default_value("1")
        .help("the same seed, the same files")
}

fn places() -> Vec<Arg> {
    let passphrase = Arg::new("passphrase-file").long("passphrase-file").value_name("FILE");
    let bucket = Arg::new("bucket").long("bucket").value_name("s3://NAME/PREFIX");
    let mut places = vec![
        folder("data", "folder of the store").required(true),
        folder("custody", "folder of the keys; outside the store, best on another disk").required(true),
        passphrase
            .help("file that holds custody's passphrase; asked for if needed and left out")
            .value_hint(ValueHint::FilePath),
        text("hsm-module", "PKCS#11 module (.so) of the HSM that custody is locked by")
            .requires("hsm-token")
            .conflicts_with("passphrase-file")
            .value_hint(ValueHint::FilePath),
        text("hsm-token", "label of the HSM's token").requires("hsm-module"),
        text("hsm-pin-file", "file that holds the token's PIN; asked for if left out")
            .requires("hsm-module")
            .value_hint(ValueHint::FilePath),
        bucket.help("bucket on an S3 server, instead of a folder in the data; `epic init` remembers it"),
    ];
    places.extend(crate::elsewhere::BUCKET.args());
    places
}

fn init() -> Command {
    Command::new("init")
        .about("Make a new region: root ledger, region key, first operator")
        .args(places())
        .arg(
            Arg::new("passphrase")
                .long("passphrase")
                .action(ArgAction::SetTrue)
                .conflicts_with("hsm-module")
                .help("protect custody with a passphrase, asked for"),
        )
        .arg(text("name", "the region's name in checkpoints, best a domain").required(true))
        .arg(text("organisation", "short name of the first organisation").required(true))
        .arg(text("organisation-name", "its legal name"))
        .arg(text("person", "short name of the first operator, who holds `--key-file`").required(true))
        .arg(text("person-name", "their name"))
        .arg(text("email", "their e-mail address"))
}

fn up() -> Command {
    let address = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("ADDRESS").default_value(default).help(help)
    };
    Command::new("up")
        .about("Bring the region up; ends with Ctrl-C, in good order")
        .args(places())
        .arg(address("s3", "127.0.0.1:9000", "S3, outside"))
        .arg(address("s3-inside", "127.0.0.1:9001", "S3, inside"))
        .arg(address("acts", "127.0.0.1:9010", "acts, outside"))
        .arg(address("acts-inside", "127.0.0.1:9011", "acts, inside"))
        .arg(
            Arg::new("metrics")
                .long("metrics")
                .value_name("ADDRESS")
                .help("figures for whoever watches, as `127.0.0.1:9020`; none if left out"),
        )
        .arg(
            Arg::new("witness")
                .long("witness")
                .value_name("ADDRESS")
                .help("where other regions ask for witnessing, as `127.0.0.1:9030`; none if left out"),
        )
        .arg(several(
            "s3-domain",
            "DOMAIN",
            "name under which `raw.DOMAIN` is the bucket `raw`; several times",
        ))
        .arg(several("console-origin", "ORIGIN", "whose pages may ask S3 from a browser; several times"))
        .arg(
            Arg::new("upload-days")
                .long("upload-days")
                .value_name("DAYS")
                .value_parser(value_parser!(u32).range(1..=36_525))
                .default_value("30")
                .help("give uploads up so long after their last part"),
        )
        .arg(
            // WHY hidden: only trials have a use for it; it makes the region look more often, and changes no age.
            Arg::new("pace")
                .long("pace")
                .value_name("TIMES")
                .value_parser(value_parser!(u32).range(1..=3_600))
                .default_value("1")
                .hide(true)
                .help("look after the house so many times as often"),
        )
        .arg(
            Arg::new("log-file")
                .long("log-file")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("write warnings there instead of to standard error, in 11 files of 10 MiB at most"),
        )
        .arg(
            pem("tls-certificate", "certificate and its chain, for all doors; needed beyond this machine")
                .requires("tls-key"),
        )
        .arg(pem("tls-key", "the certificate's private key, mode 0600").requires("tls-certificate"))
        .args(crate::notices::args())
}

fn several(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
}

fn pem(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("PEM").help(help).value_hint(ValueHint::FilePath)
}

fn import() -> Command {
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("import")
        .about("Put the objects of another S3 bucket into a project's, verified; asked again, it goes on")
        .arg(Arg::new("source").required(true).value_name("s3://BUCKET/PREFIX").help("where they are"))
        .args(crate::elsewhere::SOURCE.args())
        .arg(text("project", "project to put them into").required(true))
        .arg(text("bucket", "its bucket").required(true))
        .arg(text("into", "put before each key"))
        .arg(
            Arg::new("journal")
                .long("journal")
                .required(true)
                .value_name("FILE")
                .help("where what was moved is written down; keep it, and nothing is moved twice")
                .value_hint(ValueHint::FilePath),
        )
        .arg(
            Arg::new("at-once")
                .long("at-once")
                .value_name("NUMBER")
                .value_parser(value_parser!(u64))
                .default_value("4")
                .help("objects on their way at once"),
        )
        .arg(switch(
            "read-twice",
            "read each object twice and compare, where its source has no checksum of it",
        ))
        .arg(switch("dry-run", "say what would be moved, and move nothing"))
}

fn tour() -> Command {
    Command::new("tour")
        .about("Live the main job in a running region, with the refusals on the way")
        .arg(folder("people", "where the keys of the tour's persons are kept").default_value("./epic-people"))
        .arg(text("s3-url", "S3 of the region, for what to try next").default_value("http://127.0.0.1:9000"))
        .arg(text("s3-inside-url", "the same, inside").default_value("http://127.0.0.1:9001"))
        .arg(seed())
        .args_conflicts_with_subcommands(true)
        .subcommand(
            Command::new("tamper")
                .about("Flip one byte of an exported ledger and see it found and named")
                .arg(text("project", "whose ledger; the root's if left out"))
                .arg(
                    Arg::new("export")
                        .long("export")
                        .value_name("FILE")
                        .help("an exported ledger, instead of asking the region"),
                ),
        )
}

fn verify() -> Command {
    Command::new("verify")
        .about("Verify an exported ledger offline, with public keys alone")
        .arg(exported())
        .arg(text(
            "key",
            "the ledger's public key, from whom you trust; else the one in the export, which proves less",
        ))
        .arg(
            Arg::new("kept")
                .long("kept")
                .value_name("FILE")
                .help("a checkpoint that you kept from before")
                .value_hint(ValueHint::FilePath),
        )
        .arg(listed("witness", "KEY", "a witness's public key, from whom you trust; give it again for more"))
        .arg(
            Arg::new("witnesses")
                .long("witnesses")
                .value_name("NUMBER")
                .value_parser(value_parser!(u64))
                .help("so many of them must have signed [default: all]"),
        )
}

fn go_back() -> Command {
    Command::new("return")
        .about("Take the next step of a return: start, accept, fetch, confirm or erase; by whoever may")
        .arg(text("project", "project").required(true))
        .arg(text("agreement", "agreement that is over").required(true))
        .arg(file_of("recipient", "the provider's Crypt4GH public key, to accept with"))
        .arg(folder("to", "where the files come, to fetch; what is there and whole is not fetched again"))
        .arg(
            Arg::new("confirm")
                .long("confirm")
                .action(ArgAction::SetTrue)
                .help("once all is there, confirm it"),
        )
}

fn exported() -> Arg {
    Arg::new("export")
        .required(true)
        .value_name("FOLDER|TAR")
        .help("what `epic ledger export` wrote, packed or unpacked")
        .value_hint(ValueHint::AnyPath)
}

/// Prints completions.
pub fn completions(matches: &ArgMatches) -> Result<(), Failure> {
    let shell = matches
        .get_one::<String>("shell")
        .and_then(|shell| shell.parse::<Shell>().ok())
        .unwrap_or(Shell::Bash);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree(), "epic", &mut script);
    std::io::stdout().write_all(&script).map_err(|cause| Failure::output(&cause))
}

/// Ends with what the parser said: help is an answer, a wrong command is the person's.
pub fn end(error: &clap::Error) -> ExitCode {
    let is_answer = !error.use_stderr();
    // Nobody reads any more: there is nobody to tell.
    let _is_printed = error.print();
    if is_answer { ExitCode::SUCCESS } else { ExitCode::from(Fault::Yours as u8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: no option hides another. Method: clap's own check of the whole tree, and our names against the table's.
    #[test]
    fn the_tree_is_sound() {
        tree().debug_assert();
        let globals: Vec<String> = globals().iter().map(|arg| arg.get_id().to_string()).collect();
        for act in Act::ALL {
            for field in act.row().fields {
                assert!(!globals.contains(&dashed(field.name)), "{} {}", act.name(), field.name);
                assert!(!["file", SUBJECT].contains(&field.name), "{} {}", act.name(), field.name);
            }
        }
    }
}
