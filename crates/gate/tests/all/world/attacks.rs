//! One attack per rule: a case that is right but for one thing.

use gate::{Case, Span, Target};
use words::act::Act;
use words::{Place, Reason, Role, Tier};

use super::*;

pub struct Attack {
    /// The rule that must stop it.
    pub rule: &'static str,
    pub reason: Reason,
    pub act: Act,
    pub case: Case,
}

pub fn attack(
    rule: &'static str,
    reason: Reason,
    act: Act,
    case: Case,
    spoil: impl FnOnce(&mut Case),
) -> Attack {
    let mut case = case;
    spoil(&mut case);
    Attack { rule, reason, act, case }
}

pub fn all() -> Vec<Attack> {
    let mut all = people();
    all.extend(projects());
    all.extend(credentials());
    all.extend(grants());
    all.extend(super::agreements::all());
    all.extend(permits());
    all.extend(super::learned::all());
    all.extend(data_state());
    all.extend(locks());
    all.extend(releases());
    all.extend(keys());
    all.extend(super::across::all());
    all.extend(super::exits::all());
    all.extend(super::sessions::all());
    all
}

fn people() -> Vec<Attack> {
    let give = |rule, role, held: &[Role]| {
        let is_of_house = [Role::Steward, Role::Controller].contains(&role);
        let giver = if is_of_house { Role::Signatory } else { Role::Operator };
        let giver = if role == Role::Reviewer { Role::Controller } else { giver };
        let held = held.to_vec();
        attack(rule, Reason::DutiesMixed, Act::RoleGrant, right(Act::RoleGrant, giver), |case| {
            case.target = appointment(role, &held);
        })
    };
    vec![
        attack(
            "people.suspended",
            Reason::PersonSuspended,
            Act::ProjectShow,
            case(Act::ProjectShow, &[]),
            |case| {
                case.actor.is_suspended = true;
            },
        ),
        attack("roles.own", Reason::OwnRole, Act::RoleGrant, right(Act::RoleGrant, Role::Operator), |case| {
            case.actor.actor.person = OTHER;
        }),
        give("roles.data-to-region", Role::Controller, &[Role::Operator]),
        give("roles.data-to-region", Role::Steward, &[Role::Custodian]),
        give("roles.data-to-region", Role::Reviewer, &[Role::Operator]),
        give("roles.region-to-data", Role::Operator, &[Role::Researcher]),
        give("roles.region-to-data", Role::Custodian, &[Role::Delegate]),
        give("roles.auditor-alone", Role::Auditor, &[Role::Signatory]),
        give("roles.auditor-alone", Role::Auditor, &[Role::Operator]),
        give("roles.alone-auditor", Role::Operator, &[Role::Auditor]),
        give("roles.alone-auditor", Role::Reviewer, &[Role::Auditor]),
        look("people.unknown", Act::PersonShow, person(false)),
        look("people.unknown", Act::PersonSuspend, person(false)),
        look("tenants.unknown", Act::TenantShow, tenant(false)),
        look("tenants.unknown", Act::ProjectOpen, tenant(false)),
        look("roles.unknown", Act::RoleGrant, unknown_appointment()),
        look("roles.unknown", Act::RoleRevoke, unknown_appointment()),
        operates_and_reads(Role::Operator),
        operates_and_reads(Role::Custodian),
        operates_and_reads(Role::Auditor),
    ]
}

pub fn unknown_appointment() -> Target {
    let mut target = appointment(Role::Researcher, &[]);
    if let Target::Role { is_known_to_actor, .. } = &mut target {
        *is_known_to_actor = false;
    }
    target
}

fn operates_and_reads(role: Role) -> Attack {
    let rule = "roles.region-off-data";
    attack(rule, Reason::DutiesMixed, Act::ObjectGet, right(Act::ObjectGet, Role::Researcher), |case| {
        case.actor.roles.insert(role);
    })
}

