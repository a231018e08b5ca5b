//! The keys themselves: when which one falls due ([`Calendar`]), and which versions of each there are in which state
//! ([`Versions`]). Most keys of a fleet never change during a run: what they are follows from their class and age, and only
//! the others are kept one by one.

mod calendar;
mod versions;

pub use calendar::Calendar;
pub use versions::{Version, Versions};
