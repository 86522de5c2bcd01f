//! Lives: what happens, in which weather, and whether each answer was right.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use futures::future::join_all;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use region::region::{Parts, StartError};
use region::{Leaf, OpenError, Region};
use serde_json::json;
use store::custody::Custody;
use store::twin::{Chance, Faults, Lie};
use words::limit::LEASE_MS_MAX;
use words::noun::{Cell, ROOT_CELL};
use words::{Act, Actor, Clock, Id, Place as Where, Timestamp};

use crate::kit::{HERE, PROJECT};
use crate::sim::act::{Answer, Stage, leaf_of};
use crate::sim::fence::{Fence, FencedShelf};
use crate::sim::judge;
use crate::sim::model::{House, State, content, observe};
use crate::sim::op::{self, KEYS, Op};
use crate::sim::stand::{OWN, Stand, runtime};

/// WHY: enough for a fault to pass, few enough that a stuck region is noticed.
const TRIES_MAX: u32 = 8;

/// WHY so heavy: an append gives up only after five tries.
const STORM: Faults = Faults {
    write_lost: Chance(100),
    write_blind: Chance(2_500),
    write_late: Chance(100),
    write_hangs: Chance(0),
    read: Chance(50),
    settle: Chance(7_000),
    wait_ms_max: 0,
    lie: Lie::None,
};

/// What a seed came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Hash over every op and answer and over what the store holds at the end.
    pub trace: [u8; 32],
    pub ops: u64,
    pub acknowledged: usize,
}

/// How the store behaves in a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Calm,
    Bad,
    /// Much lands that was reported as failed, and little of it can be made durable.
    Storm,
    /// The store stops after so many operations.
    Stops(u64),
}

/// A region that another one has taken over from.
struct Old {
    house: House,
    /// Last moment at which its lease can hold.
    until: Timestamp,
}

struct Node {
    region: Region,
    /// Cuts it off from the indexes once another region has opened them.
    fence: Fence,
    old: Option<Old>,
    /// It has committed since the last lease of an older one ended.
    is_sure: bool,
}

pub struct Sim {
    pub stand: Stand,
    rng: SmallRng,
    tag: u64,
    /// One, or several where an answer was unknown.
    models: Vec<State>,
    pub acked: BTreeMap<(Id<Cell>, u64), Act>,
    /// Checkpoints that somebody kept.
    pub kept: Vec<(Id<Cell>, String)>,
    trace: [u8; 32],
    ops: u64,
    is_custody_out: bool,
    attempts: std::cell::Cell<u64>,
    /// The last answer was a plain no.
    was_refused: bool,
}

pub fn run(seed: u64) -> Result<Ended> {
    let stand = Stand::new(seed)?;
    let mut rng = SmallRng::seed_from_u64(seed);
    let lives = rng.random_range(1..4_u32);
    let mut sim = Sim {
        stand,
        rng,
        tag: 0,
        models: Vec::new(),
        acked: BTreeMap::new(),
        kept: Vec::new(),
        trace: [0; 32],
        ops: 0,
        is_custody_out: false,
        attempts: std::cell::Cell::new(0),
        was_refused: false,
    };
    for life in 0..lives {
        let weather = sim.weather();
        sim.note(&format!("life {life}: {weather:?}"));
        let lived = runtime()?.block_on(sim.live(weather));
        lived.with_context(|| format!("in life {life}, {weather:?}, op {}", sim.ops))?;
        sim.fall(weather);
    }
    sim.stand.store.set_faults(Faults::default());
    runtime()?.block_on(sim.end()).context("at the end")?;
    for (name, bytes) in sim.stand.store.contents() {
        sim.note(&format!("{name} {:?}", seal::sha256(&bytes)));
    }
    Ok(Ended { trace: sim.trace, ops: sim.ops, acknowledged: sim.acked.len() })
}

impl Sim {
    fn note(&mut self, line: &str) {
        if std::env::var_os("EPIC_TRACE").is_some() {
            eprintln!("{line}");
        }
        self.trace = seal::sha256(&[&self.trace[..], line.as_bytes()].concat());
    }

    fn now(&self) -> Timestamp {
        self.stand.soil.clock.now()
    }

