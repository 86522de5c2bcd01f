//! The proof of a permission. It exists so that the one who commits can ask for
//! it by type; it must never be made anywhere but in `Gate::decide`.

use std::marker::PhantomData;
use std::sync::Arc;

use words::act::{Act, Deed};
use words::{Actor, Id, Timestamp, noun};

use crate::facts::Case;

/// What the policies said yes to, and which of them did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The policies that allowed it.
    pub policies: Vec<Arc<str>>,
}

/// Proof that an actor may do `A`, decided on the facts of one epoch.
///
/// A function asks for it by type:
///
/// ```
/// use gate::Allowed;
/// use words::act::ObjectPut;
/// fn write(proof: Allowed<ObjectPut>) { drop(proof) }
/// ```
///
/// Nobody else can make one:
///
/// ```compile_fail
/// use gate::Allowed;
/// use words::act::ObjectPut;
/// fn forge(case: &gate::Case, verdict: gate::Verdict) -> Allowed<ObjectPut> {
///     Allowed::new(case, verdict)
/// }
/// ```
///
/// It cannot be copied, so it is used once:
///
/// ```compile_fail
/// use gate::Allowed;
/// use words::act::ObjectPut;
/// fn write(proof: Allowed<ObjectPut>) { drop(proof) }
/// fn twice(proof: Allowed<ObjectPut>) { write(proof.clone()); write(proof) }
/// ```
///
/// A proof for one act is none for another:
///
/// ```compile_fail
/// use gate::Allowed;
/// use words::act::{ObjectGet, ObjectPut};
/// fn write(proof: Allowed<ObjectPut>) { drop(proof) }
/// fn read(proof: Allowed<ObjectGet>) { write(proof) }
/// ```
#[derive(Debug)]
#[must_use = "a permission that nobody uses is a mistake"]
pub struct Allowed<A: Deed> {
    actor: Actor,
    project: Option<Id<noun::Project>>,
    epoch: u64,
    at: Timestamp,
    verdict: Verdict,
    act: PhantomData<fn() -> A>,
}

impl<A: Deed> Allowed<A> {
    pub(crate) fn new(case: &Case, verdict: Verdict) -> Self {
        Self {
            actor: case.actor.actor.clone(),
            project: case.target.project().map(|project| project.id),
            epoch: case.epoch,
            at: case.now,
            verdict,
            act: PhantomData,
        }
    }

    pub const fn act(&self) -> Act {
        A::ACT
    }

    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The project it concerns; none for acts on the house itself.
    pub const fn project(&self) -> Option<Id<noun::Project>> {
        self.project
    }

    /// The state of the house it was decided on: if that has moved, decide again.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When it was decided.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Ids of the policies that allowed it.
    pub fn policies(&self) -> &[Arc<str>] {
        &self.verdict.policies
    }
}