fn projects() -> Vec<Attack> {
    let halt = |act, role| {
        attack("projects.halted", Reason::ProjectHalted, act, right(act, role), |case| {
            case.project().is_halted = true;
        })
    };
    vec![
        attack(
            "projects.unknown",
            Reason::NotFound,
            Act::ObjectGet,
            right(Act::ObjectGet, Role::Researcher),
            |case| {
                case.project().is_known_to_actor = false;
            },
        ),
        attack(
            "projects.erased",
            Reason::ProjectErased,
            Act::ObjectPut,
            right(Act::ObjectPut, Role::Researcher),
            |case| {
                case.project().is_erased = true;
            },
        ),
        halt(Act::ObjectGet, Role::Researcher),
        halt(Act::ObjectPut, Role::Steward),
        halt(Act::AirlockFetch, Role::Controller),
        attack(
            "projects.full",
            Reason::NotEmpty,
            Act::ProjectClassify,
            right(Act::ProjectClassify, Role::Controller),
            |case| {
                case.project().is_empty = false;
            },
        ),
        attack(
            "proof.unknown",
            Reason::NotFound,
            Act::LedgerProve,
            right(Act::LedgerProve, Role::Controller),
            |case| {
                case.project().is_known_to_actor = false;
            },
        ),
        look("projects.unseen", Act::ProjectShow, Target::Project(stranger_s())),
        look("datasets.unseen", Act::DatasetShow, Target::Project(stranger_s())),
        other_leaf(&[], Some(project())),
        other_leaf(&[Role::Researcher], Some(project())),
        // The controller of a project searches no ledger but its own.
        other_leaf(&[Role::Controller], None),
        lower(Tier::Open, Tier::Pseudonymised),
        lower(Tier::Pseudonymised, Tier::Identifiable),
    ]
}

fn stranger_s() -> ProjectFacts {
    ProjectFacts { is_known_to_actor: false, ..project() }
}

/// A row that is looked at by somebody without a role here.
pub fn look(rule: &'static str, act: Act, target: Target) -> Attack {
    attack(rule, Reason::NotFound, act, case(act, &[]), |case| {
        case.actor.organisation = Some(ELSEWHERE);
        case.target = target;
    })
}

fn other_leaf(roles: &[Role], project: Option<ProjectFacts>) -> Attack {
    let act = Act::LedgerProve;
    attack("proof.other-leaf", Reason::NotFound, act, case(act, roles), |case| {
        case.target = Target::Ledger { project, is_own_leaf: false };
    })
}

fn lower(wanted: Tier, signed: Tier) -> Attack {
    let act = Act::ProjectClassify;
    attack("projects.lowered", Reason::TierLowered, act, right(act, Role::Controller), |case| {
        case.target = classification(wanted, signed);
    })
}

fn credentials() -> Vec<Attack> {
    let bear = |rule, reason, act, role, place, project| {
        attack(rule, reason, act, right(act, role), |case: &mut Case| {
            case.with_credential(place, None);
            case.actor.actor.place = Place::Inside;
            if let Some(credential) = &mut case.actor.actor.credential {
                credential.project = id(project);
            }
        })
    };
    let (get, read) = (Act::ObjectGet, Act::LedgerShow);
    let missing = Reason::NotFound;
    vec![
        bear("credentials.place", Reason::PlaceBound, get, Role::Researcher, Place::Outside, 20),
        bear("credentials.project", missing, get, Role::Researcher, Place::Inside, 21),
        bear("credentials.ledger", missing, read, Role::Auditor, Place::Inside, 21),
        bear("credentials.house", missing, Act::RoleGrant, Role::Operator, Place::Inside, 20),
        look("credentials.unseen", Act::CredentialShow, target(Act::CredentialRevoke)),
        attack(
            "credentials.unseen",
            missing,
            Act::CredentialShow,
            case(Act::CredentialShow, &[Role::Operator]),
            |case| {
                case.target = target(Act::CredentialRevoke);
            },
        ),
        look("credentials.unknown", Act::CredentialRevoke, target(Act::CredentialRevoke)),
    ]
}

/// Somebody with a role here, and none that matters, looks at a row that is another's.
pub fn peek(rule: &'static str, act: Act, roles: &[Role], target: Target) -> Attack {
    attack(rule, Reason::NotFound, act, case(act, roles), |case| case.target = target)
}

