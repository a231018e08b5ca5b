//! Replication: the order of each wire, exchange domains, what a copy is under each custody, and catching up after a fault.

mod exchange;
mod wires;
