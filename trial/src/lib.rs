//! Trials: what is claimed of a region, tried on worlds that fail as told.
//!
//! The simulation lives here, so that tests, seeds kept from found faults and
//! longer runs by hand share it. Nothing here ever stands in a real region.

pub mod bench;
pub mod kit;
pub mod sim;
