//! Why something was refused: one code on every door, one text per language.
//!
//! Policies name these codes in their `@reason`, doors put them on the wire,
//! `epic explain` reads them out. Texts live in `locales/`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::refusal::Kind;

macro_rules! reasons {
    ($($reason:ident = $code:literal $kind:ident)*) => {
        /// A machine-readable reason.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($reason,)* }

        impl Reason {
            /// Every reason; where several apply, the first in this order is told.
            pub const ALL: &'static [Self] = &[$(Self::$reason,)*];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$reason => $code,)* }
            }

            pub const fn kind(self) -> Kind {
                match self { $(Self::$reason => Kind::$kind,)* }
            }
        }
    };
}

reasons! {
    // Who is asking could not be told.
    Unauthenticated = "unauthenticated" Unauthenticated
    SignatureWrong = "signature_wrong" Unauthenticated
    ClockSkewed = "clock_skewed" Unauthenticated
    CredentialEnded = "credential_ended" Unauthenticated
    SessionEnded = "session_ended" Unauthenticated
    TokenWrong = "token_wrong" Unauthenticated
    TokenEnded = "token_ended" Unauthenticated
    NotEnrolled = "not_enrolled" Unauthenticated
    ProofWrong = "proof_wrong" Unauthenticated
    TooManyTries = "too_many_tries" Unauthenticated
    PersonSuspended = "person_suspended" Denied
    // What may not be known to exist.
    NotFound = "not_found" NotFound
    // The state of the house.
    ProjectErased = "project_erased" Denied
    ScopeErased = "scope_erased" Denied
    ProjectHalted = "project_halted" Denied
    ProjectLocked = "project_locked" Denied
    SharesNeeded = "shares_needed" Denied
    // The rules of the perimeter.
    PlaceOutside = "place_outside" Denied
    AirlockOnly = "airlock_only" Denied
    PlaceBound = "place_bound" Denied
    SecondFactorMissing = "second_factor_missing" Denied
    SessionNarrowed = "session_narrowed" Denied
    GrantWriteOnly = "grant_write_only" Denied
    GrantAddress = "grant_address" Denied
    GrantElsewhere = "grant_elsewhere" Denied
    GrantNotYet = "grant_not_yet" Denied
    GrantEnded = "grant_ended" Denied
    AgreementMissing = "agreement_missing" Denied
    AgreementSuspended = "agreement_suspended" Denied
    AgreementNotYet = "agreement_not_yet" Denied
    AgreementEnded = "agreement_ended" Denied
    OnwardMissing = "onward_missing" Denied
    PermitMissing = "permit_missing" Denied
    PermitNotYet = "permit_not_yet" Denied
    PermitEnded = "permit_ended" Denied
    TrainingMissing = "training_missing" Denied
    InstructionMissing = "instruction_missing" Denied
    SnapshotClosed = "snapshot_closed" Denied
    SnapshotFixed = "snapshot_fixed" Denied
    AgreementRunning = "agreement_running" Denied
    ReceiptMissing = "receipt_missing" Denied
    LegalHold = "legal_hold" Denied
    Retained = "retained" Denied
    SetApart = "set_apart" Denied
    TierLowered = "tier_lowered" Denied
    // Separation of duties.
    OtherParty = "other_party" Denied
    OwnRequest = "own_request" Denied
    OwnRole = "own_role" Denied
    DutiesMixed = "duties_mixed" Denied
    ApprovalsMissing = "approvals_missing" Denied
    RoleMissing = "role_missing" Denied
    // Split keys.
    ShareWrong = "share_wrong" Denied
    CallEnded = "call_ended" Denied
    // The request against what is there.
    StateWrong = "state_wrong" Conflict
    AlreadyDone = "already_done" Conflict
    NameTaken = "name_taken" Conflict
    PreconditionFailed = "precondition_failed" Conflict
    NotEmpty = "not_empty" Conflict
    ScopeCrossed = "scope_crossed" Denied
    TermsChanged = "terms_changed" Conflict
    QuotaFull = "quota_full" Denied
    Invalid = "invalid" Invalid
    ChecksumWrong = "checksum_wrong" Invalid
    SealWrong = "seal_wrong" Invalid
    SignatureUnfit = "signature_unfit" Invalid
    BodyCut = "body_cut" Invalid
    TooLarge = "too_large" Invalid
    NotOffered = "not_offered" Invalid
    // Ours.
    PolicyFault = "policy_fault" Unavailable
    Unavailable = "unavailable" Unavailable
}

/// The languages of the region's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Italian,
}

impl Reason {
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// What is the matter, in one clause.
    pub fn text(self, language: Language) -> &'static str {
        look_up(language, self.code()).map_or(self.code(), |(text, _)| text)
    }

    /// What would make it a yes, or that nothing would.
    pub fn hint(self, language: Language) -> &'static str {
        look_up(language, self.code()).map_or("", |(_, hint)| hint)
    }
}

type Texts = BTreeMap<&'static str, (&'static str, &'static str)>;

fn look_up(language: Language, code: &str) -> Option<(&'static str, &'static str)> {
    static ENGLISH: OnceLock<Texts> = OnceLock::new();
    static ITALIAN: OnceLock<Texts> = OnceLock::new();
    let texts = match language {
        Language::English => ENGLISH.get_or_init(|| read(include_str!("../../../locales/en/reasons.tsv"))),
        Language::Italian => ITALIAN.get_or_init(|| read(include_str!("../../../locales/it/reasons.tsv"))),
    };
    texts.get(code).copied()
}

fn read(file: &'static str) -> Texts {
    let rows = file.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let mut fields = line.split('\t');
        Some((fields.next()?, (fields.next()?, fields.next().unwrap_or(""))))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_texts() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.code()), Some(*reason));
            for language in [Language::English, Language::Italian] {
                assert!(look_up(language, reason.code()).is_some(), "{} in {language:?}", reason.code());
                assert!(!reason.text(language).is_empty(), "no text of {}", reason.code());
                assert!(!reason.hint(language).is_empty(), "no hint of {} in {language:?}", reason.code());
            }
        }
    }

    // Goal: a text nobody can be told is not kept. Method: every line of both files names a reason, once, in order.
    #[test]
    fn no_text_is_of_no_reason() {
        for (language, file) in [
            (Language::English, include_str!("../../../locales/en/reasons.tsv")),
            (Language::Italian, include_str!("../../../locales/it/reasons.tsv")),
        ] {
            let lines = file.lines().filter(|line| !line.starts_with('#'));
            let codes: Vec<_> = lines.filter_map(|line| line.split('\t').next()).collect();
            let reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
            assert_eq!(codes, reasons, "{language:?}");
        }
    }
}
