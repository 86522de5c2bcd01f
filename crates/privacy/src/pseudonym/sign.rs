//! Signs that cannot be mistaken for each other in writing, and a check sign over them.
//!
//! The check is a weighted sum over the field of 32 elements: the weight of place `i` is the `i`th power of a generator,
//! so that all weights of up to 31 places differ and none is zero. A changed sign changes the sum by `weight × change`,
//! and two exchanged signs by `(weight + weight') × (sign + sign')`; neither is ever zero.

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// x^5 + x^2 + 1, whose root generates the field.
const MODULUS: u8 = 0b10_0101;

/// The sign of the five low bits.
pub(super) fn of(value: u8) -> u8 {
    ALPHABET[usize::from(value & 31)]
}

/// What a sign of the alphabet counts.
pub(super) fn value(sign: u8) -> Option<u8> {
    ALPHABET.iter().position(|known| *known == sign).and_then(|at| u8::try_from(at).ok())
}

/// The sign that a person meant.
pub(super) fn read(byte: u8) -> Option<u8> {
    let sign = match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        sign => sign,
    };
    value(sign).map(|_| sign)
}

/// Times the generator.
fn step(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 32 == 0 { doubled } else { doubled ^ MODULUS }
}

/// The check sign after these: with it at the end, the weighted sum is zero. Signs of no alphabet count nothing.
pub(super) fn check(signs: &[u8]) -> u8 {
    // Horner: each sign's weight is one power more than the one after it.
    of(signs.iter().fold(0, |sum, sign| step(sum ^ value(*sign).unwrap_or_default())))
}
