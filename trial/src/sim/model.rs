//! The model: what was acknowledged, in plain values.
//!
//! It knows the rules by heart and nothing of logs, keys or policies. Where an
//! answer was `unavailable` there are two models, until the region shows which.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use region::cell::draft::Draft;
use region::noun::agreement::AgreementRow;
use region::noun::bucket::{BucketRow, Versions};
use region::noun::permit::PermitRow;
use region::noun::project::ProjectRow;
use region::object::ObjectRow;
use region::scope::ScopeRow;
use words::{Id, Timestamp};

use crate::sim::op::{Op, Place};
use crate::sim::stand::{BUCKETS, Cast, LOCKED, OWN};

/// One version of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which bytes; none: a delete marker.
    pub tag: Option<u64>,
    pub is_null: bool,
    pub is_held: bool,
    /// The first moment at which its lock lets it go.
    pub locked_until: Option<Timestamp>,
}

impl Version {
    fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }
}

/// One hospital's agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pact {
    pub is_suspended: bool,
    pub is_ended: bool,
}

/// Facts of the root cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct House {
    pub pacts: [Pact; OWN],
    pub permit_ends: Timestamp,
    pub permit_ended: Option<Timestamp>,
    pub is_halted: bool,
    pub locker: Option<&'static str>,
}

/// Everything that the model follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub house: House,
    /// Versions of each key, the newest first; keys without any are absent.
    pub chains: BTreeMap<Place, Vec<Version>>,
    /// None: its scope was erased.
    pub buckets: [Option<Versions>; 4],
}

/// The bytes that a tag stands for; no two tags have the same.
pub fn content(tag: u64) -> Vec<u8> {
    let size = usize::try_from(tag * 37 % 1_500).unwrap_or(0);
    let line = format!("patient {tag} of nobody;");
    line.bytes().cycle().take(line.len() + size).collect()
}

impl House {
    fn is_permitted(&self, now: Timestamp) -> bool {
        let is_early = self.permit_ended.is_none_or(|at| now < at);
        now <= self.permit_ends && is_early
    }

    /// What a look asks of the house, whatever the project holds.
    pub fn is_readable(&self, now: Timestamp) -> bool {
        self.is_permitted(now) && !self.is_halted && self.locker.is_none()
    }

    fn is_agreed(&self, bucket: usize) -> bool {
        let is_in_force = |pact: &Pact| !pact.is_suspended && !pact.is_ended;
        match self.pacts.get(bucket) {
            Some(pact) => is_in_force(pact),
            // WHY any: the project's own data lie under whichever agreement is in force.
            None => self.pacts.iter().any(is_in_force),
        }
    }
}

/// Judging: whether an act is in order.
impl State {
    pub fn is_in_order(&self, op: Op, now: Timestamp) -> bool {
        let house = &self.house;
        let is_live = |bucket: usize| self.buckets.get(bucket).copied().flatten().is_some();
        let works = house.is_permitted(now) && !house.is_halted;
        let reads = house.is_readable(now);
        match op {
            Op::Put(place, _) | Op::Upload(place, _) => {
                self.is_writable(place, now) && !self.replaces_held(place)
            }
            Op::Begin(place, _) => self.is_writable(place, now),
            Op::Get(place) | Op::Probe(place) => reads && is_live(place.0) && self.head(place).is_some(),
            Op::List(bucket) => reads && is_live(bucket),
            Op::GetOutside(_) | Op::GetByGrant(_) => false,
            Op::Delete(place) => works && is_live(place.0) && !self.is_kept(place),
            Op::Copy(bucket, from, to) => {
                let target = (bucket, to);
                reads
                    && is_live(bucket)
                    && house.is_agreed(bucket)
                    && self.head((bucket, from)).is_some()
                    && !self.replaces_held(target)
            }
            Op::Hold(place, on) => {
                is_live(place.0) && self.head(place).is_some_and(|head| head.is_held != on)
            }
            Op::Retain(place, by_ms) => {
                let is_longer = |head: &Version| {
                    head.locked_until.is_none_or(|until| until <= now.plus_ms(by_ms) || until <= now)
                };
                works && is_live(place.0) && place.0 == LOCKED && self.head(place).is_some_and(is_longer)
            }
            // WHY not `works`: the controller needs no permit.
            Op::Lift(place) => {
                !house.is_halted && is_live(place.0) && place.0 == LOCKED && self.head(place).is_some()
            }
            Op::Destroy(place, at) => {
                let version = self.chains.get(&place).and_then(|chain| chain.get(at));
                works
                    && is_live(place.0)
                    && version.is_none_or(|version| !version.is_held && !version.is_locked(now))
            }
            Op::Versions(bucket, on) => {
                // WHY: what a hospital delivers is never overwritten while its agreement lasts.
                let takes_deliveries = house.pacts.get(bucket).is_some_and(|pact| !pact.is_ended);
                is_live(bucket) && !house.is_halted && (on || !(takes_deliveries || bucket == LOCKED))
            }
            Op::Suspend(hospital) => !house.pacts[hospital].is_ended && !house.pacts[hospital].is_suspended,
            Op::Resume(hospital) => !house.pacts[hospital].is_ended && house.pacts[hospital].is_suspended,
            Op::End(hospital) => !house.pacts[hospital].is_ended,
            Op::Amend(_) | Op::PermitEnd => house.permit_ended.is_none(),
            Op::Lock => house.locker.is_none(),
            Op::Unlock => house.locker.is_some(),
            Op::UnlockOwn => false,
            Op::Halt => !house.is_halted,
            Op::Unhalt => house.is_halted,
            Op::Erase(hospital) => is_live(hospital) && !self.holds(hospital, now),
            Op::Rotate | Op::Sweep | Op::Scrub | Op::Flush | Op::Publish | Op::Custody(_) => true,
        }
    }

