//! Telephone numbers: Italian ones with and without +39, North American and British forms, others with their country.
//!
//! SPEC: ITU-T E.164 (15 digits at most); NANP; Italy's plan. Bare digits without words around are a person's to judge.

use super::date;
use super::lexicon::Flags;
use super::scan::{Match, View};
use super::token::{Class, Token};
use super::{Confidence, Kind, Why};

/// WHY: "+44 (0) 20 7946 0 018" has no more.
const TOKENS_MAX: usize = 14;
/// WHY: "recapito telefonico della figlia: " stands that near before its value.
const WORDS: usize = 6;
/// WHY: E.164 has 15, and 00 stands for its plus.
const DIGITS_MAX: usize = 17;

/// Digits as they were dialled, and how they were written.
struct Dialled {
    digits: [u8; DIGITS_MAX],
    size: usize,
    groups: usize,
    /// How many digits each of the first groups has.
    sizes: [usize; 4],
    /// Whether a dot stands between two groups, and whether one was read last.
    has_dot: bool,
    is_dotted: bool,
    is_plus: bool,
    is_parenthesised: bool,
    /// Whether an extension (`x123`) follows.
    is_extended: bool,
    last: usize,
}

/// A number that begins with `+`, `(` or a digit at `at`.
pub(super) fn number(view: &View<'_>, at: usize) -> Option<Match> {
    // WHY: what goes on from a letter, a dot or a sign belongs to something else.
    let is_tail = at > 0
        && view.is_joined(at - 1)
        && !matches!(
            view.tokens[at - 1].class,
            Class::Mark(b':' | b'(' | b'\n' | b'"' | b';' | b',' | b'/' | b'_' | b'=')
        );
    if is_tail {
        return None;
    }
    // WHY: no number that is dialled is shorter.
    let dialled = dial(view, at).filter(|dialled| dialled.size >= 6)?;
    let is_strong = view.says(at, WORDS, Flags::PHONE_STRONG);
    let is_asked = is_strong || view.says(at, WORDS, Flags::PHONE);
    let found = |confidence, why| Some(Match::new(Kind::Phone, (at, dialled.last), confidence, why));
    if !dialled.is_plus && date::at(view, at).is_some() && !is_strong {
        return None;
    }
    // A social security number, a decimal, an address of a machine.
    let is_other = dialled.sizes == [3, 2, 4, 0] || (dialled.has_dot && dialled.sizes != [3, 3, 4, 0]);
    if is_other && !is_asked && !dialled.is_plus {
        return None;
    }
    match (plan(&dialled), is_asked) {
        (Some(Confidence::Ambiguous), true) => found(Confidence::Likely, view.source(Flags::PHONE)),
        (Some(confidence), _) => found(confidence, Why::Form),
        (None, true) if is_strong && (6..=15).contains(&dialled.size) => {
            found(Confidence::Likely, view.source(Flags::PHONE_STRONG))
        }
        // `chiamare 320480246`: older mobiles have nine digits.
        (None, true) if dialled.size == 9 && dialled.digits[0] == b'3' => {
            found(Confidence::Likely, Why::Words)
        }
        _ => None,
    }
}

/// Reads digits, and what people write between them.
fn dial(view: &View<'_>, at: usize) -> Option<Dialled> {
    let mut dialled = Dialled {
        digits: [0; DIGITS_MAX],
        size: 0,
        groups: 0,
        sizes: [0; 4],
        has_dot: false,
        is_dotted: false,
        is_plus: view.is_mark(at, b'+'),
        is_parenthesised: view.is_mark(at, b'('),
        is_extended: false,
        last: at,
    };
    for next in at..at + TOKENS_MAX {
        let Some(token) = view.get(next) else { break };
        if next > at && !goes_on(view, next, token) {
            break;
        }
        match token.class {
            Class::Number if dialled.add(view.bytes(next), next) => {}
            Class::Mixed => {
                dialled.extend(view.bytes(next), next);
                break;
            }
            Class::Mark(b'+') if next == at => {}
            Class::Mark(b'.') => dialled.is_dotted = true,
            Class::Mark(b'(' | b')' | b'-' | b'/') => {}
            _ => break,
        }
    }
    (dialled.size > 0).then_some(dialled)
}

/// Whether a token is near enough to the one before: beside it, or one space away.
fn goes_on(view: &View<'_>, next: usize, token: &Token) -> bool {
    let gap = view.gap(next - 1);
    let is_sign = matches!(token.class, Class::Mark(_));
    match gap {
        Some(0) => true,
        Some(1) => !is_sign || token.is_mark(b'('),
        _ => false,
    }
}

