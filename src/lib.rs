//! keyfleet simulates and plans geographically sharded key services: fleets of HSMs, or partitions of a cloud HSM or KMS, in
//! many data centres. It runs the real routing, replication, rotation and audit code against synthetic traffic, in virtual
//! time on simulated HSMs. This list is the map: a module uses only modules that come before it; `tests/it/layering.rs` holds
//! that order, ARCHITECTURE.md explains it.

// Ground: knows nothing of keys.
pub mod time;
pub mod rng;
pub mod units;
pub mod bucket;
pub mod stats;
pub mod queueing;
pub mod engine;
// Vocabulary: nouns, no behaviour.
pub mod kms;
// What is studied, and what it stands on.
pub mod geo;
pub mod service;
pub mod hsm;
pub mod store;
pub mod net;
pub mod load;
// What the user writes.
pub mod scenario;
// What happened, so that nobody can change it unseen.
pub mod audit;
// Facts to numbers to files.
pub mod metrics;
pub mod results;
// Assembly: the only place where effects meet back-ends.
pub mod world;
// Uses of a world.
pub mod simulate;
pub mod inventory;
// Output.
pub mod report;
pub mod cli;
