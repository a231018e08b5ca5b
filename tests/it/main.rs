//! All integration tests in one binary: it links once.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod analytic;
mod audit;
mod choice;
mod cli_scenario;
mod committed;
mod cost;
mod determinism;
mod engine;
mod everywhere;
mod failover;
mod faults;
mod fleet;
mod geo;
mod judged;
mod keys;
mod layering;
mod load;
mod measures;
mod outage;
mod placement;
mod profile;
mod properties;
mod queueing;
mod report;
mod results;
mod retry;
mod rng;
mod rpo;
mod sample;
mod scenario;
mod shipped;
mod stats;
mod store;
mod told;
mod units;
