//! Custodians: who comes when, against hand calculations and binomial sums; and what a run makes of them.

mod alone;
mod language;
mod world;