    fn weather(&mut self) -> Weather {
        match self.rng.random_range(0..10_u32) {
            0..4 => Weather::Calm,
            4..6 => Weather::Bad,
            6 => Weather::Storm,
            _ => Weather::Stops(self.rng.random_range(0..250)),
        }
    }

    /// The power fails, or the process is killed and the store lives on.
    fn fall(&mut self, weather: Weather) {
        match weather {
            Weather::Calm if self.rng.random() => self.stand.store.restart(),
            Weather::Calm | Weather::Bad | Weather::Storm | Weather::Stops(_) => self.stand.store.crash(),
        }
    }

    async fn live(&mut self, weather: Weather) -> Result<()> {
        match weather {
            Weather::Calm => self.stand.store.set_faults(Faults::default()),
            Weather::Bad => self.stand.store.set_faults(Faults::BAD_DAY),
            Weather::Storm => self.stand.store.set_faults(STORM),
            Weather::Stops(operations) => {
                self.stand.store.set_faults(Faults::default());
                self.stand.store.stop_after(operations);
            }
        }
        let mut nodes = Vec::new();
        if !self.open(&mut nodes, weather).await? {
            return Ok(());
        }
        for _ in 0..self.rng.random_range(4..22_u32) {
            if !self.step(&mut nodes, weather).await? {
                break;
            }
        }
        if weather == Weather::Calm && self.rng.random() {
            for node in nodes.iter().rev() {
                node.region.close().await;
            }
        }
        Ok(())
    }

    /// One thing happens; false when this life is over.
    async fn step(&mut self, nodes: &mut Vec<Node>, weather: Weather) -> Result<bool> {
        self.pass(nodes).await;
        if nodes.len() == 1 && self.rng.random_bool(0.05) && !self.open(nodes, weather).await? {
            return Ok(false);
        }
        if !self.make_sure(nodes, weather).await? {
            return Ok(false);
        }
        let is_old = nodes.len() > 1 && self.rng.random_bool(0.4);
        let Some(node) = nodes.get(if is_old { 0 } else { nodes.len() - 1 }) else {
            return Ok(false);
        };
        let is_calm = weather == Weather::Calm
            && node.is_sure
            && !self.is_custody_out
            && node.region.lease().confirmed(self.now()).is_ok();
        let ops = self.chosen();
        let commits = self.commits();
        let patience = self.rng.random_bool(0.06).then(|| self.rng.random_range(1..12));
        let stage = Stage {
            region: &node.region,
            cast: &self.stand.cast,
            custody: &self.stand.soil.custody,
            attempts: &self.attempts,
        };
        let answers = join_all(ops.iter().map(|op| stage.act(*op, patience))).await;
        let is_committed = commits != self.commits();
        for (op, answer) in ops.iter().zip(answers) {
            self.hear(*op, answer, node, is_calm)?;
        }
        // WHY not erasures and uploads: an intent, or earlier parts, are committed first.
        if let ([op], true, true) = (&ops[..], is_calm, self.was_refused) {
            ensure!(
                !is_committed || matches!(op, Op::Erase(_) | Op::Upload(..)),
                "{op:?} was refused and committed something"
            );
        }
        let Some(newest) = nodes.last() else {
            return Ok(false);
        };
        let is_settled = self.models.len() == 1 || self.settle(&newest.region, weather).await?;
        Ok(is_settled && !self.stand.store.is_stopped() && !newest.region.root().is_dropped())
    }

    /// Once older leases are over, the newest takes back what they may have taken.
    async fn make_sure(&mut self, nodes: &mut [Node], weather: Weather) -> Result<bool> {
        let until = nodes.iter().filter_map(|node| node.old.as_ref()).map(|old| old.until).max();
        let is_over = until.is_none_or(|until| self.now() > until);
        let Some(newest) = nodes.last_mut() else {
            return Ok(false);
        };
        if !newest.is_sure && is_over {
            newest.is_sure = self.settle(&newest.region, weather).await?;
            return Ok(newest.is_sure);
        }
        Ok(true)
    }

    /// One op, or several at once on different keys.
    fn chosen(&mut self) -> Vec<Op> {
        if self.rng.random_bool(0.85) {
            return vec![op::next(&mut self.rng, &mut self.tag)];
        }
        let bucket = self.rng.random_range(0..=OWN);
        let mut one = |key: usize| {
            self.tag += 1;
            if self.rng.random_bool(0.7) { Op::Put((bucket, key), self.tag) } else { Op::Get((bucket, key)) }
        };
        (0..KEYS).map(&mut one).collect()
    }

