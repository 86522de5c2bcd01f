//! `epic exit return`: the next step of a provider's return, by whoever may take it.
//!
//! It asks how far the return has come and does what comes next; what is on disk
//! already and whole is not fetched again. Each step is an act of its own, and
//! the rules say whose: a step that is another's is refused as such.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use data_encoding::HEXLOWER;
use seal::Sha256;
use serde_json::{Value, json};
use web::client::{Answer, Client};
use words::Act;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::{ask, print, transfer};

const SUMS: &str = "SHA256SUMS";
const NAMES: &str = "NAMES.tsv";
const SIGNED: &str = "SIGNED";
/// WHY: some things change while one looks; who fetches all the time is not let wait for ever.
const ROUNDS_MAX: usize = 3;

/// What is asked for.
struct Wanted {
    project: String,
    agreement: String,
    to: Option<PathBuf>,
    recipient: Option<PathBuf>,
    is_confirming: bool,
}

pub fn go_on(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let wanted = Wanted {
        project: text("project").unwrap_or_default(),
        agreement: text("agreement").unwrap_or_default(),
        to: text("to").map(PathBuf::from),
        recipient: text("recipient").map(PathBuf::from),
        is_confirming: matches.get_flag("confirm"),
    };
    let answer = ask::wait(step(&settings.client()?, &wanted))?;
    print::answer(&answer, settings)
}

impl Wanted {
    fn fields(&self, more: Value) -> Value {
        let mut fields = json!({ "project": self.project, "agreement": self.agreement });
        if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
            fields.extend(more);
        }
        fields
    }
}

async fn step(client: &Client, wanted: &Wanted) -> Result<Answer, Failure> {
    let shown = client.perform(Act::ExitShow, &json!({ "project": wanted.project })).await?.answer;
    let own = shown.as_array().into_iter().flatten().find(|row| row["exit"] == wanted.agreement.as_str());
    let state = own.map_or("", |row| row["state"].as_str().unwrap_or_default());
    match state {
        "" => Ok(client.perform(Act::ExitStart, &wanted.fields(json!({}))).await?),
        "started" => accept(client, wanted).await,
        "accepted" => receive(client, wanted).await,
        "confirmed" | "given up" => {
            let reason = format!("returned to its provider: {state}");
            let erase = wanted.fields(json!({ "reason": reason }));
            Ok(client.perform(Act::KeyEraseScope, &erase).await?)
        }
        over => Ok(Answer::own(json!({ "exit": wanted.agreement, "state": over }))),
    }
}

async fn accept(client: &Client, wanted: &Wanted) -> Result<Answer, Failure> {
    let file = wanted.recipient.as_ref().ok_or_else(|| {
        Failure::yours(
            "the return waits for the provider's key",
            "its signatory names it: `--recipient FILE`, a Crypt4GH public key of the provider's own",
        )
    })?;
    let key = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    Ok(client.perform(Act::ExitAccept, &wanted.fields(json!({ "recipient": key }))).await?)
}

/// Fetches what is missing; once all is there, writes its lists, and confirms if told to.
async fn receive(client: &Client, wanted: &Wanted) -> Result<Answer, Failure> {
    let to = wanted.to.as_ref().ok_or_else(|| {
        Failure::yours("the return waits to be fetched", "its steward says where to: `--to DIR`")
    })?;
    std::fs::create_dir_all(to).map_err(|cause| Failure::file("make", to, &cause))?;
    for _ in 0..ROUNDS_MAX {
        let mut lists = Lists::begin(to)?;
        let mut fetched = 0;
        let last = pages(client, wanted, async |item: &Value| {
            if is_whole(to, item)? {
                return lists.add(item);
            }
            fetched += 1;
            fetch(client, wanted, to, item).await
        })
        .await?;
        // WHY again: the digest of what was just fetched is in the next list.
        if fetched > 0 {
            continue;
        }
        let digest = lists.end()?;
        let signed = last["note"].as_str().unwrap_or_default();
        let file = to.join(SIGNED);
        std::fs::write(&file, signed).map_err(|cause| Failure::file("write", &file, &cause))?;
        if last["digest"] != digest.as_str() {
            return Err(Failure::ours("the list of what is here is not the region's", "run it again"));
        }
        return confirm(client, wanted, &last, &digest).await;
    }
    Err(Failure::ours(
        "something was fetched in every round",
        "see that nobody else fetches, and run it again",
    ))
}

