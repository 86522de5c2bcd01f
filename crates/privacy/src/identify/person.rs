//! Names of people: after titles and words of kinship, in known lists, or written like names.
//!
//! A name on no list and with nothing around it is a person's to judge. Eponyms (`morbo di Crohn`) are no finding.

use super::lexicon::{self, Flags};
use super::scan::{Match, Place, View};
use super::token::{Case, Class};
use super::{Confidence, Kind, Why, ending};

/// WHY: four names with particles, hyphens and initials are no longer.
const CHAIN_TOKENS_MAX: usize = 12;

/// Words that belong together as a name may, from `first` to `last`.
struct Chain {
    last: usize,
    words: usize,
    given: usize,
    surnames: usize,
    everyday: usize,
    clinical: usize,
    initials: usize,
    is_upper: bool,
    is_lower: bool,
    has_hyphen: bool,
    /// Words of every day that are given names too (`Bianca`, `Mark`), where the name begins with one.
    weak: usize,
    /// Words of every day that are no names at all.
    plain: usize,
}

/// A name that begins at `at`.
pub(super) fn name(view: &View<'_>, at: usize) -> Option<Match> {
    let token = view.get(at)?;
    let is_written = token.case != Case::Lower;
    // WHY: small letters are read as a name after a title, in a cell and in the name of a file.
    let is_name = token.flags.any_name() && !token.flags.any(Flags::EVERYDAY);
    if (!is_written && !is_name) || is_part(view, at) {
        return None;
    }
    let title = title_before(view, at);
    if !is_written && view.place == Place::Prose && title.is_none() {
        return None;
    }
    let role = role_before(view, at);
    if token.flags.any(Flags::TITLE.and(Flags::ROLE_STRONG)) && token.size() > 1 && title.is_none() {
        return None;
    }
    // WHY: in prose a word of every day begins no name, and in a text of capitals only a known one does.
    let is_first = token.flags.any_name() || (token.case != Case::Upper && !token.flags.any(Flags::EVERYDAY));
    if view.place == Place::Prose
        && title.is_none()
        && role.is_none()
        && !is_first
        && token.case != Case::Initial
    {
        return None;
    }
    let chain = chain(view, at, title.is_some());
    let (confidence, why) = match (title.is_some(), role) {
        (true, _) => titled(&chain)?,
        (false, Some(is_strong)) => introduced(&chain, is_strong).or_else(|| bare(view, at, &chain))?,
        (false, None) => bare(view, at, &chain)?,
    };
    Some(Match::new(Kind::PersonName, (at, chain.last), confidence, why))
}

/// Whether the word is the end of another: after an apostrophe, a dot, an `@`, a hyphen.
fn is_part(view: &View<'_>, at: usize) -> bool {
    view.place != Place::FileName
        && at > 0
        && view.is_joined(at - 1)
        && matches!(view.tokens[at - 1].class, Class::Mark(b'@' | b'/' | b'\\' | b'#' | b'_' | b'-'))
}

/// `Sig.ra `, `Dott. `, `Mr `: the token of the title just before `at`.
fn title_before(view: &View<'_>, at: usize) -> Option<usize> {
    let mut before = at.checked_sub(1)?;
    if view.flags(before).any(Flags::TITLE_TAIL)
        && before > 1
        && view.is_mark(before - 1, b'.')
        && view.is_joined(before - 1)
    {
        before -= 2;
    } else if view.is_mark(before, b'.') && before > 0 {
        before -= 1;
        // `Dott.ssa.`, `Sig.ra.`
        if view.flags(before).any(Flags::TITLE_TAIL) && before > 1 && view.is_mark(before - 1, b'.') {
            before -= 2;
        }
    }
    view.flags(before).any(Flags::TITLE).then_some(before)
}

/// `paziente `, `Nome: `, `figlia `: whether the word just before introduces a name, and whether it can do nothing else.
fn role_before(view: &View<'_>, at: usize) -> Option<bool> {
    let mut before = at.checked_sub(1)?;
    let mut is_marked = false;
    // WHY: a colon, a dot, a quote.
    for _ in 0..2 {
        if [b':', b'.', b'"', b'=', b','].iter().any(|mark| view.is_mark(before, *mark)) && before > 0 {
            is_marked |= view.is_mark(before, b':') || view.is_mark(before, b'=');
            before -= 1;
        }
    }
    let flags = view.flags(before);
    flags.any(Flags::ROLE).then(|| flags.any(Flags::ROLE_STRONG) || is_marked)
}