    /// Time passes; most of the time the region confirms its lease as it would each second.
    async fn pass(&mut self, nodes: &[Node]) {
        let by_ms = match self.rng.random_range(0..20_u32) {
            0 => self.rng.random_range(0..1_800_000),
            1 => 26 * 3_600_000 * i64::from(self.rng.random_bool(0.1)),
            2..10 => self.rng.random_range(0..3_000),
            _ => 0,
        };
        self.stand.soil.clock.pass_ms(by_ms);
        if self.rng.random_bool(0.97) {
            for node in nodes {
                node.region.confirm().await;
            }
        }
    }

    fn commits(&self) -> usize {
        self.stand.store.contents().iter().filter(|(name, _)| name.contains("/log/")).count()
    }
}

/// Hearing answers.
impl Sim {
    fn hear(&mut self, op: Op, answer: Answer, node: &Node, is_calm: bool) -> Result<()> {
        self.ops += 1;
        self.was_refused = matches!(answer, Answer::Refused(_));
        let now = self.now();
        self.note(&format!("{now} {op:?} {} -> {answer:?}", if node.old.is_some() { "old" } else { "new" }));
        if let Op::Custody(is_out) = op {
            self.is_custody_out = is_out;
        }
        let state = self.models.first().context("no model")?;
        let is_in_order = match &node.old {
            None => state.is_in_order(op, now),
            // WHY the house alone: a look commits nothing, so as long as its lease holds it may show older rows.
            Some(old) if matches!(op, Op::Probe(_) | Op::List(_)) => old.house.is_readable(now),
            Some(old) => State { house: old.house.clone(), ..state.clone() }.is_in_order(op, now),
        };
        match answer {
            // WHY: asked again, an erasure that is decided but not certified is gone on with.
            Answer::Done { leaf: None, .. } if matches!(op, Op::Erase(of) if state.buckets[of].is_none()) => {
            }
            // WHY no leaf: it was asked for again, and the first time had taken effect.
            Answer::Done { leaf: None, bytes: None } if leaf_of(op).is_some() && !is_calm => {
                ensure!(is_in_order, "{op:?} was done and must not be");
                self.models.iter_mut().for_each(|state| state.follow(op, now));
            }
            Answer::Done { leaf, bytes } => {
                ensure!(is_in_order, "{op:?} was done and must not be");
                if let Some(old) = &node.old {
                    let is_house =
                        matches!(op, Op::Sweep | Op::Scrub | Op::Flush | Op::Publish | Op::Custody(_));
                    ensure!(is_house || now <= old.until, "{op:?} was done by a region that lost its lease");
                    ensure!(!op.is_of_root(), "{op:?} was done by a region that lost its root");
                }
                if let Op::Get(place) = op {
                    let tag = state.head(place).and_then(|head| head.tag).context("no head")?;
                    ensure!(bytes == Some(content(tag)), "{op:?} gave other bytes than were put");
                }
                self.acknowledge(op, leaf)?;
                self.models.iter_mut().for_each(|state| state.follow(op, now));
                if op == Op::Publish && node.old.is_none() {
                    self.keep()?;
                }
            }
            Answer::Refused(reason) => {
                ensure!(!(is_in_order && is_calm), "{op:?} was refused for {reason:?} though it is in order");
            }
            Answer::Cut => {
                if is_in_order {
                    self.doubt(op, now);
                }
            }
            Answer::Unknown => {
                ensure!(!is_calm, "{op:?} was unavailable for no reason");
                if is_in_order {
                    self.doubt(op, now);
                }
            }
        }
        Ok(())
    }

    fn acknowledge(&mut self, op: Op, leaf: Option<Leaf>) -> Result<()> {
        let Some(act) = leaf_of(op) else {
            return Ok(());
        };
        let leaf = leaf.with_context(|| format!("{op:?} was done without a leaf"))?;
        let other = self.acked.insert((leaf.cell, leaf.index), act);
        ensure!(other.is_none(), "leaf {leaf} was given twice");
        Ok(())
    }

