//! `epic import`: another S3 bucket's objects into a project's, by the ordinary acts.
//!
//! Every object is put as a person would put it: under an agreement, into its
//! scope, with a leaf. What was moved is written into a journal, so that a run
//! that broke goes on and a second one moves nothing. It never deletes.

mod copy;
mod journal;
mod report;
mod verify;

use std::path::Path;
use std::sync::Arc;

use clap::ArgMatches;
use futures::stream::{self, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use store::remote::{Found, Source, SourceError};
use words::limit::PART_BYTES_MAX;

use crate::failure::{Failure, Fault};
use crate::settings::Settings;
use crate::world::SystemClock;
use crate::{ask, elsewhere};
use copy::{Ended, Job};
use journal::Journal;
pub use journal::fuzz;
use report::Report;

/// WHY: beside it, each object in flight holds a few hundred kibibytes.
const AT_ONCE_MAX: u64 = 64;

/// WHY: a billion objects, a thousand on a page; a listing that goes on beyond goes round.
const PAGES_MAX: u64 = 1_000_000;

/// Imports, or says why not.
pub fn import(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let (url, prefix) = split(&text("source"))?;
    let place = elsewhere::SOURCE.read(&url, matches)?;
    let source = Source::open(&place.remote()?, prefix, Arc::new(SystemClock));
    let source = source.map_err(|error| of_source(&error))?;
    let journal = Journal::open(Path::new(&text("journal")))?;
    let job = Job {
        source,
        client: settings.client()?,
        from: format!("{} {}", place.endpoint, text("source")),
        project: text("project"),
        bucket: text("bucket"),
        into: text("into"),
        reads_twice: matches.get_flag("read-twice"),
        is_write_only: Default::default(),
    };
    let at_once = matches.get_one::<u64>("at-once").copied().unwrap_or(1).clamp(1, AT_ONCE_MAX);
    let at_once = usize::try_from(at_once).unwrap_or(1);
    match matches.get_flag("dry-run") {
        true => ask::wait(look(&job, &journal))?.told(settings),
        false => ask::wait(run(&job, &journal, at_once, settings)),
    }
}

/// The bucket, and what the keys to move begin with.
fn split(url: &str) -> Result<(String, String), Failure> {
    let (name, prefix) = url
        .strip_prefix("s3://")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
        .ok_or_else(|| Failure::yours(format!("`{url}` names no bucket"), "write `s3://bucket/prefix`"))?;
    Ok((format!("s3://{name}"), prefix.to_owned()))
}

fn of_source(error: &SourceError) -> Failure {
    let hint = error.fault().map_or("see that the source's certificate file is right", |fault| fault.hint());
    Failure::chain(error, hint)
}

/// All that the source lists, page by page.
fn listed(job: &Job) -> impl stream::Stream<Item = Result<Found, Failure>> + '_ {
    let pages = stream::try_unfold(Some((None::<String>, 0)), move |at| async move {
        let Some((after, number)) = at else { return Ok(None) };
        let page = job.source.page(after.as_deref()).await.map_err(|error| of_source(&error))?;
        let found = stream::iter(page.found.into_iter().map(Ok));
        let goes_on = page.next.is_none() || (page.next != after && number < PAGES_MAX);
        if !goes_on {
            return Err(Failure::ours(
                "the source's listing does not end",
                "name a narrower prefix, and see the source's log",
            ));
        }
        Ok::<_, Failure>(Some((found, page.next.map(|next| (Some(next), number + 1)))))
    });
    pages.try_flatten()
}

/// Why an object cannot be moved at all.
fn unmovable(job: &Job, found: &Found) -> Option<&'static str> {
    if found.size_bytes > PART_BYTES_MAX {
        return Some("it is larger than one put takes (5 GiB): send it with an S3 client, in parts");
    }
    let key = format!("{}{}", job.into, found.key);
    key.parse::<words::ObjectKey>().is_err().then_some("its key is longer than the region takes, or empty")
}

/// What a run would do; nothing is asked of the region.
async fn look(job: &Job, journal: &Journal) -> Result<Report, Failure> {
    let mut report = Report::dry();
    let mut all = Box::pin(listed(job));
    while let Some(found) = all.try_next().await? {
        report.list(&found);
        match (journal.holds(&job.mark(&found)), unmovable(job, &found)) {
            (true, _) => report.there += 1,
            (false, Some(why)) => report.fail(&found.key, why),
            (false, None) => report.due(&found),
        }
    }
    Ok(report)
}

async fn run(job: &Job, journal: &Journal, at_once: usize, settings: &Settings) -> Result<(), Failure> {
    let due = look(job, journal).await?;
    let bar = bar(&due, settings);
    let mut report = Report::seen(&bar);
    let ended = move_all(job, journal, at_once, &mut report).await;
    bar.finish_and_clear();
    journal.settle()?;
    // WHY before the failure: what was moved is moved.
    report.told(settings)?;
    ended?;
    match report.failed {
        0 => Ok(()),
        failed => Err(Failure::new(
            Fault::Ours,
            format!("{failed} objects were not moved; each is named above"),
            "mend what is wrong with them and ask again: what was moved is not moved twice",
        )),
    }
}

async fn move_all(job: &Job, journal: &Journal, at_once: usize, report: &mut Report) -> Result<(), Failure> {
    let moved = listed(job).map_ok(|found| async move {
        if journal.holds(&job.mark(&found)) {
            return Ok::<_, Failure>((found, Ended::There));
        }
        if let Some(why) = unmovable(job, &found) {
            return Ok((found, Ended::Failed(why.to_owned())));
        }
        let ended = copy::copy(job, &found).await?;
        Ok((found, ended))
    });
    let mut moved = Box::pin(moved.try_buffer_unordered(at_once));
    while let Some((found, ended)) = moved.try_next().await? {
        report.list(&found);
        match ended {
            Ended::There => report.there += 1,
            Ended::ThereBefore => report.there_before += 1,
            Ended::Failed(why) => report.fail(&found.key, &why),
            Ended::Moved(moved) => {
                journal.write(&job.mark(&found), &found, &moved)?;
                report.moved(&found, moved.by);
            }
        }
    }
    Ok(())
}

/// On standard error; shown only where somebody sees it.
fn bar(due: &Report, settings: &Settings) -> ProgressBar {
    if settings.is_json {
        return ProgressBar::hidden();
    }
    let style = "{bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}";
    let bar = ProgressBar::new(due.due_bytes).with_message(format!("of {} objects", due.due));
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