fn grants() -> Vec<Attack> {
    let put = |rule, reason, spoil: fn(&mut Case)| {
        attack(rule, reason, Act::ObjectPut, deliver(Act::ObjectPut), spoil)
    };
    let read = |act| {
        attack("grants.deliver-only", Reason::GrantWriteOnly, act, right(act, Role::Researcher), |case| {
            case.with_credential(Place::Outside, Some(id(33)));
            case.data().grant = Some(grant());
        })
    };
    vec![
        read(Act::ObjectGet),
        read(Act::ObjectList),
        read(Act::ObjectProbe),
        read(Act::ObjectCopy),
        read(Act::UploadCopy),
        put("grants.no-probe", Reason::GrantWriteOnly, |case| case.data().is_conditional = true),
        put("grants.address", Reason::GrantAddress, |case| {
            edit_grant(case, |grant| grant.address_matches = false)
        }),
        put("grants.elsewhere", Reason::GrantElsewhere, |case| {
            edit_grant(case, |grant| grant.covers_target = false)
        }),
        put("grants.not-yet", Reason::GrantNotYet, |case| edit_grant(case, |grant| grant.span = FUTURE)),
        put("grants.ended", Reason::GrantEnded, |case| edit_grant(case, |grant| grant.span = PAST)),
        put("grants.revoked", Reason::GrantEnded, |case| edit_grant(case, |grant| grant.is_revoked = true)),
        attack(
            "grants.own",
            Reason::OwnRequest,
            Act::GrantIssue,
            right(Act::GrantIssue, Role::Steward),
            |case| {
                case.actor.actor.person = OTHER;
            },
        ),
        look("grants.unseen", Act::GrantShow, grant_of_others()),
        peek("grants.unseen", Act::GrantShow, &[Role::Researcher, Role::Reviewer], grant_of_others()),
    ]
}

fn edit_grant(case: &mut Case, edit: impl FnOnce(&mut gate::GrantFacts)) {
    let mut facts = grant();
    edit(&mut facts);
    case.data().grant = Some(facts);
}

fn permits() -> Vec<Attack> {
    let get = |rule, reason, permit: Option<Span>| {
        attack(rule, reason, Act::ObjectGet, right(Act::ObjectGet, Role::Researcher), |case| {
            case.data().permit = permit;
        })
    };
    let own = |act, person| {
        attack("permits.own", Reason::OwnRequest, act, right(act, Role::Controller), |case| {
            case.actor.actor.person = person;
        })
    };
    vec![
        get("work.no-permit", Reason::PermitMissing, None),
        get("work.not-yet", Reason::PermitNotYet, Some(FUTURE)),
        get("work.past", Reason::PermitEnded, Some(PAST)),
        attack(
            "work.past",
            Reason::PermitEnded,
            Act::AirlockDraft,
            right(Act::AirlockDraft, Role::Researcher),
            |case| {
                if let Target::Airlock { permit, .. } = &mut case.target {
                    *permit = Some(PAST);
                }
            },
        ),
        own(Act::PermitGrant, OTHER),
        own(Act::PermitGrant, THIRD),
        own(Act::PermitAmend, THIRD),
        look("permits.unseen", Act::PermitShow, target(Act::PermitGrant)),
        peek("permits.unseen", Act::PermitShow, &[Role::Steward, Role::Signatory], target(Act::PermitGrant)),
        peek("permits.unseen", Act::PermitShow, &[Role::Researcher], target(Act::PermitGrant)),
    ]
}