async fn confirm(client: &Client, wanted: &Wanted, last: &Value, digest: &str) -> Result<Answer, Failure> {
    if wanted.is_confirming {
        return Ok(client.perform(Act::ExitConfirm, &wanted.fields(json!({ "digest": digest }))).await?);
    }
    Ok(Answer::own(json!({
        "exit": wanted.agreement,
        "state": "all fetched; open some of it, then run this again with --confirm",
        "objects": last["objects"],
        "digest": digest,
    })))
}

/// Shows every item of the return, page by page; gives the last page.
async fn pages(
    client: &Client,
    wanted: &Wanted,
    mut show: impl AsyncFnMut(&Value) -> Result<(), Failure>,
) -> Result<Value, Failure> {
    let mut after = Value::Null;
    loop {
        let page = client.perform(Act::ExitList, &wanted.fields(json!({ "after": after }))).await?.answer;
        for item in page["items"].as_array().into_iter().flatten() {
            show(item).await?;
        }
        after = page["next"].clone();
        if after.is_null() {
            return Ok(page);
        }
    }
}

async fn fetch(client: &Client, wanted: &Wanted, to: &Path, item: &Value) -> Result<(), Failure> {
    let fields =
        wanted.fields(json!({ "bucket": item["bucket"], "key": item["key"], "version": item["version"] }));
    let download = client.download(Act::ExitFetch, &fields).await?;
    transfer::receive(download, Some(&file(to, item)?)).await
}

/// WHY the object's id: nothing that somebody wrote elsewhere becomes a path here.
fn file(to: &Path, item: &Value) -> Result<PathBuf, Failure> {
    let id: Option<words::Id<words::noun::Object>> =
        item["object"].as_str().and_then(|text| text.parse().ok());
    let id = id.ok_or_else(|| Failure::ours("the region named an object by no id", "use a newer release"))?;
    Ok(to.join(format!("{id}.c4gh")))
}

/// Whether the file that went out is the one that lies here.
fn is_whole(to: &Path, item: &Value) -> Result<bool, Failure> {
    let path = file(to, item)?;
    let (Some(digest), true) = (item["sealed_sha256"].as_str(), path.exists()) else {
        return Ok(false);
    };
    let failed = |cause| Failure::file("read", &path, &cause);
    let (mut from, mut sum, mut piece) =
        (File::open(&path).map_err(failed)?, Sha256::new(), vec![0; 1 << 20]);
    loop {
        match from.read(&mut piece).map_err(failed)? {
            0 => return Ok(HEXLOWER.encode(&sum.finish()) == digest),
            read => sum.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

/// The two lists of a return, whole or not there.
struct Lists {
    to: PathBuf,
    sums: File,
    names: File,
    digest: Sha256,
}

fn staged(to: &Path, name: &str) -> PathBuf {
    to.join(format!("{name}.part"))
}

impl Lists {
    fn begin(to: &Path) -> Result<Self, Failure> {
        let make = |name| {
            let path = staged(to, name);
            File::create(&path).map_err(|cause| Failure::file("write", &path, &cause))
        };
        Ok(Self { to: to.to_path_buf(), sums: make(SUMS)?, names: make(NAMES)?, digest: Sha256::new() })
    }

    fn add(&mut self, item: &Value) -> Result<(), Failure> {
        let text = |name: &str| item[name].as_str().unwrap_or_default().replace(['\t', '\n', '\r'], "?");
        // SPEC: GNU coreutils: the digest, two spaces, the name.
        let sum = format!("{}  {}.c4gh\n", text("sealed_sha256"), text("object"));
        let name = format!(
            "{}.c4gh\t{}\t{}\t{}\t{}\t{}\n",
            text("object"),
            text("bucket"),
            text("key"),
            text("version"),
            item["size_bytes"],
            text("sha256"),
        );
        self.digest.update(sum.as_bytes());
        let written =
            self.sums.write_all(sum.as_bytes()).and_then(|()| self.names.write_all(name.as_bytes()));
        written.map_err(|cause| Failure::file("write", &self.to, &cause))
    }

    fn end(self) -> Result<String, Failure> {
        let kept = || -> std::io::Result<()> {
            self.sums.sync_all()?;
            self.names.sync_all()?;
            for name in [SUMS, NAMES] {
                std::fs::rename(staged(&self.to, name), self.to.join(name))?;
            }
            Ok(())
        };
        kept().map_err(|cause| Failure::file("write", &self.to, &cause))?;
        Ok(HEXLOWER.encode(&self.digest.finish()))
    }
}
