//! Disclosure control: against ACRO, against judges that write everything out, and at the edge of each rule.

mod acro;
mod brute;
mod differences;
mod hidden;
mod kit;
mod planted;
mod properties;
mod rules;
mod speed;
