//! Reads of a sequencer as FASTQ, with qualities that fall off as real ones do.

use super::dice::Dice;

/// As common machines read.
const READ_BASES: u64 = 151;
/// Phred+33: `I` is 40, `#` is 2.
const QUALITY_BEST: u64 = 40;
const QUALITY_WORST: u64 = 2;

pub fn reads(dice: &mut Dice, rows: u64) -> String {
    let mut file = String::new();
    for row in 0..rows {
        let (x, y) = (dice.within(1_000, 32_000), dice.within(1_000, 50_000));
        file += &format!("@EPIC01:7:NOBODY0:1:{}:{x}:{y} 1:N:0:ATCACG\n", 1_101 + row / 500);
        let (bases, qualities) = read(dice);
        file += &format!("{bases}\n+\n{qualities}\n");
    }
    file
}

fn read(dice: &mut Dice) -> (String, String) {
    let mut quality = QUALITY_BEST;
    let one = |at: u64| {
        let falls = dice.happens(at / 3);
        quality = if falls { quality.saturating_sub(dice.below(4)).max(QUALITY_WORST) } else { quality };
        let base = if quality <= QUALITY_WORST { "N" } else { dice.one_of(&["A", "C", "G", "T"]) };
        let sign = u8::try_from(33 + quality).map_or('!', char::from);
        (base, sign)
    };
    (0..READ_BASES).map(one).unzip()
}