    /// It may or may not have taken effect.
    fn doubt(&mut self, op: Op, now: Timestamp) {
        let changed: Vec<_> = self
            .models
            .iter()
            .map(|state| {
                let mut changed = state.clone();
                changed.follow(op, now);
                changed
            })
            .collect();
        self.models.extend(changed);
        self.models.dedup();
    }

    fn keep(&mut self) -> Result<()> {
        for cell in [ROOT_CELL, self.stand.cast.project.cast()] {
            let note = self.stand.soil.custody.known_head(cell);
            self.kept.extend(note.ok().flatten().map(|note| (cell, note)));
        }
        Ok(())
    }
}

/// Opening and settling.
impl Sim {
    /// Opens one more region on the same ground; false if this life ends before it is open.
    async fn open(&mut self, nodes: &mut Vec<Node>, weather: Weather) -> Result<bool> {
        self.recover();
        for again in (0..TRIES_MAX).rev() {
            let fence = Fence::default();
            nodes.iter().for_each(|node| node.fence.close());
            let shelf = FencedShelf::new(self.stand.soil.shelf.clone(), fence.clone());
            let parts = Parts { shelf: Arc::new(shelf), ..self.stand.soil.parts() };
            match Region::open(parts).await {
                Ok(region) => {
                    self.note("opened");
                    self.age(nodes);
                    nodes.push(Node { region, fence, old: None, is_sure: false });
                    let Some(node) = nodes.last() else {
                        return Ok(false);
                    };
                    return self.settle(&node.region, weather).await;
                }
                Err(StartError::Open(
                    error @ (OpenError::RolledBack { .. }
                    | OpenError::Forked { .. }
                    | OpenError::Fault { .. }
                    | OpenError::KeysMissing { .. }),
                )) => bail!("it does not open: {error}"),
                Err(error) if again == 0 && weather == Weather::Calm => {
                    bail!("it does not open: {error}")
                }
                Err(error) => self.note(&format!("not opened: {error}")),
            }
        }
        Ok(false)
    }

    /// From now on the regions before the newest are old.
    fn age(&self, nodes: &mut [Node]) {
        let Some(state) = self.models.first() else {
            return;
        };
        for node in nodes {
            let until = self.now().plus_ms(LEASE_MS_MAX);
            node.old.get_or_insert_with(|| Old { house: state.house.clone(), until });
            node.is_sure = false;
        }
    }

    fn recover(&mut self) {
        self.stand.soil.custody.recover();
        self.is_custody_out = false;
    }

    /// Looks which of the models is true; false if the region cannot show it.
    async fn settle(&mut self, region: &Region, weather: Weather) -> Result<bool> {
        self.recover();
        for _ in 0..TRIES_MAX {
            if let Some(seen) = self.look(region).await? {
                if self.models.is_empty() {
                    self.models.push(seen);
                    return Ok(true);
                }
                let is_known = self.models.contains(&seen);
                ensure!(is_known, "it shows\n{seen:?}\nand none of\n{:?}\nis that", self.models);
                self.models = vec![seen];
                return Ok(true);
            }
        }
        ensure!(weather != Weather::Calm || region.root().is_dropped(), "it shows nothing on a calm day");
        Ok(false)
    }

    /// What the region shows, once it has proven by a commit that it leads.
    async fn look(&self, region: &Region) -> Result<Option<State>> {
        region.confirm().await;
        let cast = &self.stand.cast;
        let carla = cast.persons.get("carla").copied().context("no carla")?;
        let carla =
            Actor { person: carla, credential: None, session: None, place: Where::Outside, address: HERE };
        let looked = region.perform(&carla, Act::BucketShow, json!({ "project": PROJECT }), None).await;
        if looked.is_err() || region.flush_observations().await.is_err() {
            return Ok(None);
        }
        let Ok(cell) = region.cell(cast.project.cast()).await else {
            return Ok(None);
        };
        let (Ok(root), Ok(rows)) = (region.root().view().await, cell.view().await) else {
            return Ok(None);
        };
        observe(&root, &rows, cast).await.map(Some)
    }

    /// Opens what is left and judges it.
    async fn end(&mut self) -> Result<()> {
        let mut nodes = Vec::new();
        ensure!(self.open(&mut nodes, Weather::Calm).await?, "it does not open on a calm day");
        let node = nodes.pop().context("no region")?;
        let state = self.models.first().cloned().context("no model")?;
        judge::all(self, &node.region, &state).await
    }
}
