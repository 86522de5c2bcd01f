//! A secret in shares: any `needed` of them make it, fewer say nothing about it.
//!
//! Shamir's scheme, byte by byte over GF(2^8) with the polynomial of AES
//! (x^8 + x^4 + x^3 + x + 1), the secret at 0. No tables and no branch on a
//! secret. A wrong share makes another secret, unnoticed here: whoever joins
//! knows by other means what must come out.

use words::{Rand, Secret};
use zeroize::Zeroize;

use crate::aead::KEY_BYTES;

/// WHY: more people than meet in one room; far below the 255 that the field has.
pub const SHARES_MAX: u8 = 16;

/// Why shares are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    #[error("at least two shares are needed, and no more than there are, {SHARES_MAX} at most")]
    Count,
    #[error("two shares are the same, or one has no place")]
    Place,
}

/// One of a secret's shares.
#[derive(Debug, Clone)]
pub struct Share {
    /// From 1; 0 is the secret's own.
    pub place: u8,
    pub value: Secret<[u8; KEY_BYTES]>,
}

/// Makes `count` shares, `needed` of which are enough.
pub fn split(
    secret: &Secret<[u8; KEY_BYTES]>,
    needed: u8,
    count: u8,
    rand: &dyn Rand,
) -> Result<Vec<Share>, ShareError> {
    if needed < 2 || needed > count || count > SHARES_MAX {
        return Err(ShareError::Count);
    }
    // INVARIANT: every coefficient is drawn evenly, the highest too; else fewer shares would say something.
    let above: Vec<Secret<[u8; KEY_BYTES]>> = (1..needed).map(|_| crate::keys::random(rand)).collect();
    let value = |place: u8| {
        let mut sum = [0; KEY_BYTES];
        // WHY from the highest on: Horner's rule.
        for coefficient in above.iter().rev().chain([secret]) {
            for (sum, add) in sum.iter_mut().zip(coefficient.expose()) {
                *sum = multiply(*sum, place) ^ add;
            }
        }
        let value = Secret::new(sum);
        sum.zeroize();
        value
    };
    Ok((1..=count).map(|place| Share { place, value: value(place) }).collect())
}

/// What the shares make; the secret, if they are enough and right.
pub fn join(shares: &[Share]) -> Result<Secret<[u8; KEY_BYTES]>, ShareError> {
    if shares.len() < 2 || shares.len() > usize::from(SHARES_MAX) {
        return Err(ShareError::Count);
    }
    let mut sum = [0; KEY_BYTES];
    for share in shares {
        let weight = weight(share, shares)?;
        for (sum, value) in sum.iter_mut().zip(share.value.expose()) {
            *sum ^= multiply(*value, weight);
        }
    }
    let secret = Secret::new(sum);
    sum.zeroize();
    Ok(secret)
}

/// Lagrange's weight of a share at 0; places are no secret.
fn weight(share: &Share, shares: &[Share]) -> Result<u8, ShareError> {
    let same = shares.iter().filter(|other| other.place == share.place).count();
    if share.place == 0 || same != 1 {
        return Err(ShareError::Place);
    }
    let others = shares.iter().map(|other| other.place).filter(|place| *place != share.place);
    Ok(others.fold(1, |weight, place| multiply(weight, multiply(place, invert(place ^ share.place)))))
}

/// The product in the field, with the same steps for all factors.
const fn multiply(left: u8, right: u8) -> u8 {
    let (mut left, mut product, mut bit) = (left, 0, 0);
    while bit < 8 {
        product ^= left & 0_u8.wrapping_sub((right >> bit) & 1);
        let over = 0_u8.wrapping_sub(left >> 7);
        left = (left << 1) ^ (0x1b & over);
        bit += 1;
    }
    product
}

/// The inverse of a place that is not 0: its 254th power.
const fn invert(place: u8) -> u8 {
    let (mut power, mut step) = (place, 0);
    while step < 6 {
        power = multiply(multiply(power, power), place);
        step += 1;
    }
    multiply(power, power)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: it is the field of AES. Method: FIPS 197, 4.2: {57} x {83} = {c1}, {57} x {13} = {fe}; every inverse.
    #[test]
    fn it_is_the_field_of_aes() {
        assert_eq!((multiply(0x57, 0x83), multiply(0x57, 0x13)), (0xc1, 0xfe));
        assert!((1..=255).all(|place| multiply(place, invert(place)) == 1));
        assert!((0..=255).all(|any| multiply(any, 1) == any && multiply(any, 0) == 0));
    }
}
