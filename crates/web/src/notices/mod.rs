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
use words::noun::Person;
use words::{Id, Refusal};

use fault::Fault;
use hook::Hooks;
pub use mail::MailError;
use mail::Post;
use patience::Patience;
pub use relay::{Login, Relay, RelayTls};

/// WHY: nobody sits and waits for a notice, and each look reads what may end of the whole house.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// WHY: a relay takes some mails a second; the rest of a large house hears in the next rounds.
const PER_ROUND_MAX: usize = 500;
/// WHY: receivers are many and slow; each has ten seconds.
const HOOKS_AT_ONCE_MAX: usize = 8;

/// How the operator has people told.
#[derive(Clone)]
pub struct Telling {
    /// Where people find the console: `https://region.example:9010`.
    pub console: String,
    /// The console is on this machine, so whoever opens it is too: its neighbours may hear of it.
    pub is_local: bool,
    /// Who takes mail; none: webhooks alone are told.
    pub relay: Option<Relay>,
    pub pace: Pace,
}

/// What the rounds of a way need besides.
struct Rounds<'a> {
    region: &'a Region,
    telling: &'a Telling,
    trust: Option<&'a Trust>,
}

/// Tells people what is due, until told to end.
pub async fn tell_people(
    region: Region,
    telling: Option<Telling>,
    trust: Option<Trust>,
    until: impl Future<Output = ()> + Send,
) {
    let Some(telling) = telling else { return };
    let rounds = Rounds { region: &region, telling: &telling, trust: trust.as_ref() };
    // WHY each for itself: a slow relay holds up no webhook.
    let keeping = join(rounds.keep(Way::Mail), rounds.keep(Way::Webhook));
    tokio::select! {
        ((), ()) = keeping => {}
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

impl Rounds<'_> {
    /// Never ends by itself.
    async fn keep(&self, way: Way) {
        let pace = self.telling.pace.0.max(1);
        let (mut patience, mut unwritten) = (Patience::new(pace), Vec::new());
        loop {
            tokio::time::sleep(LOOK_EVERY / pace).await;
            write_down(self.region, &mut unwritten).await;
            // WHY before anybody is judged: who cannot be sent to need not be found.
            if patience.may_send() {
                self.go(way, &mut patience, &mut unwritten).await;
            }
        }
    }

    async fn go(&self, way: Way, patience: &mut Patience, unwritten: &mut Vec<Notice>) {
        let due = match self.due(way, patience, unwritten).await {
            Ok(due) => due,
            Err(refusal) => {
                tracing::warn!(
                    way = way.text(),
                    reason = refusal.reason.code(),
                    "nobody is told anything this time"
                );
                return;
            }
        };
        let all_told = match way {
            Way::Mail => {
                let mailed = self.mail(due).await;
                patience.relay(mailed.is_down);
                mailed.told
            }
            Way::Webhook => self.hook(due).await,
        };
        for (notice, told) in all_told {
            match told {
                Told::Yes | Told::Void => patience.reached(notice.person),
                Told::No => patience.missed(notice.person),
                Told::Unwritten => unwritten.push(notice),
            }
        }
    }

    async fn due(&self, way: Way, patience: &Patience, unwritten: &[Notice]) -> Result<Vec<Notice>, Refusal> {
        if way == Way::Mail && self.telling.relay.is_none() {
            return Ok(Vec::new());
        }
        let misses = |person: Id<Person>| {
            let is_noted = unwritten.iter().all(|notice| notice.person != person);
            is_noted.then(|| patience.misses(person)).flatten()
        };
        self.region.notices(way, PER_ROUND_MAX, misses).await
    }

    /// One mail after the other; a relay that does not serve is asked no more in this round.
    async fn mail(&self, mails: Vec<Notice>) -> Mailed {
        let mut mailed = Mailed { told: Vec::new(), is_down: None };
        let Some(relay) = self.telling.relay.as_ref() else { return mailed };
        for notice in mails {
            let post = Post::new(self.region, relay, self.trust, &self.telling.console);
            let told = self.tell(&notice, &post).await;
            let fault = post.fault();
            if fault.is_some_and(Fault::is_of_relay) {
                mailed.is_down = Some(true);
                break;
            }
            if told != Told::Void {
                mailed.is_down = Some(false);
            }
            // WHY remembered first: others go before whoever a relay falls silent over.
            mailed.told.push((notice, told));
            if fault.is_some_and(|fault| !fault.is_of_one()) {
                break;
            }
        }
        mailed
    }

    async fn hook(&self, hooks: Vec<Notice>) -> Vec<(Notice, Told)> {
        let carrier = &Hooks {
            region: self.region,
            console: &self.telling.console,
            trust: self.trust,
            is_local: self.telling.is_local,
        };
        let tell = |notice: Notice| async move {
            let told = self.tell(&notice, carrier).await;
            (notice, told)
        };
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