fn data_state() -> Vec<Attack> {
    let spoil = |rule, reason, act, spoil: fn(&mut Case)| {
        attack(rule, reason, act, right(act, Role::Researcher), spoil)
    };
    vec![
        spoil("data.scope-erased", Reason::ScopeErased, Act::ObjectGet, |case| {
            case.data().is_scope_erased = true
        }),
        spoil("data.locked", Reason::ProjectLocked, Act::ObjectGet, |case| case.project().is_locked = true),
        spoil("data.locked", Reason::ProjectLocked, Act::AirlockFetch, |case| {
            case.project().is_locked = true
        }),
        spoil("data.locked", Reason::ProjectLocked, Act::UploadCopy, |case| case.project().is_locked = true),
        attack(
            "data.sealed-locked",
            Reason::ProjectLocked,
            Act::ObjectPut,
            deliver(Act::ObjectPut),
            |case| {
                case.project().is_locked = true;
                case.data().is_sealed = true;
            },
        ),
        spoil("data.sealed-locked", Reason::ProjectLocked, Act::UploadComplete, |case| {
            case.project().is_locked = true;
            case.data().is_sealed = true;
        }),
        spoil("data.place", Reason::PlaceOutside, Act::ObjectGet, |case| {
            case.actor.actor.place = Place::Outside
        }),
        spoil("data.place", Reason::PlaceOutside, Act::ObjectPut, |case| {
            case.actor.actor.place = Place::Outside
        }),
        spoil("data.place", Reason::PlaceOutside, Act::ObjectList, |case| {
            case.actor.actor.place = Place::Outside;
            case.project().tier = Tier::Pseudonymised;
        }),
        attack(
            "data.place",
            Reason::PlaceOutside,
            Act::AirlockInspect,
            right(Act::AirlockInspect, Role::Reviewer),
            |case| {
                case.actor.actor.place = Place::Outside;
            },
        ),
        spoil("data.airlock-only", Reason::AirlockOnly, Act::ObjectExport, |case| {
            case.project().tier = Tier::Pseudonymised
        }),
        spoil("delete.held", Reason::LegalHold, Act::ObjectDelete, |case| case.data().is_held = true),
        spoil("delete.retained", Reason::Retained, Act::ObjectDelete, |case| {
            case.data().retained_until = Some(NOW)
        }),
    ]
}

fn locks() -> Vec<Attack> {
    let act = Act::ObjectRetain;
    let own = |act| {
        attack("locks.own", Reason::OwnRequest, act, right(act, Role::Controller), |case| {
            (case.data().is_bypassing, case.data().hands) = (true, [ACTOR, OTHER].into());
        })
    };
    let bypass = |act| {
        attack("locks.bypass", Reason::RoleMissing, act, right(act, Role::Researcher), |case| {
            (case.data().is_bypassing, case.data().hands) = (true, [OTHER].into());
        })
    };
    let kept = |role| {
        attack("locks.kept", Reason::Retained, act, right(act, role), |case| {
            case.data().retained_until = Some(NOW);
        })
    };
    vec![
        own(act),
        own(Act::ObjectDelete),
        bypass(act),
        bypass(Act::ObjectDelete),
        kept(Role::Controller),
        kept(Role::Researcher),
        attack("locks.binding", Reason::RoleMissing, act, right(act, Role::Researcher), |case| {
            case.data().is_binding = true;
        }),
    ]
}

fn releases() -> Vec<Attack> {
    let release = |rule, reason, tier, approvers: &[_], author| {
        let act = Act::AirlockRelease;
        let target = airlock(author, approvers, false);
        attack(rule, reason, act, right(act, Role::Delegate), |case| {
            case.target = target;
            case.project().tier = tier;
        })
    };
    let (open, secret) = (Tier::Open, Tier::Pseudonymised);
    let mixed = Reason::DutiesMixed;
    let fetch = |rule, is_released, ends| {
        let act = Act::AirlockFetch;
        attack(rule, Reason::StateWrong, act, right(act, Role::Controller), |case| {
            if let Target::Airlock { is_released: state, fetch_ends, .. } = &mut case.target {
                (*state, *fetch_ends) = (is_released, ends);
            }
        })
    };
    vec![
        release("airlock.own", Reason::OwnRequest, open, &[THIRD], ACTOR),
        release("airlock.own", Reason::OwnRequest, secret, &[THIRD, OTHER], ACTOR),
        release("airlock.one-check", Reason::ApprovalsMissing, open, &[], OTHER),
        // The author's own approval is none.
        release("airlock.one-check", Reason::ApprovalsMissing, open, &[OTHER], OTHER),
        release("airlock.two-checks", Reason::ApprovalsMissing, secret, &[THIRD], OTHER),
        release("airlock.two-checks", Reason::ApprovalsMissing, secret, &[THIRD, OTHER], OTHER),
        resigned(Tier::Open, &[THIRD], &[]),
        resigned(Tier::Pseudonymised, &[THIRD, id(4)], &[THIRD]),
        release("airlock.checker-releases", mixed, secret, &[THIRD, ACTOR], OTHER),
        attack(
            "airlock.own",
            Reason::OwnRequest,
            Act::AirlockApprove,
            right(Act::AirlockApprove, Role::Reviewer),
            |case| {
                case.target = airlock(ACTOR, &[], false);
            },
        ),
        look("airlock.unknown", Act::AirlockApprove, airlock(OTHER, &[], false)),
        look("airlock.unknown", Act::AirlockFetch, airlock(OTHER, &[THIRD, id(4)], true)),
        fetch("airlock.unreleased", false, Some(LATER)),
        fetch("airlock.fetch-over", true, Some(PAST.ends)),
        fetch("airlock.fetch-over", true, None),
    ]
}

