//! A round: who is to be told what now, and telling them one by one.

use async_trait::async_trait;
use words::noun::{Noun, Person};
use words::{Id, Personal, Refusal, Timestamp};

use super::concern::{Concerns, pass_over};
use super::due::{Digest, due};
use super::reach::reach_of;
use super::{ToldRow, Way};
use crate::Region;
use crate::act::subject;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, HouseStep, Moment};
use crate::noun::person::{PersonRow, PersonalRow};

/// The region's own act of telling somebody.
const PERSON_TELL: &str = "person.tell";

/// A notice that is due: to whom, by which way, and what it says.
#[derive(Debug)]
pub struct Notice {
    pub person: Id<Person>,
    pub way: Way,
    /// An address of mail or of a webhook.
    pub to: Personal<String>,
    pub digest: Digest,
    pub at: Timestamp,
    /// What is remembered once it was told.
    told: ToldRow,
}

/// Who carries notices out of the house.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Whether it arrived where it is taken over from us.
    async fn carry(&self, notice: &Notice) -> bool;
}

/// What telling came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Yes,
    /// It did not arrive, and is due again.
    No,
    /// It arrived and could not be written down: that is to be tried again, and telling is not.
    Unwritten,
    /// It is no longer for them: they were suspended, or want it elsewhere.
    Void,
}

impl Region {
    /// Notices that are due by a way, so many at most. `misses` says how often somebody was not reached, or that they
    /// are not to be tried now: whoever was missed less often comes first, and nobody else is even judged.
    pub async fn notices(
        &self,
        way: Way,
        count_max: usize,
        misses: impl Fn(Id<Person>) -> Option<u32> + Send,
    ) -> Result<Vec<Notice>, Refusal> {
        self.lease().confirmed(self.clock().now())?;
        let concerns = Concerns::read(self).await?;
        let mut persons: Vec<(u32, Id<Person>)> =
            concerns.persons().filter_map(|person| Some((misses(person)?, person))).collect();
        persons.sort_by_key(|(misses, _)| *misses);
        let mut notices = Vec::new();
        for (_, person) in persons {
            if notices.len() >= count_max {
                break;
            }
            // WHY for each: judging keeps a thread busy, and meanwhile another process may lead.
            tokio::task::yield_now().await;
            self.lease().confirmed(self.clock().now())?;
            notices.extend(pass_over("one person", self.notice(&concerns, person, way).await));
        }
        Ok(notices)
    }

    async fn notice(
        &self,
        concerns: &Concerns,
        person: Id<Person>,
        way: Way,
    ) -> Result<Option<Notice>, Refusal> {
        let (root, at) = (concerns.root(), concerns.now());
        let Some(to) = to(root, person, way).await? else { return Ok(None) };
        let told: Option<ToldRow> = root.row(&ToldRow::key(person, way)).await?;
        // WHY first without judging: most days most people are told nothing.
        if due(&concerns.all(person), told.as_ref(), at).is_none() {
            return Ok(None);
        }
        let seen = concerns.seen(self, person).await;
        let due = due(&seen, told.as_ref(), at);
        Ok(due.map(|(digest, told)| Notice { person, way, to, digest, at, told }))
    }

    /// Tells somebody, and writes down that they were told.
    pub async fn tell(&self, notice: &Notice, messenger: &dyn Messenger) -> Result<Told, Refusal> {
        // WHY again for each: a round may take minutes, and another process may lead by now.
        self.lease().confirmed(self.clock().now())?;
        let to = to(&self.root().view().await?, notice.person, notice.way).await?;
        if to.as_ref() != Some(&notice.to) {
            return Ok(Told::Void);
        }
        let is_there = messenger.carry(notice).await;
        self.meters().noticed(notice.way, is_there);
        if !is_there {
            return Ok(Told::No);
        }
        Ok(self.write_told(notice).await.map_or(Told::Unwritten, |()| Told::Yes))
    }

    /// Writes down that somebody was told.
    pub async fn write_told(&self, notice: &Notice) -> Result<(), Refusal> {
        let (person, way, told) = (notice.person, notice.way, notice.told.clone());
        let step = HouseStep::new(move |draft: &mut Draft, moment: Moment| {
            let told = ToldRow { at: moment.now, ..told };
            draft.put_in(PersonalRow::seal(person), &ToldRow::key(person, way), &told)?;
            Ok(Entry::of_house(PERSON_TELL, moment.now).about(subject(Noun::Person, person)))
        });
        self.root().submit(Box::new(step)).await.map(drop)
    }
}

/// Where a way leads to somebody; none: they are suspended or erased, or want nothing by it.
async fn to(root: &Draft, person: Id<Person>, way: Way) -> Result<Option<Personal<String>>, Refusal> {
    let row: Option<PersonRow> = root.row(&person.to_bytes()).await?;
    let personal: Option<PersonalRow> = root.row(&person.to_bytes()).await?;
    let (Some(row), Some(personal)) = (row, personal) else { return Ok(None) };
    if row.is_suspended {
        return Ok(None);
    }
    let reach = reach_of(root, person).await?;
    let to = match way {
        Way::Mail => reach.has_mail.then_some(personal.email),
        Way::Webhook => reach.webhook,
    };
    Ok(to.filter(|to| !to.is_empty()).map(Personal::new))
}