    fn is_writable(&self, place: Place, now: Timestamp) -> bool {
        let is_live = self.buckets.get(place.0).copied().flatten().is_some();
        let is_own = place.0 == OWN;
        let house = &self.house;
        is_live && !house.is_halted && house.is_agreed(place.0) && (!is_own || house.is_permitted(now))
    }

    /// The newest version, unless a marker hides it.
    pub fn head(&self, place: Place) -> Option<&Version> {
        self.chains.get(&place)?.first().filter(|head| head.tag.is_some())
    }

    /// The version that a put replaces.
    fn null_at(&self, place: Place) -> Option<usize> {
        let chain = self.chains.get(&place)?;
        match self.buckets.get(place.0).copied().flatten()? {
            Versions::Enabled => None,
            Versions::Never => chain.first().filter(|head| head.is_null).map(|_| 0),
            Versions::Suspended => chain.iter().position(|version| version.is_null),
        }
    }

    fn replaces_held(&self, place: Place) -> bool {
        let chain = self.chains.get(&place);
        self.null_at(place).and_then(|at| chain?.get(at)).is_some_and(|version| version.is_held)
    }

    /// What a delete must not touch: a held version that it would replace. One that it hides is still there.
    fn is_kept(&self, place: Place) -> bool {
        self.replaces_held(place)
    }

    fn holds(&self, hospital: usize, now: Timestamp) -> bool {
        let chains = self.chains.iter().filter(|((bucket, _), _)| *bucket == hospital);
        chains.flat_map(|(_, chain)| chain).any(|version| version.is_held || version.is_locked(now))
    }
}

/// Following: what an act changes.
impl State {
    pub fn follow(&mut self, op: Op, now: Timestamp) {
        let mode = |bucket: usize| self.buckets.get(bucket).copied().flatten();
        match op {
            Op::Put(place, tag) | Op::Upload(place, tag) => self.put(place, tag),
            Op::Copy(bucket, from, to) => {
                if let Some(tag) = self.head((bucket, from)).and_then(|head| head.tag) {
                    self.put((bucket, to), tag);
                }
            }
            Op::Delete(place) => {
                self.delete(place, mode(place.0).is_some_and(|mode| mode != Versions::Never))
            }
            Op::Hold(place, on) => {
                if let Some(head) = self.chains.get_mut(&place).and_then(|chain| chain.first_mut()) {
                    head.is_held = on;
                }
            }
            Op::Retain(place, by_ms) => self.lock(place, Some(now.plus_ms(by_ms))),
            Op::Lift(place) => self.lock(place, None),
            Op::Destroy(place, at) => self.destroy(place, at),
            Op::Versions(bucket, on) => {
                self.buckets[bucket] = Some(if on { Versions::Enabled } else { Versions::Suspended });
            }
            Op::Suspend(hospital) => self.house.pacts[hospital].is_suspended = true,
            Op::Resume(hospital) => self.house.pacts[hospital].is_suspended = false,
            Op::End(hospital) => self.house.pacts[hospital].is_ended = true,
            Op::Amend(by_ms) => self.house.permit_ends = now.plus_ms(by_ms),
            Op::PermitEnd => self.house.permit_ended = Some(now),
            Op::Lock => self.house.locker = Some("kurt"),
            Op::Unlock | Op::UnlockOwn => self.house.locker = None,
            Op::Halt => self.house.is_halted = true,
            Op::Unhalt => self.house.is_halted = false,
            Op::Erase(hospital) => {
                self.buckets[hospital] = None;
                self.chains.retain(|(bucket, _), _| *bucket != hospital);
            }
            Op::Begin(..)
            | Op::Get(_)
            | Op::GetOutside(_)
            | Op::GetByGrant(_)
            | Op::Probe(_)
            | Op::List(_)
            | Op::Rotate
            | Op::Sweep
            | Op::Scrub
            | Op::Flush
            | Op::Publish
            | Op::Custody(_) => {}
        }
    }

    fn lock(&mut self, place: Place, until: Option<Timestamp>) {
        if let Some(head) = self.chains.get_mut(&place).and_then(|chain| chain.first_mut()) {
            head.locked_until = until;
        }
    }

