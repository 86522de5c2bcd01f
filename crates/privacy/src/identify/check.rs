//! Check digits and characters of identifiers, each by its own specification.
//!
//! It exists so that arithmetic stands in one place, without text around. It never judges what a number is.

/// Luhn's sum (ISO/IEC 7812-1, annex B) over digits from left to right.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| doubled(*digit, at % 2 == 1)).sum();
    sum.is_multiple_of(10)
}

fn doubled(digit: u8, is_doubled: bool) -> u32 {
    let value = u32::from(digit - b'0') * if is_doubled { 2 } else { 1 };
    if value > 9 { value - 9 } else { value }
}

/// ISO 7064 mod 97-10 as ISO 13616 uses it: the first four characters count last; capitals and digits only.
pub(super) fn mod_97(iban: &[u8]) -> bool {
    let Some((head, rest)) = iban.split_at_checked(4) else { return false };
    let mut sum = 0_u32;
    for sign in rest.iter().chain(head) {
        sum = match sign {
            b'0'..=b'9' => sum * 10 + u32::from(sign - b'0'),
            b'A'..=b'Z' => sum * 100 + u32::from(sign - b'A') + 10,
            _ => return false,
        } % 97;
    }
    sum == 1
}

/// England's NHS number: weights 10 to 2, and 11 less the rest.
pub(super) fn nhs(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last().filter(|(_, rest)| rest.len() == 9) else { return false };
    let sum: u32 =
        rest.iter().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let wanted = (11 - sum % 11) % 11;
    wanted == u32::from(check - b'0')
}

/// The Italian VAT number and the provisional tax code: Luhn's sum over 11 digits, of which not all are zero.
pub(super) fn eleven(digits: &[u8]) -> bool {
    digits.len() == 11 && digits[..7].iter().any(|digit| *digit != b'0') && luhn(digits)
}

/// Whether digits 8 to 10 of a VAT number name an office: a province, or one of the few others that give them.
pub(super) fn has_office(digits: &[u8]) -> bool {
    let office = digits
        .get(7..10)
        .map(|office| office.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0')));
    matches!(office, Some(1..=100 | 120 | 121 | 888 | 999))
}

/// What the odd characters of a codice fiscale count, by the digit or the letter's place (D.M. 23 December 1976).
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// Whether the sixteenth character of a codice fiscale follows from the others; capitals and digits only.
pub(super) fn codice_fiscale(code: &[u8; 16]) -> bool {
    let mut sum = 0_u32;
    for (at, sign) in code[..15].iter().enumerate() {
        let value = match sign {
            b'0'..=b'9' => sign - b'0',
            b'A'..=b'Z' => sign - b'A',
            _ => return false,
        };
        sum += if at % 2 == 0 { ODD[usize::from(value)] } else { u32::from(value) };
    }
    u32::from(code[15]) == u32::from(b'A') + sum % 26
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_from_the_specifications_hold() {
        assert!(luhn(b"4111111111111111") && !luhn(b"4111111111111112"));
        assert!(mod_97(b"GB82WEST12345698765432") && !mod_97(b"GB82WEST12345698765423"));
        assert!(nhs(b"9434765919") && !nhs(b"9434765918") && !nhs(b"943476591"));
        assert!(eleven(b"00743110157") && !eleven(b"00743110158") && !eleven(b"00000000000"));
        assert!(codice_fiscale(b"RSSMRA80A01H501U") && !codice_fiscale(b"RSSMRA80A01H501V"));
    }
}
