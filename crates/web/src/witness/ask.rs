//! The round: witnesses that sign are asked together, others less and less often.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use http::{Request, header};
use http_body_util::{BodyExt, Full, Limited};
use listen::Trust;
use region::Region;
use region::witness::ask::{Asked, Courier, Heard};
use tokio::time::Instant;
use words::{Refusal, Timestamp};

use super::ADD_PATH;
use crate::client::{self, Address, CallError, send};

/// WHY: a region that was rolled back hears of it seconds after its start.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// WHY: each word is a leaf on both sides; a minute is how often projects' heads are anchored too.
const ASK_EVERY: Duration = Duration::from_secs(60);
const AGAIN_FIRST: Duration = Duration::from_secs(10);
/// WHY: a witness that comes back after days is seen within ten minutes.
const AGAIN_LAST: Duration = Duration::from_secs(600);
/// WHY: a proof and a commit at the other side take a second at worst.
const ANSWER_WAIT: Duration = Duration::from_secs(20);
/// WHY: a few signature lines.
const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// Carries submissions over HTTP.
struct Line {
    trust: Option<Trust>,
}

#[async_trait]
impl Courier for Line {
    async fn submit(&self, address: &str, submission: String) -> Option<Heard> {
        let answer = tokio::time::timeout(ANSWER_WAIT, self.post(address, submission)).await;
        let answer = answer.map_err(|_| "late").and_then(|heard| heard.map_err(|error| kind(&error)));
        answer.inspect_err(|kind| tracing::warn!(kind = *kind, "a witness does not answer")).ok()
    }
}

/// WHY not its words: they name the address, and a log names nobody.
const fn kind(error: &CallError) -> &'static str {
    match error {
        CallError::Address(_) => "address",
        CallError::Unreachable { .. } => "unreachable",
        CallError::Unproven { .. } => "unproven",
        CallError::Broken(_) => "broken",
        CallError::Unwritten => "unwritten",
        CallError::Strange { .. } => "strange",
        CallError::Refused(_) => "refused",
    }
}

impl Line {
    async fn post(&self, address: &str, submission: String) -> Result<Heard, CallError> {
        let (address, path) = place(address)?;
        let body =
            Full::new(Bytes::from(submission)).map_err(|never: Infallible| match never {}).boxed_unsync();
        let request = Request::post(path).header(header::HOST, address.authority()).body(body);
        let request = request.map_err(|_| CallError::Unwritten)?;
        let response = send(&address, self.trust.as_ref(), request).await?;
        let status = response.status().as_u16();
        let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
        let media = media.unwrap_or_default().to_owned();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|_| CallError::Strange { status })?.to_bytes();
        Ok(Heard { status, media, body })
    }
}

/// `https://witness.example/prefix` as where to connect and what to ask for.
fn place(text: &str) -> Result<(Address, String), CallError> {
    let (address, prefix) = client::place(text)?;
    Ok((address, format!("{}{ADD_PATH}", prefix.trim_end_matches('/'))))
}

/// When a witness is asked next, and how long it is left alone if it does not answer.
struct Turn {
    /// Since when the witness is named: removed and added again it is another.
    since: Timestamp,
    next: Instant,
    again: Duration,
}

impl Turn {
    fn new(since: Timestamp) -> Self {
        Self { since, next: Instant::now(), again: AGAIN_FIRST }
    }

    /// It did not fail when it was last asked.
    fn is_signing(&self) -> bool {
        self.again == AGAIN_FIRST
    }

    fn is_due(&self) -> bool {
        self.next <= Instant::now()
    }

    fn after(&mut self, asked: &Result<Asked, Refusal>) {
        let now = Instant::now();
        match asked {
            Ok(Asked::Signed) => (self.next, self.again) = (now + ASK_EVERY, AGAIN_FIRST),
            Ok(Asked::Nothing) => {}
            Ok(Asked::Away | Asked::Disputed) | Err(_) => {
                self.next = now + self.again;
                self.again = (self.again * 2).min(AGAIN_LAST);
            }
        }
    }
}

/// Asks every witness whenever there is something to sign, until told to end.
pub async fn ask_witnesses(region: Region, trust: Option<Trust>, until: impl Future<Output = ()> + Send) {
    let line = Line { trust };
    let asking = async {
        let mut turns = BTreeMap::new();
        loop {
            if let Err(refusal) = round(&region, &line, &mut turns).await {
                tracing::warn!(reason = refusal.reason.code(), "no witness was asked");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = asking => {}
        // A word on its way is one commit, or none.
        () = until => {}
    }
}

async fn round(region: &Region, line: &Line, turns: &mut BTreeMap<String, Turn>) -> Result<(), Refusal> {
    let named = region.witnesses().await?;
    turns.retain(|name, turn| named.iter().any(|(other, row, _)| other == name && row.since == turn.since));
    for (name, row, _) in named {
        turns.entry(name).or_insert_with(|| Turn::new(row.since));
    }
    // WHY together: an export can show words of one checkpoint alone, so that they must be of the same.
    let is_round = turns.values().any(|turn| turn.is_signing() && turn.is_due());
    let is_asked = |turn: &Turn| if turn.is_signing() { is_round } else { turn.is_due() };
    let due: Vec<(&String, &mut Turn)> = turns.iter_mut().filter(|(_, turn)| is_asked(turn)).collect();
    if due.is_empty() {
        return Ok(());
    }
    let shown = &region.shown().await?;
    let asking = due.into_iter().map(|(name, turn)| async move {
        let asked = region.ask(name, shown, line).await;
        if let Err(refusal) = &asked {
            tracing::warn!(reason = refusal.reason.code(), "a witness was not asked");
        }
        turn.after(&asked);
    });
    join_all(asking).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a witness is asked below its prefix, and in clear on this machine alone.
    #[test]
    fn a_witness_is_asked_below_its_prefix() {
        for (text, expected) in [
            ("https://witness.example", Some(("https://witness.example:443", "/add-checkpoint"))),
            ("https://witness.example:9030/", Some(("https://witness.example:9030", "/add-checkpoint"))),
            ("https://witness.example/w/1/", Some(("https://witness.example:443", "/w/1/add-checkpoint"))),
            ("http://127.0.0.1:9030", Some(("http://127.0.0.1:9030", "/add-checkpoint"))),
            ("http://witness.example", None),
            ("witness.example", None),
        ] {
            let read = place(text).ok().map(|(address, path)| (address.to_string(), path));
            let expected = expected.map(|(address, path)| (address.to_owned(), path.to_owned()));
            assert_eq!(read, expected, "{text}");
        }
    }

    // Goal: who is away is asked less and less often, and at once as often as before when back.
    #[tokio::test(start_paused = true)]
    async fn a_witness_that_is_away_is_left_alone_longer_and_longer() {
        let mut turn = Turn::new(Timestamp::default());
        let mut waits = Vec::new();
        for _ in 0..8 {
            turn.after(&Ok(Asked::Away));
            waits.push((turn.next - Instant::now()).as_secs());
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600]);
        turn.after(&Ok(Asked::Signed));
        assert_eq!((turn.next - Instant::now()).as_secs(), 60);
        turn.after(&Ok(Asked::Disputed));
        assert_eq!((turn.next - Instant::now()).as_secs(), 10);
    }
}