/// Approved by enough, of whom not all still count.
fn resigned(
    tier: Tier,
    approved: &[words::Id<words::noun::Person>],
    counting: &[words::Id<words::noun::Person>],
) -> Attack {
    let rule = if tier == Tier::Open { "airlock.one-check" } else { "airlock.two-checks" };
    let act = Act::AirlockRelease;
    attack(rule, Reason::ApprovalsMissing, act, right(act, Role::Delegate), |case| {
        case.target = airlock(OTHER, approved, false);
        case.project().tier = tier;
        if let Target::Airlock { standing, .. } = &mut case.target {
            *standing = counting.iter().copied().collect();
        }
    })
}

fn keys() -> Vec<Attack> {
    let spoil = |rule, reason, act, spoil: fn(&mut Case)| {
        attack(rule, reason, act, right(act, Role::Custodian), spoil)
    };
    let (scope, project) = (Act::KeyEraseScope, Act::KeyEraseProject);
    let hold: fn(&mut Case) = |case| {
        if let Target::Keys { is_held, .. } = &mut case.target {
            *is_held = true;
        }
    };
    let unreturned: fn(&mut Case) = |case| {
        if let Target::Keys { is_unreturned, .. } = &mut case.target {
            *is_unreturned = true;
        }
    };
    let retain: fn(&mut Case) = |case| {
        if let Target::Keys { retained_until, .. } = &mut case.target {
            *retained_until = Some(NOW);
        }
    };
    let operate: fn(&mut Case) = |case| {
        case.actor.roles.insert(Role::Operator);
    };
    vec![
        spoil("keys.own-lock", Reason::OwnRequest, Act::KeyUnlock, |case| case.actor.actor.person = OTHER),
        spoil("keys.not-locked", Reason::StateWrong, Act::KeyUnlock, |case| {
            if let Target::Keys { locker, .. } = &mut case.target {
                *locker = None;
            }
        }),
        spoil("keys.stay-locked", Reason::ProjectLocked, Act::KeyCall, |case| {
            case.project().is_locked = true
        }),
        attack(
            "keys.stay-locked",
            Reason::ProjectLocked,
            Act::KeyGive,
            right(Act::KeyGive, Role::Signatory),
            |case| case.project().is_locked = true,
        ),
        // At tier 0 data are read from anywhere, and names behind pseudonyms still are not.
        spoil("pseudonyms.inside", Reason::PlaceOutside, Act::PseudonymReverse, |case| {
            case.project().tier = Tier::Open;
            case.actor.actor.place = Place::Outside;
        }),
        spoil("keys.no-operator", Reason::DutiesMixed, Act::KeySplit, operate),
        spoil("keys.no-operator", Reason::DutiesMixed, Act::KeyEmergency, operate),
        attack(
            "data.closed",
            Reason::SharesNeeded,
            Act::ObjectGet,
            right(Act::ObjectGet, Role::Researcher),
            |case| {
                case.project().is_split = true;
            },
        ),
        attack(
            "data.closed",
            Reason::SharesNeeded,
            Act::ObjectGet,
            right(Act::ObjectGet, Role::Researcher),
            |case| {
                case.project().is_split = true;
                case.project().opened_until = Some(Timestamp::from_ms(NOW.ms() - 1));
            },
        ),
        attack(
            "data.closed",
            Reason::SharesNeeded,
            Act::AirlockInspect,
            right(Act::AirlockInspect, Role::Reviewer),
            |case| case.project().is_split = true,
        ),
        spoil("erase.held", Reason::LegalHold, scope, hold),
        spoil("erase.held", Reason::LegalHold, project, hold),
        spoil("erase.retained", Reason::Retained, scope, retain),
        spoil("erase.retained", Reason::Retained, project, retain),
        spoil("erase.unreturned", Reason::ReceiptMissing, scope, unreturned),
        spoil("erase.unreturned", Reason::ReceiptMissing, project, unreturned),
    ]
}
