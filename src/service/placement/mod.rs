//! Keys to shards, shards to sites. Keys of a class and region are spread over a fixed number of shards by jump consistent
//! hashing (Lamping and Veach 2014); each shard ranks the sites, by rendezvous scores or on a ring, and its hosts are the
//! first of them that are below their bounds (Mirrokni, Thorup and Zadimoghaddam 2018). The number of shards does not depend
//! on the sites: when one joins or leaves, no key changes its shard, and only shards that it takes or gives up change their
//! hosts (bounds move a few more).

mod candidates;
mod fill;
mod hosts;
mod map;

pub use candidates::{Candidate, Candidates, score};
pub use hosts::{HOSTS_MAX, Hosts};
pub use map::{Lot, Shard, ShardMap, jump};
