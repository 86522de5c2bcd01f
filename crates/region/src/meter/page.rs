//! The page of all meters, as OpenMetrics text.
//!
//! SPEC: OpenMetrics 1.0: a family's lines stand together, a counter's name
//! ends in `_total`, the page ends in `# EOF`.

use std::fmt::Write;

use words::{Act, Reason, Refusal};

use crate::Region;
use crate::check::{self, Verdict};
use crate::meter::{Counter, Door, Histogram, Last, StoreWork};
use crate::telling::Way;
use crate::usage::{self, UsageRow};
use crate::witness::State;

/// A figure that the region does not know itself: a door's seats, the process's memory.
#[derive(Debug, Clone)]
pub struct Gauge {
    pub name: &'static str,
    pub help: &'static str,
    /// Label and value of each of its lines; none: it has one line.
    pub labels: Vec<(&'static str, &'static str)>,
    pub value: u64,
}

/// Everything there is to watch.
pub async fn page(region: &Region, more: &[Gauge]) -> Result<String, Refusal> {
    let mut page = Page(String::with_capacity(64 * 1_024));
    page.acts(region);
    page.strangers(region);
    page.commits(region);
    page.state(region).await?;
    page.gauges(more);
    page.0 += "# EOF\n";
    Ok(page.0)
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# TYPE {name} {kind}"));
        // SPEC: a unit stands at the end of the name, too.
        let unit = ["seconds", "bytes"].into_iter().find(|unit| name.ends_with(unit));
        if let Some(unit) = unit {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
        self.line(format_args!("# HELP {name} {help}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }

    fn acts(&mut self, region: &Region) {
        let meters = region.meters();
        self.family("epic_acts", "counter", "Acts of persons by what they came to: done, or why refused.");
        for (act, meter) in Act::ALL.iter().zip(&meters.acts) {
            let outcomes = [("done", &meter.done)].into_iter();
            let refused = Reason::ALL.iter().map(|reason| reason.code()).zip(&meter.refused);
            for (outcome, counter) in outcomes.chain(refused).filter(|(_, counter)| counter.get() > 0) {
                let (act, count) = (act.name(), counter.get());
                self.line(format_args!("epic_acts_total{{act=\"{act}\",outcome=\"{outcome}\"}} {count}"));
            }
        }
        self.family("epic_act_seconds", "histogram", "How long acts took, their bodies' way in included.");
        for (act, meter) in Act::ALL.iter().zip(&meters.acts) {
            self.histogram("epic_act_seconds", &format!("act=\"{}\"", act.name()), &meter.seconds);
        }
    }

    fn histogram(&mut self, name: &str, label: &str, histogram: &Histogram) {
        let (buckets, sum) = histogram.read();
        let count = buckets.last().map_or(0, |(_, count)| *count);
        // WHY not the empty ones of acts: most acts are rare.
        if count == 0 && !label.is_empty() {
            return;
        }
        let before = if label.is_empty() { String::new() } else { format!("{label},") };
        for (bound, count) in buckets {
            let bound = bound.map_or("+Inf".to_owned(), |bound| format!("{bound:?}"));
            self.line(format_args!("{name}_bucket{{{before}le=\"{bound}\"}} {count}"));
        }
        let own = if label.is_empty() { String::new() } else { format!("{{{label}}}") };
        self.line(format_args!("{name}_count{own} {count}"));
        self.line(format_args!("{name}_sum{own} {sum:?}"));
    }

    fn strangers(&mut self, region: &Region) {
        let meters = region.meters();
        self.family("epic_strangers_refused", "counter", "Requests of nobody known, by door and reason.");
        for (door, reasons) in Door::ALL.iter().zip(&meters.strangers) {
            let counted = Reason::ALL.iter().zip(reasons).filter(|(_, counter)| counter.get() > 0);
            for (reason, counter) in counted {
                let (door, reason, count) = (door.text(), reason.code(), counter.get());
                self.line(format_args!(
                    "epic_strangers_refused_total{{door=\"{door}\",reason=\"{reason}\"}} {count}"
                ));
            }
        }
    }

    fn commits(&mut self, region: &Region) {
        let meters = region.meters();
        for (name, help, histogram) in [
            ("epic_commit_seconds", "How long commits took to become durable.", &meters.commit_seconds),
            ("epic_commit_bytes", "How large commits were.", &meters.commit_bytes),
            ("epic_commit_acts", "How many acts and steps shared a commit.", &meters.commit_acts),
        ] {
            self.family(name, "histogram", help);
            self.histogram(name, "", histogram);
        }
        for (name, help, counter) in [
            ("epic_data_received_bytes", "Bytes of data that were sealed.", &meters.bytes_in),
            ("epic_data_sent_bytes", "Bytes of data that went out.", &meters.bytes_out),
            ("epic_sweeps", "Rounds of the sweep over all open projects.", &meters.sweeps),
            ("epic_expired", "Versions and uploads that ended by themselves.", &meters.expired),
        ] {
            self.counter(name, help, counter);
        }
        self.family("epic_store_errors", "counter", "What the store did not do, by what it was asked.");
        for (work, counter) in StoreWork::ALL.iter().zip(&meters.store_errors) {
            let (work, count) = (work.text(), counter.get());
            self.line(format_args!("epic_store_errors_total{{work=\"{work}\"}} {count}"));
        }
        self.family("epic_notices", "counter", "Notices to people, by way and by whether they arrived.");
        for (way, counters) in Way::ALL.iter().zip(&meters.notices) {
            for (outcome, counter) in ["sent", "failed"].iter().zip(counters) {
                let (way, count) = (way.text(), counter.get());
                self.line(format_args!("epic_notices_total{{way=\"{way}\",outcome=\"{outcome}\"}} {count}"));
            }
        }
    }

    fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.family(name, "counter", help);
        self.line(format_args!("{name}_total {}", counter.get()));
    }

    async fn state(&mut self, region: &Region) -> Result<(), Refusal> {
        self.family("epic_open_cells", "gauge", "Cells of projects that are open.");
        self.line(format_args!("epic_open_cells {}", region.open_cells().len()));
        self.family("epic_leading", "gauge", "1 while this process leads the region.");
        self.line(format_args!("epic_leading {}", u8::from(region.is_leading())));
        self.held(region).await?;
        let meters = region.meters();
        self.age(
            region,
            "epic_anchor_age_seconds",
            "Since heads were last anchored in the root.",
            &meters.anchored_at,
        );
        self.age(
            region,
            "epic_checkpoint_age_seconds",
            "Since every checkpoint was last up to date.",
            &meters.published_at,
        );
        self.family("epic_witnesses", "gauge", "Witnesses of this region, by how it stands with them.");
        let witnesses = region.witnesses().await?;
        for text in State::TEXTS {
            let count = witnesses.iter().filter(|(_, _, state)| state.text() == text).count();
            self.line(format_args!("epic_witnesses{{state=\"{text}\"}} {count}"));
        }
        self.family("epic_check_verdict", "gauge", "1 for the verdict that a check has now.");
        for (name, verdict) in check::verdicts(region).await? {
            for one in Verdict::ALL {
                let (text, is_it) = (one.text().replace(' ', "_"), u8::from(one == verdict));
                self.line(format_args!("epic_check_verdict{{check=\"{name}\",verdict=\"{text}\"}} {is_it}"));
            }
        }
        Ok(())
    }

    /// WHY of all together: whose project is full is nobody's business who only watches.
    async fn held(&mut self, region: &Region) -> Result<(), Refusal> {
        let mut held = UsageRow::default();
        for cell in region.open_cells() {
            held = held.plus(usage::total(&cell.view().await?).await?);
        }
        self.family("epic_held_bytes", "gauge", "Bytes that open projects hold, as they were sent.");
        self.line(format_args!("epic_held_bytes {}", held.bytes));
        self.family("epic_held_objects", "gauge", "Versions of objects that open projects hold.");
        self.line(format_args!("epic_held_objects {}", held.objects));
        Ok(())
    }

    /// WHY no line before the first time: an age since never is none.
    fn age(&mut self, region: &Region, name: &str, help: &str, last: &Last) {
        self.family(name, "gauge", help);
        if let Some(at) = last.get() {
            let age_ms = region.now().since_ms(at).max(0);
            self.line(format_args!("{name} {}.{:03}", age_ms / 1_000, age_ms % 1_000));
        }
    }

    fn gauges(&mut self, more: &[Gauge]) {
        let mut last = "";
        for gauge in more {
            if gauge.name != last {
                self.family(gauge.name, "gauge", gauge.help);
                last = gauge.name;
            }
            let labels: Vec<_> =
                gauge.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
            let own = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            self.line(format_args!("{}{own} {}", gauge.name, gauge.value));
        }
    }
}
