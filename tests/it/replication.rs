//! Replication: the order of each wire, exchange domains, what a copy is under each custody, and catching up after a fault.

mod catch_up;
mod custody;
mod exchange;
mod wires;
