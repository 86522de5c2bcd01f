//! Checkpoint witnessed: those who watch this region's ledger know the history that it has now.

use async_trait::async_trait;
use words::time::MINUTE_MS;
use words::{Refusal, Timestamp};

use crate::Region;
use crate::check::{Check, Finding, Verdict};
use crate::witness::{AWAY_MS_MAX, Dispute, State};

pub struct CheckpointWitnessed;

#[async_trait]
impl Check for CheckpointWitnessed {
    fn name(&self) -> &'static str {
        "checkpoint-witnessed"
    }

    fn says(&self) -> &'static str {
        "no witness knows another history of the root's ledger than it has now, and none left it unsigned for an hour"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.5.28", "A.8.13", "A.8.15"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        let witnesses = region.witnesses().await?;
        // WHY beside the states: they are remembered since the last start alone.
        let is_unasked = |since: Timestamp| region.now().since_ms(since) > AWAY_MS_MAX;
        let unsigned = witnesses.iter().filter(|(_, row, _)| row.signed.is_none() && is_unasked(row.since));
        let states: Vec<State> = witnesses.iter().map(|(_, _, state)| *state).collect();
        Ok(judge(&states, unsigned.count(), region.root().head().frontier.size()))
    }

    /// A witness that knows one leaf more.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let dispute = Dispute { size: 8, at: Timestamp::default() };
        Ok(judge(&[State::Signing, State::Disputed(dispute)], 0, 7))
    }
}

fn judge(states: &[State], unsigned: usize, size: u64) -> Finding {
    let known = states.iter().find_map(|state| match state {
        State::Disputed(dispute) => Some(dispute.size),
        State::Signing | State::Away { .. } => None,
    });
    let away_ms = states.iter().filter_map(|state| match state {
        State::Away { ms } => Some(*ms),
        State::Signing | State::Disputed(_) => None,
    });
    let away_ms = away_ms.max().unwrap_or_default();
    match (states.len(), known) {
        (0, _) => Finding::new(Verdict::NotApplicable, "no witness is named"),
        (_, Some(known)) => Finding::holds(
            false,
            format!("a witness signed a history of {known} leaves; it is not the start of these {size}"),
        ),
        (_, None) if away_ms > AWAY_MS_MAX => {
            Finding::holds(false, format!("a witness has not signed for {} minutes", away_ms / MINUTE_MS))
        }
        (_, None) if unsigned > 0 => {
            Finding::holds(false, format!("witnesses that never signed: {unsigned}"))
        }
        (all, None) => Finding::holds(true, format!("witnesses that know this history and no other: {all}")),
    }
}