    fn destroy(&mut self, place: Place, at: usize) {
        let Some(chain) = self.chains.get_mut(&place).filter(|chain| at < chain.len()) else {
            return;
        };
        chain.remove(at);
        if chain.is_empty() {
            self.chains.remove(&place);
        }
    }

    fn put(&mut self, place: Place, tag: u64) {
        let is_null = self.buckets.get(place.0).copied().flatten() != Some(Versions::Enabled);
        let replaced = self.null_at(place);
        let chain = self.chains.entry(place).or_default();
        if let Some(at) = replaced {
            chain.remove(at);
        }
        chain.insert(0, Version { tag: Some(tag), is_null, is_held: false, locked_until: None });
    }

    fn delete(&mut self, place: Place, hides: bool) {
        let is_null = self.buckets.get(place.0).copied().flatten() != Some(Versions::Enabled);
        let gone = self.null_at(place);
        let chain = self.chains.entry(place).or_default();
        if let Some(at) = gone {
            chain.remove(at);
        }
        if hides {
            chain.insert(0, Version { tag: None, is_null, is_held: false, locked_until: None });
        }
        if chain.is_empty() {
            self.chains.remove(&place);
        }
    }
}

/// What a region shows, in the model's terms.
pub async fn observe(root: &Draft, cell: &Draft, cast: &Cast) -> Result<State> {
    let refused = |refusal| anyhow!("rows cannot be read: {refusal}");
    let project: ProjectRow = root.known(&cast.project.to_bytes()).await.map_err(refused)?;
    let permits = root.all::<PermitRow>(&cast.project.to_bytes()).await.map_err(refused)?;
    let permit = permits.first().map(|(_, row)| row).ok_or_else(|| anyhow!("the permit is lost"))?;
    let locker =
        |id| cast.persons.iter().find(|(_, person)| **person == id).map_or("somebody", |(name, _)| name);
    let agreements = root.all::<AgreementRow>(&cast.project.to_bytes()).await.map_err(refused)?;
    let mut pacts = [Pact::default(); OWN];
    for (_, row) in agreements {
        let hospital = BUCKETS.iter().position(|name| row.alias == format!("planet-{name}"));
        let pact = hospital
            .and_then(|hospital| pacts.get_mut(hospital))
            .ok_or_else(|| anyhow!("an agreement of nobody"))?;
        *pact = Pact { is_suspended: row.is_suspended, is_ended: row.ended_at.is_some() };
    }
    let house = House {
        pacts,
        permit_ends: permit.ends,
        permit_ended: permit.ended_at,
        is_halted: project.is_halted,
        locker: project.locked_by.map(locker),
    };
    let (buckets, ids) = buckets(cell).await?;
    let mut chains = chains(cell, &ids).await?;
    chains.retain(|(bucket, _), _| buckets[*bucket].is_some());
    Ok(State { house, chains, buckets })
}

type BucketIds = BTreeMap<Id<words::noun::Bucket>, usize>;

async fn buckets(cell: &Draft) -> Result<([Option<Versions>; 4], BucketIds)> {
    let refused = |refusal| anyhow!("rows cannot be read: {refusal}");
    let (mut buckets, mut ids) = ([None; 4], BTreeMap::new());
    for (_, row) in cell.all::<BucketRow>(&[]).await.map_err(refused)? {
        let number =
            BUCKETS.iter().position(|name| *name == row.name).ok_or_else(|| anyhow!("a bucket of nobody"))?;
        let scope: ScopeRow = cell.known(&row.scope.to_bytes()).await.map_err(refused)?;
        // WHY: between the decision and the end of the keys the rows may still be there.
        buckets[number] = Some(row.versions).filter(|_| !scope.is_erased);
        ids.insert(row.id, number);
    }
    Ok((buckets, ids))
}

async fn chains(cell: &Draft, ids: &BucketIds) -> Result<BTreeMap<Place, Vec<Version>>> {
    let refused = |refusal| anyhow!("rows cannot be read: {refusal}");
    let mut chains: BTreeMap<Place, Vec<Version>> = BTreeMap::new();
    // Rows come in order: the newest version of a key first.
    for (_, row) in cell.all::<ObjectRow>(&[]).await.map_err(refused)? {
        let bucket = ids.get(&row.bucket).ok_or_else(|| anyhow!("object {} has no bucket", row.id))?;
        let key = row.key.trim_start_matches('k').parse()?;
        let tag = row.media.as_deref().and_then(|media| media.trim_start_matches("tag/").parse().ok());
        if tag.is_some() == row.is_marker {
            return Err(anyhow!("object {} is neither bytes nor a marker", row.id));
        }
        let locked_until = row.retention.map(|retention| retention.until);
        let version = Version { tag, is_null: row.is_null, is_held: row.is_held, locked_until };
        chains.entry((*bucket, key)).or_default().push(version);
    }
    Ok(chains)
}
