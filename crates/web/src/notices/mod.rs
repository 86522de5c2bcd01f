//! Notices on their way out: by the operator's mail relay, and to webhooks that people named.
//!
//! The region says what is due and writes down what was told (`region::telling`);
//! here it is carried. It runs beside everything else and holds up nothing: each
//! wait is bounded, who cannot be reached is left alone longer and longer, and
//! what did not arrive is due again. It must never write an address to a log.

mod fault;
mod hook;
mod mail;
mod patience;
mod relay;
mod says;

use std::future::Future;
use std::time::Duration;

use futures::future::join;
use futures::{StreamExt, stream};
use listen::Trust;
use region::Region;
use region::telling::{Notice, Told, Way};
use region::tend::Pace;

use hook::Hooks;
pub use mail::MailError;
use mail::Post;
use patience::Patience;
pub use relay::{Login, Relay, RelayTls};

/// WHY: what waits for somebody is told within a minute or two; nobody sits and waits for it.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// WHY: a relay takes some mails a second; the rest of a large house hears in the next rounds.
const MAILS_AT_ONCE_MAX: usize = 200;
/// WHY: receivers are many and slow; each has ten seconds.
const HOOKS_AT_ONCE_MAX: usize = 8;
const HOOKS_PER_ROUND_MAX: usize = 200;

/// How the operator has people told.
#[derive(Clone)]
pub struct Telling {
    /// Where people find the console: `https://region.example:9010`.
    pub console: String,
    /// Who takes mail; none: webhooks alone are told.
    pub relay: Option<Relay>,
    pub pace: Pace,
}

/// What a round needs besides.
struct Round<'a> {
    region: &'a Region,
    telling: &'a Telling,
    trust: Option<&'a Trust>,
    /// Nobody beyond this machine reaches the region: its neighbours may hear of it.
    is_local: bool,
}

/// Tells people what is due, until told to end.
pub async fn tell_people(
    region: Region,
    telling: Option<Telling>,
    (trust, is_local): (Option<Trust>, bool),
    until: impl Future<Output = ()> + Send,
) {
    let Some(telling) = telling else { return };
    let pace = telling.pace.0.max(1);
    let keeping = async {
        let (mut patience, mut unwritten) = (Patience::new(pace), Vec::new());
        loop {
            tokio::time::sleep(LOOK_EVERY / pace).await;
            let round = Round { region: &region, telling: &telling, trust: trust.as_ref(), is_local };
            write_down(&region, &mut unwritten).await;
            round.go(&mut patience, &mut unwritten).await;
        }
    };
    tokio::select! {
        () = keeping => {}
        // A notice on its way may have arrived without being written down: it is told once more at most.
        () = until => {}
    }
}

/// Writes down what arrived when nothing could be written. WHY before anything else: it would be told twice.
async fn write_down(region: &Region, unwritten: &mut Vec<Notice>) {
    let mut left = Vec::new();
    for notice in unwritten.drain(..) {
        if region.write_told(&notice).await.is_err() {
            left.push(notice);
        }
    }
    *unwritten = left;
}

impl Round<'_> {
    async fn go(&self, patience: &mut Patience, unwritten: &mut Vec<Notice>) {
        let ways: &[Way] = if self.telling.relay.is_some() { &Way::ALL } else { &[Way::Webhook] };
        let due = match self.region.notices(ways).await {
            Ok(due) => due,
            Err(refusal) => {
                tracing::warn!(reason = refusal.reason.code(), "nobody is told anything this time");
                return;
            }
        };
        let is_written = |notice: &Notice| {
            !unwritten.iter().any(|one: &Notice| (one.person, one.way) == (notice.person, notice.way))
        };
        let due: Vec<Notice> =
            due.into_iter().filter(|notice| is_written(notice) && patience.may_try(notice)).collect();
        let (mails, hooks): (Vec<_>, Vec<_>) = due.into_iter().partition(|notice| notice.way == Way::Mail);
        let (mailed, hooked) = join(self.mail(mails, patience.may_mail()), self.hook(hooks)).await;
        patience.relay(mailed.is_down);
        for (notice, told) in mailed.told.into_iter().chain(hooked) {
            match told {
                Told::Yes | Told::Void => patience.reached(&notice),
                Told::No => patience.missed(&notice),
                Told::Unwritten => unwritten.push(notice),
            }
        }
    }

    /// One mail after the other; a relay that does not serve is asked no more in this round.
    async fn mail(&self, mails: Vec<Notice>, may_mail: bool) -> Mailed {
        let mut mailed = Mailed { told: Vec::new(), is_down: None };
        let Some(relay) = self.telling.relay.as_ref().filter(|_| may_mail) else { return mailed };
        for notice in mails.into_iter().take(MAILS_AT_ONCE_MAX) {
            let post = Post::new(self.region, relay, self.trust, &self.telling.console);
            let told = self.tell(&notice, &post).await;
            if post.is_down() {
                mailed.is_down = Some(true);
                break;
            }
            mailed.is_down = Some(false);
            mailed.told.push((notice, told));
        }
        mailed
    }

    async fn hook(&self, hooks: Vec<Notice>) -> Vec<(Notice, Told)> {
        let carrier = &Hooks {
            region: self.region,
            console: &self.telling.console,
            trust: self.trust,
            is_local: self.is_local,
        };
        let tell = |notice: Notice| async move {
            let told = self.tell(&notice, carrier).await;
            (notice, told)
        };
        let hooks = hooks.into_iter().take(HOOKS_PER_ROUND_MAX);
        stream::iter(hooks).map(tell).buffer_unordered(HOOKS_AT_ONCE_MAX).collect().await
    }

    async fn tell(&self, notice: &Notice, messenger: &dyn region::telling::Messenger) -> Told {
        let told = self.region.tell(notice, messenger).await;
        told.unwrap_or_else(|refusal| {
            tracing::warn!(reason = refusal.reason.code(), "a notice waits for a better moment");
            Told::No
        })
    }
}

/// What became of a round's mails.
struct Mailed {
    told: Vec<(Notice, Told)>,
    /// Whether the relay did not serve; none: it was not asked.
    is_down: Option<bool>,
}