/// The words from `at` on that may be one name.
fn chain(view: &View<'_>, at: usize, is_titled: bool) -> Chain {
    let mut chain = Chain {
        last: at,
        words: 0,
        given: 0,
        surnames: 0,
        everyday: 0,
        clinical: 0,
        initials: 0,
        is_upper: true,
        is_lower: true,
        has_hyphen: false,
        weak: 0,
        plain: 0,
    };
    let begins_lower = view.get(at).is_some_and(|token| token.case == Case::Lower);
    for next in at..at + CHAIN_TOKENS_MAX {
        let Some(token) = view.get(next) else { break };
        let is_far = next > at && view.gap(next - 1).is_some_and(|gap| gap > 1);
        match token.class {
            _ if is_far => break,
            Class::Word if token.case == Case::Lower && !begins_lower => {
                if !token.flags.any(Flags::PARTICLE) || !leads_on(view, next) {
                    break;
                }
            }
            Class::Word if begins_lower && !token.flags.any_name() => break,
            Class::Word if token.case != Case::Initial && ends(view, next, &chain, is_titled) => break,
            Class::Word => chain.take(view, next),
            Class::Mark(b'-' | b'\'') if view.is_joined(next) && next > at && view.is_joined(next - 1) => {}
            Class::Mark(b'.') if chain.initials > 0 && chain.last + 1 == next => {}
            Class::Mark(b'_' | b'-' | b'.' | b' ') if view.place == Place::FileName => {}
            Class::Mark(b',') if next > at && view.place == Place::Cell && chain.words == 1 => {}
            Class::Mark(b'^') => {}
            _ => break,
        }
    }
    chain
}

/// Whether a capital follows a particle: `de Luca`, `van der Berg`.
fn leads_on(view: &View<'_>, at: usize) -> bool {
    (at + 1..at + 4)
        .map_while(|next| view.get(next))
        .find(|token| !token.flags.any(Flags::PARTICLE) && !token.is_mark(b'\''))
        .is_some_and(|token| {
            matches!(token.case, Case::Title | Case::Upper | Case::Initial)
                && token.class == Class::Word
                && (!token.flags.any(Flags::EVERYDAY) || token.flags.any_name())
        })
}

/// Whether the word goes on with something else: a title, a word of the clinic after a known name.
fn ends(view: &View<'_>, at: usize, chain: &Chain, is_titled: bool) -> bool {
    let flags = view.flags(at);
    let is_plain = flags.any(Flags::EVERYDAY) && !flags.any_name();
    let is_enough = chain.words >= 2 || (is_titled && chain.words >= 1);
    let is_known = chain.everyday == 0 && chain.given + chain.surnames > 0;
    // WHY: the second word of a cell of two is no word of the clinic after a given name (`Claudio Ossola`).
    let ends_cell = view.place == Place::Cell
        && view.is_whole
        && at + 1 == view.tokens.len()
        && chain.words == 1
        && view.gap(at - 1) == Some(1);
    (chain.words > 0 && is_plain && (is_enough || is_known) && !ends_cell) || chain.words >= 5
}

impl Chain {
    fn take(&mut self, view: &View<'_>, at: usize) {
        let Some(token) = view.get(at) else { return };
        let flags = token.flags.and(elided(view, at));
        self.has_hyphen |= self.words > 0 && view.is_mark(at - 1, b'-');
        self.last = at;
        if token.case == Case::Initial {
            self.initials += 1;
            return;
        }
        self.words += 1;
        self.is_upper &= token.case == Case::Upper;
        self.is_lower &= token.case == Case::Lower;
        let is_everyday = flags.any(Flags::EVERYDAY.and(Flags::DROP).and(Flags::TITLE));
        let is_unknown = !is_everyday && !flags.any_name();
        let is_clinical = is_unknown && ending::is_clinical(view.bytes(at));
        let is_weak = is_everyday && flags.any(Flags::GIVEN) && self.words == 1 && token.case == Case::Title;
        self.weak += usize::from(is_weak);
        self.plain += usize::from(is_everyday && !flags.any_name());
        self.everyday += usize::from(is_everyday);
        self.clinical += usize::from(is_clinical);
        let is_given = flags.any(Flags::GIVEN);
        let is_surname = flags.any(Flags::SURNAME) || (is_unknown && ending::is_surname(view.bytes(at)));
        self.given += usize::from(is_given && !is_everyday);
        self.surnames += usize::from(is_surname && !is_everyday && !is_given);
    }

    /// Words that are neither on a list of names nor of every day.
    fn unknown(&self) -> usize {
        self.words.saturating_sub(self.given + self.surnames + self.everyday + self.clinical)
    }
}

/// What is known of `O'Brien` and `D'Angelo` as one word, at their second part.
fn elided(view: &View<'_>, at: usize) -> Flags {
    let is_second = at > 1 && view.is_mark(at - 1, b'\'') && view.is_joined(at - 1) && view.is_joined(at - 2);
    let (Some(first), Some(second)) = (view.get(at.wrapping_sub(2)), view.get(at)) else {
        return Flags::NONE;
    };
    if is_second { lexicon::flags(&view.text[first.start..second.end]) } else { Flags::NONE }
}