impl Dialled {
    /// Takes a group in; false where there are too many digits.
    fn add(&mut self, group: &[u8], last: usize) -> bool {
        if self.size + group.len() > DIGITS_MAX {
            return false;
        }
        self.digits[self.size..self.size + group.len()].copy_from_slice(group);
        if let Some(size) = self.sizes.get_mut(self.groups) {
            *size = group.len();
        }
        // A dot after the last group ends a sentence.
        self.has_dot |= self.is_dotted && self.groups > 0;
        self.is_dotted = false;
        self.size += group.len();
        self.groups += 1;
        self.last = last;
        true
    }

    /// Takes in a last group that an extension follows: `4567x123`.
    fn extend(&mut self, group: &[u8], last: usize) {
        let Some(at) = group.iter().position(|sign| matches!(sign, b'x' | b'X')) else { return };
        let (digits, extension) = (&group[..at], &group[at + 1..]);
        let are_digits = digits.iter().chain(extension).all(u8::is_ascii_digit);
        if at > 0 && !extension.is_empty() && are_digits && self.add(digits, last) {
            self.is_extended = true;
        }
    }
}

/// How sure the number's own form makes it one of a plan that we know; None where it is of none.
fn plan(dialled: &Dialled) -> Option<Confidence> {
    let mut digits = &dialled.digits[..dialled.size];
    let is_formed = dialled.groups > 1 || dialled.is_parenthesised || dialled.is_extended;
    if dialled.is_plus {
        return matches!(digits.len(), 8..=15).then_some(Confidence::Likely);
    }
    for abroad in [&b"0039"[..], b"0044", b"001"] {
        if let Some(rest) = digits.strip_prefix(abroad)
            && matches!(rest.len(), 8..=11)
        {
            return Some(if is_formed { Confidence::Likely } else { Confidence::Ambiguous });
        }
    }
    if let (11, Some(rest)) = (digits.len(), digits.strip_prefix(b"1").filter(|_| dialled.sizes[0] == 1)) {
        digits = rest;
    }
    if is_american(digits) {
        let is_grouped = dialled.groups == 3 || dialled.is_parenthesised || dialled.is_extended;
        let is_even = dialled.sizes[0] == 3 || dialled.sizes[0] == 1 || dialled.size == 11;
        return Some(if is_grouped && is_even { Confidence::Likely } else { Confidence::Ambiguous });
    }
    let is_known = is_italian(digits, is_formed) || is_british(digits);
    let sure = if is_formed && dialled.sizes[0] >= 2 { Confidence::Likely } else { Confidence::Ambiguous };
    is_known.then_some(sure)
}

/// Ten digits; neither area nor exchange begins with 0 or 1.
fn is_american(digits: &[u8]) -> bool {
    digits.len() == 10 && digits[0] >= b'2' && digits[3] >= b'2'
}

/// Mobiles begin with 3 and have ten digits, nine at times where they are grouped; lines begin with an area.
fn is_italian(digits: &[u8], is_formed: bool) -> bool {
    match digits {
        [b'3', b'2'..=b'9', ..] => digits.len() == 10 || (digits.len() == 9 && is_formed),
        [b'0', ..] => matches!(digits.len(), 8..=11) && is_area(digits),
        _ => false,
    }
}

/// Areas of Italian lines: of two digits and three, and ranges of four.
fn is_area(digits: &[u8]) -> bool {
    const THREE: &[u32] = &[
        10, 11, 15, 19, 30, 31, 35, 39, 40, 41, 45, 49, 50, 51, 55, 59, 70, 71, 75, 79, 80, 81, 85, 89, 90,
        91, 95, 99,
    ];
    const FOUR: &[(u32, u32)] = &[
        (121, 125),
        (131, 131),
        (141, 144),
        (161, 166),
        (171, 175),
        (182, 187),
        (321, 324),
        (331, 332),
        (341, 346),
        (362, 365),
        (371, 377),
        (381, 386),
        (421, 429),
        (431, 439),
        (442, 445),
        (461, 465),
        (471, 474),
        (481, 481),
        (521, 525),
        (532, 536),
        (541, 549),
        (564, 566),
        (571, 578),
        (583, 588),
        (721, 722),
        (731, 737),
        (742, 746),
        (761, 766),
        (771, 776),
        (781, 789),
        (823, 828),
        (831, 836),
        (861, 865),
        (871, 875),
        (881, 885),
        (921, 925),
        (931, 935),
        (941, 942),
        (961, 969),
        (971, 976),
        (981, 985),
    ];
    let head =
        |size: usize| digits.iter().take(size).fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    matches!(head(2), 2 | 6)
        || THREE.contains(&head(3))
        || FOUR.iter().any(|(from, to)| (*from..=*to).contains(&head(4)))
}

fn is_british(digits: &[u8]) -> bool {
    matches!(digits, [b'0', b'1'..=b'3' | b'7', ..]) && matches!(digits.len(), 10 | 11)
}