/// After a title.
fn titled(chain: &Chain) -> Option<(Confidence, Why)> {
    let is_name = chain.words > chain.everyday || (chain.words + chain.initials > 1 && chain.words > 0);
    is_name.then_some((Confidence::Likely, Why::Words))
}

/// After a word that introduces people.
fn introduced(chain: &Chain, is_strong: bool) -> Option<(Confidence, Why)> {
    let known = chain.given + chain.surnames;
    let plain = chain.everyday + chain.clinical;
    match (known, chain.unknown(), plain) {
        (1.., _, _) if !chain.is_upper || chain.words > 1 || is_strong => {
            Some((Confidence::Likely, Why::Words))
        }
        (0, 2.., 0) => Some((Confidence::Likely, Why::Words)),
        (0, _, _) if is_strong && chain.weak > 0 && chain.words > 1 => Some((Confidence::Likely, Why::Words)),
        (0, 1, 0) if is_strong => Some((Confidence::Likely, Why::Words)),
        (0, 1, 0) if !chain.is_upper => Some((Confidence::Ambiguous, Why::Words)),
        _ => None,
    }
}

/// With nothing that introduces it.
fn bare(view: &View<'_>, at: usize, chain: &Chain) -> Option<(Confidence, Why)> {
    if is_eponym(view, at, chain) {
        return None;
    }
    let is_cell = view.place == Place::Cell && view.is_all(at, chain.last);
    let (known, plain) = (chain.given + chain.surnames, chain.everyday + chain.clinical);
    let likely = Some((Confidence::Likely, Why::KnownNames));
    let guess = Some((Confidence::Ambiguous, Why::KnownNames));
    let is_weak = chain.weak > 0 && chain.plain == 0 && !chain.has_hyphen;
    if chain.is_lower && (known < 2 || plain > 0) {
        return None;
    }
    match (chain.given, chain.surnames, chain.words) {
        (1.., 1.., _) if plain <= known => likely,
        (2.., 0, _) if plain == 0 => likely,
        (1.., 0, 2..) if plain == 0 && !chain.is_upper => {
            if is_cell {
                likely
            } else {
                guess
            }
        }
        (1.., 0, 2..) if plain < chain.words => guess,
        (1.., 0, 1) if view.flags(at).any(Flags::PARTICLE) => None,
        (1.., 0, 1) if chain.initials > 0 => guess,
        (0, 1.., 1) if chain.initials > 0 && !chain.is_upper && plain == 0 => guess,
        // `Marco riferisce dolore`
        (1.., 0, 1)
            if !chain.is_upper && (is_cell || !begins_sentence(view, at) || goes_on(view, chain.last)) =>
        {
            guess
        }
        (0, _, 2..=3)
            if is_weak
                && !chain.is_upper
                && chain.clinical == 0
                && (is_cell || !begins_sentence(view, at)) =>
        {
            guess
        }
        (0, 1.., 2..) if plain == 0 && (is_cell || !chain.is_upper) => guess,
        (0, 1.., 2..) if chain.surnames >= 2 => guess,
        // Two capitals and a hyphen between: a double name, though one of its words is of every day.
        (0, 0, _)
            if chain.has_hyphen
                && chain.words > 2
                && plain <= 1
                && !chain.is_upper
                && !begins_sentence(view, at) =>
        {
            guess
        }
        (0, 0, 2..=4) if plain == 0 && !chain.is_upper && view.place != Place::FileName => {
            let is_alone = is_cell || (view.place == Place::Prose && !begins_sentence(view, at));
            is_alone.then_some((Confidence::Ambiguous, Why::UnknownNames))
        }
        _ => None,
    }
}

/// `morbo di Crohn`, `Barthel score`, `Crohn's disease`: a name that stands for a thing.
fn is_eponym(view: &View<'_>, at: usize, chain: &Chain) -> bool {
    let is_genitive = view.is_mark(chain.last + 1, b'\'') && view.bytes(chain.last + 2) == b"s";
    let next = if is_genitive { chain.last + 3 } else { chain.last + 1 };
    view.said(at, 3, Flags::DISEASE)
        || view.flags(at).any(Flags::DISEASE)
        || view.flags(next).any(Flags::DISEASE)
}

/// Whether prose goes on with a word in small letters.
fn goes_on(view: &View<'_>, last: usize) -> bool {
    let next = view.get(last + 1);
    view.place == Place::Prose
        && next.is_some_and(|next| next.class == Class::Word && next.case == Case::Lower)
}

/// Whether a sentence begins here, where any word has a capital.
fn begins_sentence(view: &View<'_>, at: usize) -> bool {
    at == 0 || [b'.', b'!', b'?', b'\n', b':'].iter().any(|mark| view.is_mark(at - 1, *mark))
}
